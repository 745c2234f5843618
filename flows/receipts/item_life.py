"""What becomes of an open item when the night has looked again."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flows.domain.reconciliation import ClosedAs, Difference, KeptItem
from flows.receipts.reconciliation import RuleResult


class Becomes(StrEnum):
    """What is to be done about an item."""

    RAISED = "raised"
    CHANGED = "changed"
    """Still open, with other figures."""
    REOPENED = "reopened"
    GONE = "gone"
    """Closed, since it is not so any more."""
    GONE_AFTER = "gone_after"
    """A person had closed it, and now it is not so any more: should it return, it opens."""


@dataclass(frozen=True)
class Change:
    """One item, and what becomes of it."""

    key: tuple[str, str]
    becomes: Becomes
    difference: Difference | None = None
    """What was found; None when nothing was."""
    why: str = ""


def changes(
    kept: Mapping[tuple[str, str], KeptItem], results: Collection[RuleResult]
) -> list[Change]:
    """Compare what was found with what is kept; the same findings again change nothing.

    kept: the items under the codes of the rules, closed ones too.
    """
    found = {one.key: one for result in results for one in result.differences}
    looked_at = [
        change
        for difference in found.values()
        for change in _of_found(difference, kept.get(difference.key))
    ]
    not_found = [
        change
        for item in kept.values()
        if item.key not in found and _was_looked_at(item, results)
        for change in _of_not_found(item)
    ]
    return looked_at + not_found


def _of_found(difference: Difference, item: KeptItem | None) -> Iterator[Change]:
    if item is None:
        yield Change(difference.key, Becomes.RAISED, difference)
        return
    same = (item.counts, item.ore) == (difference.counts, difference.ore)
    if item.closed_at is None:
        if not same:
            yield Change(difference.key, Becomes.CHANGED, difference)
        return
    why = _why_again(item, same=same)
    if why:
        yield Change(difference.key, Becomes.REOPENED, difference, why)


def _why_again(item: KeptItem, *, same: bool) -> str:
    """Say why a closed item opens again; nothing when what was accepted is as it was."""
    if item.closed_as not in {ClosedAs.EXPLAINED, ClosedAs.ACCEPTED}:
        return "it is so again, or still"
    if item.gone_at is not None:
        return "it had gone, and has come again"
    return "" if same else "it is not what was accepted any more"


def _of_not_found(item: KeptItem) -> Iterator[Change]:
    if item.closed_at is None:
        yield Change(item.key, Becomes.GONE, why="the reconciliation does not find it any more")
    elif item.closed_as in {ClosedAs.EXPLAINED, ClosedAs.ACCEPTED} and item.gone_at is None:
        yield Change(item.key, Becomes.GONE_AFTER)


def _was_looked_at(item: KeptItem, results: Collection[RuleResult]) -> bool:
    """Say whether the rule could have found it: what was not looked at is not gone."""
    return any(
        item.code in result.rule.item_codes
        and item.subject not in result.not_looked_at
        and not result.whole_unchecked
        for result in results
    )
