"""The vendor's hours: when it receives nothing, and how long an answer may take."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from flows.clock import OSLO
from flows.domain.vendor_profile import Calendar
from flows.domain.working_days import is_working_day

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY, CLOSED = "daily", "closed"
"""Every day; the closing days of the vendor's calendar."""

_CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d|24:00"
_WINDOW: Final = re.compile(rf"({'|'.join((*DAYS, DAILY, CLOSED))}) ({_CLOCK})-({_CLOCK})")
_MINUTES_A_DAY: Final = 24 * 60


def is_window(text: str) -> bool:
    """Say whether a text is a window of downtime, like `sun 02:00-06:00`."""
    return bool(_WINDOW.fullmatch(text))


def downtime_at(now: datetime, windows: tuple[str, ...], calendar: Calendar) -> str:
    """Return the window of downtime an instant is in; empty: the vendor receives.

    The clock on the wall in Norway counts: an hour that is there twice when summer time ends is
    downtime twice. A window that ends before it begins ends the next day.
    """
    here = now.astimezone(OSLO)
    minute = here.hour * 60 + here.minute
    for window in windows:
        for day, shift in ((here.date(), 0), (here.date() - timedelta(days=1), _MINUTES_A_DAY)):
            name, begins, ends = _read(window)
            if _is_of(name, day, calendar) and begins <= minute + shift < ends:
                return window
    return ""


def answer_due(sent_at: datetime, calendar: Calendar, within_minutes: int = 0) -> datetime:
    """Return the instant from which an answer is late: only the vendor's hours count.

    within_minutes: how long it may take; 0: as long as an acknowledgement.
    """
    left = timedelta(minutes=within_minutes or calendar.acknowledge_within_minutes)
    day = sent_at.astimezone(OSLO).date()
    while True:
        begins, ends = _instant(day, calendar.opens), _instant(day, calendar.closes)
        at = max(begins, sent_at)
        if at < ends and is_working_day(day, frozenset(calendar.closed_days)):
            if at + left <= ends:
                return at + left
            left -= ends - at
        day += timedelta(days=1)


def _read(window: str) -> tuple[str, int, int]:
    """Return the day's name, and the minutes from its midnight to the beginning and the end."""
    found = _WINDOW.fullmatch(window)
    if found is None:
        raise ValueError(window)  # profiles are checked when they are read
    begins, ends = (_minutes(found[n]) for n in (2, 3))
    return found[1], begins, ends if ends > begins else ends + _MINUTES_A_DAY


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _is_of(name: str, day: date, calendar: Calendar) -> bool:
    if name == CLOSED:
        return day in calendar.closed_days
    return name in {DAILY, DAYS[day.weekday()]}


def _instant(day: date, clock: str) -> datetime:
    if clock == "24:00":
        return _instant(day + timedelta(days=1), "00:00")
    # In UTC: a difference of two times on Norway's clock would forget the hour it is moved.
    return datetime.combine(day, time.fromisoformat(clock), OSLO).astimezone(UTC)
