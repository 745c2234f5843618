"""A receipt file is read line by line, or refused whole."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipt_lines import COLUMNS, a_file, a_line

from flows.receipts.raw_rows import RefusedFile
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file


def read(content: bytes) -> ReceiptFile | RefusedFile:
    return read_receipt_file(content, customer="SVAR")


def test_a_good_line_is_read_whole() -> None:
    file = read(a_file(a_line()))

    assert isinstance(file, ReceiptFile)
    (line,) = file.lines
    assert line.line == 3
    assert line.receipt is not None
    assert line.receipt.production_ore == 261
    assert line.receipt.postage_ore == 1990
    assert line.receipt.account_code == "0410"
    assert line.receipt.posted_at == datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize("how", ["bom", "crlf"])
def test_other_ways_of_writing_text_are_tolerated(how: str) -> None:
    content = a_file(a_line())
    content = b"\xef\xbb\xbf" + content if how == "bom" else content.replace(b"\n", b"\r\n")

    file = read(content)

    assert isinstance(file, ReceiptFile)
    assert file.lines[0].receipt is not None


BROKEN = {
    "letters for a number": ({"vekt_gram": "tolv"}, "vekt_gram is not a whole number"),
    "negative": ({"ark_maskin": "-1"}, "ark_maskin is not a whole number"),
    "empty": ({"stykke": ""}, "stykke is not a whole number"),
    "no zone": ({"postlagt": "2026-11-25T10:00:00"}, "postlagt has no offset from UTC"),
    "no time": ({"postlagt": "i går"}, "postlagt is not a time"),
}


@pytest.mark.parametrize(("changes", "fault"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_line_is_a_reason_and_not_a_stop(changes: dict[str, object], fault: str) -> None:
    file = read(a_file(a_line(), a_line(**changes), a_line(stykke=2)))

    assert isinstance(file, ReceiptFile)
    assert [line.fault for line in file.lines] == ["", fault, ""]


def test_a_line_cut_short_is_a_reason() -> None:
    content = a_file(a_line(), a_line()).replace(b";2026-11-25T10:00:00+01:00\n", b"\n", 1)

    file = read(content)

    assert isinstance(file, ReceiptFile)
    assert [line.fault for line in file.lines] == ["13 fields instead of 14", ""]


REFUSED = {
    "not UTF-8": (b"\xff\xfe", "UTF-8"),
    "empty": (b"", "not of schema"),
    "another schema": (a_file(a_line()).replace(b";1;SVAR", b";2;SVAR", 1), "not of schema"),
    "another customer": (a_file(a_line(), customer="ANNEN"), "another customer"),
    "a column gone": (a_file(a_line(), columns=COLUMNS[:-1]), "column names"),
    "a column nobody knows": (a_file(a_line(), columns=[*COLUMNS[:-1], "vekt"]), "column names"),
    "a column twice": (a_file(a_line(), columns=[*COLUMNS[:-1], "porto"]), "column names"),
    "a line too few": (a_file(a_line(), totals=(2, "2,61", "19,90")), "lines is 2"),
    "production differs": (a_file(a_line(), totals=(1, "2,62", "19,90")), "production"),
    "postage differs": (a_file(a_line(), totals=(1, "2,61", "19,91")), "postage"),
    "totals are words": (a_file(a_line(), totals=("en", "2,61", "19,90")), "cannot be read"),
    "an amount that cannot be read": (
        a_file(a_line(), a_line(porto="gratis"), totals=(2, "5,22", "39,80")),
        "postage",
    ),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_a_file_that_does_not_hold_together_is_refused_whole(content: bytes, reason: str) -> None:
    file = read(content)

    assert isinstance(file, RefusedFile)
    assert reason in file.reason


MAY_BE_LEFT_OUT = {"konteringskode"}
REQUIRED = [name for name in COLUMNS if name not in MAY_BE_LEFT_OUT]


@pytest.mark.parametrize("column", REQUIRED)
def test_a_file_without_one_of_the_columns_is_refused_whichever_it_is(column: str) -> None:
    line = {name: value for name, value in a_line().items() if name != column}
    columns = [name for name in COLUMNS if name != column]
    rows = ["#svarut-kvittering;1;SVAR;1;2,61;19,90", ";".join(columns), ";".join(line.values())]

    file = read("\n".join([*rows, ""]).encode())

    assert isinstance(file, RefusedFile)
    assert "column names" in file.reason


@pytest.mark.parametrize("column", REQUIRED)
def test_a_line_without_one_of_the_values_says_which(column: str) -> None:
    lines = (a_line(), a_line(**{column: ""}))
    amounts = {"produksjonskostnad": (2, "2,61", "39,80"), "porto": (2, "5,22", "19,90")}

    file = read(a_file(*lines, totals=amounts.get(column)))

    assert isinstance(file, ReceiptFile)
    assert [line.receipt is None for line in file.lines] == [False, True]
    assert file.lines[1].fault.startswith(f"{column} ")


@given(row=st.text(max_size=80), count=st.integers(min_value=0, max_value=30))
def test_whatever_a_line_says_it_stops_no_other(row: str, count: int) -> None:
    odd = "".join(one for one in row if one.isprintable() and one != '"') + ";" * count
    content = a_file(a_line(), a_line(stykke=2), totals=(3, "5,22", "39,80"))
    first, second, third, fourth = content.decode().splitlines()

    file = read("\n".join([first, second, third, odd + ";", fourth, ""]).encode())

    if isinstance(file, ReceiptFile):
        assert [line.receipt is None for line in file.lines] == [False, True, False]
    else:
        assert "control total" in file.reason
