"""What must agree, line by line: every difference is 0, or somebody must explain it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from flows.domain.status import FINAL, Status


@dataclass(frozen=True)
class Control:
    """One thing that must agree: two ways of counting it."""

    name: str
    """The name of its text in templates/workbook.toml."""
    left: int
    right: int

    @property
    def difference(self) -> int:
        """0 when it agrees."""
        return self.left - self.right


def controls(
    totals: Mapping[str, int], letters: pd.DataFrame, charges: pd.DataFrame
) -> list[Control]:
    """Return every control of a month's report.

    totals: flows.database.facts.control_totals, of all time; letters and charges: of the month.
    """
    by_status = {status: totals.get(f"letters:{status}", 0) for status in Status}
    closed = sum(count for status, count in by_status.items() if status in FINAL)
    still_open = sum(count for status, count in by_status.items() if status not in FINAL)
    applied = totals.get("lines:APPLIED", 0)
    return [
        Control("all_letters", closed + still_open, totals.get("taken_in", 0)),
        Control(
            "printed_have_receipts",
            by_status[Status.PRINTED],
            totals.get("charged_letters", 0) + totals.get("printed_by_hand", 0),
        ),
        Control("two_charges_a_receipt", totals.get("charges", 0), 2 * applied),
        Control("quarantine_is_empty", totals.get("lines:QUARANTINED", 0), 0),
        Control("month_net", int(letters["net_ore"].sum()), int(charges["net_ore"].sum())),
        Control("month_vat", int(letters["vat_ore"].sum()), int(charges["vat_ore"].sum())),
        Control("month_letters", len(letters), _letters_of(charges)),
    ]


def _letters_of(charges: pd.DataFrame) -> int:
    """Count letters by their charges: corrected and reversed ones have more than two."""
    return len(charges.drop_duplicates(["posted_on", "shipment_id"]))
