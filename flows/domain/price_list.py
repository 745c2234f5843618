"""What printing and postage cost on a given date."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, TypeGuard

from flows.domain.money import rounded_ore
from flows.errors import NeedsAPerson

BANDS_GRAMS: Final = (20, 50, 100, 350, 1000, 2000)
"""The weight bands of Posten's letter prices, each up to and including."""

_PRICE_ORE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
"""As docs/prices.md promises: at least 0, at most four decimals."""


class PriceKind(StrEnum):
    """Whose price it is."""

    CONTRACT = "CONTRACT"
    """What we have agreed with the vendor."""
    LIST = "LIST"
    """What anybody would pay: Posten's list, the vendor's catalogue."""


@dataclass(frozen=True)
class Price:
    """What one unit of an article costs while it holds."""

    sku: str
    price_ore: Decimal
    """Øre a unit without VAT; may have fractions."""
    valid_from: date
    valid_to: date | None = None
    """The first day it no longer holds; None: it still does."""
    source: str = ""
    kind: PriceKind = PriceKind.CONTRACT

    def holds_on(self, day: date) -> bool:
        """Say whether this is the price on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class ExpectedCost:
    """What a price list expects something to cost, as far as it knows."""

    net_ore: int
    unknown: tuple[str, ...]
    """Articles without a price that day; never guessed."""


class PriceList:
    """Prices by article and date, all of one kind."""

    def __init__(self, prices: Iterable[Price]) -> None:
        """Keep prices; raises NeedsAPerson when two of one article hold on the same day."""
        self._prices: dict[str, list[Price]] = defaultdict(list)
        for price in sorted(prices, key=lambda each: (each.sku, each.valid_from)):
            self._prices[price.sku].append(price)
        both = overlaps(price for dated in self._prices.values() for price in dated)
        if both:
            raise NeedsAPerson(
                "; ".join(both), where="price list", do="end the earlier no later than that day"
            )

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles that have, had or will have a price."""
        return tuple(self._prices)

    def price_on(self, sku: str, day: date) -> Price | None:
        """Return the price of an article on a day, None when it is not known."""
        return next((each for each in self._prices.get(sku, ()) if each.holds_on(day)), None)

    def known_on(self, day: date) -> frozenset[str]:
        """Return the articles that have a price on a day."""
        return frozenset(sku for sku in self._prices if self.price_on(sku, day) is not None)

    def expected_cost(self, quantities: Mapping[str, int], day: date) -> ExpectedCost:
        """Return what quantities of articles cost on a day, half up once a line."""
        prices = {sku: self.price_on(sku, day) for sku, count in quantities.items() if count}
        return ExpectedCost(
            net_ore=sum(
                rounded_ore(quantities[sku] * price.price_ore)
                for sku, price in prices.items()
                if price
            ),
            unknown=tuple(sorted(sku for sku, price in prices.items() if price is None)),
        )


def postage_band(weight_grams: Decimal) -> int | None:
    """Return the weight band of a letter in grams, None when it is too heavy for a letter.

    The one place where a weight is rounded: up, to whole grams.
    """
    return next((band for band in BANDS_GRAMS if weight_grams <= band), None)


def parse_prices(toml: str) -> list[Price]:
    """Read a price list from TOML: a table `[[price]]` each, the fields of Price by name.

    Raises NeedsAPerson with every fault at once, overlaps too.
    """
    prices = read_prices(toml)
    both = overlaps(prices)
    if both:
        raise NeedsAPerson(
            "; ".join(both), where="price list", do="end the earlier no later than that day"
        )
    return prices


def read_prices(toml: str) -> list[Price]:
    """Read a price list as `parse_prices` does, but let prices overlap: for trying it."""
    try:
        rows = tomllib.loads(toml).get("price", [])
    except tomllib.TOMLDecodeError as fault:
        raise NeedsAPerson(f"the file is not TOML: {fault}", where="prices", do="mend it") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NeedsAPerson("price is not a table of prices", where="prices", do="write [[price]]")
    read = [_price(number, row) for number, row in enumerate(rows, start=1)]
    faults = [each for each in read if isinstance(each, str)]
    if faults or not rows:
        raise NeedsAPerson(
            f"{len(faults)} faults: {'; '.join(faults)}" if faults else "no [[price]] in the file",
            where="prices",
            do="mend them all; nothing was changed. docs/prices.md shows the format",
        )
    return [each for each in read if isinstance(each, Price)]


def of_kind(prices: Iterable[Price], kind: PriceKind) -> list[Price]:
    """Return the prices of one kind."""
    return [price for price in prices if price.kind == kind]


def gaps(prices: Iterable[Price]) -> list[str]:
    """Return, for a person, every time between two prices of an article when none holds."""
    return [
        f"{later.sku}: no {later.kind.lower()} price from {earlier.valid_to} until "
        f"{later.valid_from}"
        for earlier, later in _neighbours(prices)
        if earlier.valid_to is not None and earlier.valid_to < later.valid_from
    ]


def overlaps(prices: Iterable[Price]) -> list[str]:
    """Return, for a person, every two prices of one article and kind that hold on a day."""
    return [
        f"two prices of {later.sku} hold on {later.valid_from}"
        for earlier, later in _neighbours(prices)
        if earlier.valid_to is None or later.valid_from < earlier.valid_to
    ]


def _neighbours(prices: Iterable[Price]) -> Iterator[tuple[Price, Price]]:
    """Give each two prices of one article and kind that follow each other."""
    dated: dict[tuple[str, str], list[Price]] = defaultdict(list)
    for price in sorted(prices, key=lambda each: (each.sku, each.kind, each.valid_from)):
        dated[price.sku, price.kind].append(price)
    for each in dated.values():
        yield from pairwise(each)


def _price(number: int, row: dict[str, Any]) -> Price | str:
    place = f"price {number} ({row.get('sku', 'no sku')})"
    strays = row.keys() - {"sku", "price_ore", "valid_from", "valid_to", "source", "kind"}
    if strays:
        return f"{place}: {', '.join(sorted(strays))}: no such field"
    begins, ends = row.get("valid_from"), row.get("valid_to")
    if not row.get("sku") or not _is_date(begins):
        return f"{place}: sku and valid_from (a date) are required"
    if ends is not None and not (_is_date(ends) and begins < ends):
        return f"{place}: valid_to must be a date after valid_from"
    price_ore = str(row.get("price_ore"))
    if not _PRICE_ORE.fullmatch(price_ore):
        return f'{place}: price_ore must be øre as text, at most four decimals, like "42.5"'
    kind = str(row.get("kind", PriceKind.CONTRACT))
    if kind not in list(PriceKind):
        return f"{place}: kind is one of {', '.join(PriceKind)}"
    source = str(row.get("source", ""))
    return Price(str(row["sku"]), Decimal(price_ore), begins, ends, source, PriceKind(kind))


def _is_date(value: object) -> TypeGuard[date]:
    # TOML's times are datetimes, which are dates to isinstance but not to a comparison.
    return isinstance(value, date) and not isinstance(value, datetime)
