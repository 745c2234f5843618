"""Keep every line of returned mail, once; a letter comes back once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, func, insert, select, update

from flows.database import shipments as moves
from flows.database.receipts import set_file_state
from flows.database.session import Tx, in_chunks
from flows.database.tables import return_lines
from flows.domain.receipt import LineState
from flows.domain.returned_mail import ReturnAction, ReturnedLetter, ReturnLine, ReturnReason
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover


def stage(tx: Tx, sha256: str, lines: Sequence[ReturnLine]) -> None:
    """Keep the lines of a file, before anything is decided about them."""
    rows = [
        {
            "file_sha256": sha256,
            "line": line.line,
            "state": LineState.STAGED,
            "reason": line.fault,
            "batch_id": letter.batch_id if letter else None,
            "piece_number": letter.piece_number if letter else None,
            "shipment_id": letter.shipment_id if letter else None,
            "return_reason": letter.return_reason if letter else None,
            "action": letter.action if letter else None,
            "returned_on": letter.returned_on if letter else None,
        }
        for line in lines
        for letter in [line.letter]
    ]
    if rows:
        tx.execute(insert(return_lines), rows)


def lines_of(tx: Tx, sha256: str, state: LineState) -> list[ReturnLine]:
    """Return the lines of a file that are in a state."""
    rows = tx.execute(
        select(return_lines)
        .where(return_lines.c.file_sha256 == sha256, return_lines.c.state == state)
        .order_by(return_lines.c.line),
    ).mappings()
    return [
        ReturnLine(
            row["line"],
            None
            if row["returned_on"] is None
            else ReturnedLetter(
                row["batch_id"],
                row["piece_number"],
                row["shipment_id"],
                ReturnReason(row["return_reason"]),
                ReturnAction(row["action"]),
                row["returned_on"],
            ),
            row["reason"],
        )
        for row in rows
    ]


def returned_before(tx: Tx, shipment_ids: Sequence[str]) -> frozenset[str]:
    """Return those of the letters that have come back already."""
    return frozenset(
        one
        for ids in in_chunks(sorted(set(shipment_ids)))
        for one in tx.scalars(
            select(return_lines.c.shipment_id).where(
                return_lines.c.shipment_id.in_(ids), return_lines.c.state == LineState.APPLIED
            ),
        )
    )


def settle(
    tx: Tx,
    sha256: str,
    decided: Mapping[int, tuple[LineState, str]],
    applied: Sequence[ReturnedLetter],
    at: datetime,
    was: LineState,
) -> None:
    """Settle a file: line states, and an event on each letter, in one transaction."""
    rows = [{"number": n, "decided": state, "why": why} for n, (state, why) in decided.items()]
    if rows:
        tx.execute(
            update(return_lines)
            .where(
                return_lines.c.file_sha256 == sha256,
                return_lines.c.line == bindparam("number"),
                return_lines.c.state == was,
            )
            .values(state=bindparam("decided"), reason=bindparam("why")),
            rows,
        )
    moves.note_each(
        tx,
        [
            (
                ShipmentId(letter.shipment_id),
                "returned",
                {
                    "reason": letter.return_reason.value,
                    "action": letter.action.value,
                    "returned_on": letter.returned_on.isoformat(),
                },
            )
            for letter in applied
        ],
        actor=Mover.RECEIPTS,
        at=at,
    )
    set_file_state(tx, sha256, "BOOKED", booked_at=at)


def by_reason(tx: Tx, *, first: date, before: date) -> dict[ReturnReason, int]:
    """Return how many letters came back from `first` up to but not including `before`."""
    rows = tx.execute(
        select(return_lines.c.return_reason, func.count())
        .where(
            return_lines.c.state == LineState.APPLIED,
            return_lines.c.returned_on >= first,
            return_lines.c.returned_on < before,
        )
        .group_by(return_lines.c.return_reason)
        .order_by(return_lines.c.return_reason),
    )
    return {ReturnReason(reason): count for reason, count in rows}
