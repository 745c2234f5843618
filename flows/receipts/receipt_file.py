"""Read a receipt file; a broken line becomes a reason, not a stop."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from flows.domain.money import ore_from_kroner
from flows.domain.receipt import PrintReceipt, StagedLine

SCHEMA: Final = ("#svarut-kvittering", "1")
COLUMNS: Final = (
    "parti",
    "stykke",
    "forsendelse",
    "antall_sider_sh",
    "antall_sider_farge",
    "ark_maskin",
    "ekstra_ark_maskin",
    "ark_manuell",
    "ekstra_ark_manuell",
    "vekt_gram",
    "produksjonskostnad",
    "porto",
    "konteringskode",
    "postlagt",
)
"""Dialect `svarut-csv-1`: docs/formats/receipt_file.md, section 1."""

HEADER_FIELDS: Final = 6
FIRST_LINE: Final = 3
"""The first receipt stands on the file's third line."""

_COUNT: Final = re.compile(r"\d{1,6}")
_KRONER: Final = re.compile(r"\d{1,7},\d{2}")


@dataclass(frozen=True)
class ReceiptFile:
    """A file that may be booked line by line."""

    lines: tuple[StagedLine, ...]


@dataclass(frozen=True)
class RefusedFile:
    """A file of which nothing may be booked, and why."""

    reason: str


class _UnreadableError(ValueError):
    """A value of a line is not what the format says; the message is the reason."""


def read_receipt_file(content: bytes, *, customer: str) -> ReceiptFile | RefusedFile:
    """Read a receipt file, or say why it is refused whole.

    The control totals count every line, and every amount that can be read: an amount that cannot
    makes the totals differ, and then the whole file is refused rather than a cost lost.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return RefusedFile("the file is not UTF-8")
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=";") if row]
    if not rows or tuple(rows[0][:2]) != SCHEMA or len(rows[0]) != HEADER_FIELDS:
        return RefusedFile("the first line is not that of schema svarut-kvittering 1")
    if rows[0][2] != customer:
        return RefusedFile("the file is for another customer")
    if tuple(rows[1:2]) != (list(COLUMNS),):
        return RefusedFile("the column names are not those of schema svarut-kvittering 1")
    body = [dict(zip(COLUMNS, row, strict=False)) for row in rows[2:]]
    differs = _differing_totals(rows[0][3:], body)
    if differs:
        return RefusedFile(differs)
    return ReceiptFile(
        tuple(_staged(line, row) for line, row in enumerate(rows[2:], start=FIRST_LINE)),
    )


def _differing_totals(said: list[str], body: list[dict[str, str]]) -> str:
    """Return in what a file's control totals differ from its lines, empty when in nothing."""
    found = [len(body), *(_sum_ore(body, name) for name in ("produksjonskostnad", "porto"))]
    try:
        promised = [int(said[0]), ore_from_kroner(said[1]), ore_from_kroner(said[2])]
    except ValueError:
        return "the control totals cannot be read"
    names = ("lines", "production cost in øre", "postage in øre")
    return "; ".join(
        f"control total of {name} is {promise}, the lines give {count}"
        for name, promise, count in zip(names, promised, found, strict=True)
        if promise != count
    )


def _sum_ore(body: list[dict[str, str]], name: str) -> int:
    amounts = [row.get(name, "") for row in body]
    return sum(ore_from_kroner(amount) for amount in amounts if _KRONER.fullmatch(amount))


def _staged(line: int, row: list[str]) -> StagedLine:
    if len(row) != len(COLUMNS):
        return StagedLine(line, None, f"{len(row)} fields instead of {len(COLUMNS)}")
    try:
        return StagedLine(line, _receipt(dict(zip(COLUMNS, row, strict=True))))
    except _UnreadableError as fault:
        return StagedLine(line, None, str(fault))


def _receipt(row: Mapping[str, str]) -> PrintReceipt:
    return PrintReceipt(
        batch_id=row["parti"],
        piece_number=_count(row, "stykke"),
        shipment_id=row["forsendelse"],
        pages_black_white=_count(row, "antall_sider_sh"),
        pages_colour=_count(row, "antall_sider_farge"),
        sheets_by_machine=_count(row, "ark_maskin"),
        extra_sheets_by_machine=_count(row, "ekstra_ark_maskin"),
        sheets_by_hand=_count(row, "ark_manuell"),
        extra_sheets_by_hand=_count(row, "ekstra_ark_manuell"),
        weight_grams=_count(row, "vekt_gram"),
        production_ore=_ore(row, "produksjonskostnad"),
        postage_ore=_ore(row, "porto"),
        account_code=row["konteringskode"],
        posted_at=_instant(row, "postlagt"),
    )


def _count(row: Mapping[str, str], name: str) -> int:
    if not _COUNT.fullmatch(row[name]):
        raise _UnreadableError(f"{name} is not a whole number")
    return int(row[name])


def _ore(row: Mapping[str, str], name: str) -> int:
    if not _KRONER.fullmatch(row[name]):
        raise _UnreadableError(f"{name} is not kroner with two decimals")
    return ore_from_kroner(row[name])


def _instant(row: Mapping[str, str], name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(row[name])
    except ValueError:
        raise _UnreadableError(f"{name} is not a time") from None
    if instant.tzinfo is None:
        # An hour without its zone has been read twelve hours wrong before: never guessed.
        raise _UnreadableError(f"{name} has no offset from UTC")
    return instant.astimezone(UTC)
