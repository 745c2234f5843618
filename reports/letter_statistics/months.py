"""The twelve months that end with a month."""

from datetime import date, datetime, time

from flows.clock import OSLO
from flows.database.letter_history import Months

COUNT = 12


def months_until(first: date) -> tuple[tuple[str, ...], Months]:
    """Return the months that end with the one whose first day is given: names, and instants.

    A month begins at midnight, Norwegian time.
    """
    firsts = [_moved(first, back) for back in range(COUNT - 1, -1, -1)]
    return (
        tuple(f"{day:%Y-%m}" for day in firsts),
        Months(tuple(_midnight(day) for day in firsts), _midnight(_moved(first, -1))),
    )


def _moved(first: date, back: int) -> date:
    months = first.year * 12 + first.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=OSLO)
