"""Laws of working days, held against Easter worked out here and against the clock on the wall."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.clock import OSLO
from flows.domain.working_days import (
    DeadlinePolicy,
    add_working_days,
    add_working_hours,
    deadline,
    is_working_day,
)

DAYS = st.dates(date(2014, 1, 1), date(2040, 12, 31))
INSTANTS = st.datetimes(datetime(2014, 1, 1), datetime(2040, 12, 31)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)
POLICIES = st.builds(
    DeadlinePolicy, st.sampled_from(["working_days", "working_hours"]), st.integers(1, 60)
)
CLOSED = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 31)), max_size=10)
EARLY_2026 = st.datetimes(datetime(2026, 1, 1), datetime(2026, 3, 31)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)


def easter(year: int) -> date:
    """Return Easter Sunday by Gauss' rule, whose constants here hold from 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    week = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    late = moon == 29 or (moon == 28 and year % 19 > 10)
    days = moon + week - (7 if late and week == 6 else 0)
    return date(year, 3, 22) + timedelta(days=days)


def public_holidays(year: int) -> set[date]:
    """Return Norway's, counted from Easter: helligdagsfreden, 1 and 17 May."""
    sunday = easter(year)
    return {
        *(sunday + timedelta(days=days) for days in (-3, -2, 0, 1, 39, 49, 50)),
        *(date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))),
    }


@given(DAYS)
def test_a_working_day_is_a_weekday_that_is_no_public_holiday(day: date) -> None:
    assert is_working_day(day) == (day.isoweekday() <= 5 and day not in public_holidays(day.year))


@given(DAYS, st.integers(0, 20), st.integers(0, 20))
def test_working_days_added_in_two_steps_are_added_in_one(day: date, some: int, more: int) -> None:
    assert add_working_days(add_working_days(day, some), more) == add_working_days(day, some + more)


@given(INSTANTS, st.integers(1, 100), st.integers(1, 100))
def test_working_hours_added_in_two_steps_are_added_in_one(
    start: datetime, some: int, more: int
) -> None:
    halfway = add_working_hours(start, some)

    assert add_working_hours(halfway, more) == add_working_hours(start, some + more)


@given(INSTANTS, st.integers(1, 10))
def test_a_deadline_in_days_is_a_midnight_in_oslo_after_a_working_day(
    published: datetime, days: int
) -> None:
    due = deadline(DeadlinePolicy("working_days", days), published)

    assert due.tzinfo is UTC
    assert due.astimezone(OSLO).time() == time()
    assert is_working_day(due.astimezone(OSLO).date() - timedelta(days=1))


@given(POLICIES, EARLY_2026, CLOSED)
def test_a_closing_day_never_brings_a_deadline_forward(
    policy: DeadlinePolicy, published: datetime, closed: frozenset[date]
) -> None:
    assert deadline(policy, published, closed) >= deadline(policy, published)


@given(POLICIES, INSTANTS)
def test_the_zone_an_instant_is_written_in_moves_no_deadline(
    policy: DeadlinePolicy, published: datetime
) -> None:
    assert deadline(policy, published.astimezone(OSLO)) == deadline(policy, published)


def change_sundays(month: int) -> list[date]:
    """Return the last Sundays of March or October whose Friday and Monday are working days."""
    ends = [date(year, month, 31) for year in range(2014, 2041)]
    sundays = [end - timedelta(days=end.isoweekday() % 7) for end in ends]
    return [one for one in sundays if abs((one - easter(one.year)).days) > 7]


@pytest.mark.parametrize(
    ("sunday", "hours"),
    [(day, 87) for day in change_sundays(3)] + [(day, 89) for day in change_sundays(10)],
    ids=str,
)
def test_the_clock_that_is_moved_on_a_sunday_moves_no_deadline(sunday: date, hours: int) -> None:
    published = datetime.combine(sunday - timedelta(days=2), time(14), OSLO)

    due = deadline(DeadlinePolicy("working_hours", 40), published)

    # Tuesday 06:00 by the clock on the wall, an hour less or more by any other.
    assert due.astimezone(OSLO) == datetime.combine(sunday + timedelta(days=2), time(6), OSLO)
    assert due - published.astimezone(UTC) == timedelta(hours=hours)
