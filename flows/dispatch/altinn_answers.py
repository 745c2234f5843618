"""What Altinn's good answers mean: the reference of an offer, and what became of it.

Answers are read loosely: what is new, missing or of another kind is nothing, never an error.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from flows.dispatch.channel import ChannelAnswer, Offered, Refusal, Refused, Unknown

READ_BY: Final = frozenset({"Read", "Confirmed", "Replied", "AttachmentsDownloaded", "Forwarded"})
"""Statuses in a history that mean the recipient has had the letter. The single `status` is the
highest number ever reached, so it can hide each of these, and is never asked whether it is Read."""

NOT_YET: Final = frozenset({"Initialized", "ReadyForPublish"})
_PLAIN: Final = NOT_YET | {"Published", "Fetched"}
"""Statuses under which nothing can hide."""

YEARS: Final = range(2000, 2200)

_REASONS: Final = (
    ({"reserv"}, Refusal.RESERVED),
    ({"role"}, Refusal.LACKS_ROLES),
    ({"recipient", "register"}, Refusal.UNKNOWN_RECIPIENT),
)
"""What a failed publication says, by words in its text; all of them lead to paper."""


def offered(body: Any) -> Offered | Refused | Unknown:
    """Return what an accepted offer's answer says."""
    first = _first(body.get("correspondences")) if isinstance(body, dict) else None
    if not isinstance(first, dict):
        return Unknown("no correspondence in the answer")
    if first.get("status") == "Reserved":
        return Refused(Refusal.RESERVED)
    reference = _reference(first.get("correspondenceId"))
    return Offered(reference) if reference else Unknown("no id in the answer")


def references(body: Any) -> list[str] | None:
    """Return the ids a search found; None: the answer is none."""
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list):
        return None
    found = [_reference(each) for each in ids]
    return None if None in found else [each for each in found if each]


def from_overview(body: Any) -> ChannelAnswer | Unknown | None:
    """Return what an overview says; None: only the history can tell."""
    if not isinstance(body, dict) or not isinstance(body.get("status"), str):
        return Unknown("an overview without a status")
    status, published_at = body["status"], _instant(body.get("published"))
    read_at = _instant(body.get("read"))
    if status in {"Failed", "Reserved"} and published_at is None:
        return ChannelAnswer(refusal=_reason(status, body.get("statusText")))
    if read_at is not None and published_at is not None:
        return ChannelAnswer(published_at, read_at)
    if status in NOT_YET or (status in _PLAIN and published_at is not None):
        return ChannelAnswer(published_at)
    return None


def from_history(body: Any) -> ChannelAnswer | Unknown:
    """Return what details say, also about a letter that is gone.

    Thrown away is delivered: it was in the recipient's hands (docs/decisions/0013). Gone without
    having been published is withdrawn.
    """
    if not isinstance(body, dict) or not isinstance(body.get("statusHistory"), list):
        return Unknown("details without a history")
    events = list(_events(body["statusHistory"]))
    published = [at for name, at in events if name == "Published"]
    thrown = [at for name, at in events if name == "PurgedByRecipient"]
    read = sorted([at for name, at in events if name in READ_BY] or thrown)
    read_at = _instant(body.get("read")) or (read[0] if read else None)
    published_at = _instant(body.get("published")) or (min(published) if published else read_at)
    if published_at is not None:
        return ChannelAnswer(published_at, read_at)
    names = {name for name, _ in events}
    if "PurgedByAltinn" in names:
        return ChannelAnswer(refusal=Refusal.WITHDRAWN)
    if names & {"Failed", "Reserved"}:
        return ChannelAnswer(refusal=_reason("Failed", body.get("statusText")))
    return ChannelAnswer() if names else Unknown("an empty history")


def _reason(status: str, text: object) -> Refusal:
    if status == "Reserved":
        return Refusal.RESERVED
    said = str(text).lower()
    found = (reason for words, reason in _REASONS if all(word in said for word in words))
    return next(found, Refusal.PUBLICATION_FAILED)


def _events(history: list[Any]) -> Iterator[tuple[str, datetime]]:
    for event in history:
        if isinstance(event, dict) and isinstance(event.get("status"), str):
            at = _instant(event.get("statusChanged"))
            if at is not None:
                yield event["status"], at


def _first(items: object) -> object:
    return items[0] if isinstance(items, list) and items else None


def _reference(value: object) -> str | None:
    """Return an id if it is one; it becomes part of an address."""
    try:
        return str(uuid.UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _instant(text: object) -> datetime | None:
    """Return an instant in UTC; one without a zone is in UTC, as the API keeps them."""
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
        utc = instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # Year 1 is how .NET writes an instant that was never set.
    return utc if utc.year in YEARS else None
