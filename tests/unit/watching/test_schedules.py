"""When a flow should have run, on Norway's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standings import a_run, ran

from flows.domain.flow_run import FlowHistory
from flows.watching.schedules import SCHEDULES, last_tick, missed, next_tick, schedules_here

NIGHTLY = "30 1 * * 1-5"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "now", "tick"),
    [
        (NIGHTLY, "2026-11-26T00:30", "2026-11-26T00:30"),
        (NIGHTLY, "2026-11-26T00:29", "2026-11-25T00:30"),
        (NIGHTLY, "2026-11-30T00:00", "2026-11-27T00:30"),
        (NIGHTLY, "2026-07-01T12:00", "2026-06-30T23:30"),
        (NIGHTLY, "2026-12-25T12:00", "2026-12-25T00:30"),
        ("*/10 * * * *", "2026-03-29T01:05", "2026-03-29T01:00"),
        ("*/10 * * * *", "2026-10-25T01:04", "2026-10-25T01:00"),
        ("*/5 6-22 * * *", "2026-11-26T03:00", "2026-11-25T21:55"),
    ],
    ids=[
        "to the minute",
        "a minute too early",
        "before Monday's it is Friday's",
        "in summer",
        "on Christmas Day, as the schedule has it",
        "when summer time begins",
        "when summer time ends",
        "before the day begins it is last evening's",
    ],
)
def test_the_last_tick_is_on_norways_clock(cron: str, now: str, tick: str) -> None:
    assert last_tick(cron, utc(now)) == utc(tick)


@given(
    st.sampled_from(sorted(SCHEDULES.values())),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_ticks_are_in_order_and_none_is_between(cron: str, now: datetime) -> None:
    before, after = last_tick(cron, now), next_tick(cron, now)

    assert before <= now < after
    assert last_tick(cron, after) == after


@pytest.mark.parametrize(
    ("history", "is_missed"),
    [
        (ran("print-batch", utc("2026-11-26T00:30")), False),
        (ran("print-batch", utc("2026-11-26T00:44")), False),
        (ran("print-batch", utc("2026-11-25T00:30")), True),
        (FlowHistory("print-batch"), True),
        (FlowHistory("print-batch", a_run("print-batch", utc("2026-11-25T23:00"), None)), False),
    ],
    ids=["on time", "late", "the night before", "never", "still at work"],
)
def test_a_tick_without_a_run_is_missed(history: FlowHistory, is_missed: bool) -> None:
    until = utc("2026-11-26T00:50")

    found = missed(history, NIGHTLY, until=until, watched_since=LONG_AGO)

    assert found == (utc("2026-11-26T00:30") if is_missed else None)


def test_nothing_is_missed_before_anything_was_watched() -> None:
    until = utc("2026-11-26T00:50")

    for since in (None, until - timedelta(minutes=5)):
        assert missed(FlowHistory("x"), NIGHTLY, until=until, watched_since=since) is None


def test_an_installation_has_its_own_times() -> None:
    here = schedules_here({"print-batch": "0 3 * * *", "feeds": ""})

    assert here["print-batch"] == "0 3 * * *"
    assert "feeds" not in here
    assert here["intake"] == SCHEDULES["intake"]
