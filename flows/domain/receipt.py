"""What the vendor says happened to one shipment."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from flows.domain.batch import BatchId
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Status


class LineState(StrEnum):
    """What became of one line of a receipt file."""

    STAGED = "STAGED"
    APPLIED = "APPLIED"
    DUPLICATE = "DUPLICATE"
    QUARANTINED = "QUARANTINED"
    DISMISSED = "DISMISSED"
    REVERSED = "REVERSED"


LINE_MOVES: Final = frozenset(
    {
        (LineState.STAGED, LineState.APPLIED),
        (LineState.STAGED, LineState.DUPLICATE),
        (LineState.STAGED, LineState.QUARANTINED),
        (LineState.QUARANTINED, LineState.APPLIED),
        (LineState.QUARANTINED, LineState.DUPLICATE),
        (LineState.QUARANTINED, LineState.DISMISSED),
        (LineState.APPLIED, LineState.REVERSED),
    },
)
"""The whole machine of a receipt line."""


class LineKind(StrEnum):
    """What a line of a receipt file is: the first word about a letter, or a later one."""

    RECEIPT = "RECEIPT"
    CORRECTION = "CORRECTION"
    """Takes the place of the receipt in force: that one's charges are reversed, these booked."""
    REVERSAL = "REVERSAL"
    """Takes the receipt in force back, and puts nothing in its place."""


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


@dataclass(frozen=True)
class StagedLine:
    """One line of a receipt file: what it says, or why it could not be read."""

    line: int
    """1-based, of the file."""
    receipt: PrintReceipt | None
    fault: str = ""


@dataclass(frozen=True)
class SentPiece:
    """A letter that a receipt may answer, as we sent it."""

    shipment_id: ShipmentId
    sender_id: SenderId
    status: Status
    batch_id: BatchId | None
    """The live batch it is in, None if in none."""
    piece_number: int | None
    account_code: str
    applied: PrintReceipt | None
    """The receipt already booked for it."""


@dataclass(frozen=True)
class Charge:
    """One cost of one letter, in whole øre."""

    kind: str
    """PRODUCTION or POSTAGE."""
    net_ore: int
    vat_ore: int


@dataclass(frozen=True)
class AppliedLine:
    """A line to be booked: the letter it answers, and what that letter cost."""

    line: int
    piece: SentPiece
    receipt: PrintReceipt
    posted_on: date
    """The Norwegian calendar date it was posted; prices and months go by it."""
    charges: tuple[Charge, ...]


@dataclass(frozen=True)
class SetAsideLine:
    """A line that is not booked: a duplicate, or one that waits for a person."""

    line: int
    state: LineState
    """DUPLICATE or QUARANTINED."""
    reason: str
