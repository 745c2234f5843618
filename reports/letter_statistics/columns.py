"""How each column of the statistics looks in a workbook, and what stands below it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from flows.domain.status import Status
from reports.book import Column, Kind, cell
from reports.letter_statistics.by_key import SHARES

TEXTS: Final[Mapping[str, float]] = {
    "month": 10,
    "sender": 36,
    "organisation_number": 12,
    "type": 34,
    "code": 34,
    "reason": 9,
    "status": 22,
}
"""Codes and names, with the width they need."""

WORDS: Final[Mapping[str, float]] = {
    "channel": 14,
    "status_name": 22,
    "reason_name": 34,
    "code_name": 44,
    "hours_band": 20,
}
"""Words of ours."""

NARROW: Final = 12
MOST_ON_A_PAGE: Final = 14
"""Columns that can be read when they are printed on one page."""

NOT_SUMMED: Final = frozenset({"senders"})


def columns_of(frame: pd.DataFrame, words: Mapping[str, str]) -> list[Column]:
    """Return how a table's columns look; counts are summed, and shares are reckoned of the sums."""
    names = [str(name) for name in frame.columns]
    first, *rest = [_column(name, names, frame, words) for name in names]
    return [replace(first, total_label=words["sum"]), *rest]


def _column(
    name: str, names: Sequence[str], frame: pd.DataFrame, words: Mapping[str, str]
) -> Column:
    if name in TEXTS:
        return Column(words[name], Kind.TEXT, TEXTS[name])
    if name in WORDS:
        return Column(words[name], Kind.WORDS, WORDS[name])
    if name in set(Status):
        return Column(words[f"status_{name}"], Kind.COUNT, NARROW, summed=True)
    if name.endswith("share"):
        return Column(words[name], Kind.SHARE, NARROW, total=_total_share(name, names, frame))
    if name.startswith(("hours", "days")) or "_days_" in name:
        return Column(words[name], Kind.HOURS, NARROW)
    return Column(words[name], Kind.COUNT, NARROW, summed=name not in NOT_SUMMED)


def _total_share(
    name: str, names: Sequence[str], frame: pd.DataFrame
) -> tuple[str, float | str] | None:
    """Return the share of a table's sums, as a formula and its value."""
    if name not in SHARES:
        return None
    part, wholes = SHARES[name]
    if not {part, *wholes} <= set(names):
        return None
    last = max(len(frame), 1)

    def summed(column: str) -> str:
        place = names.index(column)
        return f"SUBTOTAL(109,{cell(1, place)}:{cell(last, place)})"

    of = "+".join(summed(column) for column in wholes)
    whole = int(frame[list(wholes)].to_numpy().sum())
    value = int(frame[part].sum()) / whole if whole else ""
    return f'IFERROR({summed(part)}/({of}),"")', value
