"""Which moves each sender has been told: every move in exactly one numbered feed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from flows.database.session import Tx
from flows.database.tables import events, feeds, senders, shipments
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Status


@dataclass(frozen=True)
class Feed:
    """One file for one sender. Its number and time are fixed before it is written."""

    sender_id: SenderId
    number: int
    """From 1, without gaps for each sender."""
    made_at: datetime


@dataclass(frozen=True)
class Move:
    """One move of one letter; nothing personal."""

    shipment_id: ShipmentId
    reference: str
    correlation_id: str
    status: Status
    at: datetime
    detail: Mapping[str, Any]


def senders_with_news(tx: Tx) -> list[SenderId]:
    """Return the senders whose letters have moved since their last feed."""
    query = (
        select(shipments.c.sender_id)
        .join(events, events.c.shipment_id == shipments.c.id)
        .where(*_NOT_TOLD)
        .distinct()
        .order_by(shipments.c.sender_id)
    )
    return list(tx.scalars(query))


def make_feed(tx: Tx, sender_id: SenderId, at: datetime, *, most_moves: int) -> Feed | None:
    """Put a sender's moves that are in no feed yet in a new one, oldest first; None without any.

    The sender's row is locked meanwhile, so that two runs never share a number or a move.
    """
    tx.execute(select(senders.c.id).where(senders.c.id == sender_id).with_for_update())
    ids = (
        select(events.c.id)
        .join(shipments, shipments.c.id == events.c.shipment_id)
        .where(shipments.c.sender_id == sender_id, *_NOT_TOLD)
        .order_by(events.c.id)
        .limit(most_moves)
    )
    last = tx.scalar(select(func.max(feeds.c.number)).where(feeds.c.sender_id == sender_id))
    feed = Feed(sender_id, (last or 0) + 1, at)
    told = tx.execute(update(events).where(events.c.id.in_(ids)).values(feed_number=feed.number))
    if not told.rowcount:
        return None
    tx.execute(insert(feeds).values(sender_id=sender_id, number=feed.number, made_at=at))
    return feed


def not_delivered(tx: Tx) -> list[Feed]:
    """Return the feeds that are not known to lie where their sender finds them, in order."""
    rows = tx.execute(
        select(feeds.c.sender_id, feeds.c.number, feeds.c.made_at)
        .where(feeds.c.delivered_at.is_(None))
        .order_by(feeds.c.sender_id, feeds.c.number),
    )
    return [Feed(*row) for row in rows]


def moves_in(tx: Tx, feed: Feed) -> Iterator[Move]:
    """Return a feed's moves in the order they happened; the same ones every time it is asked."""
    rows = tx.execute(
        select(
            shipments.c.id,
            shipments.c.reference,
            shipments.c.correlation_id,
            events.c.to_status,
            events.c.at,
            events.c.detail,
        )
        .join(shipments, shipments.c.id == events.c.shipment_id)
        .where(events.c.feed_number == feed.number, shipments.c.sender_id == feed.sender_id)
        .order_by(events.c.id),
    )
    for shipment_id, reference, correlation_id, status, at, detail in rows:
        yield Move(shipment_id, reference, correlation_id, Status(status), at, detail)


def record_delivered(tx: Tx, feed: Feed, at: datetime) -> None:
    """Say that a feed lies where its sender finds it."""
    tx.execute(
        update(feeds)
        .where(feeds.c.sender_id == feed.sender_id, feeds.c.number == feed.number)
        .values(delivered_at=at),
    )


def count_not_told(tx: Tx) -> int:
    """Return how many moves are in no feed yet."""
    return tx.scalar(select(func.count()).select_from(events).where(*_NOT_TOLD)) or 0


_NOT_TOLD = (events.c.feed_number.is_(None), events.c.to_status.is_not(None))
"""As the index over these says it, or it is not used."""
