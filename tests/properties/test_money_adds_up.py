"""Laws of money, held against whole-number arithmetic."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.money import rounded_ore, split_by_largest_remainder, vat_of
from flows.domain.price_list import BANDS_GRAMS, Price, PriceList, parse_prices, postage_band
from flows.errors import NeedsAPerson

FIRST_DAY = date(2026, 1, 1)
DAY_NUMBERS = st.integers(0, 400)
TEN_THOUSANDTHS = st.integers(-(10**14), 10**14)
"""Of an øre: prices have up to four decimals."""


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero, without decimals."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


@given(TEN_THOUSANDTHS)
def test_rounding_is_half_up_and_the_same_on_both_sides_of_zero(amount: int) -> None:
    assert rounded_ore(Decimal(amount).scaleb(-4)) == half_up(amount, 10_000)
    assert rounded_ore(Decimal(-amount).scaleb(-4)) == -half_up(amount, 10_000)


@given(st.integers(-(10**12), 10**12))
def test_vat_is_a_quarter_half_up(net_ore: int) -> None:
    assert vat_of(net_ore) == half_up(net_ore, 4)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any))
def test_nobody_pays_for_no_share_nor_less_than_a_smaller_one(
    total: int, weights: list[int]
) -> None:
    parts = split_by_largest_remainder(total, weights)

    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)
    by_weight = sorted(zip(weights, parts, strict=True))
    for (smaller, less), (larger, more) in pairwise(by_weight):
        assert smaller == larger or less <= more


@given(st.decimals(0, 2000, places=3))
def test_a_letter_gets_the_lightest_band_that_carries_it(grams: Decimal) -> None:
    assert postage_band(grams) == min(band for band in BANDS_GRAMS if band >= grams)


def a_price(first: int, end: int | None, ore: int = 1, sku: str = "PRINT-SH-SIDE") -> Price:
    ends = None if end is None else FIRST_DAY + timedelta(days=end)
    return Price(sku, Decimal(ore), FIRST_DAY + timedelta(days=first), ends)


@st.composite
def dated_prices(draw: st.DrawFn) -> list[Price]:
    """Prices of one article that do not overlap, with and without gaps, in any order."""
    cuts = sorted(draw(st.sets(DAY_NUMBERS, min_size=2, max_size=12)))
    spans = [(first, end) for first, end in pairwise(cuts) if draw(st.booleans())]
    last = [(cuts[-1], None)] if draw(st.booleans()) else []
    prices = [a_price(first, end, ore) for ore, (first, end) in enumerate([*spans, *last])]
    return draw(st.permutations(prices))


@given(dated_prices(), DAY_NUMBERS)
def test_a_price_is_the_one_that_holds_that_day_or_unknown(
    prices: Sequence[Price], number: int
) -> None:
    day = FIRST_DAY + timedelta(days=number)
    holding = [
        each
        for each in prices
        if each.valid_from <= day and (each.valid_to is None or day < each.valid_to)
    ]

    assert PriceList(prices).price_on("PRINT-SH-SIDE", day) == next(iter(holding), None)
    assert PriceList(prices).price_on("PORTO-BREV-20G", day) is None


@given(DAY_NUMBERS, st.integers(1, 50), st.integers(0, 49), st.booleans(), st.booleans())
def test_two_prices_of_a_day_are_refused_in_whatever_order_they_come(
    first: int, length: int, into: int, endless: bool, turned: bool
) -> None:
    begins = first + into % length
    earlier = a_price(first, first + length)
    later = a_price(begins, None if endless else begins + 1)
    same_days_other_article = a_price(first, first + length, sku="PRINT-FARGE-SIDE")

    PriceList([earlier, same_days_other_article])
    with pytest.raises(NeedsAPerson, match="PRINT-SH-SIDE"):
        PriceList([later, earlier] if turned else [earlier, later])


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.integers(0, 10**6)),
    st.dictionaries(st.sampled_from("ABCDEF"), st.integers(0, 10**9)),
)
def test_what_is_expected_is_the_sum_of_its_lines_and_the_rest_is_named(
    quantities: dict[str, int], ten_thousandths: dict[str, int]
) -> None:
    prices = PriceList(
        Price(sku, Decimal(price).scaleb(-4), FIRST_DAY) for sku, price in ten_thousandths.items()
    )

    cost = prices.expected_cost(quantities, FIRST_DAY)

    lines = [half_up(n * ten_thousandths[sku], 10_000) for sku, n in quantities.items()
             if sku in ten_thousandths]  # fmt: skip
    assert cost.net_ore == sum(lines)
    assert set(cost.unknown) == {sku for sku, n in quantities.items() if n} - set(ten_thousandths)


GOOD_FIELDS = {"sku": '"A"', "price_ore": '"42.5"', "valid_from": "2026-01-01"}
VALUES = st.sampled_from(
    ['"A"', '""', "1", "-1", "42.5", '"1e9"', "true", "nan", "[]", "{}",
     "2025-01-01", "2027-01-01", "2026-01-01T00:00:00", "07:00:00"],
)  # fmt: skip
CHANGES = st.dictionaries(
    st.sampled_from([*GOOD_FIELDS, "valid_to", "source", "farge"]), VALUES, max_size=2
)
HEADS = st.sampled_from(["[[price]]", "[price]", "price = 1", "[prices]"])


@given(HEADS, CHANGES, st.booleans())
def test_any_price_file_is_read_or_told_to_a_person(
    head: str, changes: dict[str, str], twice: bool
) -> None:
    fields = [f"{field} = {value}" for field, value in {**GOOD_FIELDS, **changes}.items()]
    toml = "\n".join([head, *fields, *([head, *fields] if twice else [])])

    try:
        prices = parse_prices(toml)
    except NeedsAPerson:
        return

    assert prices
    assert all(price.holds_on(price.valid_from) and price.price_ore >= 0 for price in prices)
