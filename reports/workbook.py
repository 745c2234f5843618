"""Write a month's costs as a workbook a finance office can use unchanged."""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from flows.domain.money import kroner
from flows.wording import fill_sentence, sentences
from reports.controls import Control

WORDS: Final = "workbook.toml"
KRONER: Final = "#,##0.00"
FONT: Final = "Calibri"
FIXED_TIME: Final = datetime(2020, 1, 1)  # noqa: DTZ001  -- openpyxl wants it naive
"""The same facts give the same bytes, so a workbook does not say when it was written."""

WIDTHS: Final = {"shipment_id": 38, "sender": 42, "control": 58, "account_code": 22}
HEADER_FILL: Final = PatternFill("solid", fgColor="1F3B5C")
WRONG: Final = PatternFill("solid", bgColor="F4C7C3")
INERT: Final = ("=", "+", "-", "@")
"""A text that begins so would be run as a formula by a spreadsheet program."""


@dataclass(frozen=True)
class Month:
    """All that a month's workbook shows; frames as reports.cost gives them."""

    month: str
    """`2026-11`."""
    data_until: str
    senders: pd.DataFrame
    codes: pd.DataFrame
    letters: pd.DataFrame
    controls: Sequence[Control]


def workbook(month: Month) -> bytes:
    """Return the workbook's bytes; equal facts give equal bytes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.created = book.properties.modified = FIXED_TIME
    book.properties.creator = "svarut"
    book.properties.title = _say("title", maned=month.month)
    _read_me(book, month)
    _table_sheet(book, "senders", month.senders)
    _table_sheet(book, "codes", month.codes)
    _table_sheet(book, "letters", month.letters)
    _control_sheet(book, month.controls)
    return _settled(book)


def _say(name: str, **values: object) -> str:
    return fill_sentence(sentences(WORDS)[name], **values)


def _read_me(book: Workbook, month: Month) -> None:
    sheet = _sheet(book, "read_me", [26, 96])
    sheet.append([_say("title", maned=month.month)])
    sheet["A1"].font = Font(name=FONT, bold=True, size=16)
    sheet.append([_say("made")])
    wrong = sum(1 for control in month.controls if control.difference)
    verdict = (
        _say("read_me_controls_not_well", antall=wrong) if wrong else _say("read_me_controls_well")
    )
    rows = {
        "read_me_month": month.month,
        "read_me_data_until": month.data_until,
        "read_me_letters": str(len(month.letters)),
        "read_me_net": kroner(int(month.letters["net_ore"].sum())),
        "read_me_vat": kroner(int(month.letters["vat_ore"].sum())),
        "read_me_gross": kroner(int(month.letters["gross_ore"].sum())),
        "read_me_controls": verdict,
        "read_me_basis": _say("read_me_basis_text"),
    }
    for name, text in rows.items():
        sheet.append([_say(name), text])
        label, said = sheet[sheet.max_row]
        label.font = Font(name=FONT, bold=True)
        label.alignment = Alignment(vertical="top")
        said.alignment = Alignment(wrap_text=True, vertical="top")


def _table_sheet(book: Workbook, name: str, frame: pd.DataFrame) -> None:
    columns = list(frame.columns)
    widths = [WIDTHS.get(column, max(12, len(_say(column)) + 4)) for column in columns]
    sheet = _sheet(book, name, widths)
    _append_header(sheet, columns)
    for number, row in enumerate(frame.itertuples(index=False), start=2):
        for place, (column, value) in enumerate(zip(columns, row, strict=True), start=1):
            _fill(sheet.cell(number, place), column, value)
    _make_table(sheet, name, columns, len(frame))


def _control_sheet(book: Workbook, controls: Sequence[Control]) -> None:
    columns = ["control", "left", "right", "difference"]
    sheet = _sheet(book, "controls", [WIDTHS["control"], 16, 16, 16])
    _append_header(sheet, columns)
    for control in controls:
        sheet.append([_say(control.name), control.left, control.right, control.difference])
    _make_table(sheet, "controls", columns, len(controls))
    sheet.conditional_formatting.add(
        f"D2:D{len(controls) + 1}",
        CellIsRule(operator="notEqual", formula=["0"], fill=WRONG),  # type: ignore[no-untyped-call]
    )


def _sheet(book: Workbook, name: str, widths: Sequence[float]) -> Worksheet:
    sheet: Worksheet = book.create_sheet(_say(f"sheet_{name}"))
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return sheet


def _append_header(sheet: Worksheet, columns: Sequence[str]) -> None:
    sheet.append([_say(column) for column in columns])
    for cell in sheet[1]:
        cell.font = Font(name=FONT, bold=True, color="FFFFFF")
        cell.fill = HEADER_FILL
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"


def _fill(cell: Cell | MergedCell, column: str, value: object) -> None:
    """Put a value in a cell as what it is: money, a date, a text, a count."""
    if column.endswith("_ore"):
        cell.value = Decimal(int(str(value))) / 100
        cell.number_format = KRONER
    elif isinstance(value, date):
        cell.value = value
        cell.number_format = "dd.mm.yyyy"
    elif isinstance(value, str):
        cell.value = value
        # Codes are text, or they lose their zeros; and no text is ever a formula.
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = value.startswith(INERT)
    else:
        cell.value = int(str(value))


def _make_table(sheet: Worksheet, name: str, columns: Sequence[str], rows: int) -> None:
    """Make the rows a real table, with a filter; a table must have a row, so none without."""
    if rows:
        last = f"{get_column_letter(len(columns))}{rows + 1}"
        table = Table(displayName=f"tbl_{name}", ref=f"A1:{last}")
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight9", showRowStripes=True)
        sheet.add_table(table)


def _settled(book: Workbook) -> bytes:
    """Save with fixed times in the zip, so that equal facts give equal bytes."""
    first, settled = io.BytesIO(), io.BytesIO()
    book.save(first)
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(settled, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _without_modified(content)
            target.writestr(zipfile.ZipInfo(entry.filename), content, zipfile.ZIP_DEFLATED)
    return settled.getvalue()


def _without_modified(core: bytes) -> bytes:
    """Put the fixed time where openpyxl writes the time of saving."""
    fixed = FIXED_TIME.isoformat().encode() + b"Z</dcterms:modified>"
    return re.sub(rb"[^>]*</dcterms:modified>", fixed, core)
