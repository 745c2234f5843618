"""What digital and central print cost against doing it by hand: the whole model, as sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan
from typing import Final

from reports.cost_benefit.expressions import evaluate, expanded, with_names

YEARS: Final = 10

SUMS: Final[Mapping[str, str]] = {
    "lonn_uten": "aarskostnad / timer / 60 * minutter_uten",
    "lonn_med": "aarskostnad / timer / 60 * minutter_med",
    "brev_uten": "lonn_uten + materiell_uten + porto_uten",
    "brev_med": "lonn_med + materiell_med + porto_med",
    "sending_uten": "brev_uten",
    "sending_med": "(1 - andel_digital) * brev_med + andel_digital * digital_pris",
    "sparing_sending": "sending_uten - sending_med",
    "aar_uten": "volum * sending_uten",
    "aar_med": "volum * sending_med + fast_kostnad",
    "sparing_aar": "aar_uten - aar_med",
    "ett_prosentpoeng": "volum * 0.01 * (brev_med - digital_pris)",
    "fast_sending": "fast_kostnad / volum",
    "nullpunkt_digital": "(brev_med + fast_sending - brev_uten) / (brev_med - digital_pris)",
}
"""Each result by its name, in the order they need each other; kroner, but for
`nullpunkt_digital`, the digital share where nothing is saved."""

AS_PRINTED: Final = "volum * (brev_uten - (1 - andel_digital) * brev_med)"
"""The saving a year as KS' presentation of 2014 reckons it: digital letters cost nothing."""


@dataclass(frozen=True)
class Year:
    """One year of the cash flow, in fixed kroner."""

    year: int
    net: float
    discounted: float
    accumulated: float


def results(values: Mapping[str, float]) -> dict[str, float]:
    """Reckon every sum from the assumptions' values; not a number where it is of nothing."""
    known = dict(values)
    for name, expression in SUMS.items():
        try:
            known[name] = evaluate(expression, known)
        except ZeroDivisionError:
            known[name] = nan
    return {name: known[name] for name in SUMS}


def in_assumptions(name: str) -> str:
    """Return a result as one sum of assumptions alone."""
    return expanded(SUMS[name], SUMS)


def changed(name: str, changes: Mapping[str, str]) -> str:
    """Return a result as one sum of assumptions, some of them replaced by other sums."""
    return with_names(in_assumptions(name), {one: f"({text})" for one, text in changes.items()})


def cash_flow(values: Mapping[str, float], rate: float) -> list[Year]:
    """Return year 0 (the investment) to YEARS, discounted to year 0."""
    yearly = results(values)["sparing_aar"]
    years, total = [], 0.0
    for year in range(YEARS + 1):
        net = -values["investering"]
        if year:
            # The fixed cost does not grow with the letters.
            gross = yearly + values["fast_kostnad"]
            net = gross * (1 + values["volumvekst"]) ** (year - 1) - values["fast_kostnad"]
        discounted = net / (1 + rate) ** year
        total += discounted
        years.append(Year(year, net, discounted, total))
    return years


def years_until_paid(flow: Sequence[Year]) -> float | None:
    """Return how long until the discounted flow has paid for itself; None: not in these years."""
    for before, after in pairwise(flow):
        if before.accumulated < 0 <= after.accumulated:
            return before.year - before.accumulated / after.discounted
    return 0.0 if flow and flow[0].accumulated >= 0 else None
