"""What must agree in a month: every difference is 0, explained, or somebody must find out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import pandas as pd

from flows.database import month_controls
from flows.database.session import Tx
from flows.domain.status import FINAL
from reports.month.frames import Month

COLUMNS: Final = ("control", "unit", "left", "right", "difference", "state", "note")


class Agreement(StrEnum):
    """How a control stands."""

    RIGHT = "RIGHT"
    EXPLAINED = "EXPLAINED"
    """There is a difference, and it is known why."""
    WRONG = "WRONG"


@dataclass(frozen=True)
class Control:
    """One thing that must agree: two ways of counting it."""

    name: str
    """Its words are in templates/month_workbook, as `control_<name>`."""
    left: int
    right: int
    in_ore: bool = False
    explained: str = ""
    """The name of the words that explain a difference, `note_<name>`; empty: nothing does."""
    about: str = ""
    """Which of several it is: an invoice's number."""

    @property
    def difference(self) -> int:
        """0 when it agrees."""
        return self.left - self.right

    @property
    def state(self) -> Agreement:
        """How it stands."""
        if not self.difference:
            return Agreement.RIGHT
        return Agreement.EXPLAINED if self.explained else Agreement.WRONG


def read_controls(tx: Tx, month: Month, begins: datetime, ends: datetime) -> list[Control]:
    """Count everything twice, by two ways that share as little as they can."""
    ledger = month_controls.ledger_totals(tx, month.period)
    charged = month_controls.charge_totals(tx, month.period, first=month.first, before=month.before)
    letters = month_controls.letter_counts(tx, begins=begins, ends=ends)
    ended = sum(letters[str(status)] for status in FINAL)
    waiting = month_controls.lines_waiting(tx, ends)
    return [
        Control(
            "all_letters",
            letters["open_before"] + letters["came"],
            ended + letters["open_after"],
        ),
        *_of_amounts(month, ledger, charged),
        Control("not_entered", charged["not_entered"], 0),
        Control("lines_waiting", waiting, 0, explained="lines_waiting" if waiting else ""),
        *_of_invoices(tx, month, ledger),
        *_of_vendor(tx, month.first, month.before, month.frames["items"]),
    ]


def frame_of(controls: list[Control]) -> pd.DataFrame:
    """Return controls as a table; left, right and difference in øre where the unit is ORE."""
    rows = [
        (
            f"{one.name} {one.about}".strip(),
            "ORE" if one.in_ore else "COUNT",
            one.left,
            one.right,
            one.difference,
            one.state.value,
            one.explained,
        )
        for one in controls
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_amounts(month: Month, ledger: dict[str, int], charged: dict[str, int]) -> Iterator[Control]:
    letters, codes = month.frames["consumption"], month.frames["codes"]
    senders = month.frames["senders"]
    for name in ("net_ore", "vat_ore"):
        yield Control(f"ledger_{name}", ledger[name], charged[name], in_ore=True)
        yield Control(f"letters_{name}", int(letters[name].sum()), ledger[name], in_ore=True)
    yield Control("codes", int(codes["net_ore"].sum()), ledger["net_ore"], in_ore=True)
    yield Control("senders", int(senders["net_ore"].sum()), ledger["net_ore"], in_ore=True)
    postage = int(month.frames["postage"]["reported_ore"].sum())
    yield Control("postage", postage, int(letters["postage_ore"].sum()), in_ore=True)


def _of_invoices(tx: Tx, month: Month, ledger: dict[str, int]) -> Iterator[Control]:
    invoices = month.frames["invoices"]
    yield Control(
        "invoices",
        int(invoices["net_ore"].sum()),
        int(invoices["entries_ore"].sum()),
        in_ore=True,
    )
    left = ledger["net_ore"] - ledger["invoiced_ore"]
    yield Control("not_invoiced", left, 0, in_ore=True, explained="not_invoiced" if left else "")
    yield Control("numbers", month_controls.numbers_missing(tx), 0)


def _of_vendor(tx: Tx, first: date, before: date, items: pd.DataFrame) -> Iterator[Control]:
    """Hold each invoice of the vendor's against what its receipts say."""
    followed_up = set(items["subject"])
    for one in month_controls.vendor_invoices_of(tx, first=first, before=before):
        known = one["number"] in followed_up
        yield Control(
            "vendor_invoice",
            one["net_ore"],
            one["charged_ore"],
            in_ore=True,
            explained="vendor_invoice" if known and one["net_ore"] != one["charged_ore"] else "",
            about=one["number"],
        )
