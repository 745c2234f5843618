"""The charts of the statistics workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from reports.book import INK, Book, Sheet
from reports.letter_statistics.columns import MOST_ON_A_PAGE
from reports.letter_statistics.in_words import Words

FIGURES: Final = 3
"""The row in which the key figures begin."""

BESIDE: Final = 4
"""The column beside the key figures."""

MOST_BARS: Final = 15
BLUE, SAND, GREY, RED, GREEN = INK, "#D9A441", "#B7BEC8", "#C26B5A", "#4E8A6B"

SHARE: Final = "0 %"
COUNT: Final = "#,##0"


@dataclass(frozen=True)
class Drawn:
    """A chart under its table: what it is of, and how it looks."""

    table: str
    kind: str
    columns: Mapping[str, str]
    """The columns that are drawn, with their colours."""
    stacked: bool = False
    form: str = COUNT


BELOW: Final = (
    Drawn("months", "column", {"digital": BLUE, "paper": SAND, "under_way": GREY}, stacked=True),
    Drawn("senders", "bar", {"digital": BLUE, "paper": SAND, "under_way": GREY}, stacked=True),
    Drawn("types", "bar", {"digital": BLUE, "paper": SAND, "under_way": GREY}, stacked=True),
    Drawn("reading", "line", {"read_share": BLUE, "in_time_share": GREEN}, form=SHARE),
    Drawn("reading_hours", "column", {"read": BLUE}),
    Drawn(
        "posting",
        "line",
        {"at_once_days_median": SAND, "after_digital_days_median": BLUE},
        form="0.0",
    ),
    Drawn("rejections", "bar", {"letters": RED}),
    Drawn("returns", "bar", {"letters": SAND}),
)


def draw_all(
    sheets: Mapping[str, Sheet], tables: Mapping[str, pd.DataFrame], book: Book, words: Words
) -> None:
    """Draw a chart below each table that has one, and has rows."""
    for drawn in BELOW:
        frame, sheet = tables[drawn.table], sheets[drawn.table]
        if not len(frame):
            continue
        rows = len(frame) if drawn.kind != "bar" else min(len(frame), MOST_BARS)
        title = "volume" if drawn.table == "months" else drawn.table
        chart = _chart(book, sheet, frame, drawn, rows, words)
        if drawn.table == "months":
            chart.combine(_share_line(book, sheet, frame, rows, words))
        _settle(chart, words[f"chart_{title}"], legend=len(drawn.columns) > 1)
        height = 360 if drawn.kind != "bar" else 140 + 26 * rows
        # The first column of a wide table is printed on each page, and what lies over it too.
        column = int(len(frame.columns) > MOST_ON_A_PAGE)
        sheet.draw(len(frame) + 3, column, chart, width=900, height=height)


def draw_summary(
    summary: Sheet, months: Sheet, tables: Mapping[str, pd.DataFrame], book: Book, words: Words
) -> None:
    """Draw letters a month by channel with the digital share, and how all letters got there."""
    frame = tables["months"]
    volume = _chart(book, months, frame, BELOW[0], len(frame), words)
    volume.combine(_share_line(book, months, frame, len(frame), words))
    _settle(volume, words["chart_volume"], legend=True)
    summary.draw(FIGURES - 1, BESIDE, volume, width=760, height=360)
    if not int(frame[["digital", "paper"]].to_numpy().sum()):
        return
    names = list(tables["key_figures"]["figure"])
    first, last = FIGURES + names.index("digital"), FIGURES + names.index("paper")
    split = book.chart(type="doughnut")
    split.add_series(
        {
            "categories": summary.series(first, last, 0),
            "values": summary.series(first, last, 2),
            "points": [{"fill": {"color": BLUE}}, {"fill": {"color": SAND}}],
            "data_labels": {
                "percentage": True,
                "font": {"bold": True, "color": "#FFFFFF", "size": 12},
            },
        }
    )
    split.set_hole_size(55)
    _settle(split, words["chart_channels"], legend=True, axes=False)
    summary.draw(FIGURES + 18, BESIDE, split, width=380, height=300)


def _chart(
    book: Book, sheet: Sheet, frame: pd.DataFrame, drawn: Drawn, rows: int, words: Words
) -> Any:
    names = list(frame.columns)
    options = {"type": drawn.kind} | ({"subtype": "stacked"} if drawn.stacked else {})
    chart = book.chart(**options)
    label = _label(names)
    for column, colour in drawn.columns.items():
        look: dict[str, Any] = {"fill": {"color": colour}, "gap": 50}
        if drawn.kind == "line":
            marker = {"type": "circle", "size": 6}
            marker |= {"fill": {"color": colour}, "border": {"color": colour}}
            look = {"line": {"color": colour, "width": 2.25}, "marker": marker}
        chart.add_series(
            {
                "name": words[column],
                "categories": sheet.series(1, rows, label),
                "values": sheet.series(1, rows, names.index(column)),
                **look,
            }
        )
    amounts = {"num_format": drawn.form, "major_gridlines": _thin(), "min": 0}
    if drawn.form == SHARE:
        amounts["max"] = 1
    if drawn.kind == "bar":
        chart.set_y_axis({"reverse": True, "line": _thin()["line"]})
        # The axis of a chart whose first row is on top would stand above it.
        chart.set_x_axis({**amounts, "line": {"none": True}, "label_position": "high"})
    else:
        chart.set_y_axis({**amounts, "line": {"none": True}})
        chart.set_x_axis({"line": _thin()["line"], "text_axis": True})
    return chart


def _label(names: Sequence[str]) -> int:
    """Return the column that names a table's rows: in words, where it has them."""
    wanted = ("reason_name", "code_name", "hours_band", "month", "sender", "type")
    return names.index(next(name for name in wanted if name in names))


def _share_line(book: Book, sheet: Sheet, frame: pd.DataFrame, rows: int, words: Words) -> Any:
    """Draw the digital share as a line, on an axis of its own."""
    names = list(frame.columns)
    chart = book.chart(type="line")
    chart.add_series(
        {
            "name": words["digital_share"],
            "categories": sheet.series(1, rows, names.index("month")),
            "values": sheet.series(1, rows, names.index("digital_share")),
            "y2_axis": True,
            "line": {"color": GREEN, "width": 2.5},
            "marker": {
                "type": "circle",
                "size": 7,
                "fill": {"color": "#FFFFFF"},
                "border": {"color": GREEN},
            },
        }
    )
    chart.set_y2_axis(
        {
            "num_format": SHARE,
            "min": 0,
            "max": 1,
            "name": words["digital_share"],
            "line": {"none": True},
        }
    )
    return chart


def _settle(chart: Any, title: str, *, legend: bool, axes: bool = True) -> None:
    chart.set_title({"name": title, "name_font": {"size": 13, "color": INK}, "overlay": False})
    chart.set_legend({"position": "bottom"} if legend else {"none": True})
    chart.set_chartarea({"border": {"none": True}})
    if axes:
        chart.show_blanks_as("gap")


def _thin() -> dict[str, Any]:
    return {"visible": True, "line": {"color": "#D5DAE1", "width": 0.75}}
