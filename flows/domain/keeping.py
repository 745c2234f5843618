"""How long a letter's contents are kept."""

import calendar
from datetime import date, datetime, time

from flows.clock import OSLO, oslo_date


def kept_since(now: datetime, months: int) -> datetime:
    """Return the instant before which things are old enough to be removed.

    The beginning of the Norwegian day so many calendar months ago, so that everything is kept for
    whole months: what ended on 31 August goes with 1 December, and not before.
    """
    today = oslo_date(now)
    month = today.year * 12 + today.month - 1 - months
    year, month = divmod(month, 12)
    last = calendar.monthrange(year, month + 1)[1]
    day = date(year, month + 1, min(today.day, last))
    return datetime.combine(day, time(), OSLO)
