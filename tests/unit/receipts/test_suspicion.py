"""A file that can be read, and should not be believed, waits whole for a person."""

from dataclasses import replace
from datetime import datetime

import pytest
from vendor_writers import OSLO, a_letter, written

from flows.domain.vendor_profile import NEUTRAL
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.receipts.suspicion import suspicions

AT_NOON = datetime(2026, 11, 25, 7, 0, tzinfo=OSLO)
IN_THE_EVENING = datetime(2026, 11, 25, 19, 0, tzinfo=OSLO)


def a_file_of(count: int, empty: int = 0, field: str = "", **changes: object) -> ReceiptFile:
    letters = [
        a_letter(n, **changes, **({field: "" if "ore" not in field else 0} if n <= empty else {}))
        for n in range(1, count + 1)
    ]
    read = read_receipt_file(written(letters, NEUTRAL), customer="SVAR")
    assert isinstance(read, ReceiptFile)
    return read


def test_an_ordinary_file_is_believed() -> None:
    read = a_file_of(100)

    assert suspicions(read, NEUTRAL, [read.filled]) == []


def test_a_cost_that_vanished_stops_the_file_though_it_says_zero() -> None:
    read = a_file_of(100, 100, "production_ore")

    assert suspicions(read, NEUTRAL, []) == ["production_ore is empty in 100 of 100 lines"]


def test_one_line_in_a_hundred_may_lack_what_the_others_have() -> None:
    assert suspicions(a_file_of(100, 1, "production_ore"), NEUTRAL, []) == []
    assert suspicions(a_file_of(100, 2, "production_ore"), NEUTRAL, []) != []


@pytest.mark.parametrize("known", [True, False], ids=["earlier files had it", "none had it"])
def test_a_column_that_is_not_expected_is_missed_only_when_it_was_there(known: bool) -> None:
    read = a_file_of(50, 50, "account_code")
    earlier = [a_file_of(50).filled] if known else [read.filled]

    found = suspicions(read, NEUTRAL, earlier)

    assert bool(found) is known


def test_a_column_that_is_left_out_is_missed_once_when_it_was_there() -> None:
    read = a_file_of(50)
    without = {name: count for name, count in read.filled.items() if name != "account_code"}

    found = suspicions(replace(read, filled=without), NEUTRAL, [read.filled])

    assert found == ["account_code has no column; earlier files had it"]
    assert suspicions(replace(read, filled=without), NEUTRAL, [without, read.filled]) == []
    assert suspicions(replace(read, filled=without), NEUTRAL, []) == []


def test_hours_that_lost_their_afternoon_stop_the_file() -> None:
    earlier = [a_file_of(30, posted_at=IN_THE_EVENING).filled]

    found = suspicions(a_file_of(30, posted_at=AT_NOON), NEUTRAL, earlier)

    assert found == [
        "no hour is above twelve, though earlier files had some: AM and PM may be lost"
    ]
    assert suspicions(a_file_of(5, posted_at=AT_NOON), NEUTRAL, earlier) == []
    assert suspicions(a_file_of(30, posted_at=AT_NOON), NEUTRAL, []) == []


def test_letters_posted_when_the_vendor_does_not_post_stop_the_file() -> None:
    hours = replace(NEUTRAL.calendar, first_posting_hour=12, last_posting_hour=20)
    profile = replace(NEUTRAL, calendar=hours)

    assert suspicions(a_file_of(3, posted_at=IN_THE_EVENING), profile, []) == []
    assert suspicions(a_file_of(3, posted_at=AT_NOON), profile, []) == [
        "3 of 3 letters posted outside 12-20 o'clock"
    ]
