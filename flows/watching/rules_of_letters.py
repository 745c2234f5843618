"""When letters stand still: by status, past their deadline, or held."""

from collections.abc import Iterable, Iterator
from typing import Final

from flows.domain.shipment import Route
from flows.domain.standing import OpenLetters, Standing
from flows.domain.status import Status
from flows.watch_settings import WatchSettings
from flows.watching.found import Found, hours_since, since_then, working_days_since

CAPPED_WORKING_DAYS: Final = 5
"""A sender with a limit a night has letters that wait on purpose; so long, as in rule A1."""


def letters_that_stand_still(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Look at every open status; who waits for a deadline, a night or a receipt is left out."""
    hours: dict[Status, float] = {
        Status.RECEIVED: limits.received_hours,
        Status.ACCEPTED: limits.accepted_hours,
        Status.SENT_DIGITALLY: limits.digital_days * 24,
        Status.SENT_TO_PRINT: limits.accepted_hours,
    }
    for status, patience in hours.items():
        some = [one for one in standing.letters if one.status is status and _should_move(one)]
        if some and hours_since(min(one.oldest for one in some), standing.now) > patience:
            oldest = min(one.oldest for one in some)
            count = sum(one.letters for one in some)
            what = f"{count} letters are {status} and nothing moves them, {since_then(oldest)}"
            yield Found(status, what, count, oldest)


def unread_past_due(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find letters that nobody has read in time, and that no print night has taken."""
    late = [
        one
        for one in standing.letters
        if one.status is Status.NOTIFIED and one.past_due and _is_for_the_vendor(one)
    ]
    yield from _left_behind(late, standing, limits, "unread, past their deadline and in no batch")


def paper_not_sent(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find letters that go on paper from the start, and that no print night has taken."""
    late = [
        one
        for one in standing.letters
        if one.status is Status.ACCEPTED and one.route == Route.PAPER and _is_for_the_vendor(one)
    ]
    yield from _left_behind(late, standing, limits, "to be printed and in no batch")


def held_too_long(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find letters that a person is to decide about, by why they are held."""
    reasons = sorted({one.held_for for one in standing.letters if one.held_for})
    for reason in reasons:
        some = [one for one in standing.letters if one.held_for == reason]
        oldest = min(one.oldest for one in some)
        if hours_since(oldest, standing.now) > limits.held_days * 24:
            count = sum(one.letters for one in some)
            what = f"{count} letters are held for {reason}, {since_then(oldest)}"
            yield Found(reason, what, count, oldest)


def due_tonight(letters: Iterable[OpenLetters]) -> int:
    """Count the letters that a print night now would look at."""
    return sum(
        one.letters
        for one in letters
        if _is_for_the_vendor(one)
        and (
            (one.status is Status.ACCEPTED and one.route == Route.PAPER)
            or (one.status is Status.NOTIFIED and one.past_due)
        )
    )


def _should_move(one: OpenLetters) -> bool:
    """Say whether nothing keeps letters where they are that another rule looks at."""
    if one.kept_back or one.in_batch:
        return False
    if one.status is Status.ACCEPTED:
        return one.route != Route.PAPER
    return not (one.status is Status.SENT_TO_PRINT and one.by_hand)


def _is_for_the_vendor(one: OpenLetters) -> bool:
    return not (one.kept_back or one.in_batch or one.by_hand or one.digital_only)


def _left_behind(
    late: Iterable[OpenLetters], standing: Standing, limits: WatchSettings, how: str
) -> Iterator[Found]:
    """Say which letters a whole working day, and so a print night, has passed by."""
    some = [
        one
        for one in late
        if working_days_since(one.oldest_due or one.oldest, standing)
        >= (CAPPED_WORKING_DAYS if one.capped else limits.due_working_days)
    ]
    if some:
        oldest = min(one.oldest_due or one.oldest for one in some)
        count = sum(one.letters for one in some)
        yield Found("letters", f"{count} letters are {how}, {since_then(oldest)}", count, oldest)
