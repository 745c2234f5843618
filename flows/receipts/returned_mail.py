"""Returned mail: a fact about a letter that was printed, with its reason; its status stays."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flows.database import receipts, returns
from flows.database.open_items import OpenItem, raise_item
from flows.database.session import Database, Tx, transaction
from flows.domain.receipt import LineState, SentPiece
from flows.domain.returned_mail import (
    SENDER_MUST_KNOW,
    ReturnAction,
    ReturnedLetter,
    ReturnLine,
    ReturnReason,
)
from flows.domain.status import Status
from flows.domain.vendor_profile import (
    NEUTRAL,
    OPTIONAL_RETURN_COLUMNS,
    Dialect,
    VendorProfile,
)
from flows.receipts import cells
from flows.receipts.cells import UnreadableError
from flows.receipts.raw_rows import Cell, RefusedError, RefusedFile
from flows.receipts.receipt_file import check_totals, opened

ON_PAPER: Final = frozenset({Status.SENT_TO_PRINT, Status.PRINTED})
ACTIONS: Final = {
    "": ReturnAction.RETURNED,
    "retur": ReturnAction.RETURNED,
    "makulert": ReturnAction.DESTROYED,
}
MAX_REASON: Final = 200


@dataclass(frozen=True)
class ReturnFile:
    """A file of returned mail that may be booked line by line."""

    lines: tuple[ReturnLine, ...]


def read_returns(
    content: bytes, *, customer: str, profile: VendorProfile = NEUTRAL
) -> ReturnFile | RefusedFile:
    """Read a file of returned mail, or say why it is refused whole."""
    dialect = profile.returns
    try:
        raw = opened(content, dialect, profile.customers or (customer,), OPTIONAL_RETURN_COLUMNS)
        lines = tuple(_line(line, row, raw.columns, dialect) for line, row in raw.rows)
        check_totals(raw, dialect, {"lines": ("lines", len(lines))})
    except RefusedError as fault:
        return RefusedFile(str(fault))
    return ReturnFile(lines)


def stage(
    database: Database,
    profile: VendorProfile,
    name: str,
    sha256: str,
    read: ReturnFile,
    now: datetime,
) -> None:
    """Keep a file of returned mail and its lines, in a transaction of its own."""
    with transaction(database) as tx:
        if receipts.file_state(tx, sha256) is None:
            receipts.keep_file(
                tx,
                sha256=sha256,
                kind="RETURN",
                vendor=profile.id,
                name=name,
                state="STAGED",
                line_count=len(read.lines),
                at=now,
            )
            returns.stage(tx, sha256, read.lines)


def book(
    tx: Tx, sha256: str, now: datetime, was: LineState = LineState.STAGED
) -> tuple[int, int, int]:
    """Book the lines of a file; return how many were applied, duplicates, and quarantined."""
    lines = returns.lines_of(tx, sha256, was)
    named = [line.letter.shipment_id for line in lines if line.letter is not None]
    decided = decide(lines, receipts.sent_pieces(tx, named), returns.returned_before(tx, named))
    applied = [
        line.letter
        for line in lines
        if line.letter is not None and decided[line.line][0] is LineState.APPLIED
    ]
    returns.settle(tx, sha256, decided, applied, now, was)
    for letter in applied:
        if letter.return_reason in SENDER_MUST_KNOW:
            raise_item(tx, _for_the_sender(letter), now)
    counts = Counter(state for state, _ in decided.values())
    if counts[LineState.QUARANTINED]:
        item = OpenItem(
            "RETURN_LINES_QUARANTINED",
            sha256[:12],
            f"{counts[LineState.QUARANTINED]} lines of returned mail could not be booked",
            f"look at their reasons: svarut receipts quarantine list --file {sha256[:12]}",
        )
        raise_item(tx, item, now)
    return (
        counts[LineState.APPLIED],
        counts[LineState.DUPLICATE],
        counts[LineState.QUARANTINED],
    )


def decide(
    lines: Sequence[ReturnLine],
    sent: Mapping[str, SentPiece],
    before: frozenset[str],
) -> dict[int, tuple[LineState, str]]:
    """Say what becomes of each line, by its number. before: letters that have come back already."""
    decided: dict[int, tuple[LineState, str]] = {}
    back = set(before)
    for line in lines:
        letter = line.letter
        piece = sent.get(letter.shipment_id) if letter else None
        if letter is None:
            decided[line.line] = LineState.QUARANTINED, line.fault
        elif piece is None:
            decided[line.line] = LineState.QUARANTINED, "no letter has this shipment id"
        elif piece.batch_id is None or piece.status not in ON_PAPER:
            decided[line.line] = LineState.QUARANTINED, "the letter never went on paper"
        elif (letter.batch_id, letter.piece_number) != (piece.batch_id, piece.piece_number):
            why = "batch, piece and shipment do not belong together"
            decided[line.line] = LineState.QUARANTINED, why
        elif letter.shipment_id in back:
            decided[line.line] = LineState.DUPLICATE, "the letter has come back before"
        else:
            back.add(letter.shipment_id)
            decided[line.line] = LineState.APPLIED, ""
    return decided


def _for_the_sender(letter: ReturnedLetter) -> OpenItem:
    return OpenItem(
        "RETURNED_MAIL",
        letter.shipment_id,
        f"the letter came back: {letter.return_reason} {letter.return_reason.name}",
        "let the sender know; when it has been told: svarut receipts returned SHIPMENT --by --why",
    )


def _line(line: int, row: Sequence[Cell], columns: Sequence[str], dialect: Dialect) -> ReturnLine:
    if len(row) != len(columns):
        return ReturnLine(line, None, f"{len(row)} fields instead of {len(columns)}")
    said = dict(zip(columns, row, strict=True))
    parsers = {
        "batch_id": cells.required_text,
        "piece_number": cells.count,
        "shipment_id": cells.required_text,
        "return_reason": _reason_of(dialect),
        "action": _action,
        "returned_on": cells.day_of(dialect),
    }
    values: dict[str, Any] = {"action": ReturnAction.RETURNED}
    faults = []
    for field, theirs in dialect.columns.items():
        if theirs not in said:
            continue
        cell = said[theirs]
        try:
            values[field] = parsers[field](cell.strip() if isinstance(cell, str) else cell)
        except UnreadableError as fault:
            faults.append(f"{theirs} {fault}")
    if faults:
        return ReturnLine(line, None, "; ".join(faults)[:MAX_REASON])
    return ReturnLine(line, ReturnedLetter(**values))


def _reason_of(dialect: Dialect) -> Any:
    def reason(cell: Cell) -> ReturnReason:
        said = dialect.kinds.get(str(cell), str(cell))
        if said not in list(ReturnReason):
            raise UnreadableError("is no reason from R01 to R10")
        return ReturnReason(said)

    return reason


def _action(cell: Cell) -> ReturnAction:
    found = ACTIONS.get(str(cell))
    if found is None:
        raise UnreadableError("is neither retur nor makulert")
    return found
