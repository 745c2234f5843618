"""One letter's history as people read it: every step, from whichever table tells it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

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


def told_to(role: Role, steps: Iterable[Step]) -> list[Step]:
    """Return the steps a role is shown, in order of time."""
    sight: Sight = sight_of(role)
    return sorted(
        (
            one
            for one in steps
            if (sight.money or one.net_ore is None)
            and not (one.internal and role.kind is Kind.SENDER)
        ),
        key=lambda one: one.at,
    )


def in_words(pairs: Sequence[tuple[str, object]]) -> str:
    """Return details as `name value, name value`, without the empty ones."""
    return ", ".join(f"{name} {value}".strip() for name, value in pairs if value not in {None, ""})
