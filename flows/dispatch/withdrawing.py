"""Take back letters that Altinn has not published in time; only then may they go on paper.

Once withdrawn, the recipient will never see a letter there: that is the fence before paper. Doing
it twice is doing it once, so a killed run is simply run again.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

from flows.database import asking
from flows.database.offers import Offer
from flows.database.senders import all_senders
from flows.database.session import Database, reading
from flows.dispatch.channel import Channel, ChannelAnswer, Refusal
from flows.dispatch.deadline import due_at
from flows.dispatch.following import FollowCounts, Said, record_answers
from flows.dispatch.slices import by_tenant, cut, tenant_of
from flows.domain.sender import Sender

log = logging.getLogger(__name__)

SLICE: Final = 200
"""Letters taken back between two commits."""

NEVER_SOONER: Final = timedelta(hours=1)
"""Whatever a sender's deadline is, publication has at least this long."""


def is_stuck(offer: Offer, sender: Sender, now: datetime) -> bool:
    """Say whether a letter would already be due, had it been published when it was offered.

    So a recipient never waits longer for the paper than if Altinn had been well.
    """
    if offer.offered_at is None:
        return False
    limit = max(due_at(offer.offered_at, sender), offer.offered_at + NEVER_SOONER)
    return limit <= now


def stuck(database: Database, now: datetime) -> list[Offer]:
    """Return the letters that are to be taken back."""
    with reading(database) as tx:
        senders = all_senders(tx)
        found = asking.offered_before(tx, now - NEVER_SOONER)
    return [offer for offer in found if is_stuck(offer, senders[offer.sender_id], now)]


def withdraw(
    database: Database,
    channel: Channel,
    offers: Sequence[Offer],
    now: datetime,
    parallel_calls: int,
) -> FollowCounts:
    """Take letters back, and record in slices what came of it.

    One that was published after all is asked about at once: its deadline begins at publication.
    """
    counts = FollowCounts()
    for tenant, of_tenant in by_tenant(offers):
        for some in cut(of_tenant, SLICE):
            with ThreadPoolExecutor(parallel_calls) as pool:
                answers = list(pool.map(lambda offer: _take_back(channel, offer), some))
            done = record_answers(database, list(zip(some, answers, strict=True)), now)
            counts += done
            if done.stopped:
                log.warning("nothing more is taken back in the name of %s", tenant.resource)
                break
    return counts


def _take_back(channel: Channel, offer: Offer) -> Said:
    tenant, reference = tenant_of(offer), offer.channel_reference or ""
    done = channel.withdraw(reference, tenant)
    if done is True:
        return ChannelAnswer(refusal=Refusal.WITHDRAWN)
    return channel.answer(reference, tenant) if done is False else done
