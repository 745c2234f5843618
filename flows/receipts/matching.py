"""Match each receipt line to the letter it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from flows.clock import oslo_date
from flows.domain.money import vat_of
from flows.domain.receipt import (
    AppliedLine,
    Charge,
    LineState,
    PrintReceipt,
    SentPiece,
    SetAsideLine,
    StagedLine,
)
from flows.domain.status import Status

ANSWERABLE: Final = frozenset({Status.SENT_TO_PRINT, Status.PRINTED})


@dataclass(frozen=True)
class Matching:
    """What is to become of a file's lines; every line is in exactly one part."""

    applied: tuple[AppliedLine, ...]
    set_aside: tuple[SetAsideLine, ...]


def match_lines(lines: Sequence[StagedLine], sent: Mapping[str, SentPiece]) -> Matching:
    """Decide what becomes of each line.

    sent: what we know of the letters the lines name, by shipment id; the unknown are not in it.
    Rules: docs/formats/receipt_file.md, section 2.
    """
    applied: list[AppliedLine] = []
    set_aside: list[SetAsideLine] = []
    booked = {one: piece.applied for one, piece in sent.items() if piece.applied is not None}
    for line in lines:
        if line.receipt is None:
            set_aside.append(SetAsideLine(line.line, LineState.QUARANTINED, line.fault))
            continue
        piece, earlier = sent.get(line.receipt.shipment_id), booked.get(line.receipt.shipment_id)
        why = _why_not(line.receipt, piece)
        if why or piece is None:
            set_aside.append(SetAsideLine(line.line, LineState.QUARANTINED, why))
        elif earlier is None:
            booked[piece.shipment_id] = line.receipt
            applied.append(_applied(line.line, line.receipt, piece))
        elif _same(earlier, line.receipt):
            set_aside.append(SetAsideLine(line.line, LineState.DUPLICATE, "the same receipt again"))
        else:
            why = "another receipt is booked for this letter, with other figures"
            set_aside.append(SetAsideLine(line.line, LineState.QUARANTINED, why))
    return Matching(tuple(applied), tuple(set_aside))


def _why_not(receipt: PrintReceipt, piece: SentPiece | None) -> str:
    """Return why a receipt cannot answer a letter, empty when it can."""
    if piece is None:
        return "no letter has this shipment id"
    if piece.batch_id is None or piece.status not in ANSWERABLE:
        return "the letter was never handed over for print"
    if (receipt.batch_id, receipt.piece_number) != (piece.batch_id, piece.piece_number):
        return "batch, piece and shipment do not belong together"
    return ""


def _same(earlier: PrintReceipt, receipt: PrintReceipt) -> bool:
    """Say whether two receipts give the same figures; the echo of our own code is not one."""
    return replace(earlier, account_code="") == replace(receipt, account_code="")


def _applied(line: int, receipt: PrintReceipt, piece: SentPiece) -> AppliedLine:
    return AppliedLine(
        line=line,
        piece=piece,
        receipt=receipt,
        posted_on=oslo_date(receipt.posted_at),
        charges=(
            Charge("PRODUCTION", receipt.production_ore, vat_of(receipt.production_ore)),
            Charge("POSTAGE", receipt.postage_ore, vat_of(receipt.postage_ore)),
        ),
    )
