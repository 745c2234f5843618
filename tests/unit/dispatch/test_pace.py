"""Calls keep to so many a minute, and to what the other side asks for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.dispatch.pace import BACK_OFF_SECONDS, CALM_SECONDS, Pace

WALL = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def wall(self) -> datetime:
        return WALL + timedelta(seconds=self.now - 5000)

    def pace(self, calls: int, longest: float = 300) -> Pace:
        return Pace(
            {"search": calls, "upload": 0},
            longest,
            now=lambda: self.now,
            sleep=self.sleep,
            wall=self.wall,
        )


def waited(time: Time, pace: Pace, operation: str = "search") -> float:
    before = time.now
    assert pace.turn(operation)
    return time.now - before


@given(calls=st.integers(1, 6000), turns=st.integers(2, 200))
def test_never_more_calls_a_minute_than_set(calls: int, turns: int) -> None:
    time = Time()
    pace = time.pace(calls, longest=10**6)

    at = []
    for _ in range(turns):
        assert pace.turn("search")
        at.append(time.now)

    within = [sum(1 for other in at if start <= other < start + 59.999) for start in at]
    assert max(within) <= calls + 1


def test_the_first_call_waits_for_nothing_and_no_limit_is_no_wait() -> None:
    time = Time()
    pace = time.pace(10)

    first = waited(time, pace)
    unlimited = [waited(time, pace, "upload") for _ in range(1000)]

    assert (first, sum(unlimited)) == (0, 0)


def test_operations_do_not_wait_for_each_other() -> None:
    time = Time()
    pace = time.pace(1)
    pace.slow_down("search", "30")

    assert waited(time, pace, "upload") == 0


ASKED = {
    "seconds": ("17", 17.0),
    "a date": ("Tue, 24 Nov 2026 12:00:41 GMT", 41.0),
    "a date that has been": ("Tue, 24 Nov 2026 11:00:00 GMT", 1.0),
    "at once": ("0", 1.0),
    "nothing": (None, BACK_OFF_SECONDS),
    "nonsense": ("soon", BACK_OFF_SECONDS),
    "a negative number": ("-5", BACK_OFF_SECONDS),
}


@pytest.mark.parametrize(("header", "seconds"), ASKED.values(), ids=list(ASKED))
def test_a_pause_is_as_long_as_asked_for(header: str | None, seconds: float) -> None:
    time = Time()
    pace = time.pace(0)

    told = pace.slow_down("search", header)

    assert told == seconds
    assert waited(time, pace) == pytest.approx(seconds)


def test_silence_doubles_when_it_did_not_help() -> None:
    time = Time()
    pace = time.pace(0)

    told = []
    for _ in range(4):
        told.append(pace.slow_down("search", None))
        time.sleep(2)

    assert told == [5, 10, 20, 40]


def test_calls_are_fewer_for_a_while_and_then_as_before() -> None:
    time = Time()
    pace = time.pace(60)
    pace.slow_down("search", "0")

    waited(time, pace)
    slower = waited(time, pace)
    time.sleep(CALM_SECONDS)
    waited(time, pace)
    again = waited(time, pace)

    assert (slower, again) == (pytest.approx(2), pytest.approx(1))


def test_calls_told_together_slow_down_once() -> None:
    time = Time()
    pace = time.pace(60)
    for _ in range(8):
        pace.slow_down("search", "0")

    waited(time, pace)

    assert waited(time, pace) == pytest.approx(2)


def test_who_would_wait_too_long_is_told_so_at_once() -> None:
    time = Time()
    pace = time.pace(0, longest=20)
    pace.slow_down("search", "21")

    assert not pace.turn("search")
    assert time.slept == []


def test_who_was_waiting_when_a_pause_is_called_waits_for_its_end() -> None:
    time = Time()
    pace = time.pace(60)
    pace.turn("search")

    def sleep_and_be_told(seconds: float) -> None:
        time.sleep(seconds)
        if len(time.slept) == 1:
            pace.slow_down("search", "30")

    pace._sleep = sleep_and_be_told

    assert waited(time, pace) == pytest.approx(31)


def test_a_pause_ends_the_waiting_of_who_has_waited_long_enough() -> None:
    time = Time()
    pace = time.pace(60, longest=10)
    pace.turn("search")

    def sleep_and_be_told(seconds: float) -> None:
        time.sleep(seconds)
        pace.slow_down("search", "30")

    pace._sleep = sleep_and_be_told

    assert not pace.turn("search")


def test_many_callers_share_one_pace() -> None:
    time = Time()
    waits: list[float] = []
    pace = Pace({"search": 60}, 300, now=lambda: time.now, sleep=waits.append, wall=time.wall)

    with ThreadPoolExecutor(16) as pool:
        turns = list(pool.map(pace.turn, ["search"] * 32))

    assert all(turns)
    assert sorted(waits) == pytest.approx(list(range(1, 32)))
