"""Offers in digital channels: written down before they are made, and followed until read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, func, insert, or_, select, update

from flows.database import hand_print
from flows.database import shipments as moves
from flows.database.batch_states import note_batches
from flows.database.session import Tx, in_chunks
from flows.database.tables import batches, offers, pieces, recipients, senders, shipments
from flows.domain.batch import NOT_YET_LEAVING, BatchStatus
from flows.domain.identity import ORGANISATION_DIGITS
from flows.domain.shipment import Route, SenderId, ShipmentId
from flows.domain.status import Mover, Status

MAX_REASON: Final = 80


@dataclass(frozen=True)
class Intent:
    """An offer about to be made; its key makes the second time harmless."""

    key: str
    """A UUID, given to the channel as its idempotency key."""
    shipment_id: ShipmentId
    channel: str
    attempt: int
    resource: str = ""
    """The channel's service it goes through."""
    publish_at: datetime | None = None
    """The same for all that were written down together, and for no others."""


@dataclass(frozen=True)
class Offer:
    """An offer as we know it."""

    key: str
    shipment_id: ShipmentId
    sender_id: SenderId
    state: str
    """INTENDED, OFFERED, PUBLISHED, READ or REFUSED."""
    channel_reference: str | None
    asked_at: datetime | None
    """When the channel was last asked about this very letter."""
    resource: str = ""
    consumer: str = ""
    """The organisation we act for, by its sender's set-up."""
    publish_at: datetime | None = None
    offered_at: datetime | None = None
    asks: int = 0
    """INTENDED: how often the key was used and its letter not found. OFFERED: how often asked."""


@dataclass(frozen=True)
class ReadCounts:
    """What a reading led to, letter by letter."""

    moved: int
    """Letters now READ."""
    left_batch: int
    """Of those, letters taken out of a batch that had not left."""
    too_late: int
    """Letters read when their paper was already on its way: an event, not a move."""


def intend(tx: Tx, intents: Sequence[Intent], at: datetime) -> None:
    """Write down offers about to be made; commit before making them."""
    if intents:
        tx.execute(
            insert(offers),
            [
                {
                    "key": each.key,
                    "shipment_id": each.shipment_id,
                    "channel": each.channel,
                    "attempt": each.attempt,
                    "state": "INTENDED",
                    "intended_at": at,
                    "resource": each.resource,
                    "publish_at": each.publish_at,
                }
                for each in intents
            ],
        )


def record_offered(
    tx: Tx,
    references: Mapping[str, str],
    at: datetime,
    ask_after: datetime | None = None,
) -> None:
    """Keep the channel's reference for each offer key that was taken."""
    if references:
        tx.execute(
            update(offers)
            .where(offers.c.key == bindparam("offer"), offers.c.state == "INTENDED")
            .values(
                state="OFFERED",
                channel_reference=bindparam("reference"),
                offered_at=at,
                ask_after=ask_after,
                asks=0,
            ),
            [{"offer": key, "reference": reference} for key, reference in references.items()],
        )


def record_lost(tx: Tx, keys: Sequence[str]) -> None:
    """Keep that the channel knows these keys and cannot say which letters they made."""
    for some in in_chunks(keys):
        tx.execute(update(offers).where(offers.c.key.in_(some)).values(asks=offers.c.asks + 1))


def record_refused(
    tx: Tx,
    refused: Sequence[tuple[Offer, str]],
    at: datetime,
) -> None:
    """Keep why the channel will not have a letter, and send it the other way.

    A letter that may be printed goes to paper; a digital-only one is NOT_DELIVERED. One that a
    person has handled meanwhile goes nowhere.
    """
    close_refused(tx, refused, at)
    reasons = {offer.shipment_id: why for offer, why in refused}
    waiting = _still(tx, list(reasons), Status.ACCEPTED)
    digital_only = moves.digital_only(tx, sorted(waiting))
    moves.record_routes(
        tx,
        [(one, Route.PAPER, reasons[one]) for one in reasons if one in waiting - digital_only],
        at,
    )
    moves.record_not_delivered(tx, {one: reasons[one] for one in sorted(digital_only)}, at)


def close_refused(tx: Tx, refused: Sequence[tuple[Offer, str]], at: datetime) -> None:
    """Keep that offers came to nothing, and why; their letters are somebody else's to move."""
    by_reason: dict[str, list[str]] = {}
    for offer, why in refused:
        by_reason.setdefault(why[:MAX_REASON], []).append(offer.key)
    for why, keys in by_reason.items():
        for some in in_chunks(keys):
            tx.execute(
                update(offers)
                .where(offers.c.key.in_(some), offers.c.state.in_(["INTENDED", "OFFERED"]))
                .values(state="REFUSED", reason=why, asked_at=at),
            )


def record_published(
    tx: Tx,
    published: Sequence[tuple[Offer, datetime, datetime]],
    at: datetime,
    ask_after: datetime | None = None,
) -> None:
    """Move letters to NOTIFIED with (offer, published_at, due_at); due_at is written once.

    A letter that has moved on meanwhile stays where it is: two runs may learn the same.
    """
    if not published:
        return
    tx.execute(
        update(offers)
        .where(offers.c.key == bindparam("offer"), offers.c.state == "OFFERED")
        .values(
            state="PUBLISHED",
            published_at=bindparam("published"),
            asked_at=at,
            ask_after=ask_after,
            asks=0,
        ),
        [{"offer": offer.key, "published": published_at} for offer, published_at, _ in published],
    )
    waiting = _still(tx, [offer.shipment_id for offer, _, _ in published], Status.ACCEPTED)
    moving = [each for each in published if each[0].shipment_id in waiting]
    if not moving:
        return
    tx.execute(
        update(shipments)
        .where(shipments.c.id == bindparam("shipment"), shipments.c.due_at.is_(None))
        .values(published_at=bindparam("published"), due_at=bindparam("due")),
        [
            {"shipment": offer.shipment_id, "published": published_at, "due": due_at}
            for offer, published_at, due_at in moving
        ],
    )
    moves.move(
        tx,
        [offer.shipment_id for offer, _, _ in moving],
        Status.NOTIFIED,
        by=Mover.DISPATCH,
        at=at,
        detail_of={
            offer.shipment_id: {
                "channel_reference": offer.channel_reference,
                "published_at": published_at.isoformat(),
                "due_at": due_at.isoformat(),
            }
            for offer, published_at, due_at in moving
        },
    )


def record_asked(
    tx: Tx,
    keys: Sequence[str],
    at: datetime,
    ask_after: datetime | None = None,
) -> None:
    """Keep that the channel was asked about these very letters and knew nothing new."""
    for some in in_chunks(keys):
        tx.execute(
            update(offers)
            .where(offers.c.key.in_(some))
            .values(asked_at=at, ask_after=ask_after, asks=offers.c.asks + 1),
        )


def record_swept(tx: Tx, keys: Sequence[str], ask_after: datetime) -> None:
    """Keep that a sweep did not name these letters.

    It leaves asked_at alone: nothing is printed on a sweep's word.
    """
    for some in in_chunks(keys):
        tx.execute(
            update(offers)
            .where(offers.c.key.in_(some))
            .values(ask_after=ask_after, asks=offers.c.asks + 1),
        )


def record_reads(
    tx: Tx,
    read: Sequence[tuple[Offer, datetime]],
    at: datetime,
) -> ReadCounts:
    """Settle letters that were read: (offer, read_at).

    A letter in a batch that has not begun to leave is taken out of it, and so is one that its
    sender has printed by hand and not yet confirmed. One whose paper is on its way stays there:
    the reading is kept as an event.
    """
    if not read:
        return ReadCounts(0, 0, 0)
    when = {offer.shipment_id: read_at for offer, read_at in read}
    reserved, leaving = _lock_live_pieces(tx, list(when))
    tx.execute(
        update(offers)
        .where(offers.c.key == bindparam("offer"))
        .values(state="READ", read_at=bindparam("when"), asked_at=at),
        [{"offer": offer.key, "when": read_at} for offer, read_at in read],
    )
    unread = _still(tx, list(when), Status.NOTIFIED, Status.SENT_DIGITALLY)
    to_move = [one for one in when if one in unread - leaving]
    take_out_of_batches(tx, reserved, at)
    hand_print.leave(tx, to_move, hand_print.READ)
    moves.move(
        tx,
        to_move,
        Status.READ,
        by=Mover.DISPATCH,
        at=at,
        detail_of={one: {"read_at": when[one].isoformat()} for one in to_move},
    )
    moves.note(tx, sorted(leaving), "read_after_hand_over", actor=Mover.DISPATCH, at=at)
    return ReadCounts(len(to_move), len(reserved), len(leaving))


def close_unread(tx: Tx, *, now: datetime) -> int:
    """Move unread letters that paper never follows to SENT_DIGITALLY at their deadline.

    Digital-only ones, and those to organisations whose sender does not resend. Returns how many.
    """
    in_batch = exists().where(pieces.c.shipment_id == shipments.c.id, pieces.c.live)
    overdue = list(
        tx.scalars(
            select(shipments.c.id)
            .join(recipients, recipients.c.shipment_id == shipments.c.id)
            .join(senders, senders.c.id == shipments.c.sender_id)
            .where(
                shipments.c.status == Status.NOTIFIED,
                shipments.c.due_at <= now,
                or_(shipments.c.digital_only, never_resent()),
                ~in_batch,
            ),
        ),
    )
    moves.move(tx, overdue, Status.SENT_DIGITALLY, by=Mover.DISPATCH, at=now)
    return len(overdue)


def never_resent() -> ColumnElement[bool]:
    """Say of a shipment, joined with its sender and recipient, that paper never follows.

    Its sender does not resend to organisations what they have not read.
    """
    digits = func.length(func.coalesce(recipients.c.digital_id, ""))
    return (digits == ORGANISATION_DIGITS) & senders.c.resend_to_organisations.is_(False)


def _still(tx: Tx, letters: Sequence[ShipmentId], *statuses: Status) -> set[ShipmentId]:
    """Return those of the letters that nobody has moved on meanwhile, and lock them."""
    return {
        one
        for ids in in_chunks(letters)
        for one in tx.scalars(
            select(shipments.c.id)
            .where(shipments.c.id.in_(ids), shipments.c.status.in_(statuses))
            .with_for_update(),
        )
    }


def _lock_live_pieces(
    tx: Tx,
    shipment_ids: Sequence[ShipmentId],
) -> tuple[dict[ShipmentId, str], set[ShipmentId]]:
    """Return letters in a batch that may still be left (with the batch), and those on their way."""
    reserved: dict[ShipmentId, str] = {}
    leaving: set[ShipmentId] = set()
    for ids in in_chunks(shipment_ids):
        # The batch rows are locked, so that a hand-over cannot begin while a letter leaves.
        rows = tx.execute(
            select(pieces.c.shipment_id, batches.c.id, batches.c.status)
            .join(batches, batches.c.id == pieces.c.batch_id)
            .where(pieces.c.shipment_id.in_(ids), pieces.c.live)
            .with_for_update(of=batches),
        )
        for shipment_id, batch_id, status in rows:
            if BatchStatus(status) in NOT_YET_LEAVING:
                reserved[shipment_id] = batch_id
            else:
                leaving.add(shipment_id)
    return reserved, leaving


def take_out_of_batches(tx: Tx, reserved: Mapping[ShipmentId, str], at: datetime) -> None:
    """Take letters out of batches that have not begun to leave: the batch by letter."""
    for ids in in_chunks(list(reserved)):
        tx.execute(
            update(pieces).where(pieces.c.shipment_id.in_(ids), pieces.c.live).values(live=False),
        )
    # What was assembled holds a letter that has left: it must be assembled anew.
    for batch_ids in in_chunks(sorted(set(reserved.values()))):
        again = tx.execute(
            update(batches)
            .where(batches.c.id.in_(batch_ids), batches.c.status == BatchStatus.ASSEMBLED)
            .values(status=BatchStatus.RESERVED, status_at=at)
            .returning(batches.c.id, batches.c.attempt),
        ).all()
        which = sorted((row.id, row.attempt) for row in again)
        note_batches(tx, which, BatchStatus.RESERVED, at, actor=Mover.DISPATCH)
