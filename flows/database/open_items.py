"""What needs a person: said once, kept until somebody closes it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update

from flows.database.session import Tx, in_chunks
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


@dataclass(frozen=True)
class KnownItem:
    """An item that is kept, open or closed."""

    what: str
    closed: bool


def find_item(tx: Tx, code: str, subject: str) -> KnownItem | None:
    """Return an item, open or closed; None when nobody was ever told."""
    query = select(open_items.c.what, open_items.c.closed_at).where(
        open_items.c.code == code, open_items.c.subject == subject
    )
    row = tx.execute(query).first()
    return KnownItem(row.what, row.closed_at is not None) if row else None


def is_open(tx: Tx, code: str, subject: str) -> bool:
    """Say whether an item waits for somebody."""
    query = select(open_items.c.code).where(
        open_items.c.code == code,
        open_items.c.subject == subject,
        open_items.c.closed_at.is_(None),
    )
    return tx.execute(query).first() is not None


def reopen(tx: Tx, item: OpenItem) -> None:
    """Open an item again that a person has closed, since it is so once more."""
    tx.execute(
        update(open_items)
        .where(open_items.c.code == item.code, open_items.c.subject == item.subject)
        .values(closed_at=None, closed_as="", gone_at=None, what=item.what, action=item.action),
    )


def sound(tx: Tx, items: Sequence[OpenItem], at: datetime) -> None:
    """Keep alarms: new ones are raised, and those that somebody closed are open once more."""
    subjects = {item.subject for item in items}
    known: set[tuple[str, str]] = set()
    for some in in_chunks(sorted(subjects)):
        rows = tx.execute(
            select(open_items.c.code, open_items.c.subject).where(open_items.c.subject.in_(some)),
        )
        known |= {(row.code, row.subject) for row in rows}
    new = [item for item in items if (item.code, item.subject) not in known]
    if new:
        tx.execute(insert(open_items), [{**asdict(item), "first_seen_at": at} for item in new])
    for item in items:
        if (item.code, item.subject) in known:
            reopen(tx, item)


def silence(tx: Tx, code: str, subjects: Sequence[str], at: datetime) -> None:
    """Close alarms of a kind about some subjects: it is well again."""
    for some in in_chunks(subjects):
        _close(tx, at, open_items.c.code == code, open_items.c.subject.in_(some))


def silence_all_but(tx: Tx, code: str, subjects: Sequence[str], at: datetime) -> None:
    """Close every alarm of a kind, except those about some subjects."""
    _close(tx, at, open_items.c.code == code, open_items.c.subject.not_in(subjects))


def _close(tx: Tx, at: datetime, *which: ColumnElement[bool]) -> None:
    query = update(open_items).where(open_items.c.closed_at.is_(None), *which)
    tx.execute(query.values(closed_at=at))
