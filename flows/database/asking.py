"""Which offers it is time to make, to ask about, or to take back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from flows.database.offers import Offer, never_resent
from flows.database.session import Tx, in_chunks
from flows.database.standing_holds import sender_is_held
from flows.database.tables import offers, recipients, senders, shipments
from flows.domain.shipment import Route, SenderId, ShipmentId
from flows.domain.status import Status


@dataclass(frozen=True)
class ToOffer:
    """A letter that is to go digitally and has no offer under way."""

    id: ShipmentId
    sender_id: SenderId
    confidential: bool
    attempt: int
    """Which one this will be, 1 for the first."""


def without_offer(tx: Tx, limit: int) -> list[ToOffer]:
    """Return letters that are to go digitally and have no offer under way.

    A refused one has none under way: only a person's release brings its letter back here.
    """
    under_way = func.count(offers.c.key).filter(offers.c.state != "REFUSED")
    rows = tx.execute(
        select(
            shipments.c.id,
            shipments.c.sender_id,
            shipments.c.confidential,
            func.coalesce(func.max(offers.c.attempt), 0) + 1,
        )
        .outerjoin(offers, offers.c.shipment_id == shipments.c.id)
        .where(
            shipments.c.status == Status.ACCEPTED,
            shipments.c.route == Route.DIGITAL,
            shipments.c.held_for == "",
            ~sender_is_held(),
        )
        .group_by(shipments.c.id, shipments.c.sender_id, shipments.c.confidential)
        .having(under_way == 0)
        .order_by(shipments.c.id)
        .limit(limit),
    )
    return [ToOffer(*row) for row in rows]


def last_publish_at(tx: Tx) -> datetime | None:
    """Return the latest instant any offer was to be published at."""
    found: datetime | None = tx.scalar(select(func.max(offers.c.publish_at)))
    return found


def to_offer(tx: Tx) -> list[Offer]:
    """Return the offers still to be made, a tenant's together, its oldest first.

    A letter that a person holds, or has handled, is not among them.
    """
    return _found(
        tx,
        offers.c.state == "INTENDED",
        shipments.c.status == Status.ACCEPTED,
        shipments.c.held_for == "",
        ~sender_is_held(),
        order=(offers.c.intended_at, offers.c.key),
    )


def unpublished(tx: Tx, now: datetime) -> list[Offer]:
    """Return offers taken and not published, that it is time to ask about."""
    return _found(
        tx,
        offers.c.state == "OFFERED",
        shipments.c.status == Status.ACCEPTED,
        or_(offers.c.ask_after.is_(None), offers.c.ask_after <= now),
    )


def unread(tx: Tx, now: datetime) -> list[Offer]:
    """Return published, unread offers that it is time to ask about.

    Letters whose paper is already handed over are among them until they are printed: a reading
    then is worth an event. A letter that is otherwise final is not asked about.
    """
    return _found(
        tx,
        offers.c.state == "PUBLISHED",
        shipments.c.status.in_([Status.NOTIFIED, Status.SENT_DIGITALLY, Status.SENT_TO_PRINT]),
        or_(offers.c.ask_after.is_(None), offers.c.ask_after <= now),
    )


def before_sealing(tx: Tx, *, due_by: datetime, asked_before: datetime) -> list[Offer]:
    """Return offers whose letters may be printed tonight and must be asked about once more."""
    return _found(
        tx,
        offers.c.state == "PUBLISHED",
        shipments.c.status == Status.NOTIFIED,
        shipments.c.digital_only.is_(False),
        shipments.c.due_at <= due_by,
        ~never_resent(),
        or_(offers.c.asked_at.is_(None), offers.c.asked_at < asked_before),
    )


def offered_before(tx: Tx, instant: datetime) -> list[Offer]:
    """Return the offers that were taken before an instant and are not published yet."""
    return _found(
        tx,
        offers.c.state == "OFFERED",
        shipments.c.status == Status.ACCEPTED,
        offers.c.offered_at <= instant,
    )


@dataclass(frozen=True)
class Late:
    """A resource whose letters are not published."""

    resource: str
    letters: int
    oldest: datetime


def unpublished_since(tx: Tx, instant: datetime) -> list[Late]:
    """Return the resources with letters taken before an instant and not published yet."""
    rows = tx.execute(
        select(offers.c.resource, func.count(), func.min(offers.c.offered_at))
        .join(shipments, shipments.c.id == offers.c.shipment_id)
        .where(
            offers.c.state == "OFFERED",
            shipments.c.status == Status.ACCEPTED,
            offers.c.offered_at <= instant,
        )
        .group_by(offers.c.resource)
        .order_by(offers.c.resource),
    )
    return [Late(*row) for row in rows]


def with_keys(tx: Tx, keys: Sequence[str]) -> list[Offer]:
    """Return the offers with these keys, by key."""
    return [
        offer
        for some in in_chunks(keys)
        for offer in _found(tx, offers.c.key.in_(some), order=(offers.c.key,))
    ]


def _found(
    tx: Tx,
    *where: ColumnElement[bool],
    order: tuple[Any, ...] = (offers.c.publish_at, offers.c.key),
) -> list[Offer]:
    rows = tx.execute(
        _with_letter()
        .where(*where)
        .order_by(offers.c.resource, senders.c.consumer_organisation, *order),
    )
    return [_offer(row) for row in rows]


def _with_letter() -> Select[Any]:
    return (
        select(
            offers.c.key,
            offers.c.shipment_id,
            shipments.c.sender_id,
            offers.c.state,
            offers.c.channel_reference,
            offers.c.asked_at,
            offers.c.resource,
            senders.c.consumer_organisation,
            offers.c.publish_at,
            offers.c.offered_at,
            offers.c.asks,
        )
        .join(shipments, shipments.c.id == offers.c.shipment_id)
        .join(recipients, recipients.c.shipment_id == shipments.c.id)
        .join(senders, senders.c.id == shipments.c.sender_id)
    )


def _offer(row: Row[Any]) -> Offer:
    return Offer(*row)
