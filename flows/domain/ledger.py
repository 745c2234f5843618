"""The cost ledger: one entry a charge and article, in the words of FOCUS."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from flows.domain.money import rounded_ore, split_by_largest_remainder
from flows.domain.price_list import PriceList, postage_band

UNSPLIT: Final = "PRODUKSJON"
"""The article of a production cost that cannot be split, since an article has no known price."""
ABROAD: Final = "PORTO-UTLAND"
TOO_HEAVY: Final = "PORTO-OVER-2000G"

_FINEST: Final = 10_000
"""Prices have four decimals of an øre at most: in this unit every weight is whole."""


class Category(StrEnum):
    """What an entry is; VAT is a column of its own and never an entry."""

    USAGE = "USAGE"
    """What a receipt says a letter cost, or the taking back of that."""
    CREDIT = "CREDIT"
    """An entry that a credit note takes off an invoice."""
    ADJUSTMENT = "ADJUSTMENT"
    """An entry that a credit note took off, put back to be billed again."""


class EntryClass(StrEnum):
    """Whether an entry is the first word about its charge."""

    FIRST = "FIRST"
    CORRECTION = "CORRECTION"


@dataclass(frozen=True)
class Printed:
    """What a receipt says was done for a letter: counts, grams, and where it went."""

    pages_black_white: int
    pages_colour: int
    sheets_by_machine: int
    extra_sheets_by_machine: int
    sheets_by_hand: int
    extra_sheets_by_hand: int
    weight_grams: int
    envelope: str
    """`C5` or `C4`."""
    domestic: bool
    product: str = ""
    """The postage product the vendor names; empty is the ordinary letter."""


@dataclass(frozen=True)
class Part:
    """A part of a charge: one article, how many, and what they cost. Whole øre without VAT."""

    sku: str
    quantity: int
    billed_ore: int
    vat_ore: int
    contracted_ore: int | None
    """By our contract that day; None where the price is not known."""
    list_ore: int | None
    """By the public list that day; None where the price is not known."""


class Counts(Protocol):
    """What a receipt counts, wherever it is kept."""

    @property
    def pages_black_white(self) -> int: ...  # noqa: D102
    @property
    def pages_colour(self) -> int: ...  # noqa: D102
    @property
    def sheets_by_machine(self) -> int: ...  # noqa: D102
    @property
    def extra_sheets_by_machine(self) -> int: ...  # noqa: D102
    @property
    def sheets_by_hand(self) -> int: ...  # noqa: D102
    @property
    def extra_sheets_by_hand(self) -> int: ...  # noqa: D102


def articles_of(printed: Counts, envelope: str) -> Mapping[str, int]:
    """Return how much of each article of production a receipt is about: docs/prices.md.

    envelope: `C5` or `C4`. The one list of articles that a receipt is charged by.
    """
    wanted = {
        "PRINT-SH-SIDE": printed.pages_black_white,
        "PRINT-FARGE-SIDE": printed.pages_colour,
        f"KONV-AUTO-{envelope}": int(printed.sheets_by_machine > 0),
        "EKSTRAARK-AUTO": printed.extra_sheets_by_machine,
        "KONV-MAN": int(printed.sheets_by_hand > 0),
        "EKSTRAARK-MAN": printed.extra_sheets_by_hand,
    }
    return {sku: count for sku, count in wanted.items() if count}


def postage_article(printed: Printed) -> str:
    """Return the article of a letter's postage, by product and weight band."""
    if not printed.domestic:
        return ABROAD
    band = postage_band(Decimal(printed.weight_grams))
    return f"PORTO-{printed.product or 'BREV'}-{band}G" if band else TOO_HEAVY


def parts_of(
    kind: str,
    printed: Printed,
    *,
    billed_ore: int,
    vat_ore: int,
    day: date,
    contract: PriceList,
    public: PriceList,
) -> list[Part]:
    """Split a charge over its articles; the parts add up to it exactly, net and VAT.

    kind: PRODUCTION or POSTAGE. Production is split in proportion to what the contract's prices
    say, with the largest remainders; where one price is not known it stays whole as UNSPLIT.
    """
    wanted = (
        {postage_article(printed): 1}
        if kind == "POSTAGE"
        else articles_of(printed, printed.envelope)
    )
    weights = [_worth(contract, sku, count, day) for sku, count in wanted.items()]
    if kind == "PRODUCTION" and (not weights or None in weights or not any(weights)):
        return [Part(UNSPLIT, 1, billed_ore, vat_ore, None, None)]
    shares = [1] if kind == "POSTAGE" else [each or 0 for each in weights]
    nets = split_by_largest_remainder(billed_ore, shares)
    vats = split_by_largest_remainder(vat_ore, shares)
    return [
        Part(sku, count, net, vat, _cost(contract, sku, count, day), _cost(public, sku, count, day))
        for (sku, count), net, vat in zip(wanted.items(), nets, vats, strict=True)
    ]


def billing_period(posted_on: date, booked_on: date, *, grace_days: int) -> str:
    """Return the month a charge is billed in, `2026-11`: the month it was posted in.

    A charge that was booked later than so many days into the next month is billed in the month it
    was booked in: the invoices of its own have gone.
    """
    late = booked_on.toordinal() - grace_days
    settled = date.fromordinal(late)
    if (settled.year, settled.month) <= (posted_on.year, posted_on.month):
        return f"{posted_on:%Y-%m}"
    return f"{booked_on:%Y-%m}"


def _worth(prices: PriceList, sku: str, count: int, day: date) -> int | None:
    price = prices.price_on(sku, day)
    return None if price is None else int(price.price_ore * count * _FINEST)


def _cost(prices: PriceList, sku: str, count: int, day: date) -> int | None:
    price = prices.price_on(sku, day)
    return None if price is None else rounded_ore(price.price_ore * count)
