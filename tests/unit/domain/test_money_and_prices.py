"""Øre, rounding, and what something costs on a date."""

from datetime import date
from decimal import Decimal

import pytest

from flows.domain.money import (
    kroner,
    ore_from_kroner,
    rounded_ore,
    split_by_largest_remainder,
    vat_of,
)
from flows.domain.price_list import Price, PriceList, parse_prices, postage_band
from flows.errors import NeedsAPerson


@pytest.mark.parametrize(
    ("text", "ore"),
    [("0", 0), ("12", 1200), ("12,5", 1250), ("12,05", 1205), ("1 234,50", 123450),
     ("1\u00a0234,50", 123450), ("1234.50", 123450), ("-3,00", -300), (" 7,10 ", 710)],
)  # fmt: skip
def test_kroner_are_read(text: str, ore: int) -> None:
    assert ore_from_kroner(text) == ore


@pytest.mark.parametrize(
    "text", ["", "tolv", "1,234", "1,2,3", "12,", ",5", "1 23,00", "1e3", "--1"]
)
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="kroner"):
        ore_from_kroner(text)


@pytest.mark.parametrize(
    ("ore", "text"), [(0, "0,00"), (5, "0,05"), (123450, "1\u00a0234,50"), (-150, "-1,50")]
)
def test_kroner_are_written(ore: int, text: str) -> None:
    assert kroner(ore) == text


def test_half_an_ore_is_rounded_up_away_from_zero() -> None:
    assert [rounded_ore(Decimal(text)) for text in ("0.5", "1.5", "2.4999", "-0.5")] == [
        1,
        2,
        2,
        -1,
    ]
    assert vat_of(2) == 1  # 0.5 øre


def test_a_split_gives_the_rest_to_the_largest_remainders() -> None:
    assert split_by_largest_remainder(100, [1, 1, 1]) == [34, 33, 33]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_nothing_cannot_be_split_by(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split_by_largest_remainder(10, weights)


OLD = Price("PRINT", Decimal("42.5"), date(2026, 1, 1), date(2026, 7, 1))
NEW = Price("PRINT", Decimal(50), date(2026, 7, 1))


def test_a_price_is_looked_up_by_date() -> None:
    prices = PriceList([NEW, OLD])

    assert prices.price_on("PRINT", date(2026, 6, 30)) == OLD
    assert prices.price_on("PRINT", date(2026, 7, 1)) == NEW
    assert prices.price_on("PRINT", date(2025, 12, 31)) is None


def test_what_has_no_price_is_unknown_and_not_free() -> None:
    cost = PriceList([OLD]).expected_cost({"PRINT": 3, "PORTO": 1, "KONV": 0}, date(2026, 2, 1))

    assert cost.net_ore == 128  # 127.5 øre
    assert cost.unknown == ("PORTO",)


def test_two_prices_of_one_article_may_not_hold_at_once() -> None:
    with pytest.raises(NeedsAPerson, match="2026-06-01"):
        PriceList([OLD, Price("PRINT", Decimal(1), date(2026, 6, 1))])


@pytest.mark.parametrize(
    ("grams", "band"), [("20", 20), ("20.001", 50), ("2000", 2000), ("2000.1", None)]
)
def test_a_weight_is_rounded_up_into_its_band(grams: str, band: int | None) -> None:
    assert postage_band(Decimal(grams)) == band


def test_a_price_file_says_every_fault_at_once() -> None:
    with pytest.raises(NeedsAPerson, match="3 faults") as caught:
        parse_prices(
            '[[price]]\nsku = "A"\n'
            '[[price]]\nsku = "B"\nvalid_from = 2026-01-01\nprice_ore = "mye"\n'
            '[[price]]\nsku = "C"\nvalid_from = 2026-01-01\nprice_ore = "1"\nfarge = true\n'
            '[[price]]\nsku = "D"\nvalid_from = 2026-01-01\nprice_ore = "1.25"\n'
        )

    assert "farge" in caught.value.what
