"""Which days last month's workbooks are written anew."""

from datetime import date, timedelta

import pytest

from reports.last_month.flow import WORKING_DAYS, is_among_the_first

YEAR = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_days_and_the_schedule_asks_on_them(month: int) -> None:
    days = [day for day in YEAR if day.month == month and is_among_the_first(day)]

    assert len(days) == WORKING_DAYS
    assert 8 <= days[-1].day <= 15


def test_holidays_and_weekends_are_none_of_them() -> None:
    january = [day.day for day in YEAR[:31] if is_among_the_first(day)]

    assert january == [2, 5, 6, 7, 8, 9]
