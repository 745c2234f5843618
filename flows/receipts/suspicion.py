"""Say why a whole file waits for a person, though each of its lines can be read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from flows.domain.vendor_profile import VendorProfile
from flows.receipts.cells import within
from flows.receipts.receipt_file import ReceiptFile

MOST_EMPTY: Final = 0.01
"""A share of lines that may lack a field: more, and the field is gone and not a line broken."""

SURELY_FILLED: Final = 0.99
AFTER_NOON_SHARE: Final = 0.05
ENOUGH_LINES: Final = 20
"""Fewer lines say nothing about a vendor's clock."""

NOT_FIELDS: Final = frozenset({"lines", "after_noon"})


def suspicions(
    read: ReceiptFile, profile: VendorProfile, earlier: Sequence[Mapping[str, int]]
) -> list[str]:
    """Return what makes a file suspect: an emptied field, or a clock of twelve hours.

    earlier: `filled` of the vendor's last booked files. Both have happened to others: the print
    cost vanished with a new log format, and 19:00 was read as 07:00.
    """
    return [*_emptied(read, profile, earlier), *_wrong_clock(read, profile, earlier)]


def _emptied(
    read: ReceiptFile, profile: VendorProfile, earlier: Sequence[Mapping[str, int]]
) -> list[str]:
    lines = read.filled.get("lines", 0)
    found = []
    for field, filled in read.filled.items():
        empty = lines - filled
        if field in NOT_FIELDS or empty <= max(1, MOST_EMPTY * lines):
            continue
        if field in profile.receipts.must_be_filled:
            found.append(f"{field} is empty in {empty} of {lines} lines")
        elif _share(earlier, field) >= SURELY_FILLED:
            found.append(f"{field} is empty in {empty} of {lines} lines; earlier files had it")
    return [*found, *_gone(read, earlier)]


def _gone(read: ReceiptFile, earlier: Sequence[Mapping[str, int]]) -> list[str]:
    """Tell of columns that are gone; asked once, since a file that a person took is usual then."""
    lines = sum(one.get("lines", 0) for one in earlier)
    known = {field: sum(one.get(field, 0) for one in earlier) for one in earlier for field in one}
    return [
        f"{field} has no column; earlier files had it"
        for field, filled in sorted(known.items())
        if field not in read.filled and filled >= SURELY_FILLED * lines > 0
    ]


def _wrong_clock(
    read: ReceiptFile, profile: VendorProfile, earlier: Sequence[Mapping[str, int]]
) -> list[str]:
    lines = read.filled.get("lines", 0)
    first, last = profile.calendar.first_posting_hour, profile.calendar.last_posting_hour
    posted = Counter(line.receipt.posted_at for line in read.lines if line.receipt is not None)
    outside = sum(count for at, count in posted.items() if not within(at, first, last))
    if outside > max(1, MOST_EMPTY * lines):
        return [f"{outside} of {lines} letters posted outside {first}-{last} o'clock"]
    none_after_noon = read.filled.get("after_noon", 0) == 0 and lines >= ENOUGH_LINES
    if none_after_noon and _share(earlier, "after_noon") >= AFTER_NOON_SHARE:
        return ["no hour is above twelve, though earlier files had some: AM and PM may be lost"]
    return []


def _share(earlier: Sequence[Mapping[str, int]], field: str) -> float:
    lines = sum(one.get("lines", 0) for one in earlier if field in one)
    return sum(one.get(field, 0) for one in earlier) / lines if lines else 0.0
