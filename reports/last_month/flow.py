"""Write last month's workbooks anew on the first working days, while its late receipts come."""

from datetime import date, datetime, timedelta
from typing import Final

from prefect import flow

from flows import clock
from flows.domain.working_days import is_working_day
from reports.flow import ReportSummary, reports

WORKING_DAYS: Final = 6
"""The last of them is the 8th or later: after `invoice.grace_days`, which is 5 unless set."""


@flow(name="last-month")
def last_month(at: datetime | None = None, dry_run: bool = False) -> ReportSummary | None:
    """Write last month's workbooks; on other days than the first working days, nothing."""
    now = at or clock.now()
    today = clock.oslo_date(now)
    if not is_among_the_first(today):
        return None
    before = today.replace(day=1) - timedelta(days=1)
    return reports(month=f"{before:%Y-%m}", at=now, dry_run=dry_run)


def is_among_the_first(today: date) -> bool:
    """Say whether a day is one of its month's first working days."""
    days = (today.replace(day=day) for day in range(1, today.day + 1))
    return is_working_day(today) and sum(map(is_working_day, days)) <= WORKING_DAYS
