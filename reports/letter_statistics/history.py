"""The history of letters as data frames, with their columns written down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from flows.database import letter_history
from flows.database.letter_history import Months
from flows.database.session import Tx
from reports.letter_statistics.months import months_until

TYPES: Final = 50
"""So many shipment types are told apart; the rest are one."""

HOUR: Final = 3600
DAY: Final = 24 * HOUR
AT_ONCE: Final = 50_000

COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "letters": ("month", "sender_id", "type", "status", "letters"),
    "published": ("month", "sender_id", "type", "published", "due"),
    "late": ("month", "sender_id", "type", "letters"),
    "rejected": ("month", "sender_id", "code", "letters"),
    "returned": ("month", "sender_id", "type", "reason", "letters"),
}
"""Counted by the database; month is its place in `names`, counts are whole numbers."""

READINGS: Final = {
    "month": "int16",
    "sender_id": "category",
    "type": "category",
    "hours": "float64",
    "in_time": "bool",
    "due": "bool",
}
"""One row a letter that was published and read: hours to the reading, whether that was before its
deadline, and whether the deadline had passed when the last month ended."""

POSTINGS: Final = {
    "month": "int16",
    "sender_id": "category",
    "type": "category",
    "days": "float64",
    "offered": "bool",
}
"""One row a printed letter: days from intake to posting, and whether it was published first."""


@dataclass(frozen=True)
class History:
    """Twelve months of letters, as was known when the last of them ended."""

    names: tuple[str, ...]
    """`2026-11`, in order."""
    last: datetime | None
    """When the last thing that counts was recorded."""
    senders: pd.DataFrame
    """sender_id, sender, organisation_number."""
    letters: pd.DataFrame
    published: pd.DataFrame
    late: pd.DataFrame
    """Read after their paper had left."""
    rejected: pd.DataFrame
    returned: pd.DataFrame
    readings: pd.DataFrame
    postings: pd.DataFrame


def read_history(tx: Tx, first: date) -> History:
    """Return the twelve months that end with the one whose first day is given."""
    names, months = months_until(first)
    types = letter_history.common_types(tx, months, TYPES)
    counted = {
        "letters": letter_history.status_counts(tx, months, types),
        "published": letter_history.published_counts(tx, months, types),
        "late": letter_history.read_on_paper_too(tx, months, types),
        "rejected": letter_history.rejections(tx, months),
        "returned": letter_history.returned(tx, months, types),
    }
    frames = {name: _counts(rows, COUNTS[name]) for name, rows in counted.items()}
    return History(
        names=names,
        last=letter_history.last_recorded(tx, months),
        senders=_senders(tx),
        readings=_readings(letter_history.readings(tx, months, types), months),
        postings=_postings(letter_history.postings(tx, months, types), months),
        **frames,
    )


def _senders(tx: Tx) -> pd.DataFrame:
    columns = ["sender_id", "sender", "organisation_number"]
    return pd.DataFrame(letter_history.sender_names(tx), columns=columns).astype("str")


def _counts(rows: Iterable[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    numbers = {"month": "int16", "letters": "int64", "published": "int64", "due": "int64"}
    kinds = {column: numbers.get(column, "str") for column in columns}
    return pd.DataFrame(rows, columns=list(columns)).astype(kinds)


def _readings(rows: Iterable[tuple[Any, ...]], months: Months) -> pd.DataFrame:
    """Return READINGS of rows of published, sender_id, type, read, due, the instants in seconds."""
    frame = _gathered(rows, ("published", "sender_id", "type", "read", "due_at"))
    return pd.DataFrame(
        {
            "month": _places(frame["published"], months),
            "sender_id": frame["sender_id"],
            "type": frame["type"],
            # Who reads before it is said to be published, by clocks that differ, reads at once.
            "hours": ((frame["read"] - frame["published"]) / HOUR).clip(lower=0),
            "in_time": frame["read"] < frame["due_at"],
            "due": frame["due_at"] < months.ends.timestamp(),
        }
    ).astype(READINGS)


def _postings(rows: Iterable[tuple[Any, ...]], months: Months) -> pd.DataFrame:
    """Return POSTINGS of rows of posted, sender_id, type, received (seconds), offered."""
    frame = _gathered(rows, ("posted", "sender_id", "type", "received", "offered"))
    return pd.DataFrame(
        {
            "month": _places(frame["posted"], months),
            "sender_id": frame["sender_id"],
            "type": frame["type"],
            "days": ((frame["posted"] - frame["received"]) / DAY).clip(lower=0),
            "offered": frame["offered"] == 1,
        }
    ).astype(POSTINGS)


def _places(seconds: pd.Series, months: Months) -> Any:
    """Return which month instants are in; one from before the first is counted in the first."""
    begins = [begin.timestamp() for begin in months.begins]
    return np.searchsorted(begins, seconds.to_numpy("float64"), side="right").clip(1) - 1


def _gathered(rows: Iterable[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Make a frame of many rows: numbers, and a few names again and again, which are kept once."""
    names: dict[str, dict[str, int]] = {"sender_id": {}, "type": {}}
    parts: dict[str, list[Any]] = {column: [] for column in columns}
    for some in _in_parts(rows):
        for column, values in zip(columns, zip(*some, strict=True), strict=True):
            known = names.get(column)
            if known is None:
                parts[column].append(np.array(values, dtype="float64"))
            else:
                codes = [known.setdefault(value, len(known)) for value in values]
                parts[column].append(np.array(codes, dtype="int32"))
    found: dict[str, Any] = {}
    for column, arrays in parts.items():
        whole = np.concatenate(arrays) if arrays else np.array([])
        known = names.get(column)
        found[column] = (
            whole
            if known is None
            else pd.Categorical.from_codes(whole.astype(np.int32), pd.Index([*known], dtype="str"))
        )
    return pd.DataFrame(found)


def _in_parts(rows: Iterable[tuple[Any, ...]]) -> Iterable[list[tuple[Any, ...]]]:
    part: list[tuple[Any, ...]] = []
    for row in rows:
        part.append(row)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part
