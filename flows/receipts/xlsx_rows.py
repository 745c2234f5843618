"""Read a spreadsheet: its first sheet is like a CSV file, with numbers and times as such."""

import io
import zipfile
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from flows.domain.vendor_profile import ControlRow, Dialect
from flows.receipts.raw_rows import MAX_COLUMNS, Cell, RawFile, RefusedError, counted

MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024
MAX_PARTS: Final = 1000

_BROKEN: Final = (
    InvalidFileException,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    SyntaxError,
    EOFError,
    OSError,
    NotImplementedError,
)
"""What openpyxl raises over a workbook that is none; it has no error of its own for it."""


def xlsx_file(content: bytes, dialect: Dialect) -> RawFile:
    """Return a workbook's first sheet as rows; raises RefusedError.

    A workbook that unpacks to too much, has a document type, or a formula, is refused: what a
    formula shows depends on who opens it.
    """
    _refuse_bombs(content)
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet: Any = workbook.worksheets[0]
        sheet.reset_dimensions()
    except _BROKEN:
        raise RefusedError("the file is not a workbook, or not whole") from None
    rows = _rows(sheet)
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
        for line, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
            cells = [_cell(each) for each in row]
            while cells and cells[-1] == "":
                cells.pop()
            if cells:
                yield line, cells
    except RefusedError:
        raise
    except _BROKEN:
        raise RefusedError("the file is not a workbook, or not whole") from None


def _padded(cells: list[Cell], width: int) -> list[Cell]:
    """Give a row the empty cells at its end, which a sheet does not keep."""
    return [*cells, *[""] * (width - len(cells))]


def _cell(cell: Any) -> Cell:
    if cell.data_type == "f":
        raise RefusedError("the file has a formula where a value should be")
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, (str, datetime)) or (isinstance(value, int) and value is not True):
        return value
    return "{...}"


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            inside = parts.infolist()
            if len(inside) > MAX_PARTS or sum(each.file_size for each in inside) > (
                MAX_UNPACKED_BYTES
            ):
                raise RefusedError("the file unpacks to more than a workbook of receipts can be")
            for each in inside:
                if each.filename.endswith((".xml", ".rels")):
                    _refuse_document_type(parts, each)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise RefusedError("the file is not a workbook, or not whole") from None


def _refuse_document_type(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with parts.open(part) as reader:
        before = b""
        while block := reader.read(1 << 20):
            if b"<!DOCTYPE" in before + block or b"\0" in block:
                raise RefusedError("the file has a document type, which may hold anything")
            before = block[-16:]
