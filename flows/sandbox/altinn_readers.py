"""What a recipient does with a letter, read from a word: `after:3h`, `late:6h+confirm:2h`, `stuck`.

A habit is one or more parts joined by `+`. Acts happen so many hours after publication, or at an
instant (`after:@2026-11-24T01:30:00+01:00`). The list is in docs/sandbox.md.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

STATUSES: Final = (
    "Initialized", "ReadyForPublish", "Published", "Fetched", "Read", "Replied", "Confirmed",
    "PurgedByRecipient", "PurgedByAltinn", "Archived", "Reserved", "Failed", "AttachmentsDownloaded",
    "Forwarded",
)  # fmt: skip
"""In the API's own order: the status shown is the highest one ever reached, Fetched left out."""

ACTS: Final = {
    "after": ("Fetched", "Read"),
    "fetched": ("Fetched",),
    "confirm": ("Confirmed",),
    "download": ("AttachmentsDownloaded",),
    "purge": ("PurgedByRecipient",),
    "forward": ("Fetched", "Read", "Forwarded"),
    "reply": ("Replied",),
    "archive": ("Archived",),
}
FATES: Final = frozenset(
    {"never", "reserved", "unknown", "stuck", "fails", "reserved_later", "malware", "no_roles",
     "not_in_register", "races"}
)  # fmt: skip
"""What happens before anyone can read; `never` is that nothing does."""

FAULTS: Final = frozenset(
    {"krr_down", "busy", "gateway", "unavailable", "upload_fault", "lost", "reset", "truncated",
     "empty", "slow"}
)  # fmt: skip
"""What spoils the first so many sendings of a letter; the names of altinn_faults."""


@dataclass(frozen=True)
class Act:
    """Something a recipient does."""

    statuses: tuple[str, ...]
    wait: timedelta
    at: datetime | None = None

    def when(self, published: datetime) -> datetime:
        """Return the instant of it: never before publication."""
        return max(published, self.at) if self.at else published + self.wait


@dataclass(frozen=True)
class Habit:
    """A habit, read."""

    fate: str = "never"
    late: timedelta = timedelta()
    acts: tuple[Act, ...] = ()
    faults: tuple[tuple[str, int], ...] = ()


@lru_cache(maxsize=10_000)
def read_habit(text: str) -> Habit:
    """Return what a word says.

    Raises ValueError when it says nothing known.
    """
    fate, late, acts, faults = "never", timedelta(), [], []
    for part in re.split(r"\+(?=[a-z])", text):
        name, _, wait = part.partition(":")
        if name in ACTS:
            acts.append(_act(ACTS[name], wait))
        elif name in FAULTS:
            faults.append((name, int(wait or 1)))
        elif name == "late":
            late = _hours(wait)
        elif name in FATES and not wait:
            fate = name
        else:
            raise ValueError(f"no such habit: {part}")
    return Habit(fate, late, tuple(acts), tuple(faults))


def _act(statuses: tuple[str, ...], wait: str) -> Act:
    if wait.startswith("@"):
        return Act(statuses, timedelta(), datetime.fromisoformat(wait[1:]).astimezone(UTC))
    return Act(statuses, _hours(wait))


def _hours(text: str) -> timedelta:
    return timedelta(hours=float(text.removesuffix("h")))
