"""What a person did: who, when, with what, and why."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

_REASONS: Final = ("why", "annulled", "sent again", "vendor said", "said")
"""Under which names events keep a person's reason."""
_PLACES: Final = ("batch", "job", "until")
"""What else of an event a reader wants to know."""


@dataclass(frozen=True)
class Wanted:
    """Which acts are asked for."""

    by: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Before this instant."""
    about: str = ""
    """The beginning of what it was done with: a letter, a batch, a sender, a file."""
    limit: int = 50


@dataclass(frozen=True)
class Act:
    """One thing a person did. Nothing personal but the person's own name."""

    at: datetime
    by: str
    act: str
    about: str
    """What kind of thing; of many letters, how many."""
    subject: str
    """Which; of many letters, the first."""
    why: str

    @classmethod
    def from_event(
        cls, at: datetime, by: str, act: str, about: str, subject: str, said: str
    ) -> Self:
        """Make an act of an event. said: its detail, as JSON."""
        detail = json.loads(said or "{}")
        why = next((str(detail[name]) for name in _REASONS if detail.get(name)), "")
        more = ", ".join(f"{name} {detail[name]}" for name in _PLACES if detail.get(name))
        return cls(at, by, act, about, subject, f"{why} ({more})" if more and why else why or more)


def in_order(acts: Iterable[Act], limit: int) -> list[Act]:
    """Return the latest acts, the latest first."""
    return sorted(acts, key=lambda one: (one.at, one.subject, one.act), reverse=True)[:limit]
