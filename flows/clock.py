"""The one place that asks what time it is."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
"""Calendar questions (working days, posting dates, invoice months) are asked here."""


def now() -> datetime:
    """Return this instant, aware and in UTC."""
    return datetime.now(UTC)


def oslo_date(instant: datetime) -> date:
    """Return the Norwegian calendar date of an instant."""
    return instant.astimezone(OSLO).date()
