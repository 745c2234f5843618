"""Offer letters digitally, and follow them until read or due for print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from prefect import flow, task
from prefect.futures import PrefectFuture

from flows import clock
from flows.database.offers import Offer
from flows.database.session import Database, open_database
from flows.dispatch import following, offering
from flows.dispatch.altinn import Altinn, open_altinn
from flows.dispatch.following import FollowCounts
from flows.dispatch.offering import OfferCounts
from flows.settings import read_settings
from flows.task_policy import EACH_STEP

T = TypeVar("T")


@dataclass(frozen=True)
class DispatchSummary:
    """What one dispatch run did."""

    routed: Mapping[str, int] = field(default_factory=dict)
    offered: int = 0
    refused: int = 0
    published: int = 0
    read: int = 0
    read_too_late: int = 0
    unknown: int = 0
    closed_digital_only: int = 0
    to_offer: int = 0
    """In a dry run: letters that would be offered."""
    to_ask: int = 0
    """In a dry run: letters Altinn would be asked about."""


@flow(name="dispatch")
def dispatch(at: datetime | None = None, dry_run: bool = False) -> DispatchSummary:
    """Choose each letter's way, offer the digital ones, and ask about those that are out."""
    settings, now = read_settings(), at or clock.now()
    with open_database(settings.database_url) as database:
        if dry_run:
            return _what_would_happen(database, now)
        routed = offering.route_letters(database, now)
        offering.write_down_intents(database, Altinn.name, now)
        offers = _all(offer.submit(keys, now) for keys in offering.intended_slices(database))
        asked = _all(ask.submit(some, now) for some in following.unpublished(database))
        asked += _all(ask.submit(some, now) for some in following.unread(database, now))
        closed = following.close_digital_only(database, now)
    seen = sum(asked, FollowCounts())
    return DispatchSummary(
        routed=dict(routed),
        offered=sum(one.offered for one in offers),
        refused=sum(one.refused for one in offers) + seen.refused,
        published=seen.published,
        read=seen.read,
        read_too_late=seen.read_too_late,
        unknown=sum(one.unknown for one in offers) + seen.unknown,
        closed_digital_only=closed,
    )


@flow(name="last-look")
def last_look(at: datetime | None = None) -> FollowCounts:
    """Ask Altinn once more about the letters that may be printed tonight."""
    settings, now = read_settings(), at or clock.now()
    # Asked again though asked an hour ago: this answer is the one the print night relies on.
    asked_since = now - timedelta(minutes=settings.read_check_max_age_minutes) / 2
    with open_database(settings.database_url) as database:
        candidates = following.before_sealing(database, now, asked_since)
        return sum(_all(ask.submit(some, now) for some in candidates), FollowCounts())


@task(**EACH_STEP)
def offer(keys: list[str], now: datetime) -> OfferCounts:
    """Make one slice of offers."""
    settings = read_settings()
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        return offering.offer_slice(database, altinn, settings, keys, now)


@task(**EACH_STEP)
def ask(offers: list[Offer], now: datetime) -> FollowCounts:
    """Ask about one slice of letters."""
    settings = read_settings()
    calls = settings.altinn.parallel_calls
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        return following.ask_slice(database, altinn, offers, now, calls)


def _all(futures: Iterable[PrefectFuture[T]]) -> list[T]:
    """Start every task before waiting for the first."""
    return [future.result() for future in list(futures)]


def _what_would_happen(database: Database, now: datetime) -> DispatchSummary:
    asked = [*following.unpublished(database), *following.unread(database, now)]
    return DispatchSummary(
        routed=dict(offering.routes_to_choose(database)),
        to_offer=sum(len(keys) for keys in offering.intended_slices(database)),
        to_ask=sum(len(some) for some in asked),
    )
