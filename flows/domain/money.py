"""Amounts in whole øre, and the one way to round to them."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

VAT_RATE: Final = Decimal("0.25")
"""Printing and postage are ordinary taxable services: 25 % (merverdiavgiftsloven § 3-1)."""

_KRONER: Final = re.compile(r"^(-?)(\d{1,3}(?:[ \u00a0]\d{3})+|\d+)(?:[,.](\d{1,2}))?$")


def rounded_ore(amount: Decimal) -> int:
    """Round øre half up, away from zero: once a line, never on totals."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def vat_of(net_ore: int, rate: Decimal = VAT_RATE) -> int:
    """Return the value added tax of a net amount, in whole øre."""
    return rounded_ore(Decimal(net_ore) * rate)


def ore_from_kroner(text: str) -> int:
    """Read kroner as people and vendors write them: `1234,50`, `1 234,5`, `1234.50`.

    Raises ValueError for anything else; a comma before three digits is not guessed about.
    """
    match = _KRONER.match(text.strip())
    if match is None:
        msg = "not an amount in kroner"
        raise ValueError(msg)
    sign, whole, ore = match.groups()
    amount = int(re.sub(r"\D", "", whole)) * 100 + int((ore or "0").ljust(2, "0"))
    return -amount if sign else amount


def kroner(ore: int) -> str:
    """Return an amount as Norwegians read it: `1 234,50`, with a non-breaking space."""
    whole, rest = divmod(abs(ore), 100)
    grouped = f"{whole:,}".replace(",", "\u00a0")
    return f"{'-' if ore < 0 else ''}{grouped},{rest:02d}"


def plain_kroner(ore: int) -> str:
    """Return an amount as a spreadsheet program takes it for a number: `1234,50`, no space."""
    return f"{'-' if ore < 0 else ''}{abs(ore) // 100},{abs(ore) % 100:02d}"


def split_by_largest_remainder(total_ore: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to weights so that the parts add up to it exactly.

    Raises ValueError when there is nothing to split by.
    """
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        msg = "weights must be at least 0, and one of them more"
        raise ValueError(msg)
    parts = [total_ore * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)),
        key=lambda place: (-(total_ore * weights[place] % whole), place),
    )
    for place in by_remainder[: total_ore - sum(parts)]:
        parts[place] += 1
    return parts
