"""A workbook that finance uses unchanged: real tables, codes as text, values beside formulas."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from textwrap import wrap
from typing import Any, Final, Self

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

FIXED_TIME: Final = datetime(2020, 1, 1)  # noqa: DTZ001  -- equal facts give equal bytes
FONT: Final = "Calibri"
INK: Final = "#1F3B5C"
PALE: Final = "#E8EEF5"
INPUT: Final = "#FFF7D6"
WRONG: Final = "#F4C7C3"
RIGHT: Final = "#D5EBD3"
EXPLAINED: Final = "#FFF0C2"
STYLE: Final = "Table Style Light 1"
A4: Final = 9
LINE: Final = 15
"""The height of a line, in points."""

ROWS: Final = 1_048_576
"""What a sheet holds."""


class Kind(Enum):
    """What a column's values are, with the number format they have."""

    TEXT = "@"
    """Codes and names: kept as they are, zeros in front too, and never run as a formula."""
    COUNT = "#,##0"
    KRONER = "#,##0.00"
    """Given in whole øre, shown in kroner."""
    NUMBER = "#,##0.00 "
    """Given as it is shown."""
    RATE = "#,##0.0000"
    """A price in kroner, given as it is shown."""
    SHARE = "0.0 %"
    HOURS = "#,##0.0"
    DAY = "dd.mm.yyyy"
    WORDS = "General"
    """Text of ours, which may be wrapped; no code."""


@dataclass(frozen=True)
class Formula:
    """A cell of a table that is reckoned, with the value it gives, in the column's own unit."""

    text: str
    """Without the equals sign."""
    value: float | str


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    heading: str
    kind: Kind
    width: float = 0
    """In characters; 0 is as wide as the heading."""
    summed: bool = False
    """Has a sum in the table's last row."""
    total: tuple[str, float | str] | None = None
    """What stands in the last row where a sum says nothing: a formula, and the value it gives."""
    total_label: str = ""
    """Words in the last row."""


class Book:
    """A workbook under way; `content` closes it. Equal calls give equal bytes."""

    def __init__(self, title: str) -> None:
        """Begin a workbook."""
        self._title = title
        self._target = io.BytesIO()
        # Not in constant memory, which knows no tables.
        self._book = xlsxwriter.Workbook(self._target, {"in_memory": True})
        self._book.set_properties({"title": title, "author": "svarut", "created": FIXED_TIME})
        self._book.set_calc_mode("auto")
        self._formats: dict[tuple[Any, ...], Any] = {}

    def content(self) -> bytes:
        """Close the workbook and return its bytes."""
        self._book.close()
        return self._target.getvalue()

    def format(self, kind: Kind = Kind.WORDS, **looks: Any) -> Any:
        """Return a format; the same is made once."""
        key = (kind, *sorted(looks.items()))
        if key not in self._formats:
            number = (
                {}
                if kind is Kind.TEXT and looks.pop("plain", False)
                else {"num_format": kind.value}
            )
            self._formats[key] = self._book.add_format({"font_name": FONT, **number, **looks})
        return self._formats[key]

    def name(self, name: str, where: "Sheet", row: int, column: int) -> None:
        """Give a cell a name that formulas can use."""
        cell = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
        self._book.define_name(name, f"='{where.title}'!{cell}")

    def name_column(self, name: str, where: "Sheet", first: int, last: int, column: int) -> None:
        """Give the cells of a column, from row to row, a name that formulas can use."""
        self._book.define_name(name, where.series(first, last, column))

    def sheet(self, title: str, widths: Sequence[float] = (), *, portrait: bool = False) -> "Sheet":
        """Begin a sheet, set up to be printed on A4."""
        sheet = Sheet(self, self._book.add_worksheet(title), title, widths, portrait=portrait)
        return sheet.foot(self._title)

    def chart(self, **options: Any) -> Any:
        """Begin a chart; `Sheet.draw` puts it on a sheet."""
        return self._book.add_chart(options)


class Sheet:
    """One sheet; rows and columns count from 0."""

    def __init__(
        self, book: Book, sheet: Any, title: str, widths: Sequence[float], *, portrait: bool
    ) -> None:
        """Set it up; made by `Book.sheet`."""
        self.book, self.title, self._sheet = book, title, sheet
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        if not portrait:
            sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)

    def text(self, row: int, column: int, text: str, **looks: Any) -> Self:
        """Write a text; never a formula, whatever it begins with."""
        self._sheet.write_string(row, column, text, self.book.format(Kind.WORDS, **looks))
        return self

    def heading(self, row: int, text: str, *, size: int = 16) -> Self:
        """Write a heading in the first column."""
        return self.text(row, 0, text, bold=True, font_size=size, font_color=INK)

    def value(self, row: int, column: int, value: object, kind: Kind, **looks: Any) -> Self:
        """Write a value as what it is; None leaves the cell empty."""
        form = self.book.format(kind, **looks)
        if value is None:
            self._sheet.write_blank(row, column, None, form)
        elif kind in {Kind.TEXT, Kind.WORDS}:
            self._sheet.write_string(row, column, str(value), form)
        elif isinstance(value, date):
            self._sheet.write_datetime(row, column, value, form)
        else:
            self._sheet.write_number(row, column, shown(value, kind), form)
        return self

    def link(self, row: int, column: int, sheet: str) -> Self:
        """Write the name of a sheet of this workbook, as a link to it."""
        form = self.book.format(Kind.WORDS, font_color=INK, underline=1, valign="top")
        self._sheet.write_url(row, column, f"internal:'{sheet}'!A1", form, sheet)
        return self

    def foot(self, title: str) -> Self:
        """Print the workbook's title, the sheet's name and the page's number on each page."""
        self._sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self._sheet.set_footer(f"&L&8{title.replace('&', '&&')}&C&8&A&R&8&P / &N")
        return self

    def break_page(self, row: int) -> None:
        """Begin a new page above a row, when it is printed."""
        self._sheet.set_h_pagebreaks([row])

    def pages_wide(self, pages: int) -> Self:
        """Print a wide table on so many pages beside each other, its first column on each."""
        self._sheet.fit_to_pages(pages, 0)
        self._sheet.repeat_columns(0)
        return self

    def lines(self, row: int, count: int) -> Self:
        """Make a row so many lines high, where text is wrapped: not every program sees to it."""
        self._sheet.set_row(row, LINE * count)
        return self

    def formula(
        self, row: int, column: int, formula: str, value: float | str, kind: Kind, **looks: Any
    ) -> Self:
        """Write a formula with the value it gives, which viewers that do not reckon show."""
        form = self.book.format(kind, **looks)
        self._sheet.write_formula(row, column, f"={formula}", form, value)
        return self

    def table(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        top: int = 0,
        *,
        set_widths: bool = True,
        wrapped: bool = False,
    ) -> int:
        """Write a table with a filter; return the number of its rows. Sums are formulas.

        The heading is kept in view where the table begins at the top. An empty table has one
        empty row, since a table must have one. A value may be a Formula. set_widths: this table
        says how wide the sheet's columns are; wrapped: words go on more lines.
        """
        if set_widths:
            for place, column in enumerate(columns):
                width = column.width or max(10, len(column.heading) + 4)
                self._sheet.set_column(place, place, width)
        looks = [_wrapped(column.kind) if wrapped else {} for column in columns]
        kinds = [column.kind for column in columns]
        sums = [0.0] * len(columns)
        count = 0
        for count, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                kind, number = kinds[place], value
                if isinstance(value, Formula):
                    number = value.value
                    cached = number if isinstance(number, str) else shown(number, kind)
                    self.formula(top + count, place, value.text, cached, kind, **looks[place])
                else:
                    self.value(top + count, place, value, kind, **looks[place])
                if columns[place].summed and number is not None:
                    sums[place] += float(number)  # type: ignore[arg-type]
        if top == 0:
            self._sheet.freeze_panes(1, 0)
            self._sheet.repeat_rows(0)
        lines = max(_lines(column) for column in columns)
        if lines > 1:
            self.lines(top, lines)
        any_sum = any(column.summed or column.total for column in columns)
        last = top + max(count, 1) + int(any_sum)
        self._sheet.add_table(
            top,
            0,
            last,
            len(columns) - 1,
            {
                "name": f"tbl{name}",
                "style": STYLE,
                "total_row": any_sum,
                "columns": [
                    self._column(column, sums[place], _cells(place, top + 1, last - 1))
                    for place, column in enumerate(columns)
                ],
            },
        )
        return count

    def _column(self, column: Column, total: float, cells: str) -> dict[str, Any]:
        """Describe a column; its sum is over cells, since not every program reads column names."""
        said: dict[str, Any] = {
            "header": column.heading,
            "header_format": self.book.format(
                Kind.WORDS,
                bold=True,
                font_color="#FFFFFF",
                bg_color=INK,
                text_wrap=True,
                valign="top",
            ),
            "format": self.book.format(column.kind),
        }
        if column.summed:
            total_value = shown(total, column.kind)
            said |= {"total_function": f"SUBTOTAL(109,{cells})", "total_value": total_value}
        elif column.total:
            said |= {"total_function": column.total[0], "total_value": column.total[1]}
        elif column.total_label:
            said |= {"total_string": column.total_label}
        return said

    def mark_wrong(self, first: int, last: int, column: int, *, slack: float = 0) -> None:
        """Colour the cells of a column that are not 0."""
        cells = _cells(column, first, last)
        for criteria, colour in (("not between", WRONG), ("between", RIGHT)):
            self._sheet.conditional_format(
                cells,
                {
                    "type": "cell",
                    "criteria": criteria,
                    "minimum": -slack,
                    "maximum": slack,
                    "format": self.book.format(Kind.WORDS, bg_color=colour),
                },
            )

    def mark_words(self, first: int, last: int, column: int, colours: Mapping[str, str]) -> None:
        """Colour the cells of a column by the word that stands in them."""
        for word, colour in colours.items():
            self._sheet.conditional_format(
                _cells(column, first, last),
                {
                    "type": "cell",
                    "criteria": "==",
                    "value": f'"{word}"',
                    "format": self.book.format(Kind.WORDS, bg_color=colour),
                },
            )

    def draw(
        self, row: int, column: int, chart: Any, *, width: int = 720, height: int = 360
    ) -> None:
        """Put a chart on the sheet."""
        chart.set_size({"width": width, "height": height})
        self._sheet.insert_chart(row, column, chart)

    def series(self, first: int, last: int, column: int) -> str:
        """Return the cells of a column, as a chart's series names them."""
        letter = xl_col_to_name(column)
        return f"='{self.title}'!${letter}${first + 1}:${letter}${last + 1}"

    def freeze(self, row: int, column: int = 0) -> None:
        """Keep the rows above and the columns before in view."""
        self._sheet.freeze_panes(row, column)


def shown(value: Any, kind: Kind) -> float:
    """Return what a cell holds: øre become kroner."""
    return float(value) / 100 if kind is Kind.KRONER else float(value)


def _wrapped(kind: Kind) -> dict[str, object]:
    top: dict[str, object] = {"valign": "top"}
    return {**top, "text_wrap": True} if kind is Kind.WORDS else top


def _lines(column: Column) -> int:
    """Return how many lines a heading needs, beside the button of the filter."""
    return len(wrap(column.heading, max(int(column.width) - 1, 1))) if column.width else 1


def _cells(column: int, first: int, last: int) -> str:
    letter = xl_col_to_name(column)
    return f"{letter}{first + 1}:{letter}{last + 1}"


def cell(row: int, column: int, *, fixed: bool = False) -> str:
    """Return a cell's name, `B4`, or `$B$4`."""
    return str(xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed))
