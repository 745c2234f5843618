"""Sheets, envelopes and weights; account codes."""

from datetime import date
from decimal import Decimal

import pytest

from flows.domain.account_code import is_account_code
from flows.domain.batch import Envelope, JobClass
from flows.domain.sheets import (
    EMPTY_SIDE,
    envelope_for,
    giro_on_back,
    giro_sheets,
    prints_duplex,
    sheets_of,
    sides_of,
    weight_grams,
)
from flows.domain.shipment import PrintedDocument


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
    documents = [PrintedDocument(count) for count in pages]

    assert sheets_of(documents, cover=False, duplex=duplex) == sheets
    assert sheets_of(documents, cover=True, duplex=duplex) == 1 + sheets


def test_a_one_page_letter_is_simplex_whatever_was_asked() -> None:
    assert not prints_duplex([PrintedDocument(1)], asked=True)
    assert prints_duplex([PrintedDocument(1), PrintedDocument(1)], asked=True)
    assert not prints_duplex([PrintedDocument(4)], asked=False)


@pytest.mark.parametrize(
    ("giro", "sides", "on_back"),
    [
        ((), (1, 2, 3, 4), []),
        ((1,), (1, EMPTY_SIDE, 2, 3, 4, EMPTY_SIDE), []),
        ((3,), (1, 2, 3, EMPTY_SIDE, 4, EMPTY_SIDE), []),
        ((4,), (1, 2, 3, EMPTY_SIDE, 4, EMPTY_SIDE), [4]),
        ((2, 1), (1, EMPTY_SIDE, 2, EMPTY_SIDE, 3, 4), []),
        ((1, 3), (1, EMPTY_SIDE, 2, EMPTY_SIDE, 3, EMPTY_SIDE, 4, EMPTY_SIDE), [3]),
        ((1, 4), (1, EMPTY_SIDE, 2, 3, 4, EMPTY_SIDE), []),
        ((0, 5), (1, 2, 3, 4), []),
    ],
    ids=["none", "first", "front", "back", "two", "moved to back", "moved to front", "not there"],
)
def test_a_giro_slip_is_torn_off_a_sheet_with_nothing_on_its_back(
    giro: tuple[int, ...], sides: tuple[int, ...], on_back: list[int]
) -> None:
    document = PrintedDocument(4, giro)

    assert sides_of(document, duplex=True) == sides
    assert giro_on_back(document, duplex=True) == on_back
    assert sides_of(document, duplex=False) == (1, 2, 3, 4)
    assert giro_on_back(document, duplex=False) == []


def test_giro_sheets_are_numbered_from_the_front_of_the_letter() -> None:
    documents = [PrintedDocument(2), PrintedDocument(3, (3,))]

    assert giro_sheets(documents, cover=True, duplex=True) == (4,)
    assert giro_sheets(documents, cover=False, duplex=True) == (3,)
    assert giro_sheets(documents, cover=True, duplex=False) == (6,)


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
