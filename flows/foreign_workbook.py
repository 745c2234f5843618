"""Open a workbook that came from outside, or say why it is not opened."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

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


class NotOpened(Exception):  # noqa: N818  -- what was done with it
    """A workbook that cannot or must not be read; its text says why and holds nothing of it."""


def first_sheet(content: bytes, *, shown_values: bool = False) -> Any:
    """Return a workbook's first sheet, to be read a row at a time inside `reading_rows`.

    shown_values: a formula counts as what it last showed. Raises NotOpened for a file that is no
    workbook, unpacks to too much, or has a document type, which may hold anything.
    """
    _refuse_bombs(content)
    with reading_rows():
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=shown_values)
        sheet: Any = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size is not believed
        return sheet


@contextmanager
def reading_rows() -> Iterator[None]:
    """Turn what openpyxl raises over a broken workbook into NotOpened."""
    try:
        yield
    except _BROKEN:
        raise NotOpened("the file is not a workbook, or not whole") from None


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            inside = parts.infolist()
            if len(inside) > MAX_PARTS or sum(each.file_size for each in inside) > (
                MAX_UNPACKED_BYTES
            ):
                raise NotOpened("the file unpacks to more than a table can be")
            for each in inside:
                if each.filename.endswith((".xml", ".rels")):
                    _refuse_document_type(parts, each)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise NotOpened("the file is not a workbook, or not whole") from None


def _refuse_document_type(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with parts.open(part) as reader:
        before = b""
        while block := reader.read(1 << 20):
            if b"<!DOCTYPE" in before + block or b"\0" in block:
                raise NotOpened("the file has a document type, which may hold anything")
            before = block[-16:]
