"""Remove what is personal about letters that ended long ago; what is counted and billed stays."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    delete,
    exists,
    or_,
    select,
    union_all,
    update,
)

from flows.database import shipments as moves
from flows.database.attempt_tables import ended_attempts
from flows.database.session import Tx, in_chunks
from flows.database.tables import (
    batches,
    documents,
    open_items,
    pieces,
    problems,
    receipt_files,
    recipients,
    shipments,
)
from flows.domain.batch import BatchStatus
from flows.domain.shipment import ShipmentId
from flows.domain.status import FINAL

REMOVED: Final = "(slettet)"
"""In the place of a file's name; senders may read it in an answer given again."""

ACTOR: Final = "retention"

_STILL_MADE: Final = (BatchStatus.RESERVED, BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER)
"""Batches whose package may have to be made again from its letters."""

_CLOSED: Final = (BatchStatus.SETTLED, BatchStatus.ANNULLED)


def due_for_clearing(tx: Tx, before: datetime) -> list[ShipmentId]:
    """Return the letters that ended before an instant, and that nobody has to look at."""
    query = select(shipments.c.id).where(_is_due(before)).order_by(shipments.c.id)
    return list(tx.scalars(query))


def clear(
    tx: Tx,
    letters: Sequence[ShipmentId],
    *,
    is_field: Callable[[str], bool],
    at: datetime,
) -> None:
    """Remove recipients, file names and what could be reckoned back to them; mark the letters.

    is_field: says whether a problem is about a field of ours, which is kept, or about a file.
    Their documents' hashes stay until `forget_documents`, since files are deleted in between.
    """
    for ids in in_chunks(letters):
        tx.execute(delete(recipients).where(recipients.c.shipment_id.in_(ids)))
        tx.execute(
            update(documents).where(documents.c.shipment_id.in_(ids)).values(file_name=REMOVED)
        )
        _clear_problems(tx, ids, is_field)
        tx.execute(
            update(shipments)
            .where(shipments.c.id.in_(ids))
            .values(cleared_at=at, repeat_key="", contact_language=""),
        )
        moves.note(tx, ids, "cleared", actor=ACTOR, at=at)


def unused_documents(tx: Tx, *, and_due: datetime | None = None) -> list[str]:
    """Return the SHA-256 of documents that only cleared letters ever named.

    and_due: as if what ended before this instant was cleared already.
    """
    gone: ColumnElement[bool] = shipments.c.cleared_at.is_not(None)
    if and_due is not None:
        gone = or_(gone, _is_due(and_due))
    named = union_all(*_hashes(gone)).subquery()
    kept = _hashes(~gone)
    # A receipt file is in the same archive, and billing needs it.
    query = select(named.c.sha256).except_(*kept, select(receipt_files.c.sha256))
    return sorted(tx.scalars(query))


def not_forgotten(tx: Tx) -> list[ShipmentId]:
    """Return the cleared letters whose documents may still lie in the archive."""
    query = (
        select(documents.c.shipment_id)
        .join(shipments, shipments.c.id == documents.c.shipment_id)
        .where(shipments.c.cleared_at.is_not(None), documents.c.sha256 != "")
        .distinct()
        .order_by(documents.c.shipment_id)
    )
    return list(tx.scalars(query))


def forget_documents(tx: Tx, letters: Sequence[ShipmentId]) -> None:
    """Take the hashes off cleared letters, when what nobody else needs of them is deleted."""
    for ids in in_chunks(letters):
        tx.execute(
            update(documents)
            .where(documents.c.shipment_id.in_(ids))
            .values(sha256="", print_sha256=None),
        )


def old_packages(tx: Tx, before: datetime) -> list[str]:
    """Return the names of packages whose batch was closed before an instant, of every attempt."""
    closed = (batches.c.status.in_(_CLOSED), batches.c.status_at < before)
    last = select(batches.c.package).where(*closed, batches.c.package.is_not(None))
    ended = (
        select(ended_attempts.c.package)
        .join(batches, batches.c.id == ended_attempts.c.batch_id)
        .where(*closed)
    )
    return sorted({*tx.scalars(last), *tx.scalars(ended)})


def _is_due(before: datetime) -> ColumnElement[bool]:
    asks_for_a_person = exists().where(
        open_items.c.subject == shipments.c.id, open_items.c.closed_at.is_(None)
    )
    in_the_making = exists().where(
        pieces.c.shipment_id == shipments.c.id,
        pieces.c.live,
        pieces.c.batch_id == batches.c.id,
        batches.c.status.in_(_STILL_MADE),
    )
    ended = shipments.c.status.in_(sorted(FINAL)) & (shipments.c.status_at < before)
    return (
        shipments.c.cleared_at.is_(None)
        & ended
        & (shipments.c.held_for == "")
        & ~asks_for_a_person
        & ~in_the_making
    )


def _hashes(of: ColumnElement[bool]) -> list[Select[tuple[str]]]:
    """Return queries for what letters' documents are kept under: as sent, and as printed."""
    return [
        select(column.label("sha256"))
        .join(shipments, shipments.c.id == documents.c.shipment_id)
        .where(of, column.is_not(None), column != "")
        for column in (documents.c.sha256, documents.c.print_sha256)
    ]


def _clear_problems(
    tx: Tx,
    ids: Sequence[ShipmentId],
    is_field: Callable[[str], bool],
) -> None:
    rows = tx.execute(
        select(problems.c.shipment_id, problems.c.position, problems.c.field).where(
            problems.c.shipment_id.in_(ids)
        ),
    )
    about_files = [
        {"letter": letter, "place": place} for letter, place, field in rows if not is_field(field)
    ]
    if about_files:
        tx.execute(
            update(problems)
            .where(
                problems.c.shipment_id == bindparam("letter"),
                problems.c.position == bindparam("place"),
            )
            .values(field=REMOVED),
            about_files,
        )
