"""Laws of credit notes and of splits: nothing is lost, and nothing is credited twice."""

from contextlib import suppress
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.crediting import Standing, Wanted, taken_of
from flows.domain.money import split_by_largest_remainder
from flows.errors import NeedsAPerson

LINES = 10_000


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=50).filter(any))
def test_a_split_adds_up_exactly(total: int, weights: list[int]) -> None:
    parts = split_by_largest_remainder(total, weights)

    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


def a_ledger(seed: int) -> list[Standing]:
    """Ten thousand entries on forty lines, a few of them taken back."""
    random = Random(seed)
    entries = []
    for number in range(LINES):
        ore = random.choice([15, 42, 45, 260, 1992, random.randrange(1, 10**6)])
        sign = -1 if random.random() < 0.02 else 1
        entries.append(Standing(number, number % 40 + 1, sign * ore, sign * ((ore + 2) // 4)))
    return entries


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**7), min_size=1, max_size=4))
def test_whatever_is_credited_the_rest_is_what_is_left(seed: int, amounts: list[int]) -> None:
    standing = a_ledger(seed)
    whole, vat = (sum(one.left_ore for one in standing), sum(one.left_vat_ore for one in standing))
    taken_ore = taken_vat = 0

    for number, amount in enumerate([*amounts, None], start=1):
        wanted = [Wanted(number, amount)] if amount is not None else []
        with suppress(NeedsAPerson):
            taken = taken_of(standing, wanted, "here")
            assert amount is None or sum(one.ore for one in taken) == amount
            gone = {one.ledger_id: one for one in taken}
            assert len(gone) == len(taken)
            taken_ore += sum(one.ore for one in taken)
            taken_vat += sum(one.vat_ore for one in taken)
            for place, one in enumerate(standing):
                if (off := gone.get(one.ledger_id)) is not None:
                    left = (one.left_ore - off.ore, one.left_vat_ore - off.vat_ore)
                    assert off.all_of_it == (left == (0, 0))
                    assert one.left_ore < 0 or min(left) >= 0
                    standing[place] = replace(one, left_ore=left[0], left_vat_ore=left[1])

    assert (taken_ore, taken_vat) == (whole, vat)
    assert all((one.left_ore, one.left_vat_ore) == (0, 0) for one in standing)
