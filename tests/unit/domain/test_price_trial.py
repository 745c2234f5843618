"""Another price list is tried on what was used, and nobody is told a guess."""

from datetime import date
from decimal import Decimal

from flows.domain.price_list import Price, PriceList
from flows.domain.price_trial import Sum, Tried, Used, in_all, remarks, try_prices

DAY = date(2026, 10, 20)
NEW_YEAR = date(2027, 1, 1)


def prices(*, begins: date = date(2026, 1, 1), **ore: str) -> list[Price]:
    return [Price(sku, Decimal(one), begins) for sku, one in ore.items()]


def used(letters: int = 10, sender: str = "nordvik", **articles: int) -> Used:
    return Used(sender, DAY, articles, letters)


def test_each_article_of_each_sender_has_both_sums() -> None:
    letters = [used(10, A=3, B=1), used(5, A=1), used(2, "fjordby", B=1)]
    old, new = PriceList(prices(A="42.5", B="100")), PriceList(prices(A="50", B="90"))

    rows = try_prices(letters, old, new)

    assert rows == [
        Tried("fjordby", "B", 2, Sum(200), Sum(180)),
        # Three pages are rounded once a letter, 127.5 to 128, as the ledger rounds them.
        Tried("nordvik", "A", 35, Sum(10 * 128 + 5 * 43), Sum(35 * 50)),
        Tried("nordvik", "B", 10, Sum(1000), Sum(900)),
    ]
    assert [row.difference_ore for row in rows] == [-20, 35 * 50 - 1495, -100]
    assert [(row.sender_id, row.old.net_ore, row.new.net_ore) for row in in_all(rows)] == [
        ("fjordby", 200, 180),
        ("nordvik", 2495, 2650),
        ("", 2695, 2830),
    ]


def test_what_has_no_price_is_unknown_and_counted_never_guessed() -> None:
    rows = try_prices([used(10, A=3, C=1)], PriceList(prices(A="1", C="5")), PriceList([]))

    assert [row.new for row in rows] == [Sum(0, 30), Sum(0, 10)]
    assert [row.difference_ore for row in rows] == [None, None]
    assert list(remarks(rows, [], last=date(2026, 10, 31))) == [
        "priced today, unknown by the new list: A, C"
    ]


def test_a_list_that_begins_later_can_be_tried_as_if_it_held() -> None:
    wanted = prices(begins=NEW_YEAR, A="50")
    letters, old, new = [used(2, A=1)], PriceList(prices(A="40")), PriceList(wanted)

    by_day = try_prices(letters, old, new)
    as_if = try_prices(letters, old, new, on=NEW_YEAR)

    assert [row.difference_ore for row in by_day] == [None]
    assert "prices begin after the month, on 01.01.2027: --on 2027-01-01 tries them" in list(
        remarks(by_day, wanted, last=date(2026, 10, 31))
    )
    assert [row.difference_ore for row in as_if] == [20]
    assert list(remarks(as_if, wanted, last=date(2026, 10, 31), on=NEW_YEAR)) == []


def test_a_month_without_letters_is_said() -> None:
    assert list(remarks([], [], last=DAY)) == ["no letter was posted in the month"]
