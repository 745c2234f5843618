"""Keep every receipt file and line, once; book what a line says in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from flows.clock import oslo_date
from flows.database import shipments as moves
from flows.database.batches import settle_batches
from flows.database.session import Tx, in_chunks
from flows.database.tables import charges, pieces, receipt_files, receipt_lines, shipments
from flows.domain.receipt import (
    AppliedLine,
    Charge,
    LineState,
    PrintReceipt,
    SentPiece,
    SetAsideLine,
    StagedLine,
)
from flows.domain.status import Mover, Status


def file_state(tx: Tx, sha256: str) -> str | None:
    """Return STAGED, BOOKED or REFUSED for a file we have seen, else None."""
    state: str | None = tx.scalar(
        select(receipt_files.c.state).where(receipt_files.c.sha256 == sha256),
    )
    return state


def stage(
    tx: Tx,
    *,
    sha256: str,
    name: str,
    lines: Sequence[StagedLine],
    at: datetime,
) -> None:
    """Keep a receipt file and all its lines, before anything is decided about them."""
    tx.execute(
        insert(receipt_files).values(
            sha256=sha256,
            name=name,
            fetched_at=at,
            state="STAGED",
            line_count=len(lines),
        ),
    )
    if lines:
        tx.execute(insert(receipt_lines), [_line_row(sha256, each) for each in lines])


def refuse(tx: Tx, *, sha256: str, name: str, reason: str, at: datetime) -> None:
    """Keep that a whole file was refused, and why."""
    tx.execute(
        insert(receipt_files).values(
            sha256=sha256,
            name=name,
            fetched_at=at,
            state="REFUSED",
            line_count=0,
            reason=reason,
        ),
    )


def staged_files(tx: Tx) -> list[str]:
    """Return the SHA-256 of files that are staged and not yet booked, oldest first."""
    return list(
        tx.scalars(
            select(receipt_files.c.sha256)
            .where(receipt_files.c.state == "STAGED")
            .order_by(receipt_files.c.fetched_at, receipt_files.c.sha256),
        ),
    )


def staged_lines(tx: Tx, sha256: str) -> list[StagedLine]:
    """Return the lines of a file that nothing has been decided about."""
    rows = tx.execute(
        select(receipt_lines)
        .where(
            receipt_lines.c.file_sha256 == sha256,
            receipt_lines.c.state == LineState.STAGED,
        )
        .order_by(receipt_lines.c.line),
    ).mappings()
    return [
        StagedLine(row["line"], None if row["reason"] else _receipt(row), row["reason"])
        for row in rows
    ]


def sent_pieces(tx: Tx, shipment_ids: Sequence[str]) -> dict[str, SentPiece]:
    """Return what we know of the letters that receipts name; unknown ids are left out."""
    found: dict[str, SentPiece] = {}
    for ids in in_chunks(sorted(set(shipment_ids))):
        applied = {
            row["shipment_id"]: _receipt(row)
            for row in tx.execute(
                select(receipt_lines).where(
                    receipt_lines.c.shipment_id.in_(ids),
                    receipt_lines.c.state == LineState.APPLIED,
                ),
            ).mappings()
        }
        rows = tx.execute(
            select(
                shipments.c.id,
                shipments.c.sender_id,
                shipments.c.status,
                shipments.c.account_code,
                pieces.c.batch_id,
                pieces.c.number,
            )
            .outerjoin(
                pieces,
                (pieces.c.shipment_id == shipments.c.id) & pieces.c.live,
            )
            .where(shipments.c.id.in_(ids)),
        )
        for row in rows:
            found[row.id] = SentPiece(
                shipment_id=row.id,
                sender_id=row.sender_id,
                status=Status(row.status),
                batch_id=row.batch_id,
                piece_number=row.number,
                account_code=row.account_code,
                applied=applied.get(row.id),
            )
    return found


def book(
    tx: Tx,
    sha256: str,
    *,
    applied: Sequence[AppliedLine],
    set_aside: Sequence[SetAsideLine],
    at: datetime,
) -> None:
    """Settle a file: line states, PRINTED with its event, and charges, in one transaction."""
    _decide_lines(
        tx,
        sha256,
        [(each.line, LineState.APPLIED, "") for each in applied]
        + [(each.line, each.state, each.reason) for each in set_aside],
    )
    moves.move(
        tx,
        [each.piece.shipment_id for each in applied],
        Status.PRINTED,
        by=Mover.RECEIPTS,
        at=at,
        detail_of={
            each.piece.shipment_id: {
                "posted_at": each.receipt.posted_at.isoformat(),
                "receipt": f"{sha256[:12]}:{each.line}",
            }
            for each in applied
        },
    )
    rows = [_charge_row(sha256, each, charge, at) for each in applied for charge in each.charges]
    if rows:
        tx.execute(insert(charges), rows)
    answered = {each.piece.batch_id for each in applied if each.piece.batch_id}
    settle_batches(tx, sorted(answered), at)
    tx.execute(
        update(receipt_files)
        .where(receipt_files.c.sha256 == sha256)
        .values(state="BOOKED", booked_at=at),
    )


def quarantined(tx: Tx) -> int:
    """Return how many receipt lines wait for a person."""
    count = tx.scalar(
        select(func.count())
        .select_from(receipt_lines)
        .where(receipt_lines.c.state == LineState.QUARANTINED),
    )
    return int(count or 0)


_FIELDS = (
    "batch_id",
    "piece_number",
    "shipment_id",
    "pages_black_white",
    "pages_colour",
    "sheets_by_machine",
    "extra_sheets_by_machine",
    "sheets_by_hand",
    "extra_sheets_by_hand",
    "weight_grams",
    "production_ore",
    "postage_ore",
    "account_code",
    "posted_at",
)
"""Columns that a PrintReceipt and a receipt line share by name."""


def _line_row(sha256: str, line: StagedLine) -> dict[str, Any]:
    said = {name: getattr(line.receipt, name, None) for name in _FIELDS}
    return {
        "file_sha256": sha256,
        "line": line.line,
        "state": LineState.STAGED,
        "reason": line.fault,
        **said,
    }


def _receipt(row: Any) -> PrintReceipt:
    return PrintReceipt(**{name: row[name] for name in _FIELDS})


def _decide_lines(
    tx: Tx,
    sha256: str,
    decided: Sequence[tuple[int, LineState, str]],
) -> None:
    if decided:
        tx.execute(
            update(receipt_lines)
            .where(
                receipt_lines.c.file_sha256 == sha256,
                receipt_lines.c.line == bindparam("number"),
                receipt_lines.c.state == LineState.STAGED,
            )
            .values(state=bindparam("decided"), reason=bindparam("why")),
            [{"number": line, "decided": state, "why": why} for line, state, why in decided],
        )


def _charge_row(sha256: str, line: AppliedLine, charge: Charge, at: datetime) -> dict[str, Any]:
    return {
        "file_sha256": sha256,
        "line": line.line,
        "kind": charge.kind,
        "shipment_id": line.piece.shipment_id,
        "sender_id": line.piece.sender_id,
        # Ours wins over the vendor's echo: what the sender wrote is who pays.
        "account_code": line.piece.account_code,
        "posted_on": line.posted_on,
        "booked_on": oslo_date(at),
        "net_ore": charge.net_ore,
        "vat_ore": charge.vat_ore,
    }
