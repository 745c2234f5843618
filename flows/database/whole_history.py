"""Everything that is recorded about one letter, from every table that knows it."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import Connection, and_, select

from flows.database.attempt_tables import batch_events, refused_pieces, stops
from flows.database.hand_print_tables import hand_print_jobs, hand_print_letters
from flows.database.ledger_tables import ledger, ledger_invoiced
from flows.database.tables import (
    events,
    offers,
    open_item_acts,
    open_items,
    pieces,
    problems,
    receipt_events,
    receipt_files,
    receipt_lines,
    return_lines,
    shipments,
)
from flows.domain.history import Step, in_words
from flows.domain.shipment import ShipmentId


def history_of(tx: Connection, letter: ShipmentId) -> list[Step]:
    """Return every step of a letter, from every table; nothing personal.

    Not in order of time; but of steps at the same instant, what caused the other comes first.
    """
    return [
        *_problems(tx, letter),
        *_offers(tx, letter),
        *_batches(tx, letter),
        *_events(tx, letter),
        *_stops(tx, letter),
        *_print_files(tx, letter),
        *_receipts(tx, letter),
        *_ledger(tx, letter),
        *_returns(tx, letter),
        *_items(tx, letter),
    ]


def _problems(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    rows = tx.execute(
        select(shipments.c.received_at, problems.c.code, problems.c.page, problems.c.note)
        .join(problems, problems.c.shipment_id == shipments.c.id)
        .where(shipments.c.id == letter)
        .order_by(problems.c.position),
    )
    for row in rows:
        kind = "note" if row.note else "problem"
        yield Step(row.received_at, kind, "intake", in_words([("", row.code), ("page", row.page)]))


def _events(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    own = events.c
    rows = tx.execute(select(events).where(own.shipment_id == letter).order_by(own.id))
    for row in rows:
        moved = row.to_status is not None
        what = f"{row.from_status or '–'} → {row.to_status}" if moved else row.kind
        detail = in_words(
            [(name.replace("_", " "), _said(said)) for name, said in row.detail.items()]
        )
        yield Step(
            row.at, what.replace("_", " ") if not moved else what, row.actor, detail, not moved
        )


def _offers(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    rows = tx.execute(select(offers).where(offers.c.shipment_id == letter))
    for row in rows:
        name = f"{row.channel}, offer {row.attempt}"
        yield Step(row.intended_at, f"{name}: written down", "dispatch", f"key {row.key}", True)
        told = [
            (row.offered_at, "taken", f"reference {row.channel_reference or '–'}"),
            (row.published_at, "published", ""),
            (
                row.asked_at,
                "last asked about",
                f"{row.asks} times, {row.state} {row.reason}".strip(),
            ),
            (row.read_at, "read", ""),
        ]
        for at, what, detail in told:
            if at is not None:
                internal = what == "last asked about"
                yield Step(at, f"{name}: {what}", "dispatch", detail, internal)


def _batches(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    rows = tx.execute(
        select(
            batch_events,
            pieces.c.number,
            pieces.c.sheets,
            pieces.c.live,
            pieces.c.left_as,
            refused_pieces.c.findings,
        )
        .join(pieces, pieces.c.batch_id == batch_events.c.batch_id)
        .outerjoin(
            refused_pieces,
            and_(
                refused_pieces.c.batch_id == pieces.c.batch_id,
                refused_pieces.c.number == pieces.c.number,
                refused_pieces.c.attempt == batch_events.c.attempt,
            ),
        )
        .where(pieces.c.shipment_id == letter)
        .order_by(batch_events.c.id),
    )
    for row in rows:
        codes = ", ".join(str(one.get("code", "")) for one in row.findings or ())
        detail = in_words(
            [
                ("attempt", row.attempt),
                ("piece", row.number),
                ("sheets", row.sheets),
                (
                    "the letter has left it",
                    "" if row.live else row.left_as.lower() or "before it went",
                ),
                ("refused:", codes),
                ("", row.detail.get("why", "")),
            ]
        )
        yield Step(row.at, f"batch {row.batch_id} {row.kind}", row.actor, detail, True)


def _stops(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    for row in tx.execute(select(stops).where(stops.c.shipment_id == letter)):
        where = f"batch {row.batch_id}, piece {row.number}"
        yield Step(
            row.asked_at, "the vendor is to stop it", row.asked_by, f"{where}: {row.why}", True
        )
        if row.answered_at is not None:
            yield Step(row.answered_at, f"stop: {row.state}", "vendor", where, True)


def _print_files(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    rows = tx.execute(
        select(hand_print_jobs, hand_print_letters.c.number, hand_print_letters.c.left_because)
        .join(hand_print_letters, hand_print_letters.c.job_id == hand_print_jobs.c.id)
        .where(hand_print_letters.c.shipment_id == letter),
    )
    for row in rows:
        detail = in_words([("number", row.number), ("left it:", row.left_because)])
        yield Step(row.made_at, f"print file {row.id} made", "print_batch", detail, True)
        if row.confirmed_at is not None:
            what = f"print file {row.id} confirmed"
            yield Step(row.confirmed_at, what, row.confirmed_by, detail, True)


def _receipts(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    own = receipt_lines.c
    rows = tx.execute(
        select(receipt_lines, receipt_files.c.fetched_at)
        .join(receipt_files, receipt_files.c.sha256 == own.file_sha256)
        .where(own.shipment_id == letter),
    ).all()
    for row in rows:
        sheets = (row.sheets_by_machine or 0) + (row.sheets_by_hand or 0)
        detail = in_words(
            [
                ("", f"{row.file_sha256[:12]}:{row.line}"),
                ("", row.reason),
                ("sheets", sheets),
                ("grams", row.weight_grams),
                ("posted", row.posted_on),
                ("reprints", row.reprints),
            ]
        )
        what = f"{row.kind.lower()} {row.state.lower()}"
        yield Step(row.fetched_at, what, "receipts", detail, True)
        yield from _done_with(tx, row.file_sha256, row.line)


def _done_with(tx: Connection, file: str, line: int) -> Iterator[Step]:
    own = receipt_events.c
    rows = tx.execute(
        select(own.at, own.kind, own.actor, own.why).where(
            own.file_sha256 == file, own.line == line
        )
    )
    for row in rows:
        yield Step(row.at, f"receipt line {row.kind}", row.actor, row.why, True)


def _ledger(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    rows = tx.execute(
        select(
            ledger.c.charged_on,
            ledger.c.sku,
            ledger.c.quantity,
            ledger.c.billed_ore,
            ledger.c.category,
            ledger.c.billing_period,
            ledger_invoiced.c.invoice_id,
        )
        .outerjoin(ledger_invoiced, ledger_invoiced.c.ledger_id == ledger.c.id)
        .where(ledger.c.shipment_id == letter)
        .order_by(ledger.c.id),
    )
    for row in rows:
        detail = in_words(
            [
                ("", f"{row.quantity} {row.sku}"),
                ("", "" if row.category == "USAGE" else row.category.lower()),
                ("invoice", row.invoice_id or f"of {row.billing_period}, not made yet"),
            ]
        )
        at = datetime.combine(row.charged_on, time(12), tzinfo=UTC)
        yield Step(at, "charged", "receipts", detail, net_ore=row.billed_ore)


def _returns(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    own = return_lines.c
    rows = tx.execute(
        select(return_lines, receipt_files.c.fetched_at)
        .join(receipt_files, receipt_files.c.sha256 == own.file_sha256)
        .where(own.shipment_id == letter),
    )
    for row in rows:
        detail = in_words(
            [
                ("reason", row.return_reason),
                ("", row.action),
                ("on", row.returned_on),
                ("", row.state.lower()),
            ]
        )
        yield Step(row.fetched_at, "came back in the post", "vendor", detail)


def _items(tx: Connection, letter: ShipmentId) -> Iterator[Step]:
    item, act = open_items.c, open_item_acts.c
    for row in tx.execute(select(open_items).where(item.subject == letter)):
        yield Step(row.first_seen_at, f"open item {row.code}", "svarut", row.what, True)
        if row.closed_at is not None:
            yield Step(row.closed_at, f"open item {row.code} closed", "svarut", "", True)
    rows = tx.execute(
        select(open_item_acts).where(act.subject == letter, act.act != "raised").order_by(act.id)
    )
    for row in rows:
        yield Step(row.at, f"open item {row.code}: {row.act}", row.by, row.why, True)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)
