"""Book receipt lines: line states, moves and charges, in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, text, update

from flows.clock import oslo_date
from flows.database import shipments as moves
from flows.database.batches import settle_batches
from flows.database.receipts import set_file_state
from flows.database.session import Tx
from flows.database.tables import receipt_lines
from flows.domain.receipt import AppliedLine, LineKind, LineState, SetAsideLine
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status


@dataclass(frozen=True)
class BookedInBulk:
    """What was booked without a second look."""

    lines: int
    batch_ids: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Some of a file's lines: those whose piece number leaves this rest."""

    number: int
    """From 0."""
    of: int


WHOLE: Final = Part(0, 1)

_CLEAR: Final = """
    INSERT INTO clear_lines (line, shipment_id, batch_id, sender_id, account_code, detail)
    SELECT l.line, s.id, b.id, s.sender_id, s.account_code, {detail}
    FROM receipt_lines l
    JOIN shipments s ON s.id = l.shipment_id
    JOIN pieces p ON p.shipment_id = l.shipment_id AND p.live
    JOIN batches b ON b.id = p.batch_id
    WHERE l.file_sha256 = :sha256 AND l.state = 'STAGED' AND l.reason = '' AND l.kind = 'RECEIPT'
      AND l.posted_on IS NOT NULL
      AND s.status = :sent AND b.id = l.batch_id AND p.number = l.piece_number
      AND (:parts = 1 OR l.piece_number % :parts = :part)
      AND l.posted_at >= b.handed_over_at AND l.posted_at <= :now
      AND COALESCE(l.attempt, 0) IN (0, b.attempt)
      AND (:test = '' OR substr(b.id, 1, length(:test)) <> :test)
    ORDER BY l.line
    ON CONFLICT (shipment_id) DO NOTHING
"""
"""Lines about which there is nothing to decide: the first word about a letter that waits for it.

Everything they must be is a rule of flows/receipts/matching.py, and a test compares the two.
"""

_DETAIL: Final = {
    "sqlite": (
        """'{"posted_at": "' || replace(substr(l.posted_at, 1, 19), ' ', 'T') || '+00:00", """
        """"receipt": "' || :short || ':' || l.line || '"}'"""
    ),
    "postgresql": (
        """'{"posted_at": "' || to_char(l.posted_at AT TIME ZONE 'UTC', """
        """'YYYY-MM-DD"T"HH24:MI:SS') || '+00:00", """
        """"receipt": "' || :short || ':' || l.line || '"}'"""
    ),
}

_APPLY: Final = """
    UPDATE receipt_lines
    SET state = 'APPLIED', booked_on = :today, charged_sender = c.sender_id,
        charged_code = c.account_code
    FROM clear_lines c
    WHERE receipt_lines.file_sha256 = :sha256 AND receipt_lines.line = c.line
"""


def book_clear_lines(
    tx: Tx, sha256: str, *, test_prefix: str, at: datetime, part: Part = WHOLE
) -> BookedInBulk:
    """Book the lines of a file about which there is nothing to decide, all at once."""
    tx.execute(
        text(
            "CREATE TEMPORARY TABLE clear_lines (line integer PRIMARY KEY, "
            "shipment_id text UNIQUE, batch_id text, sender_id text, account_code text, "
            "detail text)",
        ),
    )
    found = tx.execute(
        text(_CLEAR.format(detail=_DETAIL[tx.dialect.name])).bindparams(
            bindparam("now", at, receipt_lines.c.posted_at.type),
        ),
        {
            "sha256": sha256,
            "short": sha256[:12],
            "sent": Status.SENT_TO_PRINT.value,
            "test": test_prefix,
            "part": part.number,
            "parts": part.of,
        },
    )
    batch_ids = tuple(tx.scalars(text("SELECT DISTINCT batch_id FROM clear_lines ORDER BY 1")))
    if batch_ids:
        today = bindparam("today", oslo_date(at), receipt_lines.c.booked_on.type)
        tx.execute(text(_APPLY).bindparams(today), {"sha256": sha256})
        moves.move_listed(
            tx, "clear_lines", Status.SENT_TO_PRINT, Status.PRINTED, by=Mover.RECEIPTS, at=at
        )
    tx.execute(text("DROP TABLE clear_lines"))
    return BookedInBulk(found.rowcount, batch_ids)


def book(
    tx: Tx,
    sha256: str,
    *,
    applied: Sequence[AppliedLine],
    set_aside: Sequence[SetAsideLine],
    at: datetime,
    bulk: BookedInBulk | None = None,
) -> None:
    """Settle a file with what was decided about its lines, each of them STAGED."""
    decide_lines(tx, sha256, [(one.line, one.state, one.reason) for one in set_aside])
    apply_lines(tx, sha256, applied, at)
    answered = {one.piece.batch_id for one in applied if one.piece.batch_id}
    settle_batches(tx, sorted(answered | set(bulk.batch_ids if bulk else ())), at)  # type: ignore[arg-type]
    set_file_state(tx, sha256, "BOOKED", booked_at=at)


def apply_lines(
    tx: Tx,
    sha256: str,
    applied: Sequence[AppliedLine],
    at: datetime,
    was: LineState = LineState.STAGED,
) -> None:
    """Apply lines of a file: PRINTED with its event, charges, and what they take the place of."""
    for lines in _a_letter_at_a_time(applied):
        _take_back(tx, sha256, [one for one in lines if one.takes_back is not None])
        decide_lines(tx, sha256, [(one.line, LineState.APPLIED, "") for one in lines], was)
        _charge(tx, sha256, lines, at)
        _move(tx, sha256, lines, at)


def decide_lines(
    tx: Tx,
    sha256: str,
    decided: Sequence[tuple[int, LineState, str]],
    was: LineState = LineState.STAGED,
) -> None:
    """Give lines of a file that were in one state another, with the reason."""
    if decided:
        tx.execute(
            update(receipt_lines)
            .where(
                receipt_lines.c.file_sha256 == sha256,
                receipt_lines.c.line == bindparam("number"),
                receipt_lines.c.state == was,
            )
            .values(state=bindparam("decided"), reason=bindparam("why")),
            [{"number": line, "decided": state, "why": why} for line, state, why in decided],
        )


def _a_letter_at_a_time(applied: Sequence[AppliedLine]) -> Iterator[list[AppliedLine]]:
    """Cut lines so that each part has a letter once: a correction comes after what it corrects."""
    rounds: list[list[AppliedLine]] = []
    times: dict[ShipmentId, int] = {}
    for one in applied:
        time = times.get(one.piece.shipment_id, 0)
        times[one.piece.shipment_id] = time + 1
        if time == len(rounds):
            rounds.append([])
        rounds[time].append(one)
    yield from rounds


def _take_back(tx: Tx, sha256: str, lines: Sequence[AppliedLine]) -> None:
    """Say of receipts in force that a line of this file reverses them."""
    by_file: dict[str, dict[int, int]] = {}
    for one in lines:
        if one.takes_back is not None:
            by_file.setdefault(one.takes_back.file_sha256, {})[one.takes_back.line] = one.line
    for file, new_line in sorted(by_file.items()):
        gone = [
            (old, LineState.REVERSED, f"see {sha256[:12]}:{new}") for old, new in new_line.items()
        ]
        decide_lines(tx, file, gone, LineState.APPLIED)


def _charge(tx: Tx, sha256: str, lines: Sequence[AppliedLine], at: datetime) -> None:
    """Write down whom each line charges, and whose charge it takes back."""
    if not lines:
        return
    tx.execute(
        update(receipt_lines)
        .where(receipt_lines.c.file_sha256 == sha256, receipt_lines.c.line == bindparam("number"))
        .values(
            booked_on=oslo_date(at),
            charged_sender=bindparam("sender"),
            charged_code=bindparam("code"),
            takes_back_file=bindparam("old_file"),
            takes_back_line=bindparam("old_line"),
        ),
        [
            {
                "number": one.line,
                "sender": one.piece.sender_id,
                # Ours wins over the vendor's echo: what the sender wrote is who pays.
                "code": one.piece.account_code,
                "old_file": one.takes_back.file_sha256 if one.takes_back else None,
                "old_line": one.takes_back.line if one.takes_back else None,
            }
            for one in lines
        ],
    )


_NOTES: Final = {LineKind.CORRECTION: "receipt_corrected", LineKind.REVERSAL: "receipt_reversed"}


def _move(tx: Tx, sha256: str, lines: Sequence[AppliedLine], at: datetime) -> None:
    """Move letters that wait to PRINTED; of a letter that is there already, write what happened."""
    waiting = [one for one in lines if one.piece.status is Status.SENT_TO_PRINT]
    moves.move(
        tx,
        [one.piece.shipment_id for one in waiting],
        Status.PRINTED,
        by=Mover.RECEIPTS,
        at=at,
        detail_of={one.piece.shipment_id: _detail(sha256, one) for one in waiting},
    )
    moves.note_each(
        tx,
        [
            (
                one.piece.shipment_id,
                _NOTES.get(one.receipt.kind, "receipt_booked"),
                _detail(sha256, one),
            )
            for one in lines
            if one.piece.status is not Status.SENT_TO_PRINT
        ],
        actor=Mover.RECEIPTS,
        at=at,
    )


def _detail(sha256: str, one: AppliedLine) -> dict[str, str]:
    return {
        "posted_at": one.receipt.posted_at.isoformat(),
        "receipt": f"{sha256[:12]}:{one.line}",
    }
