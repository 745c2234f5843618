"""Read what was measured in the twelve months before a day."""

from collections import defaultdict
from datetime import date, datetime, time

from flows.clock import OSLO
from flows.database import facts
from flows.database.prices import read_price_list
from flows.database.session import Tx
from flows.domain.digital_cost import DigitalCount, days_with_same_prices, digital_cost
from flows.domain.price_list import PriceList
from reports.cost_benefit.measured import MONTHS, Basis, MeasuredMonth, MeasuredSender

SUMMED = ("printed", "read", "production_ore", "postage_ore", "sheets")


def read_basis(tx: Tx, before: date) -> Basis:
    """Return the months before the first of a month, at most twelve, from the first with letters.

    A month is Norwegian time: letters on paper by the day of posting, the others by their reading.
    """
    months: list[MeasuredMonth] = []
    senders: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMMED, 0))
    first, prices = before, read_price_list(tx)
    for _ in range(MONTHS):
        first, ends = _month_before(first), first
        rows = facts.measured_rows(
            tx, first=first, before=ends, begins=_midnight(first), ends=_midnight(ends)
        )
        sums = {name: sum(int(row[name]) for row in rows) for name in SUMMED}
        months.append(
            MeasuredMonth(
                f"{first:%Y-%m}", **sums, digital_ore=_digital_ore(tx, prices, first, ends)
            )
        )
        for row in rows:
            for name in SUMMED:
                senders[row["sender"], row["organisation_number"]][name] += int(row[name])
    while months and not months[-1].printed + months[-1].read:
        months.pop()
    return Basis(
        tuple(reversed(months)),
        tuple(
            MeasuredSender(
                name,
                number,
                found["printed"],
                found["read"],
                found["production_ore"],
                found["postage_ore"],
            )
            for (name, number), found in sorted(senders.items())
        ),
    )


def _digital_ore(tx: Tx, prices: PriceList, first: date, before: date) -> int | None:
    counts = [
        DigitalCount(
            begins, *facts.digital_counts(tx, begins=_midnight(begins), ends=_midnight(ends))
        )
        for begins, ends in days_with_same_prices(prices, first, before)
    ]
    return digital_cost(prices, counts)


def _month_before(first: date) -> date:
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=OSLO)
