"""Read a CSV file: a control row first or last, the column names, then a line a letter."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from flows.domain.vendor_profile import ControlRow, Dialect
from flows.receipts.raw_rows import RawFile, RefusedError, counted, decoded


def csv_file(content: bytes, dialect: Dialect) -> RawFile:
    """Return a CSV file as rows; raises RefusedError."""
    text = decoded(content, dialect.encoding)
    last = ""
    if dialect.control_row is ControlRow.LAST:
        text, _, last = text.rstrip("\r\n").rpartition("\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    rows = _rows(reader)
    said = next(rows, (0, []))[1] if not last else next(csv.reader([last], reader.dialect))
    columns = next(rows, (0, []))[1]
    return RawFile(
        control=dict(zip(dialect.control, said, strict=False)) if _fits(said, dialect) else {},
        columns=tuple(columns),
        rows=counted((line, cells) for line, cells in rows),
    )


def _fits(said: list[str], dialect: Dialect) -> bool:
    return len(said) == len(dialect.control)


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error:
        raise RefusedError(f"line {reader.line_num + 1} is no line of CSV") from None
