"""Receipts of letters that somebody wanted stopped: looked for when a file is booked."""

from datetime import datetime

from sqlalchemy import func, select

from flows.database.session import Tx, in_chunks
from flows.database.stops import StopWish, come_too_late, contradict, wishes_in
from flows.database.tables import receipt_lines
from flows.domain.batch import StopState
from flows.domain.receipt import LineKind, LineState


def look_at_receipts(tx: Tx, sha256: str, at: datetime) -> None:
    """Hold a booked file against the stops: a stopped letter with a receipt was printed.

    One whose wish had not been sent is too late. A wish that is sent waits for its answer.
    """
    for wish in _with_a_line(tx, sha256, wishes_in(tx, StopState.STOPPED), LineState.QUARANTINED):
        contradict(tx, wish, "was stopped, and its receipt has come: it was printed", at)
    for wish in _with_a_line(tx, sha256, wishes_in(tx, StopState.ASKED), LineState.APPLIED):
        come_too_late(tx, wish, "was printed before the wish to stop it was sent", at)


def _with_a_line(tx: Tx, sha256: str, wishes: list[StopWish], state: LineState) -> list[StopWish]:
    """Return the wishes about whose very piece the file has a receipt in a state."""
    line, found = receipt_lines.c, set()
    for ids in in_chunks(sorted({one.shipment_id for one in wishes})):
        query = select(line.batch_id, line.piece_number, func.coalesce(line.attempt, 0)).where(
            line.file_sha256 == sha256,
            line.kind == LineKind.RECEIPT,
            line.state == state,
            line.shipment_id.in_(ids),
        )
        found |= {tuple(row) for row in tx.execute(query)}
    return [
        one
        for one in wishes
        if {0, one.place.attempt}
        & {
            attempt
            for batch, number, attempt in found
            if (batch, number) == (one.place.batch_id, one.place.number)
        }
    ]
