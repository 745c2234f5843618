"""The tables of the statistics: the same ones in the workbook, as CSV and as Parquet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from flows.database.letter_history import OTHER_TYPES
from flows.domain.status import Status
from reports.letter_statistics.by_key import (
    CHANNELS,
    all_by,
    in_order,
    named_months,
    spread_by,
    summed_by,
)
from reports.letter_statistics.history import History

VOLUMES: Final = ("letters", "digital", "paper", "under_way", "rejected", "other", "digital_share")
READING: Final = (
    "published",
    "decided",
    "read",
    "read_share",
    "in_time",
    "in_time_share",
    "hours_median",
    "hours_p90",
    "read_on_paper_too",
)
POSTING: Final = ("posted", "days_median", "days_p90")
RETURNS: Final = ("returned", "returned_share")

WAYS: Final = {"at_once": False, "after_digital": True}
"""How a letter came on paper: whether it was published digitally first."""

KEY_FIGURES: Final = (
    "letters",
    "digital",
    "paper",
    "under_way",
    "rejected",
    "other",
    "digital_share",
    "published",
    "decided",
    "read",
    "read_share",
    "in_time",
    "in_time_share",
    "hours_median",
    "hours_p90",
    "posted",
    "days_median",
    "days_p90",
    "returned",
    "returned_share",
)

MAY_BE_MISSING: Final = {
    name for name in KEY_FIGURES if name.endswith(("share", "_median", "_p90"))
}

HOUR_BANDS: Final = (1.0, 4.0, 12.0, 24.0, 48.0, 72.0)
"""Where the bands of hours to reading part."""

Tables = Mapping[str, pd.DataFrame]


def tables_of(history: History) -> dict[str, pd.DataFrame]:
    """Return every table by its name; each is in a fixed order, and has no index of its own.

    Months are `2026-11`, types the senders' own words ("*": those that are few), shares parts of
    1 and missing where there is nothing to take a share of.
    """
    by_month = all_by(history, ["month"])
    whole = _whole(history)
    named = _names(history)
    senders = all_by(history, ["sender_id"])
    types = all_by(history, ["type"])
    return {
        "key_figures": _key_figures(by_month, whole),
        "months": by_month[["month", *VOLUMES]],
        "senders": _largest(named(senders), ["sender"])[
            ["sender", "organisation_number", *VOLUMES, *READING, *POSTING, *RETURNS]
        ],
        "types": _largest(types, ["type"])[["type", *VOLUMES, *READING, *POSTING, *RETURNS]],
        "statuses": _statuses(history),
        "reading": by_month[["month", *READING]],
        "reading_hours": _reading_hours(history),
        "posting": _posting(history, by_month),
        "rejections": _rejections(history),
        "rejections_by_sender": in_order(
            named(summed_by(history.rejected, ["sender_id", "code"], ["letters"])),
            ["sender", "organisation_number", "code"],
        )[["sender", "organisation_number", "code", "letters"]],
        "returns": _returns(history),
        "letters": _letters(history, named),
    }


def _whole(history: History) -> pd.DataFrame:
    """Return the same of all letters, in one row."""
    frames = ("letters", "published", "late", "returned", "readings", "postings")
    alike = replace(history, **{name: getattr(history, name).assign(all="") for name in frames})
    found = pd.DataFrame({"all": [""]}).astype("str").merge(all_by(alike, ["all"]), how="left")
    return found.fillna(dict.fromkeys(set(KEY_FIGURES) - MAY_BE_MISSING, 0))


def _key_figures(by_month: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Return a row a figure: its name, what it was in the last month, and in all months."""
    last = by_month.iloc[-1]
    rows = [(name, float(last[name]), float(whole[name].iloc[0])) for name in KEY_FIGURES]
    frame = pd.DataFrame(rows, columns=["figure", "this_month", "twelve_months"])
    return frame.astype({"figure": "str"})


def _statuses(history: History) -> pd.DataFrame:
    """Return letters by month, a column a status."""
    letters = history.letters
    wide = pd.DataFrame(
        {
            "month": letters["month"],
            "letters": letters["letters"],
            **{
                str(status): letters["letters"].where(letters["status"] == str(status), 0)
                for status in Status
            },
        }
    )
    columns = ["letters", *(str(status) for status in Status)]
    return named_months(summed_by(wide, ["month"], columns), history)


def _reading_hours(history: History) -> pd.DataFrame:
    """Return how many letters were read within so many hours; the last band has no end."""
    hours = history.readings["hours"]
    edges = (0.0, *HOUR_BANDS)
    rows = []
    for place, begin in enumerate(edges):
        end = edges[place + 1] if place + 1 < len(edges) else None
        within = hours >= begin if end is None else (hours >= begin) & (hours < end)
        rows.append((begin, end, int(within.sum())))
    frame = pd.DataFrame(rows, columns=["hours_from", "hours_to", "read"])
    frame = frame.astype({"hours_from": "float64", "hours_to": "float64", "read": "int64"})
    total = int(frame["read"].sum())
    frame["share"] = frame["read"] / total if total else float("nan")
    return frame


def _posting(history: History, by_month: pd.DataFrame) -> pd.DataFrame:
    """Return printed letters by month, in all and by whether they were published first."""
    found = by_month[["month", *POSTING]]
    for name, offered in WAYS.items():
        some = history.postings[history.postings["offered"] == offered]
        part = spread_by(some, ["month"], "days", name)
        part["month"] = [history.names[place] for place in part["month"]]
        named = {f"days_{which}": f"{name}_days_{which}" for which in ("median", "p90")}
        found = found.merge(part.rename(columns=named), on="month", how="left")
        found[name] = found[name].fillna(0).astype("int64")
    return found.merge(by_month[["month", *RETURNS]], on="month")


def _rejections(history: History) -> pd.DataFrame:
    found = summed_by(history.rejected, ["code"], ["letters"])
    senders = history.rejected.groupby("code")["sender_id"].nunique()
    found["senders"] = found["code"].map(senders).astype("int64")
    letters = history.letters
    rejected = int(letters["letters"].where(letters["status"] == Status.REJECTED, 0).sum())
    found["share"] = found["letters"] / rejected if rejected else float("nan")
    return _largest(found, ["code"])


def _returns(history: History) -> pd.DataFrame:
    found = summed_by(history.returned, ["reason"], ["letters"])
    total = int(found["letters"].sum())
    found["share"] = found["letters"] / total if total else float("nan")
    return _largest(found, ["reason"])


def _letters(history: History, named: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Return the finest cut: what a pivot table is made from."""
    found = history.letters.assign(
        channel=history.letters["status"].map({str(one): name for one, name in CHANNELS.items()}),
        month=[history.names[place] for place in history.letters["month"]],
    ).astype({"month": "str", "channel": "str"})
    keys = ["month", "sender", "organisation_number", "type", "channel", "status"]
    return in_order(named(found), keys)[[*keys, "letters"]]


def _names(history: History) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return what puts senders' names beside their ids."""
    return lambda frame: frame.merge(history.senders, on="sender_id", how="left")


def _largest(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Put the largest first; among equals by name, and what is rest last."""
    rest = frame[keys[0]] == OTHER_TYPES
    ordered = frame.assign(_rest=rest).sort_values(
        ["_rest", "letters", *keys], ascending=[True, False, *(True for _ in keys)]
    )
    return ordered.drop(columns="_rest").reset_index(drop=True)
