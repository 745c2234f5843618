"""Read a receipt file by the vendor's profile; a broken line becomes a reason, not a stop."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from flows.domain.receipt import StagedLine
from flows.domain.vendor_profile import (
    NEUTRAL,
    OPTIONAL_COLUMNS,
    Dialect,
    Format,
    VendorProfile,
)
from flows.receipts.cells import UnreadableError, count, ore_of
from flows.receipts.csv_rows import csv_file
from flows.receipts.json_rows import json_file
from flows.receipts.line_reader import LineReader
from flows.receipts.raw_rows import MAX_BYTES, RawFile, RefusedError, RefusedFile
from flows.receipts.xlsx_rows import xlsx_file
from flows.receipts.xml_rows import xml_file

READERS: Final = {
    Format.CSV: csv_file,
    Format.XML: xml_file,
    Format.JSON: json_file,
    Format.XLSX: xlsx_file,
}


@dataclass(frozen=True)
class ReceiptFile:
    """A file that may be booked line by line."""

    lines: tuple[StagedLine, ...]
    filled: Mapping[str, int] = field(default_factory=dict)
    """How many lines have something in each field; and `after_noon`, posted later than twelve."""


def read_receipt_file(
    content: bytes, *, customer: str, profile: VendorProfile = NEUTRAL
) -> ReceiptFile | RefusedFile:
    """Read a receipt file, or say why it is refused whole.

    customer: our code, where the profile has none. The control totals count every line, and every
    amount that can be read: an amount that cannot makes the totals differ, and then the whole file
    is refused rather than a cost lost.
    """
    dialect = profile.receipts
    try:
        raw = opened(content, dialect, profile.customers or (customer,), OPTIONAL_COLUMNS)
        reader = LineReader(dialect, raw.columns, profile.vat_percent)
        lines = tuple(reader.read(line, cells) for line, cells in raw.rows)
        totals = {
            "lines": ("lines", len(lines)),
            "production": ("production cost in øre", reader.production_ore),
            "postage": ("postage in øre", reader.postage_ore),
        }
        check_totals(raw, dialect, totals)
    except RefusedError as fault:
        return RefusedFile(str(fault))
    return ReceiptFile(lines, reader.filled(len(lines)))


def opened(
    content: bytes, dialect: Dialect, customers: Iterable[str], optional: Iterable[str]
) -> RawFile:
    """Return a file's rows when it is the vendor's schema and ours; raises RefusedError."""
    if len(content) > MAX_BYTES:
        raise RefusedError(f"the file has more than {MAX_BYTES} bytes")
    raw = READERS[dialect.format](content, dialect)
    schema = (raw.control.get("schema"), str(raw.control.get("version")))
    if schema != (dialect.schema, dialect.version):
        name = dialect.schema.lstrip("#")
        raise RefusedError(f"the first line is not that of schema {name} {dialect.version}")
    if str(raw.control.get("customer")) not in customers:
        raise RefusedError("the file is for another customer")
    optional_names = {dialect.columns[name] for name in optional if name in dialect.columns}
    required = set(dialect.columns.values()) - optional_names
    found = set(raw.columns)
    if len(found) != len(raw.columns) or not required <= found <= required | optional_names:
        name = dialect.schema.lstrip("#")
        raise RefusedError(f"the column names are not those of schema {name} {dialect.version}")
    return raw


def check_totals(raw: RawFile, dialect: Dialect, found: Mapping[str, tuple[str, int]]) -> None:
    """Raise RefusedError where what a file says of itself differs from its lines.

    found: by its name in the control row, what to call it and what the lines give.
    """
    ore = ore_of(dialect)
    differing = []
    for name, (called, number) in found.items():
        if name not in dialect.control:
            continue
        try:
            said = raw.control[name]
            promised = count(said) if name == "lines" else ore(said)
        except (KeyError, UnreadableError):
            raise RefusedError("the control totals cannot be read") from None
        if promised != number:
            differing.append(f"control total of {called} is {promised}, the lines give {number}")
    if differing:
        raise RefusedError("; ".join(differing))
