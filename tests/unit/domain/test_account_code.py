"""Account codes on the days their rule changed."""

from datetime import date

import pytest

from flows.domain.account_code import is_account_code


@pytest.mark.parametrize(
    ("code", "last_day_without", "first_day_with"),
    [
        ("4410.2", date(2015, 4, 6), date(2015, 4, 7)),
        ("Møre-ÆØÅ", date(2015, 4, 6), date(2015, 4, 7)),
        ("4410_2", date(2021, 12, 31), date(2022, 1, 1)),
    ],
    ids=["full stop", "Norwegian letters", "underscore"],
)
def test_a_wider_rule_holds_from_its_first_day(
    code: str, last_day_without: date, first_day_with: date
) -> None:
    assert not is_account_code(code, last_day_without)
    assert is_account_code(code, first_day_with)


@pytest.mark.parametrize("day", [date(2014, 9, 17), date(2016, 1, 1), date(2026, 11, 24)], ids=str)
def test_twenty_characters_are_the_most_in_every_year(day: date) -> None:
    assert is_account_code("A" * 20, day)
    assert not is_account_code("A" * 21, day)


@pytest.mark.parametrize("code", ["4410/2", "44 10", "4410é", "4410\n", "=4410", "٤٤١٠"])
def test_what_was_never_allowed_is_not_allowed_today(code: str) -> None:
    assert not is_account_code(code)
