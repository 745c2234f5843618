"""One letter's history as people read it: every step, from whichever table tells it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from flows.domain.role import Kind, Role, Sight, sight_of


@dataclass(frozen=True)
class Step:
    """One thing that happened. Nothing personal."""

    at: datetime
    what: str
    by: str
    detail: str = ""
    internal: bool = False
    """Ours, and not the sender's to see: batches, open items, what people wrote."""
    net_ore: int | None = None
    """What it cost; only for those who see money."""


BY_ITSELF: Final = frozenset(
    {"intake", "dispatch", "print_batch", "receipts", "retention", "svarut", "vendor"}
)
"""Who does what no person of ours did."""


def told_to(role: Role, steps: Iterable[Step]) -> list[Step]:
    """Return the steps a role is shown, in order of time.

    A sender is told what became of its letter, not who of us did it, nor what that one wrote.
    """
    sight: Sight = sight_of(role)
    shown = [one for one in steps if sight.money or one.net_ore is None]
    if role.kind is Kind.SENDER:
        shown = [_for_a_sender(one) for one in shown if not one.internal]
    return sorted(shown, key=lambda one: one.at)


def _for_a_sender(step: Step) -> Step:
    return step if step.by in BY_ITSELF else replace(step, by="operator", detail="")


def in_words(pairs: Sequence[tuple[str, object]]) -> str:
    """Return details as `name value, name value`, without the empty ones."""
    return ", ".join(f"{name} {value}".strip() for name, value in pairs if value not in {None, ""})
