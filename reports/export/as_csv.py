"""A table as CSV that a Norwegian spreadsheet reads: BOM, semicolons, decimal commas."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from math import isnan

import pandas as pd

from flows.domain.inert import inert
from flows.domain.money import plain_kroner


def as_csv(frame: pd.DataFrame, words: Mapping[str, str]) -> bytes:
    """Return a table's bytes; equal tables give equal bytes.

    words: the heading of each column, where it has one. Amounts of øre (`..._ore`) are written in
    kroner; days as 2026-11-25, instants in UTC; what is missing is empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    names = [str(name) for name in frame.columns]
    writer.writerow([inert(words.get(name, name)) for name in names])
    say = [_kroner if name.endswith("_ore") else _said for name in names]
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([one(value) for one, value in zip(say, row, strict=True)])
    return text.getvalue().encode("utf-8-sig")


def _said(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float):
        return "" if isnan(value) else _number(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return inert(value) if isinstance(value, str) else str(value)


def _number(value: float) -> str:
    """Write a number with a decimal comma, and no more digits than it has."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace(".", ",")


def _kroner(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and isnan(value)):
        return ""
    return plain_kroner(int(str(value).removesuffix(".0")))
