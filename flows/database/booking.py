"""Book receipt lines: line states, moves and charges, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, text, update

from flows.clock import oslo_date
from flows.database import shipments as moves
from flows.database.batches import settle_batches
from flows.database.receipts import set_file_state
from flows.database.session import Tx, in_chunks
from flows.database.tables import charges, receipt_lines
from flows.domain.receipt import AppliedLine, LineKind, LineState, SetAsideLine
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status


@dataclass(frozen=True)
class BookedInBulk:
    """What was booked without a second look."""

    lines: int
    batch_ids: tuple[str, ...]


_CLEAR: Final = """
    INSERT INTO clear_lines (line, shipment_id, batch_id, sender_id, account_code, posted_on,
                             production_ore, production_vat_ore, postage_ore, postage_vat_ore,
                             detail)
    SELECT l.line, s.id, b.id, s.sender_id, s.account_code, l.posted_on,
           l.production_ore, l.production_vat_ore, l.postage_ore, l.postage_vat_ore, {detail}
    FROM receipt_lines l
    JOIN shipments s ON s.id = l.shipment_id
    JOIN pieces p ON p.shipment_id = l.shipment_id AND p.live
    JOIN batches b ON b.id = p.batch_id
    WHERE l.file_sha256 = :sha256 AND l.state = 'STAGED' AND l.reason = '' AND l.kind = 'RECEIPT'
      AND l.posted_on IS NOT NULL
      AND s.status = :sent AND b.id = l.batch_id AND p.number = l.piece_number
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

_CHARGES: Final = """
    INSERT INTO charges (file_sha256, line, kind, charge_class, shipment_id, sender_id,
                         account_code, posted_on, booked_on, net_ore, vat_ore)
    SELECT :sha256, c.line, k.kind, 'CHARGE', c.shipment_id, c.sender_id,
           c.account_code, c.posted_on, :today,
           CASE k.kind WHEN 'POSTAGE' THEN c.postage_ore ELSE c.production_ore END,
           CASE k.kind WHEN 'POSTAGE' THEN c.postage_vat_ore ELSE c.production_vat_ore END
    FROM clear_lines c
    CROSS JOIN (SELECT 'POSTAGE' AS kind UNION ALL SELECT 'PRODUCTION') k
"""


def book_clear_lines(tx: Tx, sha256: str, *, test_prefix: str, at: datetime) -> BookedInBulk:
    """Book the lines of a file about which there is nothing to decide, all at once."""
    tx.execute(
        text(
            "CREATE TEMPORARY TABLE clear_lines (line integer PRIMARY KEY, "
            "shipment_id text UNIQUE, batch_id text, sender_id text, account_code text, "
            "posted_on date, production_ore integer, production_vat_ore integer, "
            "postage_ore integer, postage_vat_ore integer, detail text)",
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
        },
    )
    batch_ids = tuple(tx.scalars(text("SELECT DISTINCT batch_id FROM clear_lines ORDER BY 1")))
    if batch_ids:
        tx.execute(
            text(
                "UPDATE receipt_lines SET state = 'APPLIED' WHERE file_sha256 = :sha256 "
                "AND line IN (SELECT line FROM clear_lines)",
            ),
            {"sha256": sha256},
        )
        moves.move_listed(
            tx, "clear_lines", Status.SENT_TO_PRINT, Status.PRINTED, by=Mover.RECEIPTS, at=at
        )
        tx.execute(
            text(_CHARGES).bindparams(bindparam("today", oslo_date(at), charges.c.booked_on.type)),
            {"sha256": sha256},
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
        _take_back(tx, sha256, [one for one in lines if one.takes_back is not None], at)
        decide_lines(tx, sha256, [(one.line, LineState.APPLIED, "") for one in lines], was)
        _move(tx, sha256, lines, at)
        rows = [
            _charge_row(sha256, one, kind, at)
            for one in lines
            if one.receipt.kind is not LineKind.REVERSAL
            for kind in ("PRODUCTION", "POSTAGE")
        ]
        if rows:
            tx.execute(insert(charges), rows)


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


def _take_back(tx: Tx, sha256: str, lines: Sequence[AppliedLine], at: datetime) -> None:
    """Reverse the charges of receipts, by a row of its own for each; they were in force."""
    by_file: dict[str, dict[int, int]] = {}
    for one in lines:
        if one.takes_back is not None:
            by_file.setdefault(one.takes_back.file_sha256, {})[one.takes_back.line] = one.line
    for file, new_line in sorted(by_file.items()):
        for numbers in in_chunks(sorted(new_line)):
            found = tx.execute(
                select(charges).where(
                    charges.c.file_sha256 == file,
                    charges.c.line.in_(numbers),
                    charges.c.charge_class == "CHARGE",
                ),
            ).mappings()
            rows = [_reversal_row(dict(row), sha256, new_line[row["line"]], at) for row in found]
            tx.execute(insert(charges), rows)
        gone = [
            (old, LineState.REVERSED, f"see {sha256[:12]}:{new}") for old, new in new_line.items()
        ]
        decide_lines(tx, file, gone, LineState.APPLIED)


def _reversal_row(row: Mapping[str, Any], sha256: str, line: int, at: datetime) -> dict[str, Any]:
    return {
        **row,
        "file_sha256": sha256,
        "line": line,
        "charge_class": "REVERSAL",
        "booked_on": oslo_date(at),
        "net_ore": -row["net_ore"],
        "vat_ore": -row["vat_ore"],
        "reverses_file": row["file_sha256"],
        "reverses_line": row["line"],
    }


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


def _charge_row(sha256: str, one: AppliedLine, kind: str, at: datetime) -> dict[str, Any]:
    receipt = one.receipt
    postage = kind == "POSTAGE"
    return {
        "file_sha256": sha256,
        "line": one.line,
        "kind": kind,
        "charge_class": "CHARGE",
        "shipment_id": one.piece.shipment_id,
        "sender_id": one.piece.sender_id,
        # Ours wins over the vendor's echo: what the sender wrote is who pays.
        "account_code": one.piece.account_code,
        "posted_on": oslo_date(receipt.posted_at),
        "booked_on": oslo_date(at),
        "net_ore": receipt.postage_ore if postage else receipt.production_ore,
        "vat_ore": receipt.postage_vat_ore if postage else receipt.production_vat_ore,
    }
