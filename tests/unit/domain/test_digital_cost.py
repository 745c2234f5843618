"""What digital letters cost: by the price of their day, and unknown where none is known."""

from datetime import date
from decimal import Decimal

from flows.domain.digital_cost import (
    READ,
    SENT,
    DigitalCount,
    days_with_same_prices,
    digital_cost,
)
from flows.domain.price_list import Price, PriceList

FIRST, MIDDLE, BEFORE = date(2026, 11, 1), date(2026, 11, 16), date(2026, 12, 1)
RAISED = PriceList(
    [
        Price(SENT, Decimal("14.7"), FIRST, MIDDLE),
        Price(SENT, Decimal(20), MIDDLE),
        Price(READ, Decimal(80), FIRST),
    ]
)


def test_days_are_split_where_a_price_changes() -> None:
    assert days_with_same_prices(RAISED, FIRST, BEFORE) == [(FIRST, MIDDLE), (MIDDLE, BEFORE)]
    assert days_with_same_prices(PriceList([]), FIRST, BEFORE) == [(FIRST, BEFORE)]


def test_each_letter_costs_what_its_day_says_rounded_once_a_line() -> None:
    counts = [DigitalCount(FIRST, sent=5, read=2), DigitalCount(MIDDLE, sent=10, read=3)]

    assert digital_cost(RAISED, counts) == (74 + 160) + (200 + 240)


def test_a_list_that_names_no_digital_article_does_not_know() -> None:
    paper = PriceList([Price("PRINT-SH-SIDE", Decimal(42), FIRST)])

    assert digital_cost(paper, [DigitalCount(FIRST, sent=1, read=0)]) is None


def test_a_list_with_one_of_the_two_articles_is_enough() -> None:
    only_sent = PriceList([Price(SENT, Decimal(100), FIRST)])

    assert digital_cost(only_sent, [DigitalCount(FIRST, sent=3, read=2)]) == 300


def test_a_day_before_the_first_price_is_unknown_if_it_has_letters() -> None:
    late = PriceList([Price(SENT, Decimal(100), MIDDLE)])

    assert digital_cost(late, [DigitalCount(FIRST, sent=1, read=0)]) is None
    assert digital_cost(late, [DigitalCount(FIRST, sent=0, read=0)]) == 0
