"""Norwegian working days, hours and deadlines."""

from datetime import UTC, date, datetime

import pytest

from flows.clock import OSLO
from flows.domain.working_days import (
    DeadlinePolicy,
    add_working_days,
    add_working_hours,
    deadline,
    is_working_day,
)


def oslo(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=OSLO)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 11, 24), True),
        (date(2026, 11, 28), False),
        (date(2026, 5, 17), False),
        (date(2027, 5, 17), False),  # Whit Monday too: one day off with two names
        (date(2026, 4, 2), False),  # Maundy Thursday
        (date(2026, 12, 24), True),  # no public holiday, a Thursday
        (date(2026, 12, 25), False),
        (date(2026, 12, 31), True),
    ],
)
def test_public_holidays_are_norways(day: date, working: bool) -> None:
    assert is_working_day(day) is working


def test_closing_days_are_an_overlay() -> None:
    closed = frozenset({date(2026, 12, 24)})

    assert not is_working_day(date(2026, 12, 24), closed)
    assert add_working_days(date(2026, 12, 23), 1, closed) == date(2026, 12, 28)


POLICIES = {
    "Monday morning, two days: the end of Wednesday": (
        "working_days:2",
        oslo(2026, 11, 23, 8),
        oslo(2026, 11, 26),
    ),
    "Friday: the end of Tuesday": (
        "working_days:2",
        oslo(2026, 11, 27, 16),
        oslo(2026, 12, 2),
    ),
    "Saturday is no working day": ("working_days:2", oslo(2026, 11, 28, 9), oslo(2026, 12, 2)),
    "before Easter": ("working_days:2", oslo(2026, 3, 31, 9), oslo(2026, 4, 8)),
    "just before midnight in Oslo": (
        "working_days:2",
        oslo(2026, 11, 23, 23, 59),
        oslo(2026, 11, 26),
    ),
    "forty hours from Friday 14:00: Tuesday 06:00": (
        "working_hours:40",
        oslo(2026, 11, 20, 14),
        oslo(2026, 11, 24, 6),
    ),
    "forty hours over the night summer time ends": (
        "working_hours:40",
        oslo(2026, 10, 23, 14),
        oslo(2026, 10, 27, 6),
    ),
    "forty hours over the night summer time begins": (
        "working_hours:40",
        oslo(2026, 3, 27, 14),
        oslo(2026, 3, 31, 6),
    ),
}


@pytest.mark.parametrize(("policy", "published", "due"), POLICIES.values(), ids=list(POLICIES))
def test_the_deadline(policy: str, published: datetime, due: datetime) -> None:
    assert deadline(DeadlinePolicy.parse(policy), published) == due


def test_a_day_in_another_zone_is_asked_in_oslo() -> None:
    # 23:30 on Monday in UTC is Tuesday in Oslo.
    published = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert deadline(DeadlinePolicy("working_days", 2), published) == oslo(2026, 11, 27)


def test_no_hours_is_now_even_on_a_working_day() -> None:
    assert add_working_hours(oslo(2026, 11, 24, 9), 0) == oslo(2026, 11, 24, 9)


@pytest.mark.parametrize(
    "text", ["", "working_days", "working_days:-1", "days:2", "working_days:x"]
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="working_days:2"):
        DeadlinePolicy.parse(text)


def test_a_policy_reads_back() -> None:
    assert DeadlinePolicy.parse(str(DeadlinePolicy("working_hours", 40))) == DeadlinePolicy(
        "working_hours", 40
    )
