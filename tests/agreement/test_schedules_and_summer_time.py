"""The schedules fire by Norwegian clocks on both sides of every change of summer time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from crons import Cron, crons

from flows.clock import OSLO

CRONS = crons()
BY_THE_CLOCK = [cron for cron in CRONS if cron.text.split()[1].replace(",", "").isdigit()]
"""At fixed hours."""

AROUND_THE_CLOCK = [cron for cron in CRONS if cron.text.split()[1] == "*"]

SPRING, AUTUMN = ["2026-03-29", "2027-03-28"], ["2026-10-25", "2027-10-31"]
HOUR = timedelta(hours=1)


def name(cron: Cron) -> str:
    return f"{cron.flow} {cron.text}"


def days_around(change: str, days: int) -> tuple[datetime, datetime]:
    """From midnight to midnight by Norwegian clocks, the change in the middle."""
    sunday = datetime.fromisoformat(change)
    first, last = sunday - timedelta(days=days), sunday + timedelta(days=days + 1)
    second = timedelta(seconds=1)
    return first.replace(tzinfo=OSLO) - second, last.replace(tzinfo=OSLO) - second


@pytest.mark.parametrize("change", [*SPRING, *AUTUMN])
@pytest.mark.parametrize("cron", BY_THE_CLOCK, ids=name)
def test_what_runs_at_fixed_hours_runs_at_each_of_them_once_a_day(cron: Cron, change: str) -> None:
    minute, hours, of_month, _, weekdays = cron.text.split()
    after, until = days_around(change, days=7)
    days = [(after + timedelta(days=n, seconds=1)).date() for n in range(15)]
    wanted = [
        day
        for day in days
        if (weekdays == "*" or day.isoweekday() <= 5) and of_month in {"*", str(day.day)}
    ]

    fired = [one.astimezone(OSLO) for one in cron.moments(after, until)]

    assert [(one.date(), one.hour, one.minute) for one in fired] == [
        (day, int(hour), int(minute)) for day in wanted for hour in hours.split(",")
    ]


def longest_silence(cron: Cron, change: str) -> timedelta:
    after, until = days_around(change, days=1)
    fired = cron.moments(after, until)
    assert len(fired) == len(set(fired))
    return max(later - earlier for earlier, later in pairwise(fired))


def usual_silence(cron: Cron) -> timedelta:
    return longest_silence(cron, "2026-06-14")


@pytest.mark.parametrize("change", SPRING)
@pytest.mark.parametrize("cron", AROUND_THE_CLOCK, ids=name)
def test_what_runs_around_the_clock_pauses_for_nothing_in_spring(cron: Cron, change: str) -> None:
    assert longest_silence(cron, change) == usual_silence(cron)


@pytest.mark.parametrize("change", AUTUMN)
@pytest.mark.parametrize("cron", AROUND_THE_CLOCK, ids=name)
def test_what_runs_around_the_clock_pauses_for_the_repeated_hour_in_autumn(
    cron: Cron, change: str
) -> None:
    # Prefect fires in one of the two hours from 02 to 03. What looks for silence must know.
    assert longest_silence(cron, change) == usual_silence(cron) + HOUR


def test_a_night_has_a_look_before_it_and_a_second_run_after_it() -> None:
    after = datetime(2026, 11, 23, 12, tzinfo=UTC)
    moments = sorted(
        (moment.astimezone(OSLO).strftime("%H:%M"), cron.flow)
        for cron in CRONS
        if cron.flow in {"last_look", "print_batch", "reconcile"}
        for moment in cron.moments(after, after + timedelta(days=1))
    )

    assert moments == [
        ("01:10", "last_look"),
        ("01:30", "print_batch"),
        ("03:10", "last_look"),
        ("03:30", "print_batch"),
        ("05:00", "reconcile"),
    ]
