"""Write a month as a workbook that a finance office uses unchanged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from flows.domain.money import kroner
from flows.wording import fill_sentence
from reports.book import (
    EXPLAINED,
    INK,
    PALE,
    RIGHT,
    ROWS,
    WRONG,
    Book,
    Formula,
    Kind,
    Sheet,
    cell,
    shown,
)
from reports.month.columns import columns_of
from reports.month.controls import Agreement, Control
from reports.month.frames import AMOUNTS, Month

Words = Mapping[str, str]

SHEETS: Final = (
    "summary", "consumption", "codes", "postage", "controls", "items", "invoices", "prices",
    "files",
)  # fmt: skip
"""After the read-me, in order; each has its words as `sheet_<name>` and `about_<name>`."""

MOST_ROWS: Final = ROWS - 2
"""Of letters on a sheet, beside the heading and the sums."""

CODE_COLUMNS: Final = ("sender", "organisation_number", "account_code", "key", "letters", *AMOUNTS)
SENDER_COLUMNS: Final = ("sender", "organisation_number", "letters", *AMOUNTS)


@dataclass(frozen=True)
class Shown:
    """A month, its controls, and the words it is said in."""

    month: Month
    controls: Sequence[Control]
    words: Words

    def frame(self, name: str) -> pd.DataFrame:
        """Return one of the month's tables."""
        return self.month.frames[name]


def workbook(month: Month, controls: Sequence[Control], words: Words) -> bytes:
    """Return the workbook's bytes; equal facts give equal bytes."""
    said = Shown(month, controls, words)
    book = Book(fill_sentence(words["title"], maned=month.period))
    read_me = book.sheet(words["sheet_read_me"], [30, 100])
    sheets = {name: book.sheet(words[f"sheet_{name}"]) for name in SHEETS}
    _read_me(read_me, said)
    _summary(book, sheets["summary"], said)
    _table(sheets["consumption"].pages_wide(2), said, "consumption")
    _codes(sheets["codes"], said)
    _postage(sheets["postage"], said)
    _controls(book, sheets["controls"], said)
    _items(sheets["items"], said)
    _invoices(sheets["invoices"], said)
    _prices(sheets["prices"], said)
    _files(sheets["files"], said)
    return book.content()


def _read_me(sheet: Sheet, said: Shown) -> None:
    words, letters = said.words, said.frame("consumption")
    last = max(letters["posted_on"], default=said.month.first)
    wrong = [one for one in said.controls if one.state is Agreement.WRONG]
    verdict = "controls_well" if not wrong else "controls_not_well"
    sheet.heading(0, fill_sentence(words["title"], maned=said.month.period))
    sheet.text(1, 0, words["made"])
    rows = (
        ("read_me_data_until", f"{last:%d.%m.%Y}"),
        ("read_me_basis", words["read_me_basis_text"]),
        ("read_me_month", words["read_me_month_text"]),
        ("read_me_amounts", words["read_me_amounts_text"]),
        ("read_me_controls", fill_sentence(words[verdict], antall=len(wrong))),
    )
    for row, (label, text) in enumerate(rows, start=3):
        sheet.text(row, 0, words[label], bold=True, valign="top")
        sheet.text(row, 1, text, text_wrap=True, valign="top").lines(row, 1 + len(text) // 95)
    top = len(rows) + 4
    sheet.text(top, 0, words["read_me_sheets"], bold=True)
    for row, name in enumerate(SHEETS, start=top + 1):
        sheet.link(row, 0, words[f"sheet_{name}"])
        about = words[f"about_{name}"]
        sheet.text(row, 1, about, text_wrap=True, valign="top").lines(row, 1 + len(about) // 95)


def _summary(book: Book, sheet: Sheet, said: Shown) -> None:
    """Give the month's figures, who had them, and twelve months beside each other."""
    words, letters, senders = said.words, said.frame("consumption"), said.frame("senders")
    columns = columns_of(SENDER_COLUMNS, words)
    sheet.heading(0, fill_sentence(words["title"], maned=said.month.period))
    top = 10
    rows = list(senders[list(SENDER_COLUMNS)].itertuples(index=False, name=None))
    count = sheet.table("Avsendere", columns, _plain(rows), top)
    end = top + max(count, 1)
    for row, (name, place) in enumerate(
        (("letters", 2), ("production_ore", 3), ("postage_ore", 4), ("net_ore", 5),
         ("vat_ore", 6), ("gross_ore", 7)), start=2,
    ):  # fmt: skip
        column = columns[place]
        total = int(senders[name].sum())
        sheet.text(row, 0, words[name], bold=True, bg_color=PALE)
        cells = f"{cell(top + 1, place)}:{cell(end, place)}"
        value = shown(total, column.kind)
        sheet.formula(row, 1, f"SUM({cells})", value, column.kind, bold=True, bg_color=PALE)
        book.name(f"maned_{NAMES[name]}", sheet, row, 1)
    average = int(letters["net_ore"].sum()) / max(int(senders["letters"].sum()), 1) / 100
    sheet.text(8, 0, words["per_letter"], bold=True, bg_color=PALE)
    reckoned = "IF(maned_brev=0,0,maned_netto/maned_brev)"
    sheet.formula(8, 1, reckoned, average, Kind.KRONER, bold=True, bg_color=PALE)
    book.name("maned_netto_per_brev", sheet, 8, 1)
    _twelve_months(book, sheet, said, end + 3)
    _charts(book, sheet, said, top=top, end=end)


NAMES: Final = {
    "letters": "brev",
    "production_ore": "produksjon",
    "postage_ore": "porto",
    "net_ore": "netto",
    "vat_ore": "mva",
    "gross_ore": "brutto",
}
"""Of named cells; the same in every language, since formulas of others point at them."""


def _twelve_months(book: Book, sheet: Sheet, said: Shown, top: int) -> None:
    words, months = said.words, said.frame("months")
    columns = columns_of(list(months.columns), words)
    rows = months.itertuples(index=False, name=None)
    sheet.table("Maneder", columns, _plain(rows), top, set_widths=False)
    chart = book.chart(type="column", subtype="stacked")
    for place, colour in ((2, INK), (3, "#7FA3C7")):
        chart.add_series(
            {
                "name": columns[place].heading,
                "categories": sheet.series(top + 1, top + len(months), 0),
                "values": sheet.series(top + 1, top + len(months), place),
                "fill": {"color": colour},
            }
        )
    _dressed(chart, words["chart_months"])
    sheet.draw(top + len(months) + 4, 0, chart, width=860, height=300)


def _charts(book: Book, sheet: Sheet, said: Shown, *, top: int, end: int) -> None:
    if said.frame("senders").empty:
        return
    chart = book.chart(type="bar")
    chart.add_series(
        {
            "name": said.words["net_ore"],
            "categories": sheet.series(top + 1, end, 0),
            "values": sheet.series(top + 1, end, 5),
            "fill": {"color": INK},
            "data_labels": {"value": True, "num_format": "#,##0"},
        }
    )
    _dressed(chart, said.words["chart_senders"])
    chart.set_legend({"none": True})
    sheet.draw(1, 3, chart, width=620, height=165)


def _dressed(chart: Any, title: str) -> None:
    chart.set_title({"name": title, "name_font": {"size": 12, "color": INK}, "overlay": False})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"major_gridlines": {"visible": False}, "num_format": "#,##0"})
    chart.set_x_axis({"num_format": "#,##0", "major_gridlines": {"visible": False}})


def _table(sheet: Sheet, said: Shown, name: str) -> int:
    """Write a frame as it is; one with more rows than a sheet holds is cut, and says so."""
    frame = said.frame(name)
    columns = columns_of(list(frame.columns), said.words)
    fits = frame.head(MOST_ROWS)
    return sheet.table(name.title(), columns, _plain(fits.itertuples(index=False, name=None)))


def _codes(sheet: Sheet, said: Shown) -> None:
    """Sum the letters by formulas, so that a line that is changed there is seen here."""
    consumption = list(said.frame("consumption").columns)
    rows = min(max(len(said.frame("consumption")), 1), MOST_ROWS)
    title = said.words["sheet_consumption"]

    def cells(name: str) -> str:
        place = consumption.index(name)
        return f"'{title}'!{cell(1, place, fixed=True)}:{cell(rows, place, fixed=True)}"

    def with_formulas() -> Iterator[tuple[object, ...]]:
        frame = said.frame("codes")[list(CODE_COLUMNS)]
        for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
            key = cell(number, CODE_COLUMNS.index("key"))
            yield (
                *row[:4],
                Formula(f"COUNTIF({cells('key')},{key})", row[4]),
                *(
                    Formula(f"SUMIF({cells('key')},{key},{cells(name)})", value)
                    for name, value in zip(AMOUNTS, row[5:], strict=True)
                ),
            )

    sheet.table("Koder", columns_of(CODE_COLUMNS, said.words), with_formulas())


def _postage(sheet: Sheet, said: Shown) -> None:
    frame = said.frame("postage")
    names = (*frame.columns, "difference_letters", "difference_ore")

    def rows() -> Iterator[tuple[object, ...]]:
        for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
            counted = f"{cell(number, 2)}-{cell(number, 3)}"
            paid = f"{cell(number, 4)}-{cell(number, 5)}"
            yield (*row, Formula(counted, row[2] - row[3]), Formula(paid, row[4] - row[5]))

    count = sheet.table("Porto", columns_of(names, said.words), rows())
    for place in (7, 8):
        sheet.mark_wrong(1, max(count, 1), place)
    sheet.text(max(count, 1) + 4, 0, said.words["postage_note"], italic=True)


def _controls(book: Book, sheet: Sheet, said: Shown) -> None:
    words = said.words
    names = ("control", "left", "right", "difference", "state", "note")
    columns = columns_of(names, words, summed=False)

    def rows() -> Iterator[tuple[object, ...]]:
        for number, one in enumerate(said.controls, start=1):
            unit = 100 if one.in_ore else 1
            left, right = one.left / unit, one.right / unit
            text = fill_sentence(words[f"control_{one.name}"], nummer=one.about)
            subtracted = f"ROUND({cell(number, 1)}-{cell(number, 2)},2)"
            note = words[f"note_{one.explained}"] if one.difference and one.explained else ""
            difference = Formula(subtracted, round(left - right, 2))
            yield (text, left, right, difference, words[f"state_{one.state}"], note)

    columns = [
        column if place not in {1, 2, 3} else type(column)(column.heading, Kind.NUMBER, 18)
        for place, column in enumerate(columns)
    ]
    count = sheet.table("Avstemming", columns, rows(), wrapped=True)
    colours = {Agreement.RIGHT: RIGHT, Agreement.EXPLAINED: EXPLAINED, Agreement.WRONG: WRONG}
    sheet.mark_words(1, count, 4, {words[f"state_{one}"]: c for one, c in colours.items()})
    wrong = sum(one.state is Agreement.WRONG for one in said.controls)
    sheet.text(count + 3, 0, words["controls_wrong"], bold=True)
    cells = f"{cell(1, 4)}:{cell(count, 4)}"
    counted = f'COUNTIF({cells},"{words["state_WRONG"]}")'
    sheet.formula(count + 3, 1, counted, wrong, Kind.COUNT, bold=True)
    book.name("avvik_uten_forklaring", sheet, count + 3, 1)


def _items(sheet: Sheet, said: Shown) -> None:
    frame, words = said.frame("items"), said.words
    rows = (
        (*row[:6], owner_of(words, row[6]), words.get(f"item_{row[7]}", row[7]), *row[8:])
        for row in _plain(frame.itertuples(index=False, name=None))
    )
    count = sheet.table("Avvik", columns_of(list(frame.columns), words), rows, wrapped=True)
    open_words = {words["item_OPEN"]: WRONG, words["item_TAKEN"]: EXPLAINED}
    sheet.mark_words(1, max(count, 1), 7, open_words)


def owner_of(words: Words, owner: str) -> str:
    """Return who has an item, in words."""
    return words.get(f"owner_{owner or 'OPERATIONS'}", owner)


def _invoices(sheet: Sheet, said: Shown) -> None:
    frame, words = said.frame("invoices"), said.words
    names = (*frame.columns, "difference")

    def rows() -> Iterator[tuple[object, ...]]:
        for number, row in enumerate(_plain(frame.itertuples(index=False, name=None)), start=1):
            control = f"ROUND({cell(number, 8)}-{cell(number, 11)},2)"
            kind, state = words[f"kind_{row[2]}"], words[f"invoice_{row[3]}"]
            yield (*row[:2], kind, state, *row[4:], Formula(control, row[8] - row[11]))

    columns = columns_of(list(frame.columns), words)
    columns.append(type(columns[0])(words["difference"], Kind.KRONER, 14))
    count = sheet.table("Fakturaer", columns, rows())
    sheet.mark_wrong(1, max(count, 1), len(names) - 1)


def _prices(sheet: Sheet, said: Shown) -> None:
    frame, words = said.frame("prices"), said.words
    rows = (
        (sku, article, words[f"price_{kind}"], *rest)
        for sku, article, kind, *rest in frame.itertuples(index=False, name=None)
    )
    sheet.table("Satser", columns_of(list(frame.columns), words), rows)


def _files(sheet: Sheet, said: Shown) -> None:
    """Say what the workbook was made of."""
    frame, words = said.frame("files"), said.words
    rows = (
        (
            name,
            words.get(f"file_{kind}", kind),
            vendor,
            day,
            words.get(f"file_{state}", state),
            *rest,
        )
        for name, kind, vendor, day, state, *rest in frame.itertuples(index=False, name=None)
    )
    count = sheet.table("Revisjonsspor", columns_of(list(frame.columns), words), rows)
    trail = (
        ("trail_entries", str(said.month.entries)),
        ("trail_net", kroner(int(said.frame("consumption")["net_ore"].sum()))),
        ("trail_source", words["trail_source_text"]),
    )
    for row, (label, text) in enumerate(trail, start=max(count, 1) + 4):
        sheet.text(row, 0, words[label], bold=True)
        sheet.text(row, 1, text)


def _plain(rows: Any) -> Iterator[tuple[Any, ...]]:
    """Give rows with None where pandas has its own word for nothing."""
    for row in rows:
        yield tuple(None if value is pd.NA or value is pd.NaT else value for value in row)
