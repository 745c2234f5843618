"""A price file that somebody wrote by hand, with the mistakes hands make."""

from decimal import Decimal

import pytest

from flows.domain.price_list import parse_prices
from flows.errors import NeedsAPerson

GOOD = '[[price]]\nsku = "A"\nprice_ore = "42.5"\nvalid_from = 2026-01-01\n'

MISTAKES = {
    "one bracket too few": GOOD.replace("[[price]]", "[price]"),
    "a number for a list": "price = 5\n",
    "a list of words": 'price = ["A"]\n',
    "a time of day": GOOD.replace("2026-01-01", "2026-01-01T00:00:00"),
    "a time of day at the end": f"{GOOD}valid_to = 2027-01-01T00:00:00\n",
    "an end before the beginning": f"{GOOD}valid_to = 2025-12-31\n",
    "an end on the first day": f"{GOOD}valid_to = 2026-01-01\n",
    "no price": GOOD.replace('price_ore = "42.5"\n', ""),
    "a negative price": GOOD.replace("42.5", "-1"),
    "a price without end": GOOD.replace("42.5", "Infinity"),
    "a price longer than its column": GOOD.replace("42.5", "1e30"),
    "five decimals": GOOD.replace("42.5", "42.50001"),
    "a decimal comma": GOOD.replace("42.5", "42,5"),
    "a field that is none": f'{GOOD}farge = "ja"\n',
    "not TOML": "price",
    "nothing": "",
}


@pytest.mark.parametrize("toml", MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_in_a_price_file_is_told_to_a_person(toml: str) -> None:
    with pytest.raises(NeedsAPerson) as caught:
        parse_prices(toml)

    assert caught.value.do


@pytest.mark.parametrize("written", ['"0"', '"42.5"', '"42.1234"', "42", "42.5"])
def test_a_price_is_read_exactly_as_written(written: str) -> None:
    (price,) = parse_prices(GOOD.replace('"42.5"', written))

    assert price.price_ore == Decimal(written.strip('"'))


def test_overlapping_prices_in_a_file_are_told_to_a_person() -> None:
    with pytest.raises(NeedsAPerson, match="two prices of A hold on 2026-06-01"):
        parse_prices(GOOD + GOOD.replace("2026-01-01", "2026-06-01"))
