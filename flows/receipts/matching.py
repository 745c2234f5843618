"""Match each receipt line to the letter it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from flows.domain.receipt import (
    PRINTED_THOUGH_ENDED,
    AppliedLine,
    BookedReceipt,
    EndedPiece,
    LineKind,
    LineState,
    PrintReceipt,
    SentPiece,
    SetAsideLine,
    StagedLine,
)
from flows.domain.status import Status

ANSWERABLE: Final = frozenset({Status.SENT_TO_PRINT, Status.PRINTED})


@dataclass(frozen=True)
class Terms:
    """What a line is judged by besides the letter it names."""

    now: datetime
    test_prefix: str = ""
    """Batches whose names begin so are tests; empty: there are none."""
    file_sha256: str = ""
    """The file the lines are of."""


@dataclass(frozen=True)
class Matching:
    """What is to become of a file's lines; every line is in exactly one part."""

    applied: tuple[AppliedLine, ...]
    set_aside: tuple[SetAsideLine, ...]


def match_lines(
    lines: Sequence[StagedLine], sent: Mapping[str, SentPiece], terms: Terms
) -> Matching:
    """Decide what becomes of each line.

    sent: what we know of the letters the lines name, by shipment id; the unknown are not in it.
    Rules: docs/formats/receipt_file.md, section 4.
    """
    applied: list[AppliedLine] = []
    set_aside: list[SetAsideLine] = []
    known = dict(sent)
    # First words first, whatever order the vendor writes them in.
    for line in sorted(lines, key=_is_a_later_word):
        if line.receipt is None:
            set_aside.append(SetAsideLine(line.line, LineState.QUARANTINED, line.fault))
            continue
        piece = known.get(line.receipt.shipment_id)
        decided = _decided(line.line, line.receipt, piece, terms)
        if isinstance(decided, SetAsideLine) or piece is None:
            set_aside.append(decided)  # type: ignore[arg-type]
            continue
        applied.append(decided)
        known[piece.shipment_id] = _after(decided, terms)
    return Matching(tuple(applied), tuple(set_aside))


def _is_a_later_word(line: StagedLine) -> bool:
    return line.receipt is not None and line.receipt.kind is not LineKind.RECEIPT


def _decided(
    line: int, receipt: PrintReceipt, piece: SentPiece | None, terms: Terms
) -> AppliedLine | SetAsideLine:
    why = _why_not(receipt, piece, terms)
    if why or piece is None:
        return SetAsideLine(line, LineState.QUARANTINED, why)
    return _WAYS[receipt.kind](line, receipt, piece)


def _why_not(receipt: PrintReceipt, piece: SentPiece | None, terms: Terms) -> str:
    """Return why a receipt cannot answer a letter, empty when it can."""
    if terms.test_prefix and receipt.batch_id.startswith(terms.test_prefix):
        return "a test batch: it costs nothing"
    if piece is None:
        return "no letter has this shipment id"
    ended = _ended_attempt(receipt, piece)
    if ended is not None:
        return f"{PRINTED_THOUGH_ENDED}: {ended.batch_id}, attempt {ended.attempt}"
    if piece.batch_id is None or piece.status not in ANSWERABLE:
        return "the letter was never handed over for print"
    if (receipt.batch_id, receipt.piece_number) != (piece.batch_id, piece.piece_number):
        return "batch, piece and shipment do not belong together"
    return _why_not_then(receipt, piece, terms)


def _ended_attempt(receipt: PrintReceipt, piece: SentPiece) -> EndedPiece | None:
    """Return the ended attempt a letter was printed in, None when it was not in one.

    Where the vendor does not say which, the time does: before the live attempt was handed over
    only an earlier one can have been posted.
    """
    named = (receipt.batch_id, receipt.piece_number)
    places = [each for each in piece.ended if (each.batch_id, each.piece_number) == named]
    if receipt.attempt:
        return next((each for each in places if each.attempt == receipt.attempt), None)
    is_live = (piece.batch_id, piece.piece_number) == named and piece.status in ANSWERABLE
    since = piece.handed_over_at if is_live else None
    if since is not None and receipt.posted_at >= since:
        return None
    before = [each for each in places if each.handed_over_at <= receipt.posted_at]
    return before[-1] if before else None


def _why_not_then(receipt: PrintReceipt, piece: SentPiece, terms: Terms) -> str:
    """Return why a letter cannot have been posted as and when a receipt says, or nothing."""
    if receipt.attempt not in {0, piece.attempt}:
        return f"it names attempt {receipt.attempt}, and the letter was never in that"
    if receipt.posted_at > terms.now:
        return "posted in the future"
    if _too_early(receipt, piece):
        return "posted before the letter was handed over: is the hour right?"
    return ""


def _too_early(receipt: PrintReceipt, piece: SentPiece) -> bool:
    """Say whether a letter was posted before it left.

    A line that names the live attempt though it was posted in the time of an ended one is a
    person's word: docs/runbook.md, section A package goes wrong.
    """
    left = [piece.handed_over_at] if piece.handed_over_at is not None else []
    if receipt.attempt:
        left += [each.handed_over_at for each in piece.ended if each.batch_id == receipt.batch_id]
    return bool(left) and receipt.posted_at < min(left)


def _first_word(line: int, receipt: PrintReceipt, piece: SentPiece) -> AppliedLine | SetAsideLine:
    if piece.in_force is not None and _same(piece.in_force.receipt, receipt):
        return _duplicate(line, "the same receipt again")
    if any(_same(each.receipt, receipt) for each in piece.superseded):
        return _duplicate(line, "a receipt again that was corrected or taken back since")
    if piece.in_force is not None:
        return _quarantined(line, "another receipt is booked for this letter, with other figures")
    if piece.superseded:
        return _quarantined(line, "the letter's receipt was taken back, and this is no correction")
    return AppliedLine(line, piece, receipt)


def _correction(line: int, receipt: PrintReceipt, piece: SentPiece) -> AppliedLine | SetAsideLine:
    if piece.in_force is not None and _same(piece.in_force.receipt, receipt):
        return _duplicate(line, "what the correction says is booked already")
    if piece.in_force is None and not piece.superseded:
        return _quarantined(line, "it corrects a receipt that is not booked")
    return AppliedLine(line, piece, receipt, takes_back=piece.in_force)


def _reversal(line: int, receipt: PrintReceipt, piece: SentPiece) -> AppliedLine | SetAsideLine:
    if piece.in_force is None:
        if any(_amounts(each.receipt) == _amounts(receipt) for each in piece.superseded):
            return _duplicate(line, "the receipt was taken back already")
        return _quarantined(line, "it takes back a receipt that is not booked")
    if _amounts(piece.in_force.receipt) != _amounts(receipt):
        return _quarantined(line, "it takes back other amounts than are booked")
    return AppliedLine(line, piece, receipt, takes_back=piece.in_force)


_WAYS: Final = {
    LineKind.RECEIPT: _first_word,
    LineKind.CORRECTION: _correction,
    LineKind.REVERSAL: _reversal,
}


def _after(applied: AppliedLine, terms: Terms) -> SentPiece:
    """Return what is known of a letter when a line has been booked."""
    piece = applied.piece
    gone = () if applied.takes_back is None else (applied.takes_back,)
    booked = BookedReceipt(terms.file_sha256, applied.line, applied.receipt)
    return replace(
        piece,
        status=Status.PRINTED,
        in_force=None if applied.receipt.kind is LineKind.REVERSAL else booked,
        superseded=(*piece.superseded, *gone),
    )


def _same(earlier: PrintReceipt, receipt: PrintReceipt) -> bool:
    """Say whether two receipts give the same figures; the echo of our own code is not one."""
    as_said = replace(earlier, account_code="", kind=receipt.kind, attempt=receipt.attempt)
    return as_said == replace(receipt, account_code="")


def _amounts(receipt: PrintReceipt) -> tuple[int, int, int, int]:
    return (
        receipt.production_ore,
        receipt.postage_ore,
        receipt.production_vat_ore,
        receipt.postage_vat_ore,
    )


def _duplicate(line: int, why: str) -> SetAsideLine:
    return SetAsideLine(line, LineState.DUPLICATE, why)


def _quarantined(line: int, why: str) -> SetAsideLine:
    return SetAsideLine(line, LineState.QUARANTINED, why)
