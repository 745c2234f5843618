"""How much of an invoice a credit note takes back: whole lines, or an amount of a line."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flows.domain.money import kroner, split_by_largest_remainder
from flows.errors import NeedsAPerson


@dataclass(frozen=True)
class Wanted:
    """A line of an invoice that is to be credited."""

    line: int
    amount_ore: int | None = None
    """Without VAT; None: all that is left of the line."""


@dataclass(frozen=True)
class Standing:
    """A ledger entry on an invoice, as earlier credit notes have left it."""

    ledger_id: int
    line: int
    left_ore: int
    left_vat_ore: int


@dataclass(frozen=True)
class Taken:
    """What a credit note takes off an entry, with the entry's sign."""

    ledger_id: int
    ore: int
    vat_ore: int
    all_of_it: bool
    """Nothing is left after."""


def taken_of(standing: Sequence[Standing], wanted: Sequence[Wanted], where: str) -> list[Taken]:
    """Return what is taken off each entry; without `wanted`, all that is left.

    An amount is split over its line's entries by the largest remainders, and so is its VAT: the
    parts add up to it exactly, and no entry is taken below nothing. Raises NeedsAPerson when there
    is less left than what is asked for.
    """
    by_line: dict[int, list[Standing]] = defaultdict(list)
    for one in standing:
        if one.left_ore or one.left_vat_ore:
            by_line[one.line].append(one)
    asked = wanted or [Wanted(line) for line in sorted(by_line)]
    lines = [each.line for each in asked]
    if len(set(lines)) != len(lines):
        raise NeedsAPerson("a line is named twice", where=where, do="name each line once")
    if not by_line:
        raise NeedsAPerson("nothing is left of the invoice to credit", where=where, do=_LOOK)
    return [taken for each in asked for taken in _of_line(by_line[each.line], each, where)]


_LOOK = "see what is left of each line: svarut invoice show"


def _of_line(entries: Sequence[Standing], wanted: Wanted, where: str) -> list[Taken]:
    if not entries:
        raise NeedsAPerson(f"nothing is left of line {wanted.line}", where=where, do=_LOOK)
    left = sum(one.left_ore for one in entries)
    amount = wanted.amount_ore
    if amount is None or amount == left:
        return [Taken(one.ledger_id, one.left_ore, one.left_vat_ore, True) for one in entries]
    if not 0 < amount < left:
        raise NeedsAPerson(
            f"{kroner(left)} kr is left of line {wanted.line}, not {kroner(amount)} kr",
            where=where,
            do=_LOOK,
        )
    paid = [one for one in entries if one.left_ore > 0]
    weights = [one.left_ore for one in paid]
    vats = [max(0, one.left_vat_ore) for one in paid]
    parts = split_by_largest_remainder(amount, weights)
    vat_parts = (
        split_by_largest_remainder(sum(vats) * amount // sum(weights), vats)
        if any(vats)
        else [0] * len(paid)
    )
    return [
        Taken(one.ledger_id, ore, vat, (ore, vat) == (one.left_ore, one.left_vat_ore))
        for one, ore, vat in zip(paid, parts, vat_parts, strict=True)
        if ore or vat
    ]
