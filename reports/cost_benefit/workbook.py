"""The cost/benefit workbook: assumptions in yellow, everything else a formula."""

from dataclasses import replace
from datetime import date
from functools import partial
from math import ceil, isnan
from typing import Final

from flows.wording import fill_sentence
from reports.book import INPUT, PALE, Book, Column, Kind, Sheet, cell
from reports.cost_benefit.assumptions import (
    ESTIMATE,
    MEASURED,
    Assumption,
    Assumptions,
    with_measured,
)
from reports.cost_benefit.expressions import evaluate
from reports.cost_benefit.measured import Basis, figures
from reports.cost_benefit.model import AS_PRINTED, SUMS, results
from reports.cost_benefit.outlook import Words, cash_sheet, scenario_sheet, sensitivity_sheet
from reports.cost_benefit.tables import measured_rows, sender_rows

SHARES: Final = frozenset({"share", "share_a_year"})
COUNTS: Final = frozenset({"letters", "hours"})
PER_LINE: Final = 85
"""Letters of a line of the read-me."""

SOURCE_WIDTH: Final = 56
"""Letters of a line that says where a figure is from."""

NOTHING: Final = "–"

LETTER_ROWS: Final = (
    ("pay", "lonn_uten", "lonn_med"),
    ("production", "materiell_uten", "materiell_med"),
    ("postage", "porto_uten", "porto_med"),
    ("total", "brev_uten", "brev_med"),
)


def workbook(said: Assumptions, basis: Basis, day: date, words: Words) -> bytes:
    """Return the workbook's bytes; equal assumptions and measurements give equal bytes."""
    said = replace(said, figures=with_measured(said.figures, figures(basis)))
    book = Book(words["title"])
    read_me = book.sheet(words["sheet_read_me"], [40, 100])
    _assumption_sheet(book, said, basis, words)
    _measured_sheet(book, basis, words)
    _letter_sheet(book, said, words)
    npv = cash_sheet(book, said, words)
    sensitivity_sheet(book, said, words)
    scenario_sheet(book, said, words)
    _sender_sheet(book, said, basis, words)
    _benefit_sheet(book, said, words)
    _unpriced_sheet(book, said, words)
    _control_sheet(book, said, words)
    _read_me(read_me, said, basis, npv, day, words)
    return book.content()


def kind_of(figure: Assumption) -> Kind:
    """Return how an assumption's value is shown."""
    if figure.unit in SHARES:
        return Kind.SHARE
    return Kind.COUNT if figure.unit in COUNTS else Kind.NUMBER


def _read_me(
    sheet: Sheet, said: Assumptions, basis: Basis, npv: tuple[str, float], day: date, words: Words
) -> None:
    found = results(said.values())
    months = basis.months
    text = words["read_me_no_basis_text"]
    if months:
        text = fill_sentence(words["read_me_basis_text"], fra=months[0].month, til=months[-1].month)
    sheet.heading(0, f"{words['title']}, {day:%d.%m.%Y}")
    rows = (
        ("read_me_what", words["read_me_what_text"]),
        ("read_me_basis", text),
        ("read_me_status", words["read_me_status_text"]),
        ("read_me_views", words["read_me_views_text"]),
    )
    for row, (label, about) in enumerate(rows, start=2):
        sheet.text(row, 0, words[label], bold=True, valign="top")
        sheet.text(row, 1, about, text_wrap=True, valign="top")
        sheet.lines(row, ceil(len(about) / PER_LINE))
    top = len(rows) + 3
    headline = (
        ("read_me_result", "sparing_aar", found["sparing_aar"], Kind.COUNT),
        ("read_me_npv", *npv, Kind.COUNT),
        ("read_me_share", "nullpunkt_digital", found["nullpunkt_digital"], Kind.SHARE),
        ("read_me_point", "ett_prosentpoeng", found["ett_prosentpoeng"], Kind.COUNT),
    )
    for row, (label, formula, value, kind) in enumerate(headline, start=top):
        sheet.text(row, 0, words[label], bold=True, bg_color=PALE)
        _result(sheet, row, 1, formula, value, kind, bold=True, bg_color=PALE, align="left")


def _assumption_sheet(book: Book, said: Assumptions, basis: Basis, words: Words) -> None:
    """Give every figure in yellow; each cell has a name, its low and high too."""
    names = ("name", "unit", "low", "expected", "high", "status", "source", "id")
    sheet = book.sheet(words["sheet_assumptions"], [52, 18, 12, 14, 12, 11, SOURCE_WIDTH + 4, 20])
    for place, name in enumerate(names):
        sheet.text(0, place, words[name], bold=True, font_color="#FFFFFF", bg_color="#1F3B5C")
    for row, figure in enumerate(said.figures, start=1):
        kind = kind_of(figure)
        sheet.text(row, 0, words[f"figure_{figure.id}"]).text(row, 1, words[f"unit_{figure.unit}"])
        for place, suffix in ((2, "_lav"), (3, ""), (4, "_hoy")):
            value = (figure.low, figure.expected, figure.high)[place - 2]
            sheet.value(row, place, value, kind, bg_color=INPUT, border=1, border_color="#D9C88A")
            book.name(f"{figure.id}{suffix}", sheet, row, place)
        status = words[f"status_{figure.status}"]
        sheet.text(row, 5, status, bold=figure.status == ESTIMATE)
        source = source_of(figure, basis, words)
        sheet.text(row, 6, source, text_wrap=True).text(row, 7, figure.id)
        sheet.lines(row, ceil(len(source) / SOURCE_WIDTH))
    row = len(said.figures) + 1
    sheet.text(row, 0, words["rate"]).text(row, 1, words["unit_share_a_year"])
    sheet.value(row, 3, said.discount_rate, Kind.SHARE, bg_color=INPUT, border=1)
    book.name("rente", sheet, row, 3)
    sheet.text(row, 5, words["status_stated"])
    sheet.text(row, 6, words["source_rente"], text_wrap=True)
    sheet.lines(row, ceil(len(words["source_rente"]) / SOURCE_WIDTH))
    sheet.text(row, 7, "rente")
    sheet.freeze(1, 1)


def source_of(figure: Assumption, basis: Basis, words: Words) -> str:
    """Return where a figure is from."""
    if figure.status != MEASURED:
        return words[f"source_{figure.id}"]
    first, last = basis.months[0].month, basis.months[-1].month
    priced = figure.id == "digital_pris"
    name = "source_measured_by_prices" if priced else "source_measured"
    return fill_sentence(words[name], fra=first, til=last)


def _measured_sheet(book: Book, basis: Basis, words: Words) -> None:
    sheet = book.sheet(words["sheet_measured"])
    columns = (
        Column(words["month"], Kind.TEXT, 12),
        Column(words["letters_printed"], Kind.COUNT, summed=True),
        Column(words["letters_read"], Kind.COUNT, summed=True),
        Column(words["share"], Kind.SHARE),
        Column(words["production_per_letter"], Kind.NUMBER),
        Column(words["postage_per_letter"], Kind.NUMBER),
        Column(words["sheets_per_letter"], Kind.NUMBER),
    )
    rows = measured_rows(basis)
    sheet.table("Maalt", columns, rows)
    if len(basis.months) > 1:
        chart = book.chart(type="line")
        for place in (4, 5):
            chart.add_series(
                {
                    "name": columns[place].heading,
                    "categories": sheet.series(1, len(rows), 0),
                    "values": sheet.series(1, len(rows), place),
                }
            )
        sheet.draw(len(rows) + 4, 0, chart)


def _letter_sheet(book: Book, said: Assumptions, words: Words) -> None:
    """Show page 14 of the presentation, as formulas: a printed letter, a dispatch, a year."""
    values = said.values()
    known = {**values, **results(values)}
    sheet = book.sheet(words["sheet_letter"], [70, 16, 16, 16])
    put = partial(_result, sheet)
    row = 0
    for label, rows in (("per_printed", LETTER_ROWS), ("per_dispatch", None), ("per_year", None)):
        sheet.heading(row, words[label], size=13)
        for place, name in enumerate(("without", "with", "saved"), start=1):
            sheet.text(row, place, words[name], bold=True, align="right", bg_color=PALE)
        row += 1
        for name, without, using in rows or _totals(label):
            bold = name == "total"
            sheet.text(row, 0, words[name], bold=bold)
            put(row, 1, without, evaluate(without, known), Kind.NUMBER, bold=bold)
            put(row, 2, using, evaluate(using, known), Kind.NUMBER, bold=bold)
            saved = evaluate(without, known) - evaluate(using, known)
            put(row, 3, f"{cell(row, 1)}-{cell(row, 2)}", saved, Kind.NUMBER, bold=bold)
            for place, result in ((1, without), (2, using)):
                if result in SUMS:
                    book.name(result, sheet, row, place)
            row += 1
        row += 1
    for name in ("sparing_sending", "sparing_aar", "ett_prosentpoeng", "fast_sending"):
        _named(book, sheet, row, name, known, words)
        row += 1
    _named(book, sheet, row, "nullpunkt_digital", known, words)
    sheet.text(row + 2, 0, words["as_printed"], text_wrap=True)
    put(row + 2, 3, AS_PRINTED.replace(" ", ""), evaluate(AS_PRINTED, known), Kind.NUMBER)


def _totals(label: str) -> tuple[tuple[str, str, str], ...]:
    if label == "per_dispatch":
        return (("total", "sending_uten", "sending_med"),)
    return (
        ("letters", "volum*sending_uten", "volum*sending_med"),
        ("fixed_cost", "0", "fast_kostnad"),
        ("total", "aar_uten", "aar_med"),
    )


def _named(
    book: Book, sheet: Sheet, row: int, name: str, known: dict[str, float], words: Words
) -> None:
    """Write a result and give its cell its name."""
    kind = Kind.SHARE if name == "nullpunkt_digital" else Kind.NUMBER
    sheet.text(row, 0, words[LABELS[name]])
    _result(sheet, row, 3, name, known[name], kind)
    book.name(name, sheet, row, 3)


LABELS: Final = {
    "sparing_sending": "saved_dispatch",
    "sparing_aar": "saving_year",
    "ett_prosentpoeng": "point",
    "fast_sending": "fixed_dispatch",
    "nullpunkt_digital": "break_even",
}


def _result(
    sheet: Sheet, row: int, column: int, formula: str, value: float, kind: Kind, **looks: object
) -> None:
    """Write a result of the model where it is defined, or a sum of named cells."""
    words = SUMS.get(formula, formula).replace(" ", "")
    if isnan(value):
        sheet.formula(row, column, f'IFERROR({words},"{NOTHING}")', NOTHING, kind, **looks)
    else:
        sheet.formula(row, column, f'IFERROR({words},"{NOTHING}")', value, kind, **looks)


def _sender_sheet(book: Book, said: Assumptions, basis: Basis, words: Words) -> None:
    """Rank the senders by what more digital letters would save."""
    sheet = book.sheet(words["sheet_senders"])
    columns = (
        Column(words["sender"], Kind.TEXT, 36),
        Column(words["organisation_number"], Kind.TEXT, 12),
        Column(words["letters_per_year"], Kind.COUNT, summed=True),
        Column(words["share"], Kind.SHARE),
        Column(words["production_per_letter"], Kind.NUMBER),
        Column(words["postage_per_letter"], Kind.NUMBER),
        Column(words["one_point"], Kind.COUNT, summed=True),
        Column(words["all_digital"], Kind.COUNT, summed=True),
    )
    sheet.table("Avsendere", columns, sender_rows(said, basis))


def _benefit_sheet(book: Book, said: Assumptions, words: Words) -> None:
    sheet = book.sheet(words["sheet_benefits"])
    names = ("benefit", "measure", "owner", "baseline", "plan", "measured", "note")
    widths = (34, 46, 28, 14, 14, 14, 44)
    columns = [
        Column(words[name], Kind.WORDS, width) for name, width in zip(names, widths, strict=True)
    ]
    sheet.table(
        "Gevinster",
        columns,
        [
            (
                *(words[f"{what}_{one}"] for what in names[:3]),
                None,
                None,
                None,
                words[f"note_{one}"],
            )
            for one in said.benefits
        ],
    )


def _unpriced_sheet(book: Book, said: Assumptions, words: Words) -> None:
    sheet = book.sheet(words["sheet_unpriced"])
    columns = [
        Column(words[name], Kind.WORDS, width)
        for name, width in (("effect", 80), ("who", 28), ("direction", 18))
    ]
    rows = [
        [words[f"{what}_{one}"] for what in ("effect", "who", "direction")] for one in said.unpriced
    ]
    sheet.table("Virkninger", columns, rows)


def _control_sheet(book: Book, said: Assumptions, words: Words) -> None:
    """Show what Python reckoned beside what the workbook's formulas give; nothing may differ."""
    sheet = book.sheet(words["sheet_controls"], [28, 20, 20, 20])
    for place, name in enumerate(("control", "python", "formula", "difference")):
        sheet.text(0, place, words[name], bold=True, font_color="#FFFFFF", bg_color="#1F3B5C")
    found = results(said.values())
    for row, (name, value) in enumerate(found.items(), start=1):
        sheet.text(row, 0, name)
        whole = 0.0 if isnan(value) else value
        sheet.value(row, 1, whole, Kind.NUMBER)
        sheet.formula(row, 2, f"IFERROR(N({name}),0)", whole, Kind.NUMBER)
        sheet.formula(row, 3, f"ROUND({cell(row, 1)}-{cell(row, 2)},6)", 0, Kind.NUMBER)
    sheet.mark_wrong(1, len(found), 3)
    sheet.freeze(1)
