"""What the vendor says happened to one shipment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class LineState(StrEnum):
    """What became of one line of a receipt file."""

    STAGED = "STAGED"
    APPLIED = "APPLIED"
    DUPLICATE = "DUPLICATE"
    QUARANTINED = "QUARANTINED"
    DISMISSED = "DISMISSED"


LINE_MOVES: Final = frozenset(
    {
        (LineState.STAGED, LineState.APPLIED),
        (LineState.STAGED, LineState.DUPLICATE),
        (LineState.STAGED, LineState.QUARANTINED),
        (LineState.QUARANTINED, LineState.APPLIED),
        (LineState.QUARANTINED, LineState.DUPLICATE),
        (LineState.QUARANTINED, LineState.DISMISSED),
    },
)
"""The whole machine of a receipt line."""


@dataclass(frozen=True)
class PrintReceipt:
    """One letter's receipt: the ten fields SvarUt's vendors give, and when it was posted.

    Counts are of sheets where the name says sheets, of printed sides where it says pages.
    Money is whole øre excluding VAT. Source: print-vendor exchange, docs/formats/receipt_file.md.
    """

    batch_id: str
    piece_number: int
    shipment_id: str
    pages_black_white: int
    pages_colour: int
    sheets_by_machine: int
    extra_sheets_by_machine: int
    sheets_by_hand: int
    extra_sheets_by_hand: int
    weight_grams: int
    production_ore: int
    postage_ore: int
    account_code: str
    posted_at: datetime
