"""Sheets, envelopes and weights; account codes."""

from datetime import date
from decimal import Decimal

import pytest

from flows.domain.account_code import is_account_code
from flows.domain.batch import Envelope, JobClass
from flows.domain.sheets import (
    envelope_for,
    lands_on_back,
    prints_duplex,
    sheets_of,
    weight_grams,
)


@pytest.mark.parametrize(
    ("pages", "duplex", "sheets"),
    [
        ([1], False, 1),
        ([4], False, 4),
        ([4], True, 2),
        ([3], True, 2),
        ([3, 1, 2], True, 4),
        ([], True, 0),
    ],
)
def test_every_document_begins_on_a_fresh_front(
    pages: list[int], duplex: bool, sheets: int
) -> None:
    assert sheets_of(pages, duplex=duplex) == sheets


def test_a_one_page_letter_is_simplex_whatever_was_asked() -> None:
    assert not prints_duplex([1], asked=True)
    assert prints_duplex([1, 1], asked=True)
    assert not prints_duplex([4], asked=False)


def test_only_even_pages_land_on_a_back_and_only_in_duplex() -> None:
    assert [lands_on_back(page, duplex=True) for page in (1, 2, 3)] == [False, True, False]
    assert not lands_on_back(2, duplex=False)


def test_six_sheets_go_in_a_small_envelope_and_seven_do_not() -> None:
    assert envelope_for(6, c5_sheets=6) is Envelope.C5
    assert envelope_for(7, c5_sheets=6) is Envelope.C4


@pytest.mark.parametrize(
    ("sheets", "envelope", "grams"),
    [(2, Envelope.C5, "16.980"), (6, Envelope.C5, "36.940"), (7, Envelope.C4, "54.930")],
)
def test_weights_are_those_of_the_table(sheets: int, envelope: Envelope, grams: str) -> None:
    assert weight_grams(sheets, envelope) == Decimal(grams)


def test_a_job_class_names_itself_and_reads_back() -> None:
    job_class = JobClass(Envelope.C4, colour=True, duplex=False)

    assert job_class.code == "C4FAS"
    assert JobClass.of_code("C4FAS") == job_class


@pytest.mark.parametrize(
    ("code", "day", "good"),
    [
        ("", date(2026, 1, 1), True),
        ("4410_a-b.ø", date(2026, 1, 1), True),
        ("4410_a", date(2016, 1, 1), False),
        ("4410.ø", date(2016, 1, 1), True),
        ("4410.ø", date(2014, 1, 1), False),
        ("44 10", date(2026, 1, 1), False),
        ("4410\n", date(2026, 1, 1), False),
        ("x" * 21, date(2026, 1, 1), False),
    ],
)
def test_account_codes_are_those_of_their_year(code: str, day: date, good: bool) -> None:
    assert is_account_code(code, day) is good
