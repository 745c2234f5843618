"""What a person holds: senders and batches, and letters until a day; who, why, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, exists, insert, literal, select, update

from flows.database.batch_states import lock_batch, note_batches
from flows.database.operator_tables import holds
from flows.database.session import Tx, in_chunks
from flows.database.tables import batches, senders, shipments
from flows.domain.batch import NOT_YET_LEAVING, BatchId
from flows.domain.shipment import SenderId
from flows.errors import NeedsAPerson

BY_ITSELF: Final = "svarut"
"""Who lets go of what was held until a day that has come."""


class Held(StrEnum):
    """What kind of thing is held."""

    SENDER = "SENDER"
    BATCH = "BATCH"
    SHIPMENT = "SHIPMENT"


@dataclass(frozen=True)
class Hold:
    """One thing that is held."""

    kind: Held
    subject: str
    held_at: datetime
    held_by: str
    why: str
    until: datetime | None


@dataclass(frozen=True)
class Word:
    """A person's word: who says it, why, and when."""

    by: str
    why: str
    at: datetime


def hold_sender(tx: Tx, sender: SenderId, word: Word, until: datetime | None = None) -> bool:
    """Hold all letters of a sender where they are; False when it is held already."""
    tx.execute(select(senders.c.id).where(senders.c.id == sender).with_for_update())
    return bool(remember(tx, Held.SENDER, [sender], word, until))


def release_sender(tx: Tx, sender: SenderId, word: Word) -> bool:
    """Let a sender's letters go their way; False when it is not held."""
    return bool(forget(tx, Held.SENDER, [sender], word))


def hold_batch(tx: Tx, batch_id: BatchId, word: Word, until: datetime | None = None) -> bool:
    """Keep a batch from leaving; False when it is held already.

    Raises NeedsAPerson when it has left, or may have.
    """
    status = lock_batch(tx, batch_id)
    if status not in NOT_YET_LEAVING:
        raise NeedsAPerson(
            f"the batch is {status}, and cannot be kept back",
            where=batch_id,
            do="what has left is taken back by the vendor's word: svarut batch annul",
        )
    if not remember(tx, Held.BATCH, [batch_id], word, until):
        return False
    said: dict[str, Any] = {"until": until.isoformat()} if until else {}
    _note(tx, batch_id, "held", word, said)
    return True


def release_batch(tx: Tx, batch_id: BatchId, word: Word) -> bool:
    """Let a batch leave with the next print run; False when it is not held."""
    lock_batch(tx, batch_id)
    if not forget(tx, Held.BATCH, [batch_id], word):
        return False
    _note(tx, batch_id, "released", word, {})
    return True


def batch_is_held(tx: Connection, batch_id: BatchId) -> bool:
    """Say whether somebody keeps a batch from leaving."""
    return bool(tx.scalar(select(literal(1)).where(_held(Held.BATCH, literal(batch_id)))))


def sender_is_held() -> ColumnElement[bool]:
    """Say of a shipment that somebody holds its sender."""
    return _held(Held.SENDER, shipments.c.sender_id)


def remember(
    tx: Tx, kind: Held, subjects: Sequence[str], word: Word, until: datetime | None
) -> list[str]:
    """Keep that things are held; return those that were not held already."""
    if until is not None and until <= word.at:
        raise NeedsAPerson(
            "that day has come already", where="--until", do="name a later day, or none"
        )
    known = {one.subject for one in open_holds(tx, kind)} if subjects else set()
    new = [one for one in dict.fromkeys(subjects) if one not in known]
    if new:
        tx.execute(
            insert(holds),
            [
                {
                    "kind": kind,
                    "subject": one,
                    "held_at": word.at,
                    "held_by": word.by,
                    "why": word.why,
                    "until": until,
                }
                for one in new
            ],
        )
    return new


def forget(tx: Tx, kind: Held, subjects: Sequence[str], word: Word) -> list[str]:
    """Keep that things are let go; return those that were held."""
    found: list[str] = []
    for some in in_chunks(subjects):
        found += tx.scalars(
            update(holds)
            .where(holds.c.kind == kind, holds.c.subject.in_(some), holds.c.released_at.is_(None))
            .values(released_at=word.at, released_by=word.by, released_why=word.why)
            .returning(holds.c.subject),
        )
    return found


def open_holds(tx: Connection, kind: Held | None = None) -> list[Hold]:
    """Return what is held now, the longest held first."""
    query = select(holds).where(holds.c.released_at.is_(None)).order_by(holds.c.id)
    if kind is not None:
        query = query.where(holds.c.kind == kind)
    return [_hold(row) for row in tx.execute(query).mappings()]


def holds_over(tx: Connection, now: datetime) -> list[Hold]:
    """Return what is held still, though its day has come."""
    query = select(holds).where(holds.c.released_at.is_(None), holds.c.until <= now)
    return [_hold(row) for row in tx.execute(query.order_by(holds.c.id)).mappings()]


def _held(kind: Held, subject: Any) -> ColumnElement[bool]:
    return exists().where(
        holds.c.kind == kind, holds.c.subject == subject, holds.c.released_at.is_(None)
    )


def _note(tx: Tx, batch_id: BatchId, kind: str, word: Word, said: dict[str, Any]) -> None:
    attempt = tx.scalar(select(batches.c.attempt).where(batches.c.id == batch_id))
    which = [(batch_id, int(attempt or 1))]
    note_batches(tx, which, kind, word.at, actor=word.by, detail={"why": word.why, **said})


def _hold(row: Any) -> Hold:
    return Hold(
        Held(row["kind"]),
        row["subject"],
        row["held_at"],
        row["held_by"],
        row["why"],
        row["until"],
    )
