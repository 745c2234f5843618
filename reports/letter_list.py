"""A list of letters as a file: a workbook, or CSV as Norwegian spreadsheets read it."""

import csv
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from flows.clock import OSLO
from flows.database.letter_search import Found
from flows.domain.inert import inert
from flows.domain.money import plain_kroner
from flows.domain.role import Sight
from flows.errors import NeedsAPerson
from flows.wording import sentences as read_sentences
from reports.book import Book, Column, Kind

MOST_IN_A_WORKBOOK: Final = 100_000
"""A workbook is made in memory."""

_COLUMNS: Final = (
    ("id", Kind.TEXT, 38),
    ("avsender", Kind.TEXT, 20),
    ("referanse", Kind.TEXT, 24),
    ("status", Kind.TEXT, 18),
    ("status_siden", Kind.TEXT, 20),
    ("mottatt", Kind.TEXT, 20),
    ("frist", Kind.TEXT, 20),
    ("vei", Kind.TEXT, 10),
    ("konteringskode", Kind.TEXT, 20),
    ("holdt_for", Kind.TEXT, 24),
    ("mottaker", Kind.TEXT, 16),
    ("postnummer", Kind.TEXT, 12),
    ("kostnad", Kind.KRONER, 14),
)
_OF_RECIPIENTS: Final = {"mottaker", "postnummer"}
_OF_MONEY: Final = {"kostnad"}


sentences = cache(read_sentences)


def write_letters(target: Path, letters: Iterable[Found], sight: Sight) -> int:
    """Write letters to a file whose name ends in .xlsx or .csv; return how many.

    The file appears whole, readable by its owner alone. Raises NeedsAPerson when there are too many
    for a workbook.
    """
    shown = [each for each in _COLUMNS if _is_shown(each[0], sight)]
    temporary = target.with_name(f".{target.name}.part")
    temporary.touch(mode=0o600)
    write = _workbook if target.suffix.lower() == ".xlsx" else _csv
    rows = ([_cell(one, each) for each, _, _ in shown] for one in letters)
    try:
        count = write(temporary, shown, rows)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _is_shown(column: str, sight: Sight) -> bool:
    if column in _OF_RECIPIENTS:
        return sight.recipients
    return sight.money or column not in _OF_MONEY


def _workbook(
    target: Path, columns: list[tuple[str, Kind, int]], rows: Iterable[list[object]]
) -> int:
    words = sentences("letter_list.toml")
    book = Book(words["tittel"])
    sheet = book.sheet(words["ark"])
    count = sheet.table(
        "Brev",
        [Column(words[f"kolonne_{name}"], kind, width) for name, kind, width in columns],
        _few(rows),
    )
    target.write_bytes(book.content())
    return count


def _csv(target: Path, columns: list[tuple[str, Kind, int]], rows: Iterable[list[object]]) -> int:
    words, count = sentences("letter_list.toml"), 0
    with target.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow([words[f"kolonne_{name}"] for name, _, _ in columns])
        for row in rows:
            writer.writerow([_said(value) for value in row])
            count += 1
    return count


def _few(rows: Iterable[list[object]]) -> Iterator[list[object]]:
    for count, row in enumerate(rows):
        if count == MOST_IN_A_WORKBOOK:
            raise NeedsAPerson(
                f"there are more letters than a workbook takes here: {MOST_IN_A_WORKBOOK}",
                where="--export",
                do="narrow the search, or write a file that ends in .csv",
            )
        yield row


def _said(value: object) -> str:
    """Write øre as kroner, and all else as text."""
    return plain_kroner(value) if isinstance(value, int) else inert(str(value))


def _cell(letter: Found, column: str) -> object:
    times = {
        "status_siden": letter.status_at,
        "mottatt": letter.received_at,
        "frist": letter.due_at,
    }
    if column in times:
        at = times[column]
        return at.astimezone(OSLO).strftime("%d.%m.%Y %H:%M:%S") if at else ""
    words = sentences("letter_list.toml")
    values: dict[str, object] = {
        "id": letter.id,
        "avsender": letter.sender_id,
        "referanse": letter.reference,
        "status": str(letter.status),
        "vei": words[f"vei_{letter.route}"],
        "konteringskode": letter.account_code,
        "holdt_for": letter.held_for,
        "mottaker": words[f"mottaker_{letter.recipient.replace(' ', '_')}"],
        "postnummer": letter.postcode,
        "kostnad": letter.net_ore,
    }
    return values[column]
