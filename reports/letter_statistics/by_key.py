"""Everything that is counted of letters, by one key: a month, a sender, a type."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from flows.domain.status import Status
from reports.letter_statistics.history import History

CHANNELS: Final[Mapping[Status, str]] = {
    Status.READ: "digital",
    Status.SENT_DIGITALLY: "digital",
    Status.SENT_TO_PRINT: "paper",
    Status.PRINTED: "paper",
    Status.RECEIVED: "under_way",
    Status.ACCEPTED: "under_way",
    Status.NOTIFIED: "under_way",
    Status.REJECTED: "rejected",
    Status.NOT_DELIVERED: "other",
    Status.MANUALLY_HANDLED: "other",
}
"""How a letter reached its recipient, by its status."""

SHARES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "digital_share": ("digital", ("digital", "paper")),
    "read_share": ("read", ("decided",)),
    "in_time_share": ("in_time", ("decided",)),
    "returned_share": ("returned", ("posted",)),
}
"""Each share: its part, and what adds up to its whole. docs/statistics.md says each in words."""


def all_by(history: History, keys: Sequence[str]) -> pd.DataFrame:
    """Return everything that is counted, by one key: VOLUMES, READING, POSTING, RETURNS."""
    volumes = _volumes(history.letters, keys)
    published = summed_by(history.published, keys, ["published", "due"])
    read = _reading(history.readings, keys)
    late = _letters(history.late, keys, "read_on_paper_too")
    posted = spread_by(history.postings, keys, "days", "posted")
    returned = _letters(history.returned, keys, "returned")
    whole = volumes
    for part in (published, read, late, posted, returned):
        whole = whole.merge(part, on=list(keys), how="outer")
    counts = [
        name
        for name in whole.columns
        if name not in keys and not name.endswith(("_median", "_p90"))
    ]
    whole[counts] = whole[counts].fillna(0).astype("int64")
    # Decided: read, or its deadline has passed.
    whole["decided"] = whole["due"] + whole["read_before_due"]
    whole = _with_shares(whole)
    if "month" in keys:
        whole = named_months(whole, history)
    return in_order(whole, keys)


def _volumes(letters: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    names = letters["status"].map({str(status): name for status, name in CHANNELS.items()})
    wide = pd.DataFrame(
        {
            **{key: letters[key] for key in keys},
            "letters": letters["letters"],
            **{
                channel: letters["letters"].where(names == channel, 0)
                for channel in dict.fromkeys(CHANNELS.values())
            },
        }
    )
    return summed_by(wide, keys, [name for name in wide.columns if name not in keys])


def _reading(readings: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return read, in_time, read_before_due (with a deadline still to come), hours by keys."""
    hours = spread_by(readings, keys, "hours", "read")
    flags = pd.DataFrame(
        {
            **{key: readings[key] for key in keys},
            "in_time": readings["in_time"].astype("int64"),
            "read_before_due": (~readings["due"]).astype("int64"),
        }
    )
    return hours.merge(summed_by(flags, keys, ["in_time", "read_before_due"]), on=list(keys))


def spread_by(frame: pd.DataFrame, keys: Sequence[str], column: str, count: str) -> pd.DataFrame:
    """Return how many rows there are by keys, and a column's median and 90th percentile.

    As MEDIAN and PERCENTILE.INC of a spreadsheet: between two values, in proportion.
    """
    grouped = frame.groupby(list(keys), observed=True)
    found = pd.DataFrame(
        {
            count: grouped.size(),
            f"{column}_median": grouped[column].quantile(0.5),
            f"{column}_p90": grouped[column].quantile(0.9),
        }
    )
    return _plain(found.reset_index(), keys)


def _letters(frame: pd.DataFrame, keys: Sequence[str], name: str) -> pd.DataFrame:
    return summed_by(frame, keys, ["letters"]).rename(columns={"letters": name})


def summed_by(frame: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return sums of columns by keys."""
    summed = frame.groupby(list(keys), observed=True)[list(columns)].sum()
    return _plain(summed.reset_index(), keys)


def _plain(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    return frame.astype({key: "int16" if key == "month" else "str" for key in keys})


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    for share, (part, wholes) in SHARES.items():
        if {part, *wholes} <= set(frame.columns):
            whole = frame[list(wholes)].sum(axis=1)
            frame[share] = frame[part].div(whole.where(whole > 0))
    return frame


def named_months(frame: pd.DataFrame, history: History) -> pd.DataFrame:
    """Give months their names; from the first with a letter, each has a row."""
    known = frame["month"].min() if len(frame) else len(history.names) - 1
    places = pd.DataFrame({"month": range(int(known), len(history.names))}).astype("int16")
    whole = places.merge(frame, on="month", how="left")
    for name in whole.columns:
        if frame[name].dtype == "int64":
            whole[name] = whole[name].fillna(0).astype("int64")
    whole["month"] = [history.names[place] for place in whole["month"]]
    return whole.astype({"month": "str"})


def in_order(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return rows in the order of their keys."""
    return frame.sort_values(list(keys)).reset_index(drop=True)
