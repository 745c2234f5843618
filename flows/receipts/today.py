"""The moment a reconciliation looks from, on the vendor's calendar."""

from dataclasses import dataclass
from datetime import date, datetime

from flows.clock import oslo_date
from flows.domain.reconciliation import Limits
from flows.domain.working_days import working_days_between


@dataclass(frozen=True)
class Today:
    """The time it is, and how much may differ."""

    now: datetime
    limits: Limits

    def working_days_since(self, instant: datetime) -> int:
        """Return how many of the vendor's working days have begun since an instant's day."""
        return working_days_between(oslo_date(instant), self.date, self.limits.closed)

    @property
    def date(self) -> date:
        """The Norwegian calendar date."""
        return oslo_date(self.now)


def age_group(working_days: int) -> str:
    """Return the ageing group of so many working days."""
    groups = ((2, "0-2"), (5, "3-5"), (10, "6-10"))
    return next((name for most, name in groups if working_days <= most), "> 10")
