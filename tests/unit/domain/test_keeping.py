"""Whole calendar months, by the Norwegian day."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.clock import OSLO, oslo_date
from flows.domain.keeping import kept_since


@pytest.mark.parametrize(
    ("now", "months", "since"),
    [
        ("2026-11-24T12:00", 3, "2026-08-24"),
        ("2026-11-30T12:00", 3, "2026-08-30"),
        ("2026-05-31T00:30", 3, "2026-02-28"),
        ("2028-05-31T23:30", 3, "2028-02-29"),
        ("2026-01-15T12:00", 3, "2025-10-15"),
        ("2026-03-01T12:00", 12, "2025-03-01"),
        ("2026-01-01T00:30", 1, "2025-12-01"),
    ],
)
def test_so_many_months_ago_at_midnight(now: str, months: int, since: str) -> None:
    instant = datetime.fromisoformat(now).replace(tzinfo=OSLO)

    found = kept_since(instant, months)

    assert found == datetime.fromisoformat(since).replace(tzinfo=OSLO)


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 120),
)
def test_never_sooner_than_whole_months(now: datetime, months: int) -> None:
    found = oslo_date(kept_since(now, months))
    today = oslo_date(now)

    assert (today.year * 12 + today.month) - (found.year * 12 + found.month) == months
    assert found.day <= today.day
