"""A file made to harm is refused or bounded; nothing of it is fetched, expanded or run."""

import io
import json
import zipfile
from dataclasses import replace

import pytest
from openpyxl import Workbook
from receipt_lines import a_file, a_line
from vendor_writers import a_letter, in_format, written

from flows import foreign_workbook
from flows.domain.vendor_profile import NEUTRAL, Format
from flows.receipts import raw_rows
from flows.receipts.raw_rows import RefusedFile
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file

XML, JSON, XLSX = (in_format(NEUTRAL, form) for form in (Format.XML, Format.JSON, Format.XLSX))

LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(9)
)


def with_document_type(inside: str, text: str = "") -> bytes:
    good = written([a_letter(product=text)], XML).decode()
    return f'<?xml version="1.0"?><!DOCTYPE kvitteringer [{inside}]>{good}'.encode()


def a_workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for each in old.infolist():
            new.writestr(each.filename, part if each.filename == name else old.read(each))
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
GOOD_SHEET = written([a_letter()], XLSX)

HOSTILE = {
    "an entity from a file": (
        XML,
        with_document_type('<!ENTITY x SYSTEM "file:///etc/passwd">', "&amp;x;"),
        "document type",
    ),
    "a billion laughs": (XML, with_document_type(LAUGHS, "l8"), "document type"),
    "a DTD from the network": (
        XML,
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        "document type",
    ),
    "half an XML file": (XML, written([a_letter()], XML)[:-20], "not XML"),
    "XML a hundred thousand deep": (XML, b"<a>" * 100_000, "not of schema"),
    "JSON a hundred thousand deep": (JSON, b"[" * 100_000, "not JSON"),
    "JSON with NaN": (JSON, b'{"linje": [], "lines": NaN}', "NaN"),
    "JSON with a number of a million digits": (JSON, b'{"a": ' + b"9" * 1_000_000 + b"}", "JSON"),
    "JSON that is a list": (JSON, b"[]", "no list"),
    "half a workbook": (XLSX, GOOD_SHEET[:500], "not a workbook"),
    "a workbook that is text": (XLSX, b"parti;stykke", "not a workbook"),
    "a workbook with a document type": (
        XLSX,
        with_part(GOOD_SHEET, SHEET, b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'),
        "document type",
    ),
    "a workbook with a broken sheet": (
        XLSX,
        with_part(GOOD_SHEET, SHEET, b"<worksheet><sheetData><row><c"),
        "not a workbook",
    ),
    "a formula": (XLSX, a_workbook([["=1+1"]]), "formula"),
    "a field of a million letters": (
        NEUTRAL,
        a_file(a_line(forsendelse="x" * 1_000_000)),
        "no line of CSV",
    ),
    "nothing but zeros": (NEUTRAL, b"\0" * 1000, "not UTF-8"),
}


@pytest.mark.parametrize(("profile", "content", "why"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_file_is_refused(profile: object, content: bytes, why: str) -> None:
    read = read_receipt_file(content, customer="SVAR", profile=profile)  # type: ignore[arg-type]

    assert isinstance(read, RefusedFile)
    assert why in read.reason


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(foreign_workbook, "MAX_UNPACKED_BYTES", 1000)

    read = read_receipt_file(GOOD_SHEET, customer="SVAR", profile=XLSX)

    assert read == RefusedFile("the file unpacks to more than a table can be")


def test_a_file_of_too_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_rows, "MAX_LINES", 2)

    read = read_receipt_file(a_file(*[a_line()] * 3), customer="SVAR")

    assert read == RefusedFile("the file has more than 2 lines")


def test_a_number_no_memory_holds_is_only_unreadable() -> None:
    said = json.loads(written([a_letter()], JSON))
    said["linje"][0]["vekt_gram"] = 0
    content = json.dumps(said).replace('"vekt_gram": 0', '"vekt_gram": 1e999999999').encode()

    read = read_receipt_file(content, customer="SVAR", profile=JSON)

    assert isinstance(read, ReceiptFile)
    assert [line.fault for line in read.lines] == ["vekt_gram is not a whole number"]


def test_text_with_control_characters_is_only_unreadable() -> None:
    profile = replace(NEUTRAL)

    read = read_receipt_file(a_file(a_line(forsendelse="a\x1bb")), customer="SVAR", profile=profile)

    assert isinstance(read, ReceiptFile)
    assert [line.fault for line in read.lines] == [
        "forsendelse is not a text of at most 64 characters"
    ]
