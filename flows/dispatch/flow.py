"""Offer letters digitally, and follow them until read or due for print."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from flows import clock
from flows.database import holds
from flows.database.session import Database, open_database
from flows.dispatch import alarms, choosing, following, offering, withdrawing
from flows.dispatch.altinn import Altinn, open_altinn
from flows.dispatch.channel import Watch
from flows.dispatch.choosing import LookedUp
from flows.dispatch.contact_register import open_contact_register
from flows.dispatch.following import FollowCounts
from flows.dispatch.offering import OfferCounts
from flows.recorded import recorded
from flows.settings import Settings, read_settings
from flows.task_policy import EACH_STEP


@dataclass(frozen=True)
class DispatchSummary:
    """What one dispatch run did."""

    looked_up: int = 0
    """People the contact register was asked about."""
    routed: Mapping[str, int] = field(default_factory=dict)
    offered: int = 0
    refused: int = 0
    quarantined: int = 0
    published: int = 0
    read: int = 0
    read_too_late: int = 0
    unknown: int = 0
    unpublished_for_hours: int = 0
    closed_unread: int = 0
    to_offer: int = 0
    """In a dry run: letters that would be offered."""
    to_ask: int = 0
    """In a dry run: letters Altinn would be asked about."""


@flow(name="dispatch")
@recorded("dispatch", create_table_artifact)
def dispatch(at: datetime | None = None, dry_run: bool = False) -> DispatchSummary:
    """Choose each letter's way, offer the digital ones, and ask about those that are out.

    Raises NeedsAPerson when Altinn refuses everything in some name, or the contact register
    refuses us, once all the rest is done.
    """
    settings, now = read_settings(), at or clock.now()
    with open_database(settings.database_url) as database:
        if dry_run:
            return _what_would_happen(database, settings, now)
        holds.end_those_over(database, now)
        looked_up = look_up(now)
        routed = choosing.route_letters(database, now, register_is_asked=_has_register(settings))
        alarms.about_the_register(database, looked_up, _patience(settings), now)
        offering.write_down_intents(database, Altinn.name, settings, now)
        offered = offer(now)
        seen = ask(now) + take_back(now)
        closed = following.close_unread(database, now)
        late = alarms.about_unpublished(database, now)
        stopped = dict((*offered.stopped, *seen.stopped))
        alarms.about_stopped(database, stopped, (*offered.answered, *seen.answered), now)
    alarms.stop_for(stopped, looked_up.silence)
    return DispatchSummary(
        looked_up=looked_up.people,
        routed=dict(routed),
        offered=offered.offered,
        refused=offered.refused + seen.refused,
        quarantined=offered.quarantined,
        published=seen.published,
        read=seen.read,
        read_too_late=seen.read_too_late,
        unknown=offered.unknown + seen.unknown,
        unpublished_for_hours=late,
        closed_unread=closed,
    )


@dataclass(frozen=True)
class LookSummary:
    """What the last look before the print night found."""

    asked: int = 0
    read: int = 0
    left_batch: int = 0
    unknown: int = 0
    """Not printed tonight: nobody knows whether they have been read."""
    stopped: tuple[str, ...] = ()
    """Resources in whose name Altinn says nothing; their letters are not printed tonight."""


@flow(name="last-look")
@recorded("last-look", create_table_artifact)
def last_look(at: datetime | None = None) -> LookSummary:
    """Ask Altinn once more about the letters that may be printed tonight.

    Whatever Altinn refuses, it ends well: paper letters need no last look, and the print night is
    next. What was refused is an open item.
    """
    settings, now = read_settings(), at or clock.now()
    seen = look_again(now)
    stopped = dict(seen.stopped)
    with open_database(settings.database_url) as database:
        alarms.about_stopped(database, stopped, seen.answered, now)
    return LookSummary(
        seen.asked, seen.read, seen.left_batch, seen.unknown, tuple(one.resource for one in stopped)
    )


@task(**EACH_STEP)
def look_up(now: datetime) -> LookedUp:
    """Ask the contact register, where there is one, about the people whose letters hang on it."""
    settings = read_settings()
    if not _has_register(settings):
        return LookedUp()
    with (
        open_database(settings.database_url) as database,
        open_contact_register(settings) as register,
    ):
        return choosing.look_up_recipients(database, register, now)


@task(**EACH_STEP)
def offer(now: datetime) -> OfferCounts:
    """Make every offer written down."""
    settings = read_settings()
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        return offering.offer_everything(database, altinn, settings, now)


@task(**EACH_STEP)
def ask(now: datetime) -> FollowCounts:
    """Ask about every letter that it is time to ask about."""
    settings = read_settings()
    calls = settings.altinn.parallel_calls
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        waiting = following.unpublished(database, now)
        seen = following.follow(database, altinn, waiting, Watch.PUBLICATION, now, calls)
        out = following.unread(database, now)
        return seen + following.follow(database, altinn, out, Watch.READING, now, calls)


@task(**EACH_STEP)
def take_back(now: datetime) -> FollowCounts:
    """Take back what Altinn has not published in time."""
    settings = read_settings()
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        late = withdrawing.stuck(database, now)
        return withdrawing.withdraw(database, altinn, late, now, settings.altinn.parallel_calls)


@task(**EACH_STEP)
def look_again(now: datetime) -> FollowCounts:
    """Ask about each of tonight's letters by itself."""
    settings = read_settings()
    # Asked again though asked an hour ago: this answer is the one the print night relies on.
    asked_since = now - timedelta(minutes=settings.read_check_max_age_minutes) / 2
    calls = settings.altinn.parallel_calls
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        tonight = following.before_sealing(database, now, asked_since)
        return following.follow(database, altinn, tonight, Watch.READING, now, calls)


def _has_register(settings: Settings) -> bool:
    return bool(settings.contact_register.url)


def _patience(settings: Settings) -> timedelta:
    return timedelta(minutes=settings.contact_register.alarm_after_minutes)


def _what_would_happen(database: Database, settings: Settings, now: datetime) -> DispatchSummary:
    asked = [*following.unpublished(database, now), *following.unread(database, now)]
    routed = choosing.routes_to_choose(database, now, register_is_asked=_has_register(settings))
    return DispatchSummary(
        routed=dict(routed),
        to_offer=offering.offers_to_make(database),
        to_ask=sum(len(look.offers) for look in asked),
    )
