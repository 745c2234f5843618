"""What the saving becomes: over the years, when assumptions change, and in other worlds."""

from collections.abc import Mapping
from math import ceil
from typing import Final

from reports.book import PALE, Book, Kind, Sheet, cell
from reports.cost_benefit.assumptions import Assumptions
from reports.cost_benefit.expressions import evaluate, with_names
from reports.cost_benefit.model import (
    cash_flow,
    changed,
    in_assumptions,
    results,
    years_until_paid,
)

Words = Mapping[str, str]

GRID_SHARES: Final = (0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
GRID_VOLUMES: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Of the expected letters a year."""
SCENARIO_RESULTS: Final = (
    ("cost_dispatch", "sending_med", Kind.NUMBER),
    ("cost_year", "aar_med", Kind.COUNT),
    ("saving_year", "sparing_aar", Kind.COUNT),
)


def cash_sheet(book: Book, said: Assumptions, words: Words) -> tuple[str, float]:
    """Write the cash flow; return the name of the net present value's cell, and its value."""
    sheet = book.sheet(words["sheet_cash"], [58, 18, 18, 18, 18])
    _header(sheet, 0, ("year", "net", "factor", "discounted", "accumulated"), words)
    flow = cash_flow(said.values(), said.discount_rate)
    growing = "(sparing_aar+fast_kostnad)*(1+volumvekst)^({year}-1)-fast_kostnad"
    for row, one in enumerate(flow, start=1):
        sheet.value(row, 0, one.year, Kind.COUNT, align="left")
        net = growing.format(year=cell(row, 0)) if one.year else "-investering"
        sheet.formula(row, 1, net, one.net, Kind.COUNT)
        factor = (1 + said.discount_rate) ** -one.year
        sheet.formula(row, 2, f"1/(1+rente)^{cell(row, 0)}", factor, Kind.NUMBER)
        product = f"{cell(row, 1)}*{cell(row, 2)}"
        sheet.formula(row, 3, product, one.discounted, Kind.COUNT)
        total = f"SUM({cell(1, 3, fixed=True)}:{cell(row, 3)})"
        sheet.formula(row, 4, total, one.accumulated, Kind.COUNT)
    last = len(flow)
    npv, tax = flow[-1].accumulated, said.values()["skattefinansiering"]
    row = last + 2
    for label, formula, value in (
        ("npv_budget", f"SUM({cell(1, 3)}:{cell(last, 3)})", npv),
        ("npv_society", f"{cell(row, 1)}*(1+skattefinansiering)", npv * (1 + tax)),
    ):
        sheet.text(row, 0, words[label], bold=True)
        sheet.formula(row, 1, formula, value, Kind.COUNT, bold=True)
        row += 1
    book.name("naaverdi", sheet, last + 2, 1)
    yearly = results(said.values())["sparing_aar"]
    simple = said.values()["investering"] / yearly if yearly > 0 else None
    never = words["never"]
    sheet.text(row, 0, words["payback_simple"])
    formula = f'IF(sparing_aar>0,investering/sparing_aar,"{never}")'
    sheet.formula(row, 1, formula, never if simple is None else simple, Kind.HOURS)
    paid = years_until_paid(flow)
    sheet.text(row + 1, 0, words["payback"])
    sheet.formula(row + 1, 1, _payback(last, never), never if paid is None else paid, Kind.HOURS)
    chart = book.chart(type="column")
    chart.add_series(
        {
            "name": words["accumulated"],
            "categories": sheet.series(1, last, 0),
            "values": sheet.series(1, last, 4),
        }
    )
    chart.set_legend({"position": "bottom"})
    sheet.draw(row + 4, 0, chart)
    sheet.freeze(1)
    return "naaverdi", npv


def _payback(last: int, never: str) -> str:
    """Return when the accumulated flow first is no longer negative, between two years."""
    totals = f"{cell(1, 4)}:{cell(last, 4)}"
    below = f'COUNTIF({totals},"<0")'
    before = f"INDEX({totals},{below})"
    step = f"INDEX({cell(1, 3)}:{cell(last, 3)},{below}+1)"
    return f'IF({cell(last, 4)}<0,"{never}",IF({below}=0,0,{below}-1-{before}/{step}))'


def sensitivity_sheet(book: Book, said: Assumptions, words: Words) -> None:
    """Write what each assumption means for the saving, as a tornado, and the two-way grid."""
    sheet = book.sheet(words["sheet_sensitivity"], [56, 20, 20, 20, 20, 20, 20])
    _header(
        sheet,
        0,
        (
            "name",
            "sensitivity_saving_low",
            "sensitivity_saving_high",
            "sensitivity_low",
            "sensitivity_high",
            "sensitivity_range",
        ),
        words,
    )
    rows = sorted(swings(said), key=lambda one: (-abs(one[2] - one[1]), one[0]))
    base, saving = results(said.values())["sparing_aar"], in_assumptions("sparing_aar")
    for row, (id_, low, high) in enumerate(rows, start=1):
        sheet.text(row, 0, words[f"figure_{id_}"])
        for place, (suffix, value) in enumerate((("_lav", low), ("_hoy", high)), start=1):
            sheet.formula(row, place, with_names(saving, {id_: id_ + suffix}), value, Kind.COUNT)
            own = cell(row, place)
            sheet.formula(row, place + 2, f"{own}-sparing_aar", value - base, Kind.COUNT)
        swing = f"ABS({cell(row, 2)}-{cell(row, 1)})"
        sheet.formula(row, 5, swing, abs(high - low), Kind.COUNT)
    _tornado(book, sheet, len(rows), words)
    _grid(sheet, said, len(rows) + 26, words)
    sheet.freeze(1, 1)


def swings(said: Assumptions) -> list[tuple[str, float, float]]:
    """Return each assumption that matters, with the saving at its low and at its high."""
    expected = said.values()
    found = []
    for figure in said.figures:
        ends = [
            results({**expected, figure.id: value})["sparing_aar"]
            for value in (figure.low, figure.high)
        ]
        if ends[0] != ends[1]:
            found.append((figure.id, ends[0], ends[1]))
    return found


def _tornado(book: Book, sheet: Sheet, rows: int, words: Words) -> None:
    chart = book.chart(type="bar", subtype="stacked")
    for place, name, colour in ((3, "low", "#C26B5A"), (4, "high", "#1F3B5C")):
        chart.add_series(
            {
                "name": words[name],
                "categories": sheet.series(1, rows, 0),
                "values": sheet.series(1, rows, place),
                "fill": {"color": colour},
                "gap": 40,
            }
        )
    chart.set_title({"name": words["tornado"], "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True, "label_position": "low"})
    chart.set_x_axis({"num_format": "#,##0", "major_gridlines": {"visible": True}})
    chart.set_legend({"position": "bottom"})
    sheet.draw(rows + 2, 0, chart, width=980, height=440)


def _grid(sheet: Sheet, said: Assumptions, top: int, words: Words) -> None:
    """Write the saving by digital share and volume: each cell the whole sum of assumptions."""
    values = said.values()
    saving = in_assumptions("sparing_aar")
    sheet.heading(top, words["grid"], size=13)
    for place, times in enumerate(GRID_VOLUMES, start=1):
        volume = round(values["volum"] * times)
        sheet.formula(
            top + 1,
            place,
            f"ROUND(volum*{times},0)",
            volume,
            Kind.COUNT,
            bold=True,
            bg_color=PALE,
        )
    for row, share in enumerate(GRID_SHARES, start=top + 2):
        sheet.value(row, 0, share, Kind.SHARE, bold=True, bg_color=PALE, align="right")
        for place, times in enumerate(GRID_VOLUMES, start=1):
            at = {"andel_digital": f"$A{row + 1}", "volum": f"{'ABCDEFG'[place]}${top + 2}"}
            known = {**values, "andel_digital": share, "volum": round(values["volum"] * times)}
            value = results(known)["sparing_aar"]
            sheet.formula(row, place, with_names(saving, at), value, Kind.COUNT)


def scenario_sheet(book: Book, said: Assumptions, words: Words) -> None:
    """Write the results in every scenario, as formulas, with a chart."""
    values = said.values()
    sheet = book.sheet(words["sheet_scenarios"], [38, 70, 18, 18, 18])
    _header(sheet, 0, ("scenario", "changes", *(name for name, _, _ in SCENARIO_RESULTS)), words)
    for row, scenario in enumerate(said.scenarios, start=1):
        sheet.text(row, 0, words[f"scenario_{scenario.id}"], bold=True, valign="top")
        changes = changes_in_words(scenario.changes, words)
        sheet.text(row, 1, changes, text_wrap=True).lines(row, max(ceil(len(changes) / 66), 1))
        for place, (_, result, kind) in enumerate(SCENARIO_RESULTS, start=2):
            formula = changed(result, scenario.changes)
            sheet.formula(row, place, formula, evaluate(formula, values), kind)
    last = len(said.scenarios)
    chart = book.chart(type="column")
    chart.add_series(
        {
            "name": words["cost_year"],
            "categories": sheet.series(1, last, 0),
            "values": sheet.series(1, last, 3),
            "fill": {"color": "#1F3B5C"},
        }
    )
    chart.set_title({"name": words["cost_year"], "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    sheet.draw(last + 2, 0, chart, width=980)
    sheet.freeze(1, 1)


def changes_in_words(changes: Mapping[str, str], words: Words) -> str:
    """Return what a scenario changes, each assumption by its name."""
    return "; ".join(
        f"{words[f'figure_{one}']}: {text.replace('.', words['decimal_mark'])}"
        for one, text in changes.items()
    )


def _header(sheet: Sheet, row: int, names: tuple[str, ...], words: Words) -> None:
    for place, name in enumerate(names):
        looks = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3B5C", "text_wrap": True}
        sheet.text(row, place, words[name], valign="top", **looks)
