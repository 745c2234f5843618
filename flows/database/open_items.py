"""What needs a person: said once, kept until somebody closes it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from flows.database.session import Tx
from flows.database.tables import open_items


@dataclass(frozen=True)
class OpenItem:
    """One thing a person must look at. No personal data."""

    code: str
    """What kind: `UNKNOWN_SENDER`, `PACKAGE_DIFFERS`, `RECEIPT_REFUSED` ..."""
    subject: str
    """Which one: a batch id, a file name, a shipment id. Code and subject together are the key."""
    what: str
    action: str
    """What to do about it."""


def raise_item(tx: Tx, item: OpenItem, at: datetime) -> bool:
    """Keep an open item; return False when it was there already (open or closed)."""
    known = tx.execute(
        select(open_items.c.code).where(
            open_items.c.code == item.code,
            open_items.c.subject == item.subject,
        ),
    ).first()
    if known:
        return False
    tx.execute(
        insert(open_items).values(
            code=item.code,
            subject=item.subject,
            what=item.what,
            action=item.action,
            first_seen_at=at,
        ),
    )
    return True


def still_open(tx: Tx) -> list[tuple[OpenItem, datetime]]:
    """Return the items nobody has closed, oldest first, with when each was first seen."""
    rows = tx.execute(
        select(open_items)
        .where(open_items.c.closed_at.is_(None))
        .order_by(open_items.c.first_seen_at, open_items.c.code, open_items.c.subject),
    ).mappings()
    return [
        (OpenItem(row["code"], row["subject"], row["what"], row["action"]), row["first_seen_at"])
        for row in rows
    ]


def reopen(tx: Tx, item: OpenItem) -> None:
    """Open an item again that a person has closed, since it is so once more."""
    tx.execute(
        update(open_items)
        .where(open_items.c.code == item.code, open_items.c.subject == item.subject)
        .values(closed_at=None, closed_as="", gone_at=None, what=item.what, action=item.action),
    )


def close_item(tx: Tx, code: str, subject: str, at: datetime) -> None:
    """Close an item that has been seen to; one that is closed or never was stays as it is."""
    tx.execute(
        update(open_items)
        .where(
            open_items.c.code == code,
            open_items.c.subject == subject,
            open_items.c.closed_at.is_(None),
        )
        .values(closed_at=at),
    )
