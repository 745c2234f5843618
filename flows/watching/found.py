"""What a rule says, and what it is held against."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flows.clock import oslo_date
from flows.domain.standing import Standing
from flows.domain.working_days import working_days_between
from flows.watch_settings import WatchSettings


class Owner(StrEnum):
    """Whose desk an alarm lands on; as the reconciliation has them."""

    OPERATIONS = "operations"
    VENDOR_CONTACT = "vendor contact"
    FINANCE = "finance"


@dataclass(frozen=True)
class Found:
    """One thing that is not as it should be."""

    subject: str
    what: str
    letters: int = 0
    since: datetime | None = None


Look = Callable[[Standing, WatchSettings], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """One kind of alarm."""

    code: str
    owner: Owner
    clock: str
    """Which clock runs, and how long it may."""
    look: Look

    @property
    def anchor(self) -> str:
        """Where its paragraph in the runbook is."""
        return f"#{self.code.lower()}"


def hours_since(instant: datetime, now: datetime) -> float:
    """Return how many hours have passed."""
    return (now - instant).total_seconds() / 3600


def working_days_since(instant: datetime, standing: Standing) -> int:
    """Return how many of the vendor's working days have come since."""
    closed = frozenset(standing.calendar.closed_days)
    return working_days_between(oslo_date(instant), oslo_date(standing.now), closed)


def since_then(instant: datetime) -> str:
    """Return an instant as alarms say it."""
    return f"since {instant:%F %R}Z"
