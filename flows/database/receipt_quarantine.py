"""What waits for a person: quarantined lines and files, and what a person did with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, literal, null, select, union_all, update

from flows.clock import oslo_date
from flows.database.open_items import silence
from flows.database.session import Tx
from flows.database.tables import receipt_events, receipt_files, receipt_lines, return_lines
from flows.domain.receipt import LineState
from flows.errors import NeedsAPerson

MOST_LISTED = 1000


@dataclass(frozen=True)
class Waiting:
    """A line, or a whole file (line is None), that waits for a person."""

    file_sha256: str
    line: int | None
    kind: str
    """RECEIPT or RETURN."""
    reason: str
    batch_id: str | None
    shipment_id: str | None
    fetched_at: datetime


@dataclass(frozen=True)
class Done:
    """What a person did, when, and why."""

    at: datetime
    kind: str
    actor: str
    why: str
    detail: Mapping[str, Any]
    line: int | None


def waiting(tx: Tx, file: str = "", limit: int = MOST_LISTED) -> list[Waiting]:
    """Return what waits for a person, oldest first; only of files whose hash begins so."""
    files, lines, mail = receipt_files.c, receipt_lines.c, return_lines.c
    parts = [
        select(
            files.sha256,
            null().label("line"),
            files.kind,
            files.reason,
            null().label("batch_id"),
            null().label("shipment_id"),
            files.fetched_at,
        ).where(files.state == "QUARANTINED"),
    ]
    for columns, table, kind in ((lines, receipt_lines, "RECEIPT"), (mail, return_lines, "RETURN")):
        parts.append(
            select(
                files.sha256,
                columns.line,
                literal(kind),
                columns.reason,
                columns.batch_id,
                columns.shipment_id,
                files.fetched_at,
            )
            .join_from(table, receipt_files, files.sha256 == columns.file_sha256)
            .where(columns.state == LineState.QUARANTINED),
        )
    found = union_all(*[part.where(_begins(files.sha256, file)) for part in parts])
    ordered = found.order_by(found.selected_columns.fetched_at, "sha256", "line").limit(limit)
    return [Waiting(*row) for row in tx.execute(ordered)]


def find_file(tx: Tx, beginning: str) -> str:
    """Return the one file whose SHA-256 begins like this; raises NeedsAPerson."""
    query = select(receipt_files.c.sha256).where(_begins(receipt_files.c.sha256, beginning))
    found = list(tx.scalars(query.limit(2)))
    if len(found) != 1:
        raise NeedsAPerson(
            "no file begins like that" if not found else "two or more files begin like that",
            where=f"file {beginning}",
            do="see what waits: svarut receipts quarantine list",
        )
    return str(found[0])


def line_row(tx: Tx, sha256: str, line: int) -> dict[str, Any]:
    """Return a line of a file as it is kept, a receipt or returned mail; raises NeedsAPerson."""
    for table in (receipt_lines, return_lines):
        row = tx.execute(
            select(table)
            .where(table.c.file_sha256 == sha256, table.c.line == line)
            .with_for_update(),
        ).mappings()
        found = row.first()
        if found is not None:
            return dict(found)
    raise NeedsAPerson(
        "the file has no such line",
        where=f"{sha256[:12]}:{line}",
        do="see what waits: svarut receipts quarantine list",
    )


def quarantined_lines(tx: Tx, sha256: str, lines: Sequence[int]) -> list[dict[str, Any]]:
    """Return the quarantined receipt lines of a file, or those of them that are named."""
    query = (
        select(receipt_lines)
        .where(
            receipt_lines.c.file_sha256 == sha256,
            receipt_lines.c.state == LineState.QUARANTINED,
        )
        .order_by(receipt_lines.c.line)
        .with_for_update()
    )
    wanted = set(lines)
    return [
        dict(row) for row in tx.execute(query).mappings() if not wanted or row["line"] in wanted
    ]


def fix(tx: Tx, sha256: str, line: int, values: Mapping[str, Any]) -> None:
    """Change what a quarantined line says; its reason goes when nothing is missing any more."""
    changes = dict(values)
    if "posted_at" in changes:
        changes["posted_on"] = oslo_date(changes["posted_at"])
    tx.execute(
        update(receipt_lines)
        .where(
            receipt_lines.c.file_sha256 == sha256,
            receipt_lines.c.line == line,
            receipt_lines.c.state == LineState.QUARANTINED,
        )
        .values(**changes),
    )


def dismiss(tx: Tx, sha256: str, line: int) -> bool:
    """Say that a quarantined line is not to be booked; return False when it does not wait."""
    for table in (receipt_lines, return_lines):
        done = tx.execute(
            update(table)
            .where(
                table.c.file_sha256 == sha256,
                table.c.line == line,
                table.c.state == LineState.QUARANTINED,
            )
            .values(state=LineState.DISMISSED),
        )
        if done.rowcount:
            return True
    return False


def record(
    tx: Tx,
    sha256: str,
    lines: Sequence[int | None],
    kind: str,
    *,
    by: str,
    why: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what a person did, a row a line."""
    rows = [
        {
            "file_sha256": sha256,
            "line": line,
            "at": at,
            "kind": kind,
            "actor": by,
            "why": why,
            "detail": dict(detail or {}),
        }
        for line in lines
    ]
    if rows:
        tx.execute(insert(receipt_events), rows)


def done_with(tx: Tx, sha256: str, line: int | None) -> list[Done]:
    """Return what was done with a line and with its whole file, oldest first."""
    rows = tx.execute(
        select(receipt_events)
        .where(
            receipt_events.c.file_sha256 == sha256,
            receipt_events.c.line.is_(None) | (receipt_events.c.line == line),
        )
        .order_by(receipt_events.c.id),
    )
    return [Done(row.at, row.kind, row.actor, row.why, row.detail, row.line) for row in rows]


def close_when_empty(tx: Tx, sha256: str, at: datetime) -> None:
    """Close what asked a person to look at a file, when nothing of it waits any more."""
    left = waiting(tx, sha256, limit=1)
    if not left:
        for code in (
            "RECEIPT_LINES_QUARANTINED",
            "RETURN_LINES_QUARANTINED",
            "RECEIPT_FILE_QUARANTINED",
        ):
            silence(tx, code, [sha256[:12]], at)


def _begins(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    return column.startswith(beginning, autoescape=True)
