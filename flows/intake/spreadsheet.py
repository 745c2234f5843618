"""Read a sheet with one letter a row (the seed's manual mailing).

A sheet is xlsx or CSV; its first row holds the headings below, in any order. Every cell is text
or a number; a formula counts as what it last showed.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flows.domain.problem import Problem
from flows.foreign_workbook import NotOpened, first_sheet, reading_rows
from flows.intake.problems import Code, problem

SHEETS: Final = ("utsending.xlsx", "utsending.csv")
"""A package that holds one of these is a run."""

HEADINGS: Final = (
    "referanse",
    "tittel",
    "navn",
    "adresselinje1",
    "adresselinje2",
    "adresselinje3",
    "postnummer",
    "poststed",
    "land",
    "digital_id",
    "dokumenter",
    "sider",
    "konteringskode",
    "forsendelsestype",
    "tosidig",
    "farge",
    "kun_digital",
)
REQUIRED: Final = ("referanse", "tittel", "navn", "dokumenter")

MAX_ROWS: Final = 200_000
"""Twice the largest manual mailing anybody has tried."""

MAX_COLUMNS: Final = 100
"""A sheet has at most as many as there are headings; more are said to be unknown."""

_YES: Final = frozenset({"ja", "j", "x", "1", "sann", "true"})
_NO: Final = frozenset({"", "nei", "n", "0", "usann", "false"})
_PAGES: Final = re.compile(r"([1-9][0-9]{0,6})(?:-([1-9][0-9]{0,6}))?")


@dataclass(frozen=True)
class Row:
    """One letter of a run."""

    number: int
    """As the spreadsheet program shows it; headings are row 1."""
    description: Mapping[str, Any]
    """A `Forsendelse`, with the documents' names as they will be in the letter."""
    source: str
    """The file the pages are cut from, or empty."""
    pages: tuple[int, int] | None
    """First and last page to cut, 1-based."""
    files: tuple[str, ...]
    """The package's files that are the letter's documents, where no pages are cut."""
    problems: tuple[Problem, ...]


def read_sheet(sheet: bytes, name: str) -> list[list[str]] | None:
    """Return a sheet's rows as text; None when it cannot be read.

    name: one of SHEETS, which says how it is written.
    """
    try:
        return _read_csv(sheet) if name.endswith(".csv") else _read_xlsx(sheet)
    except (NotOpened, ValueError, csv.Error):
        return None


def faults_of_sheet(rows: Sequence[Sequence[str]] | None, name: str) -> list[Problem]:
    """Return what makes a sheet as a whole unusable; then no row of it is looked at."""
    if rows is None:
        return [problem(Code.SHEET_UNREADABLE, name)]
    headings = [_heading(cell) for cell in rows[0]] if rows else []
    found = [
        problem(Code.SHEET_HEADING_MISSING, name, kolonne=each)
        for each in REQUIRED
        if each not in headings
    ]
    found += [
        problem(Code.SHEET_HEADING_UNKNOWN, name, kolonne=each[:40])
        for each in headings
        if each and each not in HEADINGS
    ]
    found += [
        problem(Code.SHEET_HEADING_TWICE, name, kolonne=each)
        for each in sorted({one for one in headings if one and headings.count(one) > 1})
    ]
    if not found and not any(any(cell.strip() for cell in row) for row in rows[1:]):
        found.append(problem(Code.SHEET_EMPTY, name))
    if len(rows) > MAX_ROWS:
        found.append(problem(Code.SHEET_TOO_LONG, name, antall=len(rows), grense=MAX_ROWS))
    if not found:
        found = list(_of_references(rows, headings.index("referanse"), name))
    return found


def letters_of(rows: Sequence[Sequence[str]]) -> Iterator[Row]:
    """Return the letters of a sheet without faults of its own; empty rows are passed over."""
    headings = [_heading(cell) for cell in rows[0]]
    for number, cells in enumerate(rows[1:], start=2):
        texts = {
            heading: cell.strip() for heading, cell in zip(headings, cells, strict=False) if heading
        }
        if any(texts.values()):
            yield _row(number, {heading: texts.get(heading, "") for heading in HEADINGS})


def documents_named_in(rows: Sequence[Sequence[str]]) -> set[str]:
    """Return the names of every document a sheet asks for."""
    headings = [_heading(cell) for cell in rows[0]] if rows else []
    if "dokumenter" not in headings:
        return set()
    column = headings.index("dokumenter")
    return {name for cells in rows[1:] if column < len(cells) for name in _names(cells[column])}


COLUMNS: Final = {
    "eksternReferanse": "referanse",
    "kunDigitalLevering": "kun_digital",
    "utskriftskonfigurasjon.tosidig": "tosidig",
    "utskriftskonfigurasjon.utskriftMedFarger": "farge",
    "mottaker": "navn",
}
"""Fields of a description whose column is called something else, beside the address."""


def in_columns(found: Problem) -> Problem:
    """Return a problem of a row's letter as one of the sheet: by the column its writer sees."""
    name = found.field
    for field, column in _ADDRESS.items():
        name = column if name == f"mottaker.{field}" else name
    if name.startswith("dokumenter["):
        name = "dokumenter"
    return replace(found, field=COLUMNS.get(name, name))


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(";") if name.strip())


def _row(number: int, texts: Mapping[str, str]) -> Row:
    found: list[Problem] = []
    files = _names(texts["dokumenter"])
    pages = _pages(texts["sider"])
    if texts["sider"] and (pages is None or len(files) != 1):
        found.append(problem(Code.SHEET_PAGES, "sider"))
    names = (f"{texts['referanse'] or number}.pdf".replace("/", "-"),) if pages else files
    yes_no = {name: _yes_no(texts[name]) for name in ("tosidig", "farge", "kun_digital")}
    found += [problem(Code.SHEET_YES_NO, name) for name, said in yes_no.items() if said is None]
    description = {
        "tittel": texts["tittel"],
        "mottaker": {name: texts[heading] for name, heading in _ADDRESS.items() if texts[heading]},
        "dokumenter": [{"filnavn": name, "mimeType": "application/pdf"} for name in names],
        "eksternReferanse": texts["referanse"],
        "konteringskode": texts["konteringskode"],
        "forsendelsestype": texts["forsendelsestype"],
        "kunDigitalLevering": bool(yes_no["kun_digital"]),
        "utskriftskonfigurasjon": {
            "tosidig": bool(yes_no["tosidig"]),
            "utskriftMedFarger": bool(yes_no["farge"]),
        },
    }
    source = files[0] if pages and files else ""
    return Row(number, description, source, pages, () if pages else files, tuple(found))


_ADDRESS: Final = {
    "navn": "navn",
    "adresselinje1": "adresselinje1",
    "adresselinje2": "adresselinje2",
    "adresselinje3": "adresselinje3",
    "postnummer": "postnummer",
    "poststed": "poststed",
    "land": "land",
    "digitalId": "digital_id",
}


def _of_references(
    rows: Sequence[Sequence[str]],
    column: int,
    name: str,
) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, cells in enumerate(rows[1:], start=2):
        reference = cells[column].strip() if column < len(cells) else ""
        if reference and reference in seen:
            yield problem(Code.SHEET_REFERENCE_TWICE, name, rad=number, forrige=seen[reference])
        seen.setdefault(reference, number)


def _pages(text: str) -> tuple[int, int] | None:
    match = _PAGES.fullmatch(text)
    if match is None:
        return None
    first = int(match[1])
    last = int(match[2] or first)
    return (first, last) if first <= last else None


def _yes_no(text: str) -> bool | None:
    said = text.casefold()
    return True if said in _YES else False if said in _NO else None


def _heading(cell: str) -> str:
    return "_".join(cell.strip().casefold().split())


def _read_csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")  # Excel's «CSV (semikolondelt)»
    delimiter = ";" if text.partition("\n")[0].count(";") else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _read_xlsx(content: bytes) -> list[list[str]]:
    with reading_rows():
        rows = first_sheet(content, shown_values=True).iter_rows(
            values_only=True, max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS
        )
        said = [[_as_text(cell) for cell in row] for row in rows]
    width = max((len(row) for row in said[:1]), default=0)
    return [row + [""] * (width - len(row)) for row in said]


def _as_text(cell: object) -> str:
    """Return what a cell shows. A number typed as one has lost its leading zeros: 150 is no 0150.

    Validation then says that the postcode or the id has too few digits.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
