"""What senders print themselves: jobs of letters, claimed, left, and confirmed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, insert, select, update

from flows.database import shipments as moves
from flows.database.hand_print_tables import hand_print_jobs, hand_print_letters
from flows.database.session import Tx, in_chunks
from flows.database.tables import shipments
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Mover, Status

READ, LEFT_OUT, NOT_PRINTABLE = "READ", "LEFT_OUT", "NOT_PRINTABLE"
"""Why a letter has left its job."""


@dataclass(frozen=True)
class HandJob:
    """One print file for a sender; its letters are numbered from 1 and the numbers stay."""

    id: str
    """`<customer>H-<yyyymmdd>-<run, 2 digits>-<job class>`."""
    sender_id: SenderId
    day: date
    job_class: str
    made_at: datetime
    confirmed_at: datetime | None
    confirmed_by: str
    live: int
    """Letters still in it."""
    left: Mapping[str, tuple[int, ...]] = field(hash=False)
    """The numbers that have left it, by reason."""
    oldest: datetime | None
    """Since when its oldest letter has waited for paper."""


def make_job(
    tx: Tx,
    job_id: str,
    sender_id: SenderId,
    day: date,
    job_class: str,
    letters: Sequence[ShipmentId],
    at: datetime,
) -> None:
    """Put letters in a new job; the database refuses one that is in another already."""
    tx.execute(
        insert(hand_print_jobs),
        [
            {
                "id": job_id,
                "sender_id": sender_id,
                "day": day,
                "job_class": job_class,
                "made_at": at,
            }
        ],
    )
    tx.execute(
        insert(hand_print_letters),
        [
            {"job_id": job_id, "number": number, "shipment_id": one, "live": True}
            for number, one in enumerate(letters, start=1)
        ],
    )
    moves.note(
        tx, letters, "printed_by_hand", actor=Mover.PRINT_BATCH, at=at, detail={"job": job_id}
    )


def jobs(
    tx: Tx, *, sender_id: str = "", confirmed: bool = False, day: date | None = None
) -> list[HandJob]:
    """Return the jobs nobody has confirmed, or (confirmed) all of them, oldest first."""
    query = select(hand_print_jobs)
    if sender_id:
        query = query.where(hand_print_jobs.c.sender_id == sender_id)
    if day is not None:
        query = query.where(hand_print_jobs.c.day == day)
    if not confirmed:
        query = query.where(hand_print_jobs.c.confirmed_at.is_(None))
    rows = tx.execute(query.order_by(hand_print_jobs.c.made_at, hand_print_jobs.c.id)).all()
    left: dict[str, dict[str, list[int]]] = {}
    live: dict[str, tuple[int, datetime | None]] = {}
    for ids in in_chunks([row.id for row in rows]):
        gone = select(hand_print_letters).where(
            hand_print_letters.c.job_id.in_(ids), hand_print_letters.c.left_because != ""
        )
        for one in tx.execute(gone.order_by(hand_print_letters.c.number)):
            left.setdefault(one.job_id, {}).setdefault(one.left_because, []).append(one.number)
        since = func.min(func.coalesce(shipments.c.due_at, shipments.c.received_at))
        still = (
            select(hand_print_letters.c.job_id, func.count().label("letters"), since.label("since"))
            .join(shipments, shipments.c.id == hand_print_letters.c.shipment_id)
            .where(hand_print_letters.c.job_id.in_(ids), hand_print_letters.c.live)
            .group_by(hand_print_letters.c.job_id)
        )
        live |= {one.job_id: (one.letters, one.since) for one in tx.execute(still)}
    return [
        HandJob(
            id=row.id,
            sender_id=row.sender_id,
            day=row.day,
            job_class=row.job_class,
            made_at=row.made_at,
            confirmed_at=row.confirmed_at,
            confirmed_by=row.confirmed_by,
            live=live.get(row.id, (0, None))[0],
            left={why: tuple(numbers) for why, numbers in left.get(row.id, {}).items()},
            oldest=live.get(row.id, (0, None))[1],
        )
        for row in rows
    ]


def numbers_of(tx: Tx, job_id: str) -> dict[int, ShipmentId]:
    """Return the letters still in a job, by number."""
    rows = tx.execute(
        select(hand_print_letters.c.number, hand_print_letters.c.shipment_id)
        .where(hand_print_letters.c.job_id == job_id, hand_print_letters.c.live)
        .order_by(hand_print_letters.c.number)
    )
    return {row.number: row.shipment_id for row in rows}


def all_numbers_of(tx: Tx, job_id: str) -> dict[int, ShipmentId]:
    """Return every letter a job was made of, by number, those that have left it too."""
    rows = tx.execute(
        select(hand_print_letters.c.number, hand_print_letters.c.shipment_id)
        .where(hand_print_letters.c.job_id == job_id)
        .order_by(hand_print_letters.c.number)
    )
    return {row.number: row.shipment_id for row in rows}


def jobs_of_day(tx: Tx, day: date) -> int:
    """Return how many jobs there are of a day, of every sender."""
    query = select(func.count()).where(hand_print_jobs.c.day == day)
    return int(tx.scalar(query) or 0)


def leave(tx: Tx, letters: Collection[ShipmentId], because: str) -> list[ShipmentId]:
    """Take letters out of the jobs they are in; return those that were in one.

    A confirmed job keeps its letters: they are in their envelopes.
    """
    found: list[ShipmentId] = []
    open_jobs = select(hand_print_jobs.c.id).where(hand_print_jobs.c.confirmed_at.is_(None))
    for ids in in_chunks(sorted(letters)):
        found += tx.scalars(
            update(hand_print_letters)
            .where(
                hand_print_letters.c.shipment_id.in_(ids),
                hand_print_letters.c.live,
                hand_print_letters.c.job_id.in_(open_jobs),
            )
            .values(live=False, left_because=because)
            .returning(hand_print_letters.c.shipment_id)
        )
    return found


def confirm(tx: Tx, job: HandJob, leave_out: Collection[int], *, by: str, at: datetime) -> int:
    """Say that a job's letters lie in their envelopes: PRINTED; return how many.

    leave_out: numbers that went wrong; they wait for the next job. A job that is confirmed already
    is left as it is: 0.
    """
    done = tx.execute(
        update(hand_print_jobs)
        .where(hand_print_jobs.c.id == job.id, hand_print_jobs.c.confirmed_at.is_(None))
        .values(confirmed_at=at, confirmed_by=by)
    )
    if done.rowcount != 1:
        return 0
    inside = numbers_of(tx, job.id)
    wrong = [letter for number, letter in inside.items() if number in leave_out]
    for ids in in_chunks(wrong):
        tx.execute(
            update(hand_print_letters)
            .where(
                hand_print_letters.c.job_id == job.id,
                hand_print_letters.c.shipment_id.in_(ids),
            )
            .values(live=False, left_because=LEFT_OUT)
        )
    moves.note(tx, wrong, "left_out", actor=by, at=at, detail={"job": job.id})
    printed = [letter for number, letter in inside.items() if number not in leave_out]
    detail = {"job": job.id, "by": by}
    moves.move(tx, printed, Status.SENT_TO_PRINT, by=Mover.PRINT_BATCH, at=at, detail=detail)
    moves.move(tx, printed, Status.PRINTED, by=Mover.OPERATOR, at=at, detail=detail, actor=by)
    return len(printed)


def in_a_job() -> ColumnElement[bool]:
    """Say of a shipment that it is in a job that is still to be printed, or has been."""
    return exists().where(
        hand_print_letters.c.shipment_id == shipments.c.id, hand_print_letters.c.live
    )


def printed_by_hand(tx: Tx) -> int:
    """Return how many letters have been printed by the senders themselves."""
    query = (
        select(func.count())
        .select_from(hand_print_letters)
        .join(hand_print_jobs, hand_print_jobs.c.id == hand_print_letters.c.job_id)
        .where(hand_print_letters.c.live, hand_print_jobs.c.confirmed_at.is_not(None))
    )
    return int(tx.scalar(query) or 0)
