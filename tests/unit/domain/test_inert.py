"""No text of people's is run by the program that opens it; amounts stay numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.inert import STARTS, inert
from flows.domain.money import ore_from_kroner, plain_kroner


@pytest.mark.parametrize("start", STARTS)
def test_what_begins_like_a_formula_gets_a_quote(start: str) -> None:
    assert inert(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert not inert(text).startswith(STARTS)
    assert inert(text).endswith(text)


@given(st.integers(-(10**12), 10**12))
def test_an_amount_is_read_back_as_it_was(ore: int) -> None:
    assert ore_from_kroner(plain_kroner(ore)) == ore
