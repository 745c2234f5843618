"""What an invoice is about, letter by letter: a sheet without anything personal."""

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import xlsxwriter

from flows.wording import sentences

WORDS: Final = "month_workbook/nb.toml"
COLUMNS: Final = (
    "posted_on",
    "shipment_id",
    "account_code",
    "production_ore",
    "postage_ore",
    "net_ore",
)
WIDTHS: Final = (12, 38, 22, 15, 12, 12)
FIXED_TIME: Final = datetime(2020, 1, 1)  # noqa: DTZ001  -- equal entries give equal bytes
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def by_letter(entries: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return one row a letter and posting day, COLUMNS, ordered; amounts in whole øre.

    entries: flows.database.issued_invoices.entries_on.
    """
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        key = (entry["charged_on"], entry["shipment_id"], entry["account_code"])
        sums[key][entry["kind"] == "POSTAGE"] += entry["billed_ore"]
    return [(*key, made, post, made + post) for key, (made, post) in sorted(sums.items())]


def specification(number: str, entries: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the workbook: one table, with its sums; equal entries give equal bytes."""
    rows, said = by_letter(entries), sentences(WORDS)
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"title": number, "author": "svarut", "created": FIXED_TIME})
        text = book.add_format({"num_format": "@"})
        kroner = book.add_format({"num_format": "#,##0.00"})
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        formats = (day, text, text, kroner, kroner, kroner)
        sheet = book.add_worksheet(said["sheet_consumption"])
        for place, width in enumerate(WIDTHS):
            sheet.set_column(place, place, width, formats[place])
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for line, row in enumerate(rows, start=1):
            sheet.write_datetime(line, 0, row[0], day)
            sheet.write_string(line, 1, row[1], text)
            sheet.write_string(line, 2, row[2], text)
            for place in (3, 4, 5):
                sheet.write_number(line, place, row[place] / 100, kroner)
        sheet.add_table(0, 0, max(len(rows), 1) + 1, 5, _table(rows, said, formats))
    return target.getvalue()


def _table(
    rows: list[tuple[Any, ...]], said: Mapping[str, str], formats: tuple[Any, ...]
) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {"header": said[name], "format": form} for name, form in zip(COLUMNS, formats, strict=True)
    ]
    columns[0]["total_string"] = said["sum"]
    for place in (3, 4, 5):
        total = sum(row[place] for row in rows) / 100
        # Over cells, since not every program reads a table's column names.
        letter = "ABCDEF"[place]
        sums = f"SUBTOTAL(109,{letter}2:{letter}{max(len(rows), 1) + 1})"
        columns[place] |= {"total_function": sums, "total_value": total}
    return {
        "name": "tblForsendelser",
        "style": "Table Style Light 1",
        "total_row": True,
        "columns": columns,
    }
