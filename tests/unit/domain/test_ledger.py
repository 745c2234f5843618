"""A charge is split over its articles, and nothing is lost on the way."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.ledger import UNSPLIT, Printed, billing_period, parts_of, postage_article
from flows.domain.price_list import Price, PriceKind, PriceList, gaps, parse_prices

DAY = date(2026, 11, 24)
CONTRACT = PriceList(
    [
        Price("PRINT-SH-SIDE", Decimal(42), date(2026, 1, 1)),
        Price("PRINT-FARGE-SIDE", Decimal("110.25"), date(2026, 1, 1)),
        Price("KONV-AUTO-C5", Decimal(45), date(2026, 1, 1)),
        Price("EKSTRAARK-AUTO", Decimal(5), date(2026, 1, 1)),
        Price("PORTO-BREV-20G", Decimal(1600), date(2026, 1, 1)),
    ]
)
PUBLIC = PriceList([Price("PORTO-BREV-20G", Decimal(1992), date(2026, 1, 1), kind=PriceKind.LIST)])


def printed(**changes: object) -> Printed:
    said: dict[str, object] = {
        "pages_black_white": 3,
        "pages_colour": 0,
        "sheets_by_machine": 2,
        "extra_sheets_by_machine": 1,
        "sheets_by_hand": 0,
        "extra_sheets_by_hand": 0,
        "weight_grams": 18,
        "envelope": "C5",
        "domestic": True,
    }
    return Printed(**{**said, **changes})  # type: ignore[arg-type]


def split(kind: str, what: Printed, billed_ore: int, vat_ore: int, day: date = DAY) -> list:
    return parts_of(
        kind,
        what,
        billed_ore=billed_ore,
        vat_ore=vat_ore,
        day=day,
        contract=CONTRACT,
        public=PUBLIC,
    )


def test_production_is_split_in_proportion_to_the_contract() -> None:
    parts = split("PRODUCTION", printed(), 176, 44)

    assert [(one.sku, one.quantity, one.billed_ore, one.contracted_ore) for one in parts] == [
        ("PRINT-SH-SIDE", 3, 126, 126),
        ("KONV-AUTO-C5", 1, 45, 45),
        ("EKSTRAARK-AUTO", 1, 5, 5),
    ]


def test_postage_is_one_part_with_both_prices() -> None:
    (only,) = split("POSTAGE", printed(), 1650, 413)

    assert only.sku == "PORTO-BREV-20G"
    assert (only.billed_ore, only.contracted_ore, only.list_ore) == (1650, 1600, 1992)


def test_a_price_that_is_not_known_leaves_production_whole_and_guesses_nothing() -> None:
    by_hand = printed(sheets_by_hand=1, sheets_by_machine=0, extra_sheets_by_machine=0)

    (only,) = split("PRODUCTION", by_hand, 900, 225)

    assert (only.sku, only.billed_ore, only.contracted_ore, only.list_ore) == (
        UNSPLIT,
        900,
        None,
        None,
    )


def test_a_day_before_the_first_price_is_not_known_either() -> None:
    (only,) = split("PRODUCTION", printed(), 176, 44, date(2025, 12, 31))

    assert only.sku == UNSPLIT


@pytest.mark.parametrize(
    ("changes", "article"),
    [
        ({}, "PORTO-BREV-20G"),
        ({"weight_grams": 21}, "PORTO-BREV-50G"),
        ({"product": "LIKE"}, "PORTO-LIKE-20G"),
        ({"domestic": False}, "PORTO-UTLAND"),
        ({"weight_grams": 2001}, "PORTO-OVER-2000G"),
    ],
)
def test_the_article_of_postage_says_product_and_band(
    changes: dict[str, object], article: str
) -> None:
    assert postage_article(printed(**changes)) == article


@given(
    billed=st.integers(-100_000, 100_000),
    vat=st.integers(-25_000, 25_000),
    pages=st.integers(0, 40),
    colour=st.integers(0, 40),
    extra=st.integers(0, 20),
    kind=st.sampled_from(["PRODUCTION", "POSTAGE"]),
)
def test_whatever_a_charge_is_its_parts_add_up_to_it(
    billed: int, vat: int, pages: int, colour: int, extra: int, kind: str
) -> None:
    what = printed(pages_black_white=pages, pages_colour=colour, extra_sheets_by_machine=extra)

    parts = split(kind, what, billed, vat)

    assert sum(one.billed_ore for one in parts) == billed
    assert sum(one.vat_ore for one in parts) == vat


@pytest.mark.parametrize(
    ("posted", "booked", "month"),
    [
        (date(2026, 11, 24), date(2026, 11, 25), "2026-11"),
        (date(2026, 11, 30), date(2026, 12, 5), "2026-11"),
        (date(2026, 11, 30), date(2026, 12, 6), "2026-12"),
        (date(2026, 12, 31), date(2027, 1, 5), "2026-12"),
        (date(2026, 9, 1), date(2026, 11, 2), "2026-11"),
    ],
)
def test_a_late_charge_is_billed_in_the_month_it_was_booked(
    posted: date, booked: date, month: str
) -> None:
    assert billing_period(posted, booked, grace_days=5) == month


def test_a_contract_price_and_a_list_price_may_hold_on_the_same_day() -> None:
    toml = """
    [[price]]
    sku = "PORTO-BREV-20G"
    price_ore = "1600"
    valid_from = 2026-01-01

    [[price]]
    sku = "PORTO-BREV-20G"
    price_ore = "1992"
    kind = "LIST"
    valid_from = 2026-01-01
    """

    assert [one.kind for one in parse_prices(toml)] == [PriceKind.CONTRACT, PriceKind.LIST]


def test_a_time_without_a_price_between_two_is_told() -> None:
    prices = [
        Price("KONV-MAN", Decimal(1), date(2026, 1, 1), date(2026, 3, 1)),
        Price("KONV-MAN", Decimal(2), date(2026, 4, 1)),
    ]

    assert gaps(prices) == ["KONV-MAN: no contract price from 2026-03-01 until 2026-04-01"]
    assert gaps(prices[:1]) == []
