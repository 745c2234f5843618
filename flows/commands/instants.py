"""A time as people type it."""

from datetime import UTC, datetime

import typer

from flows.clock import OSLO


def instant(text: str) -> datetime | None:
    """Return an instant, None for nothing; without a zone it is Norwegian."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write 2026-11-26T01:30") from None
    return (found if found.tzinfo else found.replace(tzinfo=OSLO)).astimezone(UTC)
