"""Batches for a terminal: which there are, and one with its pieces and all that happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from flows.database.attempt_tables import package_approvals, refused_pieces, stops
from flows.database.attempts import EndedAttempt, ended_of
from flows.database.batch_states import BatchEvent, history_of
from flows.database.tables import batches, pieces, shipments
from flows.domain.batch import BatchId, BatchStatus
from flows.errors import NeedsAPerson


@dataclass(frozen=True)
class ListedPiece:
    """One letter's place in a batch. Nothing personal."""

    number: int
    shipment_id: str
    status: str
    """The letter's."""
    live: bool
    left_as: str
    sheets: int | None
    stop: str
    """How far a wish to stop it has come; empty where there is none."""
    findings: Sequence[Mapping[str, Any]]
    """Why the vendor refused it."""


@dataclass(frozen=True)
class WholeBatch:
    """A batch with everything a person asks about it."""

    row: Mapping[str, Any]
    pieces: Sequence[ListedPiece]
    ended: Sequence[EndedAttempt]
    history: Sequence[BatchEvent]
    approval: Mapping[str, Any] | None
    """What the vendor said about the pieces of this attempt."""


def list_batches(
    tx: Connection, *, status: BatchStatus | None, limit: int
) -> list[Mapping[str, Any]]:
    """Return batches, the latest made first."""
    query = select(batches).order_by(batches.c.created_at.desc(), batches.c.id).limit(limit)
    if status is not None:
        query = query.where(batches.c.status == status)
    return [dict(row) for row in tx.execute(query).mappings()]


def batch_named(tx: Connection, text: str) -> BatchId:
    """Return the batch of an id, of the beginning of one, or of a package's name.

    Raises NeedsAPerson when none or more than one is meant.
    """
    wanted = text.removesuffix(".zip").partition("-f")[0]
    rows = tx.scalars(
        select(batches.c.id)
        .where(batches.c.id.startswith(wanted, autoescape=True))
        .order_by(batches.c.id)
        .limit(2),
    ).all()
    if len(rows) == 1 or wanted in rows[:1]:
        return BatchId(rows[0])
    raise NeedsAPerson(
        "no batch has that id" if not rows else "two or more batches begin like that",
        where=text,
        do="svarut batch list names them",
    )


def whole_batch(tx: Connection, batch_id: BatchId) -> WholeBatch:
    """Return a batch with its pieces, ended attempts and history."""
    row = tx.execute(select(batches).where(batches.c.id == batch_id)).mappings().one()
    approval = package_approvals.c
    said = (
        tx.execute(
            select(package_approvals).where(
                approval.batch_id == batch_id, approval.attempt == row["attempt"]
            ),
        )
        .mappings()
        .first()
    )
    return WholeBatch(
        row=dict(row),
        pieces=_pieces(tx, batch_id),
        ended=ended_of(tx, batch_id),
        history=history_of(tx, batch_id),
        approval=dict(said) if said else None,
    )


def _pieces(tx: Connection, batch_id: BatchId) -> list[ListedPiece]:
    wishes = {
        row.number: row.state
        for row in tx.execute(
            select(stops.c.number, stops.c.state)
            .where(stops.c.batch_id == batch_id)
            .order_by(stops.c.attempt),
        )
    }
    refused = {
        row.number: row.findings
        for row in tx.execute(
            select(refused_pieces.c.number, refused_pieces.c.findings)
            .where(refused_pieces.c.batch_id == batch_id)
            .order_by(refused_pieces.c.attempt),
        )
    }
    rows = tx.execute(
        select(
            pieces.c.number,
            pieces.c.shipment_id,
            shipments.c.status,
            pieces.c.live,
            pieces.c.left_as,
            pieces.c.sheets,
        )
        .join(shipments, shipments.c.id == pieces.c.shipment_id)
        .where(pieces.c.batch_id == batch_id)
        .order_by(pieces.c.number),
    )
    return [
        ListedPiece(
            number=row.number,
            shipment_id=row.shipment_id,
            status=row.status,
            live=row.live,
            left_as=row.left_as,
            sheets=row.sheets,
            stop=wishes.get(row.number, ""),
            findings=refused.get(row.number, ()),
        )
        for row in rows
    ]
