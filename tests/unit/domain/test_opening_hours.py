"""The vendor's hours on Norway's clock, over summer time and closing days."""

from datetime import UTC, date, datetime

import pytest

from flows.clock import OSLO
from flows.domain.opening_hours import answer_due, downtime_at, is_window
from flows.domain.vendor_profile import Calendar


def at(month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=OSLO)


SUNDAY_NIGHT = ("sun 02:00-03:30",)


@pytest.mark.parametrize("text", ["sun 02:00-06:00", "daily 23:30-00:30", "closed 00:00-24:00"])
def test_windows_are_a_day_and_two_times(text: str) -> None:
    assert is_window(text)


@pytest.mark.parametrize("text", ["", "sunday 02:00-06:00", "sun 2:00-06:00", "sun 02:00-25:00"])
def test_what_is_no_window_is_not_taken_for_one(text: str) -> None:
    assert not is_window(text)


@pytest.mark.parametrize(
    ("instant", "down"),
    [
        (datetime(2026, 11, 29, 1, 59, tzinfo=OSLO), False),
        (datetime(2026, 11, 29, 2, 0, tzinfo=OSLO), True),
        (datetime(2026, 11, 29, 3, 29, tzinfo=OSLO), True),
        (datetime(2026, 11, 29, 3, 30, tzinfo=OSLO), False),
        (datetime(2026, 11, 28, 2, 0, tzinfo=OSLO), False),
        # Summer time ends: two o'clock is there twice, 00:30 and 01:30 UTC.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), False),
        # Summer time begins: after 01:59 comes 03:00.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),
    ],
)
def test_downtime_is_by_the_clock_on_the_wall(instant: datetime, *, down: bool) -> None:
    assert downtime_at(instant, SUNDAY_NIGHT, Calendar()) == (SUNDAY_NIGHT[0] if down else "")


@pytest.mark.parametrize(
    ("hour", "minute", "down"), [(23, 40, True), (0, 10, True), (0, 30, False)]
)
def test_a_window_over_midnight_is_of_the_day_it_begins(
    hour: int, minute: int, *, down: bool
) -> None:
    day = 27 if hour else 28
    instant = at(11, day, hour, minute)

    assert bool(downtime_at(instant, ("fri 23:30-00:30",), Calendar())) is down


def test_closing_days_are_downtime_where_the_profile_says_so() -> None:
    calendar = Calendar(closed_days=(date(2026, 12, 24),))
    windows = ("closed 00:00-24:00",)

    assert downtime_at(datetime(2026, 12, 24, 12, tzinfo=OSLO), windows, calendar)
    assert not downtime_at(datetime(2026, 12, 25, 0, tzinfo=OSLO), windows, calendar)
    assert not downtime_at(datetime(2026, 12, 24, 12, tzinfo=OSLO), (), calendar)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        (at(11, 26, 10, 0), at(11, 26, 12, 0)),
        # before the vendor opens, and just before it closes
        (at(11, 26, 2, 0), at(11, 26, 10, 0)),
        (at(11, 26, 15, 30), at(11, 27, 9, 30)),
        # over a weekend, and over a closing day and Christmas
        (at(11, 27, 15, 0), at(11, 30, 9, 0)),
        (at(12, 23, 15, 0), at(12, 28, 9, 0)),
    ],
)
def test_an_answer_is_awaited_in_the_vendors_hours(sent: datetime, due: datetime) -> None:
    calendar = Calendar(
        opens="08:00",
        closes="16:00",
        acknowledge_within_minutes=120,
        closed_days=(date(2026, 12, 24),),
    )

    found = answer_due(sent, calendar)

    assert found == due
