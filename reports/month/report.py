"""The month's workbook and its tables, ready to be written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial

import pandas as pd

from flows.clock import OSLO
from flows.database.session import Tx
from flows.wording import sentences
from reports.deliverables import Language
from reports.export.files import Report
from reports.month.controls import Control, frame_of, read_controls
from reports.month.frames import Frames, Month, read_month
from reports.month.workbook import owner_of, workbook


@dataclass(frozen=True)
class MonthReport:
    """A month that was read, and the report of it."""

    month: Month
    controls: list[Control]
    report: Report


def month_report(tx: Tx, first: date, before: date, language: Language) -> MonthReport:
    """Read a month, hold it against itself, and return the report in a language."""
    words = sentences(f"month_workbook/{language}.toml")
    begins, ends = (datetime.combine(day, time(), OSLO) for day in (first, before))
    month = read_month(tx, first, before, begins, ends)
    controls = read_controls(tx, month, begins, ends)
    month = replace(month, frames={**month.frames, "controls": frame_of(controls)})
    report = Report(
        book="print-og-porto",
        month=month.period,
        language=language,
        workbook=partial(workbook, month, controls, words),
        tables=month.frames,
        tables_in_words=in_words(month.frames, words),
        words=words,
    )
    return MonthReport(month, controls, report)


def in_words(frames: Frames, words: Mapping[str, str]) -> Frames:
    """Return the tables with kinds, states and owners as people say them."""
    said = {name: frame.copy() for name, frame in frames.items()}
    for table, column, prefix in (
        ("items", "state", "item"),
        ("invoices", "kind", "kind"),
        ("invoices", "state", "invoice"),
        ("prices", "kind", "price"),
        ("files", "kind", "file"),
        ("files", "state", "file"),
        ("controls", "state", "state"),
    ):
        named = {value: words.get(f"{prefix}_{value}", value) for value in said[table][column]}
        said[table][column] = said[table][column].map(named)
    said["items"]["owner"] = [owner_of(words, one) for one in said["items"]["owner"]]
    said["controls"] = _controls_in_words(said["controls"], words)
    return said


def _controls_in_words(frame: pd.DataFrame, words: Mapping[str, str]) -> pd.DataFrame:
    """Write each amount in its own unit, and say in words what is held against what."""
    in_ore = frame["unit"] == "ORE"
    for column in ("left", "right", "difference"):
        frame[column] = frame[column].where(~in_ore, frame[column] / 100)
    names = [one.partition(" ") for one in frame["control"]]
    frame["control"] = [
        words[f"control_{name}"].replace("{{ nummer }}", about) for name, _, about in names
    ]
    frame["note"] = [words.get(f"note_{one}", "") for one in frame["note"]]
    return frame.drop(columns="unit")
