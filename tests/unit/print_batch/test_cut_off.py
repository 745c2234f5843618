"""Which night a letter goes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from flows.clock import OSLO
from flows.domain.vendor_profile import Calendar
from flows.print_batch.cut_off import last_cut_off, posting_day


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


@pytest.mark.parametrize(
    ("now", "cut_off", "last"),
    [
        ("2026-11-24T01:30", "00:00", "2026-11-24T00:00"),
        ("2026-11-24T01:30", "17:30", "2026-11-23T17:30"),
        ("2026-11-24T17:29", "17:30", "2026-11-23T17:30"),
        ("2026-11-24T17:30", "17:30", "2026-11-24T17:30"),
        ("2026-07-07T17:30", "17:30", "2026-07-07T17:30"),
        ("2026-11-23T01:30", "17:30", "2026-11-20T17:30"),
        ("2026-11-28T01:30", "00:00", "2026-11-27T00:00"),
        ("2026-11-30T01:30", "00:00", "2026-11-30T00:00"),
        ("2026-05-18T01:30", "17:30", "2026-05-15T17:30"),
        ("2026-12-26T01:30", "00:00", "2026-12-23T00:00"),
    ],
    ids=[
        "a night",
        "an evening's cut-off holds the night after",
        "a minute before",
        "to the minute",
        "in summer time",
        "Monday night looks back to Friday",
        "Saturday night takes what Friday took",
        "Monday's midnight takes the weekend's",
        "the seventeenth of May is no day of the vendor",
        "nor is the day the vendor is closed",
    ],
)
def test_the_last_cut_off_is_on_a_working_day_of_the_vendor(
    now: str, cut_off: str, last: str
) -> None:
    calendar = Calendar(closed_days=(date(2026, 12, 24),), cut_off=cut_off)

    assert last_cut_off(oslo(now).astimezone(UTC), calendar) == oslo(last)


def test_letters_are_posted_on_the_first_working_day_from_the_night_on() -> None:
    calendar = Calendar(closed_days=(date(2026, 11, 27),))

    assert posting_day(date(2026, 11, 26), calendar) == date(2026, 11, 26)
    assert posting_day(date(2026, 11, 27), calendar) == date(2026, 11, 30)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_the_cut_off_is_the_same_hour_on_the_clock_the_whole_year(year: int) -> None:
    calendar = Calendar(cut_off="17:30")
    noons = [datetime(year, 1, 2, 12, tzinfo=UTC) + timedelta(days=n) for n in range(364)]

    cut_offs = [last_cut_off(noon, calendar).astimezone(OSLO) for noon in noons]

    assert {(one.hour, one.minute) for one in cut_offs} == {(17, 30)}
    assert {one.utcoffset() for one in cut_offs} == {timedelta(hours=1), timedelta(hours=2)}
