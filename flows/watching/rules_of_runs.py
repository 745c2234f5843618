"""When flows do not run, do not end or do not go well, and when nobody sees to what they tell."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from flows.domain.flow_run import Ended
from flows.domain.standing import Standing
from flows.watch_settings import WatchSettings
from flows.watching.found import Found, hours_since, since_then
from flows.watching.rules_of_letters import due_tonight
from flows.watching.schedules import missed

PRINT_NIGHT: Final = "print-batch"

TOLD_OTHERWISE: Final = frozenset(
    {
        "ACKNOWLEDGEMENT_MISSING",
        "B2",
        "OFFER_QUARANTINED",
        "RECEIPT_FILE_QUARANTINED",
        "RECEIPT_LINES_QUARANTINED",
        "RETURN_LINES_QUARANTINED",
    }
)
"""Open items that an alarm of their own is about."""


def the_print_night(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find the last night that should have printed, and did not."""
    for one in _missed(standing, limits):
        if one.subject == PRINT_NIGHT:
            count = due_tonight(standing.letters)
            what = f"the print night did not run, {count} letters wait for it"
            yield Found(PRINT_NIGHT, what, count, one.since)


def schedules(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find every other schedule whose last run is not there."""
    yield from (one for one in _missed(standing, limits) if one.subject != PRINT_NIGHT)


def runs_that_never_ended(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find runs that are under way for too long: killed, or hanging."""
    for history in standing.runs:
        last = history.last
        if last is None or last.ended_at is not None:
            continue
        if hours_since(last.started_at, standing.now) > limits.run_hours:
            what = f"a run began and never ended, {since_then(last.started_at)}"
            yield Found(history.flow, what, 0, last.started_at)


def flows_that_fail(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find flows whose last run did not go well; for want of a network, only if it goes on."""
    patience = timedelta(minutes=limits.failing_minutes)
    for history in standing.runs:
        last, since = history.last_ended, history.failing_since
        if last is None or since is None or last.ended_as in {Ended.WELL, Ended.STOPPED}:
            continue
        if last.ended_as is Ended.TRY_AGAIN and standing.now - since < patience:
            continue
        what = f"{last.ended_as} {since_then(since)}: {last.says or 'see the log'}"
        yield Found(history.flow, what, 0, since)


def items_that_nobody_takes(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find open items that wait for somebody to say that it is theirs."""
    for one in standing.items:
        if one.code in TOLD_OTHERWISE or one.oldest_untaken is None:
            continue
        if hours_since(one.oldest_untaken, standing.now) >= limits.item_hours:
            what = (
                f"{one.untaken} open items that nobody has taken, {since_then(one.oldest_untaken)}"
            )
            yield Found(one.code, what, 0, one.oldest_untaken)


def _missed(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    until = standing.now - timedelta(minutes=limits.grace_minutes)
    for history in standing.runs:
        cron = standing.schedules.get(history.flow)
        if cron is None:
            continue
        tick = missed(history, cron, until=until, watched_since=standing.watched_since)
        if tick is not None:
            ran = (
                f"it last began {history.last.started_at:%F %R}Z"
                if history.last
                else "it never ran"
            )
            yield Found(history.flow, f"no run answered {tick:%F %R}Z; {ran}", 0, tick)
