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
ESTIMATE, MEASURED = "estimate", "measured"
"""What is said of where a figure is from; the third is `stated`."""


@dataclass(frozen=True)
class Assumption:
    """A figure, how far it may reasonably lie, and where it is from; codes, not words."""

    id: str
    """Its name in formulas, and of its cell."""
    unit: str
    low: float
    expected: float
    high: float
    status: str
    """`measured`, `stated` or `estimate`."""


@dataclass(frozen=True)
class Scenario:
    """Some assumptions changed, by expressions of assumptions."""

    id: str
    changes: Mapping[str, str]


@dataclass(frozen=True)
class Assumptions:
    """All that the workbook is made from, besides what was measured."""

    figures: tuple[Assumption, ...]
    scenarios: tuple[Scenario, ...]
    discount_rate: float
    unpriced: tuple[str, ...]
    """What has no price, and who takes out which benefit: by the names of their words."""
    benefits: tuple[str, ...]

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
        unpriced=tuple(one["id"] for one in said["unpriced"]),
        benefits=tuple(one["id"] for one in said["benefit"]),
    )


def with_measured(
    figures: Sequence[Assumption], measured: Mapping[str, float]
) -> tuple[Assumption, ...]:
    """Return the figures with what was measured as the expected ones.

    measured: figures by id. Low and high keep their distance from
    the expected figure, as shares of it; no share is above 1.
    """
    return tuple(
        _moved(each, measured[each.id]) if each.id in measured else each for each in figures
    )


def _moved(each: Assumption, figure: float) -> Assumption:
    most = 1.0 if each.unit == "share" else float("inf")
    return replace(
        each,
        low=figure * each.low / each.expected,
        expected=figure,
        high=min(figure * each.high / each.expected, most),
        status=MEASURED,
    )


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / FILE).read_text(encoding="utf-8"))
