"""Offers in digital channels: written down before they are made, and followed until read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, or_, select, update

from flows.database import shipments as moves
from flows.database.session import Tx, in_chunks
from flows.database.tables import batches, offers, pieces, shipments
from flows.domain.batch import NOT_YET_LEAVING, BatchStatus
from flows.domain.shipment import Route, SenderId, ShipmentId
from flows.domain.status import Mover, Status


@dataclass(frozen=True)
class Intent:
    """An offer about to be made; its key makes the second time harmless."""

    key: str
    """A UUID, given to the channel as its idempotency key."""
    shipment_id: ShipmentId
    channel: str
    attempt: int


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


@dataclass(frozen=True)
class ReadCounts:
    """What a reading led to, letter by letter."""

    moved: int
    """Letters now READ."""
    left_batch: int
    """Of those, letters taken out of a batch that had not left."""
    too_late: int
    """Letters read when their paper was already on its way: an event, not a move."""


def without_offer(tx: Tx, limit: int) -> list[tuple[ShipmentId, SenderId]]:
    """Return letters that are to go digitally and have no offer yet, oldest first."""
    rows = tx.execute(
        select(shipments.c.id, shipments.c.sender_id)
        .outerjoin(offers, offers.c.shipment_id == shipments.c.id)
        .where(
            shipments.c.status == Status.ACCEPTED,
            shipments.c.route == Route.DIGITAL,
            offers.c.key.is_(None),
        )
        .order_by(shipments.c.received_at, shipments.c.id)
        .limit(limit),
    )
    return [(row.id, row.sender_id) for row in rows]


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
                }
                for each in intents
            ],
        )


def in_state(tx: Tx, state: str) -> list[Offer]:
    """Return offers in a state, those asked about longest ago first."""
    rows = tx.execute(
        _with_sender()
        .where(offers.c.state == state)
        .order_by(offers.c.asked_at.is_not(None), offers.c.asked_at, offers.c.key),
    )
    return [_offer(row) for row in rows]


def keys_in_state(tx: Tx, state: str) -> list[str]:
    """Return the keys of the offers in a state, oldest first."""
    return list(
        tx.scalars(
            select(offers.c.key)
            .where(offers.c.state == state)
            .order_by(offers.c.intended_at, offers.c.key),
        ),
    )


def with_keys(tx: Tx, keys: Sequence[str]) -> list[Offer]:
    """Return the offers with these keys, by key."""
    return [
        _offer(row)
        for some in in_chunks(keys)
        for row in tx.execute(_with_sender().where(offers.c.key.in_(some)).order_by(offers.c.key))
    ]


def to_ask_if_read(tx: Tx, *, asked_before: datetime) -> list[Offer]:
    """Return published, unread offers not asked about since an instant, longest ago first.

    Letters whose paper is already handed over are among them until they are printed: a reading
    then is worth an event. A letter that is otherwise final is not asked about.
    """
    rows = tx.execute(
        _with_sender()
        .where(
            offers.c.state == "PUBLISHED",
            shipments.c.status.in_(
                [Status.NOTIFIED, Status.SENT_DIGITALLY, Status.SENT_TO_PRINT],
            ),
            or_(offers.c.asked_at.is_(None), offers.c.asked_at < asked_before),
        )
        .order_by(offers.c.asked_at.is_not(None), offers.c.asked_at, offers.c.key),
    )
    return [_offer(row) for row in rows]


def to_ask_before_sealing(tx: Tx, *, due_by: datetime, asked_before: datetime) -> list[Offer]:
    """Return offers whose letters may be printed tonight and must be asked about once more."""
    rows = tx.execute(
        _with_sender()
        .where(
            offers.c.state == "PUBLISHED",
            shipments.c.status == Status.NOTIFIED,
            shipments.c.digital_only.is_(False),
            shipments.c.due_at <= due_by,
            or_(offers.c.asked_at.is_(None), offers.c.asked_at < asked_before),
        )
        .order_by(offers.c.key),
    )
    return [_offer(row) for row in rows]


def record_offered(tx: Tx, references: Mapping[str, str], at: datetime) -> None:
    """Keep the channel's reference for each offer key that was taken."""
    if references:
        tx.execute(
            update(offers)
            .where(offers.c.key == bindparam("offer"), offers.c.state == "INTENDED")
            .values(state="OFFERED", channel_reference=bindparam("reference"), offered_at=at),
            [{"offer": key, "reference": reference} for key, reference in references.items()],
        )


def record_refused(
    tx: Tx,
    refused: Sequence[tuple[Offer, str]],
    at: datetime,
) -> None:
    """Keep why the channel will not have a letter, and send it the other way.

    A letter that may be printed goes to paper; a digital-only one is NOT_DELIVERED.
    """
    if not refused:
        return
    tx.execute(
        update(offers)
        .where(offers.c.key == bindparam("offer"))
        .values(state="REFUSED", reason=bindparam("why"), asked_at=at),
        [{"offer": offer.key, "why": why} for offer, why in refused],
    )
    reasons = {offer.shipment_id: why for offer, why in refused}
    digital_only = moves.digital_only(tx, list(reasons))
    moves.record_routes(
        tx,
        [(one, Route.PAPER, why) for one, why in reasons.items() if one not in digital_only],
        at,
    )
    moves.move(
        tx,
        sorted(digital_only),
        Status.NOT_DELIVERED,
        by=Mover.DISPATCH,
        at=at,
        detail_of={one: {"reason": reasons[one]} for one in digital_only},
    )


def record_published(
    tx: Tx,
    published: Sequence[tuple[Offer, datetime, datetime]],
    at: datetime,
) -> None:
    """Move letters to NOTIFIED with (offer, published_at, due_at); due_at is written once."""
    if not published:
        return
    tx.execute(
        update(offers)
        .where(offers.c.key == bindparam("offer"))
        .values(state="PUBLISHED", published_at=bindparam("published"), asked_at=at),
        [{"offer": offer.key, "published": published_at} for offer, published_at, _ in published],
    )
    tx.execute(
        update(shipments)
        .where(shipments.c.id == bindparam("shipment"), shipments.c.due_at.is_(None))
        .values(published_at=bindparam("published"), due_at=bindparam("due")),
        [
            {"shipment": offer.shipment_id, "published": published_at, "due": due_at}
            for offer, published_at, due_at in published
        ],
    )
    moves.move(
        tx,
        [offer.shipment_id for offer, _, _ in published],
        Status.NOTIFIED,
        by=Mover.DISPATCH,
        at=at,
        detail_of={
            offer.shipment_id: {
                "channel_reference": offer.channel_reference,
                "published_at": published_at.isoformat(),
                "due_at": due_at.isoformat(),
            }
            for offer, published_at, due_at in published
        },
    )


def record_asked(tx: Tx, keys: Sequence[str], at: datetime) -> None:
    """Keep that the channel was asked and knew nothing new."""
    for some in in_chunks(keys):
        tx.execute(update(offers).where(offers.c.key.in_(some)).values(asked_at=at))


def record_reads(
    tx: Tx,
    read: Sequence[tuple[Offer, datetime]],
    at: datetime,
) -> ReadCounts:
    """Settle letters that were read: (offer, read_at).

    A letter in a batch that has not begun to leave is taken out of it. One whose paper is on its
    way stays there: the reading is kept as an event.
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
    to_move = [one for one in when if one not in leaving]
    _take_out_of_batches(tx, reserved, at)
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


def close_unread_digital_only(tx: Tx, *, now: datetime) -> int:
    """Move digital-only letters past their deadline to SENT_DIGITALLY; return how many."""
    overdue = list(
        tx.scalars(
            select(shipments.c.id).where(
                shipments.c.status == Status.NOTIFIED,
                shipments.c.digital_only,
                shipments.c.due_at <= now,
            ),
        ),
    )
    moves.move(tx, overdue, Status.SENT_DIGITALLY, by=Mover.DISPATCH, at=now)
    return len(overdue)


def _with_sender() -> Select[Any]:
    return select(
        offers.c.key,
        offers.c.shipment_id,
        shipments.c.sender_id,
        offers.c.state,
        offers.c.channel_reference,
        offers.c.asked_at,
    ).join(shipments, shipments.c.id == offers.c.shipment_id)


def _offer(row: Row[Any]) -> Offer:
    return Offer(*row)


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


def _take_out_of_batches(tx: Tx, reserved: Mapping[ShipmentId, str], at: datetime) -> None:
    for ids in in_chunks(list(reserved)):
        tx.execute(
            update(pieces).where(pieces.c.shipment_id.in_(ids), pieces.c.live).values(live=False),
        )
    # What was assembled holds a letter that has left: it must be assembled anew.
    for batch_ids in in_chunks(sorted(set(reserved.values()))):
        tx.execute(
            update(batches)
            .where(batches.c.id.in_(batch_ids), batches.c.status == BatchStatus.ASSEMBLED)
            .values(status=BatchStatus.RESERVED, status_at=at),
        )
