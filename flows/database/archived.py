"""What should lie in the archive, by the database: documents, their copies, the vendor's files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, union

from flows.database.session import in_chunks
from flows.database.tables import documents, receipt_files, shipments


@dataclass(frozen=True)
class Expected:
    """The SHA-256 of everything that must be there, and of what may still be."""

    needed: frozenset[str]
    allowed: frozenset[str]
    """Of letters that are cleared: retention deletes it in its own time."""


def expected(tx: Connection, since: datetime | None = None) -> Expected:
    """Return what the archive should hold. since: only what came at this instant or later."""
    came = [shipments.c.received_at >= since] if since else []
    fetched = [receipt_files.c.fetched_at >= since] if since else []
    kept = [
        select(column)
        .join(shipments, shipments.c.id == documents.c.shipment_id)
        .where(column.is_not(None), column != "", shipments.c.cleared_at.is_(None), *came)
        for column in (documents.c.sha256, documents.c.print_sha256)
    ]
    cleared = [
        select(column)
        .join(shipments, shipments.c.id == documents.c.shipment_id)
        .where(column.is_not(None), column != "", shipments.c.cleared_at.is_not(None))
        for column in (documents.c.sha256, documents.c.print_sha256)
    ]
    files = select(receipt_files.c.sha256).where(*fetched)
    return Expected(
        frozenset(tx.scalars(union(*kept, files))), frozenset(tx.scalars(union(*cleared)))
    )


def letters_with(tx: Connection, hashes: Sequence[str]) -> dict[str, str]:
    """Return one letter that needs each of some documents, by the document's SHA-256."""
    found: dict[str, str] = {}
    for some in in_chunks(hashes, 400):
        rows = tx.execute(
            select(documents.c.sha256, documents.c.print_sha256, documents.c.shipment_id).where(
                or_(documents.c.sha256.in_(some), documents.c.print_sha256.in_(some))
            )
        )
        for sha256, print_sha256, letter in rows:
            found |= {one: letter for one in (sha256, print_sha256) if one in set(some)}
    return found
