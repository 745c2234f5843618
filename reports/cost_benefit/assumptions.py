"""What the model assumes: the house's figures, and what was measured in their place."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Final

from flows.errors import NeedsAPerson
from flows.wording import TEMPLATES

FILE: Final = "cost_benefit.toml"
MEASURED: Final = "målt"


@dataclass(frozen=True)
class Assumption:
    """A figure, how far it may reasonably lie, and where it is from."""

    id: str
    """Its name in formulas, and of its cell."""
    name: str
    unit: str
    low: float
    expected: float
    high: float
    source: str
    status: str
    """`målt`, `oppgitt` or `anslag`."""


@dataclass(frozen=True)
class Scenario:
    """Some assumptions changed, by expressions of assumptions."""

    id: str
    name: str
    changes: Mapping[str, str]


@dataclass(frozen=True)
class Assumptions:
    """All that the workbook is made from, besides what was measured."""

    figures: tuple[Assumption, ...]
    scenarios: tuple[Scenario, ...]
    discount_rate: float
    discount_source: str
    unpriced: tuple[Mapping[str, str], ...]
    benefits: tuple[Mapping[str, str], ...]

    def values(self, which: str = "expected") -> dict[str, float]:
        """Return every figure by its id: `low`, `expected` or `high`."""
        return {each.id: float(getattr(each, which)) for each in self.figures}


def read_assumptions(day: date) -> Assumptions:
    """Return the house's assumptions, with the discount rate that holds on a day.

    Raises NeedsAPerson when none holds.
    """
    said = _file()
    rates = [one for one in said["discount_rate"] if one["valid_from"] <= day]
    if not rates:
        raise NeedsAPerson(
            f"no discount rate holds on {day}", where=FILE, do="add one with its day"
        )
    rate = max(rates, key=lambda one: one["valid_from"])
    return Assumptions(
        figures=tuple(Assumption(**each) for each in said["assumption"]),
        scenarios=tuple(Scenario(**each) for each in said["scenario"]),
        discount_rate=rate["rate"],
        discount_source=rate["source"],
        unpriced=tuple(said["unpriced"]),
        benefits=tuple(said["benefit"]),
    )


def with_measured(
    figures: Sequence[Assumption], measured: Mapping[str, tuple[float, str]]
) -> tuple[Assumption, ...]:
    """Return the figures with what was measured as the expected ones, and where it is from.

    measured: by id, a figure and what it was measured from. Low and high keep their distance from
    the expected figure, as shares of it; no share is above 1.
    """
    return tuple(
        _moved(each, *measured[each.id]) if each.id in measured else each for each in figures
    )


def _moved(each: Assumption, figure: float, source: str) -> Assumption:
    most = 1.0 if each.unit == "andel" else float("inf")
    return replace(
        each,
        low=figure * each.low / each.expected,
        expected=figure,
        high=min(figure * each.high / each.expected, most),
        source=source,
        status=MEASURED,
    )


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / FILE).read_text(encoding="utf-8"))
