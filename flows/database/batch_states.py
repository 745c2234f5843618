"""A batch's status: the one function that moves it, with an event for every move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from flows.database.attempt_tables import batch_events
from flows.database.session import Tx
from flows.database.tables import batches
from flows.domain.batch import BATCH_MOVES, BatchId, BatchStatus
from flows.domain.status import Mover
from flows.errors import ImpossibleState


@dataclass(frozen=True)
class BatchEvent:
    """One thing that happened to a batch."""

    attempt: int
    at: datetime
    kind: str
    """The status it came to, or what happened beside its statuses."""
    actor: str
    detail: Mapping[str, Any]


def lock_batch(tx: Tx, batch_id: BatchId) -> BatchStatus:
    """Return a batch's status and keep it until the transaction ends."""
    status = tx.scalar(select(batches.c.status).where(batches.c.id == batch_id).with_for_update())
    if status is None:
        raise ImpossibleState("no such batch", where=batch_id, do="check the id: svarut batch list")
    return BatchStatus(status)


def set_status(
    tx: Tx,
    batch_id: BatchId,
    new: BatchStatus,
    at: datetime,
    *,
    actor: str = Mover.PRINT_BATCH,
    detail: Mapping[str, Any] | None = None,
    **values: object,
) -> None:
    """Move a batch, or raise ImpossibleState when its life does not allow it."""
    old = lock_batch(tx, batch_id)
    if (old, new) not in BATCH_MOVES:
        raise ImpossibleState(
            f"a batch may not go from {old} to {new}",
            where=batch_id,
            do="keep the log and report it; nothing was changed",
        )
    attempt = tx.scalar(
        update(batches)
        .where(batches.c.id == batch_id)
        .values(status=new, status_at=at, **values)
        .returning(batches.c.attempt),
    )
    note_batches(tx, [(batch_id, attempt or 1)], new, at, actor=actor, detail=detail)


def note_batches(
    tx: Tx,
    which: Sequence[tuple[str, int]],
    kind: str,
    at: datetime,
    *,
    actor: str = Mover.PRINT_BATCH,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an event for each of some batches: (id, attempt)."""
    if which:
        tx.execute(
            insert(batch_events),
            [
                {
                    "batch_id": batch_id,
                    "attempt": attempt,
                    "at": at,
                    "kind": str(kind),
                    "actor": str(actor),
                    "detail": dict(detail or {}),
                }
                for batch_id, attempt in which
            ],
        )


def history_of(tx: Connection, batch_id: BatchId) -> list[BatchEvent]:
    """Return everything that happened to a batch, oldest first."""
    columns = batch_events.c
    rows = tx.execute(
        select(columns.attempt, columns.at, columns.kind, columns.actor, columns.detail)
        .where(columns.batch_id == batch_id)
        .order_by(columns.id),
    )
    return [BatchEvent(*row) for row in rows]
