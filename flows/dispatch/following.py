"""Follow offered letters until they are published, read, or due for print."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flows.database import asking, offers
from flows.database.offers import Offer
from flows.database.senders import all_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.dispatch.channel import Channel, ChannelAnswer, Stopped, Tenant, Unknown, Watch
from flows.dispatch.deadline import due_at
from flows.dispatch.slices import Round, ask_again_at, cut, one_by_one, rounds, tenant_of

log = logging.getLogger(__name__)

SWEPT_EVERY: Final = timedelta(hours=4)
"""An unread letter is asked about a few times a day, and always right before it is printed."""

Said = ChannelAnswer | Stopped | Unknown


@dataclass(frozen=True)
class FollowCounts:
    """What asking about letters led to."""

    asked: int = 0
    """Letters looked for, by themselves or in a sweep."""
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
    stopped: tuple[tuple[Tenant, str], ...] = ()
    """In whose name nothing could be asked, and why."""
    answered: tuple[Tenant, ...] = field(default=(), compare=False)
    """In whose name something was answered."""

    def __add__(self, other: "FollowCounts") -> "FollowCounts":
        """Add two counts, name by name."""
        names = self.__dataclass_fields__
        return FollowCounts(*(getattr(self, name) + getattr(other, name) for name in names))


def unpublished(database: Database, now: datetime) -> list[Round]:
    """Return the letters that the channel has not published and it is time to ask about."""
    with reading(database) as tx:
        return rounds(asking.unpublished(tx, now))


def unread(database: Database, now: datetime) -> list[Round]:
    """Return the published letters that it is time to ask about."""
    with reading(database) as tx:
        return rounds(asking.unread(tx, now))


def before_sealing(database: Database, now: datetime, asked_since: datetime) -> list[Round]:
    """Return the letters that may be printed tonight; each is asked about by itself."""
    with reading(database) as tx:
        return one_by_one(asking.before_sealing(tx, due_by=now, asked_before=asked_since))


def follow(
    database: Database,
    channel: Channel,
    looks: Sequence[Round],
    watch: Watch,
    now: datetime,
    parallel_calls: int,
) -> FollowCounts:
    """Ask about letters, round by round; a tenant that is stopped is left alone from there."""
    counts, stopped = FollowCounts(), set[Tenant]()
    for look in looks:
        if look.tenant not in stopped:
            done = follow_round(database, channel, look, watch, now, parallel_calls)
            stopped.update(tenant for tenant, _ in done.stopped)
            counts += done
    return counts


def follow_round(
    database: Database,
    channel: Channel,
    look: Round,
    watch: Watch,
    now: datetime,
    parallel_calls: int,
) -> FollowCounts:
    """Ask the channel about the letters of one round, and record the answers in one transaction.

    A sweep names what has moved, and only those are asked about by themselves. Asking changes
    nothing out there, so a run killed in between asks again.
    """
    named = _named(channel, look, watch)
    if isinstance(named, Stopped):
        return FollowCounts(stopped=((look.tenant, named.why),))
    asked = {offer.key for offer in named}
    quiet = [offer for offer in look.offers if offer.key not in asked]
    said = _ask(channel, look.tenant, named, parallel_calls)
    counts = record_answers(database, said, now)
    if quiet:
        with transaction(database) as tx:
            for again_at, keys in _again(quiet, now).items():
                offers.record_swept(tx, keys, again_at)
        counts += FollowCounts(asked=len(quiet), answered=(look.tenant,))
    return counts


def record_answers(
    database: Database,
    said: Sequence[tuple[Offer, Said]],
    now: datetime,
) -> FollowCounts:
    """Record what was said about letters, in one transaction."""
    known = [(offer, answer) for offer, answer in said if isinstance(answer, ChannelAnswer)]
    with transaction(database) as tx:
        counts = _record(tx, known, now)
    for offer, answer in said:
        if isinstance(answer, Unknown):
            log.warning("no answer shipment=%s: %s", offer.shipment_id, answer.why)
    stopped = {
        tenant_of(offer): answer.why for offer, answer in said if isinstance(answer, Stopped)
    }
    return counts + FollowCounts(
        asked=len(said),
        unknown=len(said) - len(known),
        stopped=tuple(stopped.items()),
        answered=tuple({tenant_of(offer) for offer, _ in known}),
    )


def close_unread(database: Database, now: datetime) -> int:
    """Close unread letters past their deadline that paper never follows; return how many."""
    with transaction(database) as tx:
        return offers.close_unread(tx, now=now)


def _named(channel: Channel, look: Round, watch: Watch) -> list[Offer] | Stopped:
    """Return the letters to ask about by themselves: those a sweep names, or all of them."""
    if look.publish_at is None:
        return list(look.offers)
    moved = channel.moved(look.tenant, look.publish_at, watch)
    if isinstance(moved, Stopped):
        return moved
    if isinstance(moved, Unknown):
        log.warning("no sweep of %s: %s", look.publish_at.isoformat(), moved.why)
        return list(look.offers)
    return [offer for offer in look.offers if offer.channel_reference in moved]


def _ask(
    channel: Channel,
    tenant: Tenant,
    asked: Sequence[Offer],
    parallel_calls: int,
) -> list[tuple[Offer, Said]]:
    """Ask about each letter; give up when nothing at all is answered, or the tenant is stopped."""
    said: list[tuple[Offer, Said]] = []
    with ThreadPoolExecutor(parallel_calls) as pool:
        for some in cut(asked, 4 * parallel_calls):
            answers = pool.map(
                lambda offer: channel.answer(offer.channel_reference or "", tenant), some
            )
            said += zip(some, answers, strict=True)
            if not any(isinstance(answer, ChannelAnswer) for _, answer in said[-len(some) :]):
                break
    return said


def _record(
    tx: Tx,
    known: Sequence[tuple[Offer, ChannelAnswer]],
    now: datetime,
) -> FollowCounts:
    senders = all_senders(tx)
    # What has been read was published, whether or not it is said when.
    published = [
        (offer, at, due_at(at, senders[offer.sender_id]))
        for offer, answer in known
        if offer.state == "OFFERED" and answer.refusal is None
        if (at := answer.published_at or answer.read_at) is not None
    ]
    # Only one that was never published can be refused: what is published stays published.
    refused = [
        (offer, answer.refusal)
        for offer, answer in known
        if offer.state == "OFFERED" and answer.refusal is not None
    ]
    read = [
        (offer, answer.read_at)
        for offer, answer in known
        if answer.read_at is not None and answer.refusal is None
    ]
    offers.record_published(tx, published, now, ask_after=now + SWEPT_EVERY)
    offers.record_refused(tx, refused, now)
    reads = offers.record_reads(tx, read, now)
    settled = {offer.key for offer, _, _ in published}
    settled |= {offer.key for offer, _ in refused} | {offer.key for offer, _ in read}
    nothing_new = [offer for offer, _ in known if offer.key not in settled]
    for again_at, keys in _again(nothing_new, now).items():
        offers.record_asked(tx, keys, now, again_at)
    return FollowCounts(
        published=len(published),
        read=reads.moved,
        left_batch=reads.left_batch,
        read_too_late=reads.too_late,
        refused=len(refused),
    )


def _again(found: Sequence[Offer], now: datetime) -> dict[datetime, list[str]]:
    """Return the keys of offers by when they are asked about again.

    What is not published is asked about less and less often, what is not read always as often.
    """
    keys: dict[datetime, list[str]] = {}
    for offer in found:
        published = offer.state == "PUBLISHED"
        at = now + SWEPT_EVERY if published else ask_again_at(now, offer.asks + 1)
        keys.setdefault(at, []).append(offer.key)
    return keys
