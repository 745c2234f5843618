"""The facts that reports are made of: one row a letter, one row a charge."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from flows.database.follow import taken_in
from flows.database.hand_print import printed_by_hand
from flows.database.session import Tx
from flows.database.tables import charges, offers, pieces, receipt_lines, senders, shipments
from flows.domain.receipt import LineKind, LineState
from flows.domain.status import Status


def letter_rows(tx: Tx) -> list[dict[str, Any]]:
    """Return one row a letter, in the order they came.

    Columns: id, sender_id, sender, status, route, received_at, status_at, published_at, due_at,
    account_code, shipment_type; and sheets, as sent to print, or None.
    """
    query = (
        select(
            shipments.c.id,
            shipments.c.sender_id,
            senders.c.name.label("sender"),
            shipments.c.status,
            shipments.c.route,
            shipments.c.received_at,
            shipments.c.status_at,
            shipments.c.published_at,
            shipments.c.due_at,
            shipments.c.account_code,
            shipments.c.shipment_type,
            pieces.c.sheets,
        )
        .join(senders, senders.c.id == shipments.c.sender_id)
        .outerjoin(pieces, and_(pieces.c.shipment_id == shipments.c.id, pieces.c.live))
        .order_by(shipments.c.received_at, shipments.c.id)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def measured_rows(
    tx: Tx, *, first: date, before: date, begins: datetime, ends: datetime
) -> list[dict[str, Any]]:
    """Return what each sender's letters of some days were: on paper, and read digitally.

    Columns: sender_id, sender, organisation_number, printed, read, production_ore, postage_ore,
    sheets. By the day of posting (first, before) and the instant of reading (begins, ends), the
    second of each not included. Ordered by sender.
    """
    said = receipt_lines.c
    paper = {
        row["sender_id"]: dict(row)
        for row in tx.execute(
            select(
                charges.c.sender_id,
                func.count(func.distinct(charges.c.shipment_id)).label("printed"),
                _net("PRODUCTION").label("production_ore"),
                _net("POSTAGE").label("postage_ore"),
                func.sum(
                    case((charges.c.kind == "PRODUCTION", said.sheets_by_machine), else_=0)
                    + case((charges.c.kind == "PRODUCTION", said.sheets_by_hand), else_=0)
                ).label("sheets"),
            )
            .join(
                receipt_lines,
                and_(said.file_sha256 == charges.c.file_sha256, said.line == charges.c.line),
            )
            .where(
                charges.c.posted_on >= first,
                charges.c.posted_on < before,
                # What is in force: a corrected letter's first charges and their reversal are not.
                charges.c.charge_class == "CHARGE",
                said.state == LineState.APPLIED,
                said.kind != LineKind.REVERSAL,
            )
            .group_by(charges.c.sender_id)
        ).mappings()
    }
    read = {
        row.sender_id: row.read
        for row in tx.execute(
            select(shipments.c.sender_id, func.count().label("read"))
            .join(offers, offers.c.shipment_id == shipments.c.id)
            .where(
                shipments.c.status == Status.READ,
                offers.c.read_at >= begins,
                offers.c.read_at < ends,
            )
            .group_by(shipments.c.sender_id)
        )
    }
    nothing = {"printed": 0, "production_ore": 0, "postage_ore": 0, "sheets": 0}
    return [
        {
            **nothing,
            **paper.get(row.id, {}),
            "sender_id": row.id,
            "sender": row.name,
            "organisation_number": row.organisation_number,
            "read": read.get(row.id, 0),
        }
        for row in tx.execute(select(senders).order_by(senders.c.id))
        if row.id in paper or row.id in read
    ]


def digital_counts(tx: Tx, *, begins: datetime, ends: datetime) -> tuple[int, int]:
    """Return how many letters were laid in mailboxes, and how many read there, by the instant."""
    sent = select(func.count()).where(offers.c.published_at >= begins, offers.c.published_at < ends)
    read = (
        select(func.count())
        .select_from(offers)
        .join(shipments, shipments.c.id == offers.c.shipment_id)
        .where(
            shipments.c.status == Status.READ, offers.c.read_at >= begins, offers.c.read_at < ends
        )
    )
    return tx.scalar(sent) or 0, tx.scalar(read) or 0


def control_totals(tx: Tx) -> dict[str, int]:
    """Return what must agree: letters of each status, and receipt lines of each state.

    Keys: `letters:<status>`; `taken_in`, counted by the events that begin letters' walks;
    `lines:<state>`, reversals left out; `charges` (those not taken back); `charged_letters`;
    `printed_by_hand`, letters that their senders printed: they have no receipt.
    """
    found = {
        f"letters:{status}": count
        for status, count in tx.execute(
            select(shipments.c.status, func.count()).group_by(shipments.c.status),
        )
    }
    found["taken_in"] = taken_in(tx)
    for state, count in tx.execute(
        select(receipt_lines.c.state, func.count())
        .where(
            or_(
                receipt_lines.c.kind != LineKind.REVERSAL,
                receipt_lines.c.state != LineState.APPLIED,
            ),
        )
        .group_by(receipt_lines.c.state),
    ):
        found[f"lines:{LineState(state)}"] = count
    in_force = func.sum(case((charges.c.charge_class == "REVERSAL", -1), else_=1))
    found["charges"] = int(tx.scalar(select(in_force)) or 0)
    letters = select(func.count(func.distinct(charges.c.shipment_id)))
    found["printed_by_hand"] = printed_by_hand(tx)
    found["charged_letters"] = int(tx.scalar(letters) or 0)
    return found


def _net(kind: str) -> ColumnElement[int]:
    return func.sum(case((charges.c.kind == kind, charges.c.net_ore), else_=0))
