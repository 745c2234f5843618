"""Open the project's database for a command, and only in the shape this version needs."""

from collections.abc import Iterator
from contextlib import contextmanager

from flows.database import schema
from flows.database.session import Database, open_database
from flows.errors import NeedsAPerson
from flows.settings import Settings, read_settings


@contextmanager
def opened_database(*, checked: bool = True) -> Iterator[Database]:
    """Open the database of the settings.

    checked: raise NeedsAPerson when it is not at the newest revision.
    """
    settings = read_settings()
    with open_database(settings.database_url) as database:
        if checked:
            _require_newest(settings, schema.revision_of(database))
        yield database


def _require_newest(settings: Settings, found: str | None) -> None:
    if found != schema.newest():
        raise NeedsAPerson(
            f"the database is at revision {found or 'none'}, this version needs {schema.newest()}",
            where=settings.database_url.rpartition("@")[2],
            do="run: svarut db upgrade",
        )
