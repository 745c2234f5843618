"""The month that a command is about."""

from datetime import date

from flows import clock
from flows.errors import NeedsAPerson


def month_or_last(text: str) -> str:
    """Return the month that is meant, `2026-11`; without one, the month before this."""
    if not text:
        first = clock.oslo_date(clock.now()).replace(day=1)
        return f"{date.fromordinal(first.toordinal() - 1):%Y-%m}"
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        raise NeedsAPerson(f"{text!r} is no month", where="--month", do="write 2026-11") from None


def bounds(month: str) -> tuple[date, date]:
    """Return the first day of a month, and of the next."""
    first = date.fromisoformat(f"{month}-01")
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)
