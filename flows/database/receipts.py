"""Keep every file the vendor answers with, and every receipt line, once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import func, insert, or_, select, text, update

from flows.clock import oslo_date
from flows.database.attempt_tables import ended_attempts
from flows.database.bulk import insert_rows, stored_date, stored_instant
from flows.database.session import Tx, in_chunks
from flows.database.tables import (
    batches,
    charges,
    pieces,
    receipt_files,
    receipt_lines,
    shipments,
)
from flows.domain.receipt import (
    BookedReceipt,
    EndedPiece,
    LineKind,
    LineState,
    PrintReceipt,
    SentPiece,
    StagedLine,
)
from flows.domain.status import Status

HISTORY = 10
"""So many of a vendor's last files say what is usual in them."""


def file_state(tx: Tx, sha256: str) -> str | None:
    """Return STAGED, BOOKED, REFUSED, QUARANTINED or DISMISSED for a file we know, else None."""
    state: str | None = tx.scalar(
        select(receipt_files.c.state).where(receipt_files.c.sha256 == sha256),
    )
    return state


def keep_file(
    tx: Tx,
    *,
    sha256: str,
    name: str,
    state: str,
    at: datetime,
    kind: str = "RECEIPT",
    vendor: str = "default",
    line_count: int = 0,
    reason: str = "",
    filled: Mapping[str, int] | None = None,
) -> None:
    """Keep that a file has come, and what became of it."""
    tx.execute(
        insert(receipt_files).values(
            sha256=sha256,
            kind=kind,
            vendor=vendor,
            name=name,
            fetched_at=at,
            state=state,
            line_count=line_count,
            reason=reason,
            filled=dict(filled or {}),
        ),
    )


def set_file_state(tx: Tx, sha256: str, state: str, **values: Any) -> None:
    """Say what has become of a file."""
    tx.execute(
        update(receipt_files).where(receipt_files.c.sha256 == sha256).values(state=state, **values),
    )


def stage(
    tx: Tx,
    *,
    sha256: str,
    name: str,
    lines: Sequence[StagedLine],
    at: datetime,
    vendor: str = "default",
    filled: Mapping[str, int] | None = None,
) -> None:
    """Keep a receipt file and all its lines, before anything is decided about them."""
    keep_file(
        tx,
        sha256=sha256,
        name=name,
        state="STAGED",
        at=at,
        vendor=vendor,
        line_count=len(lines),
        filled=filled,
    )
    stage_lines(tx, sha256, lines)


def stage_lines(tx: Tx, sha256: str, lines: Sequence[StagedLine]) -> None:
    """Keep the lines of a file that is kept already."""
    columns = ("file_sha256", "line", "state", "reason", *_FIELDS, "posted_on")
    insert_rows(tx, receipt_lines, columns, _line_rows(tx, sha256, lines))


def file_row(tx: Tx, sha256: str) -> Mapping[str, Any] | None:
    """Return what we know of a file: kind, vendor, name, state, reason, fetched_at, filled."""
    row = tx.execute(select(receipt_files).where(receipt_files.c.sha256 == sha256)).mappings()
    found = row.first()
    return None if found is None else dict(found)


def staged_files(tx: Tx) -> list[tuple[str, str]]:
    """Return SHA-256 and kind of files that are staged and not yet booked, oldest first."""
    rows = tx.execute(
        select(receipt_files.c.sha256, receipt_files.c.kind)
        .where(receipt_files.c.state == "STAGED")
        .order_by(receipt_files.c.fetched_at, receipt_files.c.sha256),
    )
    return [(row.sha256, row.kind) for row in rows]


def usual(tx: Tx, vendor: str) -> list[Mapping[str, int]]:
    """Return what was filled in the lines of a vendor's last booked receipt files."""
    return list(
        tx.scalars(
            select(receipt_files.c.filled)
            .where(
                receipt_files.c.vendor == vendor,
                receipt_files.c.kind == "RECEIPT",
                receipt_files.c.state == "BOOKED",
            )
            .order_by(receipt_files.c.fetched_at.desc(), receipt_files.c.sha256)
            .limit(HISTORY),
        ),
    )


def lock_file(tx: Tx, sha256: str) -> None:
    """Let only one run at a time decide about a file's lines."""
    tx.execute(
        select(receipt_files.c.sha256).where(receipt_files.c.sha256 == sha256).with_for_update(),
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
        StagedLine(row["line"], None if row["reason"] else read_receipt(dict(row)), row["reason"])
        for row in rows
    ]


def sent_pieces(tx: Tx, shipment_ids: Sequence[str]) -> dict[str, SentPiece]:
    """Return what we know of the letters that receipts name; unknown ids are left out."""
    found: dict[str, SentPiece] = {}
    for ids in in_chunks(sorted(set(shipment_ids))):
        booked, ended = _booked(tx, ids), _ended(tx, ids)
        rows = tx.execute(
            select(
                shipments.c.id,
                shipments.c.sender_id,
                shipments.c.status,
                shipments.c.account_code,
                pieces.c.batch_id,
                pieces.c.number,
                batches.c.handed_over_at,
                batches.c.attempt,
            )
            .outerjoin(
                pieces,
                # As the index of live pieces says it: SQLite takes `live = 1` for another thing.
                (pieces.c.shipment_id == shipments.c.id) & text("pieces.live"),
            )
            .outerjoin(batches, batches.c.id == pieces.c.batch_id)
            .where(shipments.c.id.in_(ids)),
        )
        for row in rows:
            applied, superseded = booked.get(row.id, (None, ()))
            found[row.id] = SentPiece(
                shipment_id=row.id,
                sender_id=row.sender_id,
                status=Status(row.status),
                batch_id=row.batch_id,
                piece_number=row.number,
                account_code=row.account_code,
                in_force=applied,
                superseded=superseded,
                handed_over_at=row.handed_over_at,
                attempt=row.attempt or 1,
                ended=tuple(ended.get(row.id, ())),
            )
    return found


def quarantined(tx: Tx) -> int:
    """Return how many receipt lines wait for a person."""
    count = tx.scalar(
        select(func.count())
        .select_from(receipt_lines)
        .where(receipt_lines.c.state == LineState.QUARANTINED),
    )
    return int(count or 0)


def read_receipt(row: Mapping[str, Any]) -> PrintReceipt:
    """Return a receipt as a line of the table holds it."""
    said = {name: row[name] for name in _FIELDS}
    # What older lines did not say, they said nothing of.
    said["reprints"], said["product"] = said["reprints"] or 0, said["product"] or ""
    said["attempt"] = said["attempt"] or 0
    return PrintReceipt(**{**said, "kind": LineKind(row["kind"])})


def _booked(
    tx: Tx, ids: Sequence[str]
) -> dict[str, tuple[BookedReceipt | None, tuple[BookedReceipt, ...]]]:
    """Return each letter's receipt in force, and those that were before it."""
    # By their charges: a letter's lines have no index of their own, its charges have.
    rows = tx.execute(
        select(receipt_lines)
        .join(
            charges,
            (charges.c.file_sha256 == receipt_lines.c.file_sha256)
            & (charges.c.line == receipt_lines.c.line),
        )
        .where(
            charges.c.shipment_id.in_(ids),
            charges.c.kind == "PRODUCTION",
            charges.c.charge_class == "CHARGE",
        )
        .order_by(receipt_lines.c.file_sha256, receipt_lines.c.line),
    ).mappings()
    found: dict[str, tuple[BookedReceipt | None, tuple[BookedReceipt, ...]]] = {}
    for row in rows:
        one = BookedReceipt(row["file_sha256"], row["line"], read_receipt(dict(row)))
        in_force, before = found.get(row["shipment_id"], (None, ()))
        if row["state"] == LineState.REVERSED:
            found[row["shipment_id"]] = (in_force, (*before, one))
        else:
            found[row["shipment_id"]] = (one, before)
    return found


def _ended(tx: Tx, ids: Sequence[str]) -> dict[str, list[EndedPiece]]:
    """Return each letter's places in packages that count no longer, the first first."""
    rows = tx.execute(
        select(
            pieces.c.shipment_id,
            pieces.c.batch_id,
            pieces.c.number,
            ended_attempts.c.attempt,
            ended_attempts.c.handed_over_at,
        )
        .join(ended_attempts, ended_attempts.c.batch_id == pieces.c.batch_id)
        .where(
            pieces.c.shipment_id.in_(ids),
            ended_attempts.c.handed_over_at.is_not(None),
            or_(text("pieces.live"), pieces.c.left_attempt >= ended_attempts.c.attempt),
        )
        .order_by(ended_attempts.c.handed_over_at, ended_attempts.c.attempt),
    )
    found: dict[str, list[EndedPiece]] = {}
    for row in rows:
        one = EndedPiece(row.batch_id, row.number, row.attempt, row.handed_over_at)
        found.setdefault(row.shipment_id, []).append(one)
    return found


_FIELDS = (
    "kind",
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
    "reprints",
    "product",
    "production_vat_ore",
    "postage_vat_ore",
    "attempt",
    "posted_at",
)
"""Columns that a PrintReceipt and a receipt line share by name; the time last."""

_said = attrgetter(*_FIELDS[1:-1])


def _line_rows(tx: Tx, sha256: str, lines: Sequence[StagedLine]) -> Iterator[tuple[Any, ...]]:
    @cache
    def times(at: datetime) -> tuple[Any, Any]:
        return stored_instant(tx, at), stored_date(tx, oslo_date(at))

    for line in lines:
        receipt = line.receipt
        if receipt is not None:
            began = (sha256, line.line, "STAGED", line.fault, receipt.kind.value)
            yield began + _said(receipt) + times(receipt.posted_at)
        else:
            said = line.readable or {}
            at = said.get("posted_at")
            yield (
                sha256,
                line.line,
                "STAGED",
                line.fault,
                said.get("kind", "RECEIPT"),
                *(said.get(name) for name in _FIELDS[1:-1]),
                *(times(at) if isinstance(at, datetime) else (None, None)),
            )
