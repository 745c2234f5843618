"""Tell a person of an answer that cannot be kept; the file stays until that person is done."""

import logging
from datetime import datetime

from flows.database.open_items import OpenItem, find_item, raise_item, reopen
from flows.database.session import Database, transaction

log = logging.getLogger(__name__)


def tell_of_file(database: Database, item: OpenItem, sha256: str, now: datetime) -> bool:
    """Raise an item about a file; True when a person has closed it already, about this very file.

    Another file under the same name opens it again. sha256: empty where there is no file.
    """
    marked = item if not sha256 else _marked(item, sha256)
    with transaction(database) as tx:
        known = find_item(tx, item.code, item.subject)
        if known is None:
            raise_item(tx, marked, now)
            log.warning("%s subject=%s", item.code, item.subject)
            return False
        if known.what != marked.what:
            reopen(tx, marked)
            return False
        return known.closed


def _marked(item: OpenItem, sha256: str) -> OpenItem:
    what = f"{item.what} (the file that begins {sha256[:12]})"
    do = f"{item.action}. Close this when it is settled, and the file is put away"
    return OpenItem(item.code, item.subject, what, do)
