"""What the vendor says happened to one shipment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from flows.domain.batch import BatchId
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Status

PRINTED_THOUGH_ENDED: Final = "printed in an attempt that was ended"
"""How the reason of a line begins whose letter may be printed twice."""


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


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """One letter's receipt: the ten fields SvarUt's vendors give, when it was posted, and more.

    Counts are of sheets where the name says sheets, of printed sides where it says pages.
    Money is whole øre excluding VAT, with its VAT beside it: where the vendor writes amounts with
    VAT, net and VAT are what add up to them. Source: docs/formats/receipt_file.md.
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
    account_code: str
    reprints: int
    """How often the letter was printed anew before it was posted."""
    product: str
    """The postage product, in the vendor's word."""
    production_ore: int
    postage_ore: int
    posted_at: datetime
    production_vat_ore: int
    postage_vat_ore: int
    kind: LineKind = LineKind.RECEIPT
    attempt: int = 0
    """Of the batch, whose package the letter was in; 0 where the vendor does not say."""


@dataclass(frozen=True, slots=True)
class StagedLine:
    """One line of a receipt file: what it says, or why it could not be read."""

    line: int
    """1-based, of the file."""
    receipt: PrintReceipt | None
    fault: str = ""
    readable: Mapping[str, object] | None = None
    """Of a line that could not be read: the fields that could."""


@dataclass(frozen=True)
class BookedReceipt:
    """A receipt that is booked, and the line it stood on."""

    file_sha256: str
    line: int
    receipt: PrintReceipt


@dataclass(frozen=True)
class EndedPiece:
    """A letter's place in a package that was annulled, or sent again since."""

    batch_id: BatchId
    piece_number: int
    attempt: int
    handed_over_at: datetime


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
    in_force: BookedReceipt | None = None
    """The receipt booked for it, unless it was taken back."""
    superseded: tuple[BookedReceipt, ...] = ()
    """Receipts that were booked for it, and corrected or taken back since."""
    handed_over_at: datetime | None = None
    attempt: int = 1
    """Of the live batch."""
    ended: tuple[EndedPiece, ...] = ()
    """Where it was in packages that count no longer, the first first."""


@dataclass(frozen=True)
class AppliedLine:
    """A line to be booked: the letter it answers, and what it takes the place of.

    A reversal books no charge of its own; every other line books production and postage.
    """

    line: int
    piece: SentPiece
    receipt: PrintReceipt
    takes_back: BookedReceipt | None = None
    """The receipt in force until now, whose charges are reversed."""


@dataclass(frozen=True)
class SetAsideLine:
    """A line that is not booked: a duplicate, or one that waits for a person."""

    line: int
    state: LineState
    """DUPLICATE or QUARANTINED."""
    reason: str
