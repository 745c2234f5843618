"""Follow offered letters until they are published, read, or due for print."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.database import offers
from flows.database.offers import Offer
from flows.database.senders import all_senders
from flows.database.session import Database, reading, transaction
from flows.dispatch.channel import Channel, ChannelAnswer, Stopped, Tenant, Unknown
from flows.dispatch.deadline import due_at

log = logging.getLogger(__name__)

SLICE: Final = 500
"""Letters asked about between two commits."""

ASK_AGAIN_AFTER: Final = timedelta(hours=4)
"""An unread letter is asked about a few times a day, and always right before it is printed."""


@dataclass(frozen=True)
class FollowCounts:
    """What asking about letters led to."""

    asked: int = 0
    published: int = 0
    read: int = 0
    left_batch: int = 0
    """Of those read, letters taken out of a batch that had not left."""
    read_too_late: int = 0
    """Letters read when their paper was on its way."""
    refused: int = 0
    """Letters the channel gave up; they go on paper, or are not delivered."""
    unknown: int = 0
    """Letters nothing could be learnt about; asked again by the next run."""

    def __add__(self, other: "FollowCounts") -> "FollowCounts":
        """Add two counts, name by name."""
        names = self.__dataclass_fields__
        return FollowCounts(*(getattr(self, name) + getattr(other, name) for name in names))


def unpublished(database: Database) -> list[list[Offer]]:
    """Return the offers that the channel has and has not published, in slices."""
    with reading(database) as tx:
        return _slices(offers.in_state(tx, "OFFERED"))


def unread(database: Database, now: datetime) -> list[list[Offer]]:
    """Return the published offers it is time to ask about, in slices."""
    with reading(database) as tx:
        return _slices(offers.to_ask_if_read(tx, asked_before=now - ASK_AGAIN_AFTER))


def before_sealing(database: Database, now: datetime, asked_since: datetime) -> list[list[Offer]]:
    """Return the offers whose letters may be printed tonight and must be asked about, in slices."""
    with reading(database) as tx:
        return _slices(offers.to_ask_before_sealing(tx, due_by=now, asked_before=asked_since))


def ask_slice(
    database: Database,
    channel: Channel,
    asked: Sequence[Offer],
    now: datetime,
    parallel_calls: int,
) -> FollowCounts:
    """Ask the channel about some letters, and record the answers in one transaction.

    Asking changes nothing out there, so a run killed in between asks again.
    """
    with reading(database) as tx:
        senders = all_senders(tx)

    def ask(offer: Offer) -> ChannelAnswer | Stopped | Unknown:
        sender = senders[offer.sender_id]
        tenant = Tenant(sender.altinn_resource, sender.consumer_organisation)
        return channel.answer(offer.channel_reference or "", tenant)

    with ThreadPoolExecutor(parallel_calls) as pool:
        answers = list(pool.map(ask, asked))
    said = list(zip(asked, answers, strict=True))
    known = [(offer, answer) for offer, answer in said if isinstance(answer, ChannelAnswer)]
    counts = _record(database, known, now)
    for offer, answer in said:
        if isinstance(answer, Unknown | Stopped):
            log.warning("no answer shipment=%s: %s", offer.shipment_id, answer.why)
    return counts + FollowCounts(asked=len(said), unknown=len(said) - len(known))


def close_digital_only(database: Database, now: datetime) -> int:
    """Close unread digital-only letters whose deadline has passed; return how many."""
    with transaction(database) as tx:
        return offers.close_unread_digital_only(tx, now=now)


def _record(
    database: Database,
    known: Sequence[tuple[Offer, ChannelAnswer]],
    now: datetime,
) -> FollowCounts:
    with transaction(database) as tx:
        senders = all_senders(tx)
        published = [
            (offer, answer.published_at, due_at(answer.published_at, senders[offer.sender_id]))
            for offer, answer in known
            if offer.state == "OFFERED" and answer.published_at and answer.refusal is None
        ]
        # Only one that was never published can be refused: what is published stays published.
        refused = [
            (offer, answer.refusal)
            for offer, answer in known
            if offer.state == "OFFERED" and answer.refusal is not None
        ]
        offers.record_published(tx, published, now)
        offers.record_refused(tx, refused, now)
        reads = offers.record_reads(
            tx,
            [
                (offer, answer.read_at)
                for offer, answer in known
                if answer.read_at is not None and answer.refusal is None
            ],
            now,
        )
        offers.record_asked(
            tx,
            [offer.key for offer, answer in known if answer.read_at is None],
            now,
        )
    return FollowCounts(
        published=len(published),
        read=reads.moved,
        left_batch=reads.left_batch,
        read_too_late=reads.too_late,
        refused=len(refused),
    )


def _slices(found: Sequence[Offer]) -> list[list[Offer]]:
    return [list(found[start : start + SLICE]) for start in range(0, len(found), SLICE)]
