"""The vendor's cut-off: what is due by then goes that night, what comes later the next."""

from datetime import date, datetime, time, timedelta

from flows.clock import OSLO, oslo_date
from flows.domain.vendor_profile import Calendar
from flows.domain.working_days import is_working_day


def last_cut_off(now: datetime, calendar: Calendar) -> datetime:
    """Return the last cut-off that has passed.

    Only working days of the vendor have one, Norwegian time: over a weekend nothing more goes on
    paper, so what falls due meanwhile may still be read, and joins the first night after.
    """
    day = oslo_date(now)
    while True:
        instant = datetime.combine(day, time.fromisoformat(calendar.cut_off), OSLO)
        if instant <= now and is_working_day(day, frozenset(calendar.closed_days)):
            return instant
        day -= timedelta(days=1)


def posting_day(day: date, calendar: Calendar) -> date:
    """Return the first of the vendor's working days from a day on: what prices are asked for."""
    while not is_working_day(day, frozenset(calendar.closed_days)):
        day += timedelta(days=1)
    return day
