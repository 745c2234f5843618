"""What digital letters of some days cost by the price list; they are on no receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flows.domain.money import rounded_ore
from flows.domain.price_list import PriceList

SENT: Final = "DIGITAL-SENDT"
"""A letter laid in a mailbox, read or not."""

READ: Final = "DIGITAL-LEST"
"""A letter read there, besides what it costs to send it."""


@dataclass(frozen=True)
class DigitalCount:
    """The digital letters of some days with the same prices: day `first` and on."""

    first: date
    sent: int
    read: int


def days_with_same_prices(prices: PriceList, first: date, before: date) -> list[tuple[date, date]]:
    """Split days (the second not included) wherever a digital price begins or ends."""
    known = [[prices.price_on(sku, day) for sku in (SENT, READ)] for day in _days(first, before)]
    begins = [
        first + timedelta(days=place)
        for place, found in enumerate(known)
        if place == 0 or found != known[place - 1]
    ]
    return list(zip(begins, [*begins[1:], before], strict=True))


def digital_cost(prices: PriceList, counts: Sequence[DigitalCount]) -> int | None:
    """Return what digital letters cost in øre without VAT, half up a line; None: unknown.

    An article that the list never names costs nothing, if it names the other. One that it names,
    but not for a day with such letters, is unknown, and so is the sum.
    """
    named = [sku for sku in (SENT, READ) if sku in prices.articles]
    if not named:
        return None
    total = 0
    for one in counts:
        for sku in named:
            count = one.sent if sku == SENT else one.read
            price = prices.price_on(sku, one.first)
            if count and price is None:
                return None
            total += rounded_ore(count * price.price_ore) if price else 0
    return total


def _days(first: date, before: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((before - first).days)]
