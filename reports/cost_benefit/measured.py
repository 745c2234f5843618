"""What was measured: what paper has cost, and how much was read digitally."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MONTHS: Final = 12


@dataclass(frozen=True)
class MeasuredMonth:
    """A month's letters; amounts in whole øre without VAT."""

    month: str
    printed: int
    read: int
    production_ore: int
    postage_ore: int
    sheets: int
    digital_ore: int | None = None
    """What digital letters cost by the price list; None: it does not say."""


@dataclass(frozen=True)
class MeasuredSender:
    """A sender's letters in the measured months."""

    sender: str
    organisation_number: str
    printed: int
    read: int
    production_ore: int
    postage_ore: int


@dataclass(frozen=True)
class Basis:
    """All that was measured; months in order, at most the last twelve."""

    months: tuple[MeasuredMonth, ...] = ()
    senders: tuple[MeasuredSender, ...] = ()


def figures(basis: Basis) -> Mapping[str, float]:
    """Return the assumptions that can be measured.

    Postage and production a letter, the digital share, and letters a year: of twelve months, or
    of fewer as if the year went on so. What a letter read digitally costs (with what it cost to
    send those that were not read), where the price list says it for every month.
    """
    months = basis.months
    printed, read = _sum(months, "printed"), _sum(months, "read")
    if not months or not printed:
        return {}
    found = {
        "materiell_med": _sum(months, "production_ore") / printed / 100,
        "porto_med": _sum(months, "postage_ore") / printed / 100,
        "andel_digital": read / (printed + read),
        "volum": float(a_year(printed + read, len(months))),
    }
    digital = [month.digital_ore for month in months if month.digital_ore is not None]
    if read and len(digital) == len(months):
        found["digital_pris"] = sum(digital) / read / 100
    return found


def a_year(letters: int, months: int) -> int:
    """Return the letters of a year that goes on as these months."""
    return round(letters * MONTHS / months)


def _sum(months: Sequence[MeasuredMonth], name: str) -> int:
    return sum(int(getattr(month, name)) for month in months)
