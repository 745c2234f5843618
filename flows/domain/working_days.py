"""Norwegian working days and the holidays between them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, Literal, Self

import holidays

from flows.clock import OSLO

NO_CLOSING_DAYS: Final[frozenset[date]] = frozenset()
"""Days off besides weekends and public holidays, where an installation has any."""

_SATURDAY: Final = 5


@dataclass(frozen=True)
class DeadlinePolicy:
    """How long a letter may stay unread before it is printed.

    `working_days:2`, the agreement's words: to the end of the second working day after it was
    published. `working_hours:40`, the live service since March 2016: hours on working days.
    """

    kind: Literal["working_days", "working_hours"]
    amount: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `working_days:2` or `working_hours:40`; raises ValueError for anything else."""
        kind, _, amount = text.partition(":")
        if kind == "working_days" and amount.isdecimal():
            return cls("working_days", int(amount))
        if kind == "working_hours" and amount.isdecimal():
            return cls("working_hours", int(amount))
        msg = "a deadline policy is like working_days:2 or working_hours:40"
        raise ValueError(msg)

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.kind}:{self.amount}"


TWO_WORKING_DAYS: Final = DeadlinePolicy("working_days", 2)
"""The agreement's words."""


def deadline(
    policy: DeadlinePolicy,
    published_at: datetime,
    closed: frozenset[date] = NO_CLOSING_DAYS,
) -> datetime:
    """Return the instant, in UTC, from which an unread letter is due for print."""
    if policy.kind == "working_hours":
        return add_working_hours(published_at, policy.amount, closed)
    published_on = published_at.astimezone(OSLO).date()
    last = add_working_days(published_on, policy.amount, closed)
    return _midnight(last + timedelta(days=1))


def is_working_day(day: date, closed: frozenset[date] = NO_CLOSING_DAYS) -> bool:
    """Say whether a day is neither weekend, public holiday nor closed.

    24 and 31 December and Easter Saturday are not public holidays.
    """
    return day.weekday() < _SATURDAY and day not in _public_holidays(day.year) and day not in closed


def add_working_days(day: date, days: int, closed: frozenset[date] = NO_CLOSING_DAYS) -> date:
    """Return the working day that comes so many working days after a day, whatever day that is."""
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day, closed)
    return day


@cache
def working_days_between(day: date, until: date, closed: frozenset[date] = NO_CLOSING_DAYS) -> int:
    """Return how many working days come after a day, up to and including another."""
    days = (day + timedelta(days=n) for n in range(1, (until - day).days + 1))
    return sum(is_working_day(one, closed) for one in days)


def add_working_hours(
    start: datetime,
    hours: int,
    closed: frozenset[date] = NO_CLOSING_DAYS,
) -> datetime:
    """Return the instant when so many hours have passed on working days, day and night.

    A working day has 24 hours, 23 or 25 when summer time begins or ends; in Norway that is a
    Sunday, and so does not count. Friday 14:00 and 40 hours is Tuesday 06:00.
    """
    left, at = timedelta(hours=hours), start.astimezone(UTC)
    while True:
        day = at.astimezone(OSLO).date()
        day_ends = _midnight(day + timedelta(days=1))
        if is_working_day(day, closed):
            if at + left <= day_ends:
                return at + left
            left -= day_ends - at
        at = day_ends


def _midnight(day: date) -> datetime:
    """Return the instant a Norwegian day begins."""
    return datetime.combine(day, time(), OSLO).astimezone(UTC)


@cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("NO", years=year))
