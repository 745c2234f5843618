"""Read a spreadsheet: its first sheet is like a CSV file, with numbers and times as such."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from flows.domain.vendor_profile import ControlRow, Dialect
from flows.foreign_workbook import NotOpened, first_sheet, reading_rows
from flows.receipts.raw_rows import MAX_COLUMNS, Cell, RawFile, RefusedError, counted


def xlsx_file(content: bytes, dialect: Dialect) -> RawFile:
    """Return a workbook's first sheet as rows; raises RefusedError.

    A workbook that unpacks to too much, has a document type, or a formula, is refused: what a
    formula shows depends on who opens it.
    """
    try:
        rows = _rows(first_sheet(content))
    except NotOpened as fault:
        raise RefusedError(str(fault)) from None
    if dialect.control_row is ControlRow.FIRST:
        said = next(rows, (0, []))[1]
    else:
        kept = deque(rows)
        said = kept.pop()[1] if kept else []
        rows = iter(kept)
    columns = [str(cell) for cell in next(rows, (0, []))[1]]
    fits = len(said) == len(dialect.control)
    return RawFile(
        control=dict(zip(dialect.control, said, strict=False)) if fits else {},
        columns=tuple(columns),
        rows=counted((line, _padded(cells, len(columns))) for line, cells in rows),
    )


def _rows(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    try:
        with reading_rows():
            for line, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
                cells = [_cell(each) for each in row]
                while cells and cells[-1] == "":
                    cells.pop()
                if cells:
                    yield line, cells
    except NotOpened as fault:
        raise RefusedError(str(fault)) from None


def _padded(cells: list[Cell], width: int) -> list[Cell]:
    """Give a row the empty cells at its end, which a sheet does not keep."""
    return [*cells, *[""] * (width - len(cells))]


def _cell(cell: Any) -> Cell:
    if cell.data_type == "f":
        raise NotOpened("the file has a formula where a value should be")
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, (str, datetime)) or (isinstance(value, int) and value is not True):
        return value
    return "{...}"
