"""The statistics workbook: twelve months of letters, in tables and charts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil, isnan
from typing import Any, Final

import pandas as pd

from flows.clock import OSLO
from flows.wording import fill_sentence
from reports.book import INK, PALE, Book, Kind, Sheet, cell
from reports.letter_statistics import charts
from reports.letter_statistics.by_key import SHARES
from reports.letter_statistics.columns import MOST_ON_A_PAGE, columns_of
from reports.letter_statistics.in_words import Words, in_words
from reports.letter_statistics.tables import Tables

SHEETS: Final = (
    "months",
    "senders",
    "types",
    "statuses",
    "reading",
    "reading_hours",
    "posting",
    "rejections",
    "rejections_by_sender",
    "returns",
    "letters",
)
"""The tables that have a sheet of their own, in order."""

BY_MONTH: Final = ("months", "reading", "posting")
"""The tables that have a row a month."""

MOST_ROWS: Final = 100_000
"""A sheet with more is of no use to anybody, and costs memory."""

PER_LINE: Final = 95
"""Letters of a line of the read-me."""

ABOUT: Final = (
    "what",
    "period",
    "month",
    "channels",
    "digital_share",
    "read_share",
    "spread",
    "reasons",
    "types",
    "details",
)

CONTROLS: Final = (
    ("senders", ("months", ("letters",)), ("senders", ("letters",))),
    ("types", ("months", ("letters",)), ("types", ("letters",))),
    ("statuses", ("months", ("letters",)), ("statuses", ("letters",))),
    ("letters", ("months", ("letters",)), ("letters", ("letters",))),
    (
        "channels",
        ("months", ("letters",)),
        ("months", ("digital", "paper", "under_way", "rejected", "other")),
    ),
    ("rejected", ("months", ("rejected",)), ("statuses", ("AVVIST",))),
    ("published", ("reading", ("published",)), ("senders", ("published",))),
    ("read", ("reading", ("read",)), ("reading_hours", ("read",))),
    ("posted", ("posting", ("posted",)), ("senders", ("posted",))),
    ("returned", ("returns", ("letters",)), ("senders", ("returned",))),
)
"""What must agree: two sums, each of some columns of a table."""


@dataclass(frozen=True)
class Shown:
    """The tables as they stand in the book: what formulas and charts point at."""

    book: Book
    words: Words
    tables: Mapping[str, pd.DataFrame]

    def place(self, table: str, column: str) -> int:
        """Return which column of a table's sheet it is, from 0."""
        return list(self.tables[table].columns).index(column)

    def last(self, table: str) -> int:
        """Return the last row of a table, from 0; the first one is 1."""
        return max(len(self.tables[table]), 1)

    def cells(self, table: str, column: str) -> str:
        """Return a column's cells, as a formula on another sheet names them."""
        title, place = self.words[f"sheet_{table}"], self.place(table, column)
        first, last = cell(1, place, fixed=True), cell(self.last(table), place, fixed=True)
        return f"'{title}'!{first}:{last}"

    def sum(self, table: str, *columns: str) -> int:
        """Return what columns of a table add up to."""
        return int(self.tables[table][list(columns)].to_numpy().sum())


def workbook(tables: Tables, month: str, last: datetime | None, words: Words) -> bytes:
    """Return the workbook's bytes; equal tables give equal bytes.

    tables: reports.letter_statistics.tables.tables_of; last: when the last thing was recorded.
    """
    fitting = {**tables, "letters": _fitting(tables["letters"])}
    book = Book(fill_sentence(words["title"], maned=month))
    shown = Shown(book, words, in_words(fitting, words))
    _read_me(book.sheet(words["sheet_read_me"], [34, 110]), month, last, words)
    summary = book.sheet(words["sheet_summary"], [36, 18, 18])
    sheets = {name: _table_sheet(shown, name) for name in SHEETS}
    _summary(summary, shown, month)
    charts.draw_all(sheets, shown.tables, book, words)
    charts.draw_summary(summary, sheets["months"], shown.tables, book, words)
    _controls(book.sheet(words["sheet_controls"], [58, 16, 16, 16]), shown)
    return book.content()


def _fitting(letters: pd.DataFrame) -> pd.DataFrame:
    """Put types together where there are too many rows for a sheet."""
    if len(letters) <= MOST_ROWS:
        return letters
    keys = [name for name in letters.columns if name not in {"type", "letters"}]
    return letters.groupby(keys, sort=True)["letters"].sum().reset_index()


def _read_me(sheet: Sheet, month: str, last: datetime | None, words: Words) -> None:
    sheet.heading(0, fill_sentence(words["title"], maned=month))
    sheet.text(1, 0, fill_sentence(words["made"], maned=month))
    until = words["no_data"]
    if last is not None:
        day = f"{last.astimezone(OSLO):%d.%m.%Y}"
        until = fill_sentence(words["data_until"], dag=day)
    sheet.text(2, 0, until)
    for row, name in enumerate(ABOUT, start=4):
        sheet.text(row, 0, words[f"read_me_{name}"], bold=True, valign="top")
        text = words[f"read_me_{name}_text"]
        sheet.text(row, 1, text, text_wrap=True, valign="top")
        sheet.lines(row, ceil(len(text) / PER_LINE))


def _table_sheet(shown: Shown, name: str) -> Sheet:
    frame = shown.tables[name]
    sheet = shown.book.sheet(shown.words[f"sheet_{name}"])
    rows = ([_plain(value) for value in row] for row in frame.itertuples(index=False, name=None))
    if len(frame.columns) > MOST_ON_A_PAGE:
        sheet.pages_wide(2)
    sheet.table(f"Statistikk_{name}", columns_of(frame, shown.words), rows)
    return sheet


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value


def _summary(sheet: Sheet, shown: Shown, month: str) -> None:
    """Show the key figures; all but the medians are formulas over the other sheets."""
    words = shown.words
    sheet.heading(0, fill_sentence(words["title"], maned=month))
    for place, name in enumerate(("figure_name", "this_month", "twelve_months")):
        looks = {"bold": True, "font_color": "#FFFFFF", "bg_color": INK}
        sheet.text(charts.FIGURES - 1, place, words[name], **looks)
    kept = ["figure", "this_month", "twelve_months"]
    figures = shown.tables["key_figures"][kept].itertuples(index=False, name=None)
    for row, (name, now, all_) in enumerate(figures, start=charts.FIGURES):
        looks = {"bg_color": PALE} if name.endswith("share") else {}
        sheet.text(row, 0, words[name], **looks)
        for place, value in ((1, now), (2, all_)):
            _figure(sheet, shown, (row, place), name, value, looks)
    sheet.freeze(charts.FIGURES)


def _figure(
    sheet: Sheet, shown: Shown, at: tuple[int, int], name: str, value: float, looks: dict[str, Any]
) -> None:
    kind = _kind(name)
    value_shown: float | str = shown.words["nothing"] if isnan(value) else value
    if kind is Kind.HOURS:
        if isnan(value):
            sheet.text(*at, shown.words["nothing"], align="right", **looks)
        else:
            sheet.value(*at, value, kind, **looks)
        return
    part, wholes = SHARES.get(name, (name, ()))
    formula = _summed(shown, part, at[1])
    if wholes:
        whole = "+".join(_summed(shown, one, at[1]) for one in wholes)
        formula = f'IFERROR({formula}/({whole}),"{shown.words["nothing"]}")'
    sheet.formula(*at, formula, value_shown, kind, align="right", **looks)


def _summed(shown: Shown, column: str, place: int) -> str:
    """Return a formula for a count: of the last month, or of all of them."""
    table = next(one for one in BY_MONTH if column in shown.tables[one].columns)
    cells = shown.cells(table, column)
    return f"INDEX({cells},{shown.last(table)})" if place == 1 else f"SUM({cells})"


def _kind(name: str) -> Kind:
    if name.endswith("share"):
        return Kind.SHARE
    return Kind.HOURS if name.endswith(("_median", "_p90")) else Kind.COUNT


def _controls(sheet: Sheet, shown: Shown) -> None:
    """Lay sums side by side as formulas; every difference is 0."""
    words = shown.words
    for place, name in enumerate(("control", "left", "right", "difference")):
        sheet.text(0, place, words[name], bold=True, font_color="#FFFFFF", bg_color=INK)
    for row, (name, *sides) in enumerate(CONTROLS, start=1):
        sheet.text(row, 0, words[f"control_{name}"])
        values = []
        for place, (table, columns) in enumerate(sides, start=1):
            formula = "+".join(f"SUM({shown.cells(table, column)})" for column in columns)
            values.append(shown.sum(table, *columns))
            sheet.formula(row, place, formula, values[-1], Kind.COUNT)
        difference = f"{cell(row, 1)}-{cell(row, 2)}"
        sheet.formula(row, 3, difference, values[0] - values[1], Kind.COUNT)
    sheet.mark_wrong(1, len(CONTROLS), 3)
    sheet.freeze(1)
