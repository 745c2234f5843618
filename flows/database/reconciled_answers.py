"""What the vendor has answered with, as far as it is laid beside what we sent."""

import hashlib
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from flows.clock import OSLO, oslo_date
from flows.database.reconciled_letters import IN_FORCE, Since
from flows.database.session import Tx
from flows.database.tables import (
    charges,
    receipt_files,
    receipt_lines,
    recipients,
    return_lines,
    shipments,
    vendor_invoice_lines,
    vendor_invoices,
)
from flows.domain.receipt import PRINTED_THOUGH_ENDED, LineKind, LineState
from flows.domain.reconciliation import (
    AnswerFile,
    InvoicedArticle,
    ReturnedLetter,
    SenderMonth,
    SetAside,
    StrayCharge,
    VendorInvoice,
)

SHORT: Final = 12
"""A file is named by so many characters of its SHA-256, here and in the open items."""

MONTHS: Final = 4
"""Whole months that are compared: the last, and three before it."""


def set_aside(tx: Tx) -> list[SetAside]:
    """Return the receipt lines that wait for a person, each beside what is booked."""
    line, booked = receipt_lines.c, receipt_lines.alias("booked")

    def cost(columns: Any) -> ColumnElement[int]:
        production = func.coalesce(columns.production_ore, 0)
        return production + func.coalesce(columns.postage_ore, 0)

    rows = tx.execute(
        select(
            line.file_sha256,
            line.shipment_id,
            cost(line),
            cost(booked.c),
            booked.c.line,
            case((line.reason.startswith(PRINTED_THOUGH_ENDED), line.batch_id), else_=""),
        )
        .outerjoin(
            booked,
            and_(
                booked.c.shipment_id == line.shipment_id,
                booked.c.state == LineState.APPLIED,
                booked.c.kind != LineKind.REVERSAL,
            ),
        )
        .where(line.state == LineState.QUARANTINED)
        .order_by(line.file_sha256, line.line),
    )
    return [
        SetAside(file[:SHORT], shipment or "", ore, None if known is None else earlier, ended)
        for file, shipment, ore, earlier, known, ended in rows
    ]


def files(tx: Tx, since: Since) -> list[AnswerFile]:
    """Return the files the vendor answered with that were not refused whole."""
    rows = tx.execute(
        select(receipt_files)
        .where(
            receipt_files.c.state != "REFUSED",
            or_(
                receipt_files.c.fetched_at >= since.instant, receipt_files.c.state == "QUARANTINED"
            ),
        )
        .order_by(receipt_files.c.fetched_at, receipt_files.c.sha256),
    )
    return [
        AnswerFile(
            file=row.sha256[:SHORT],
            sha256=row.sha256,
            quarantined=row.state == "QUARANTINED",
            columns_counted=row.kind != "RECEIPT" or not row.line_count or bool(row.filled),
        )
        for row in rows
    ]


def invoices(tx: Tx, since: Since) -> list[VendorInvoice]:
    """Return the vendor's invoices, with what their lines add up to."""
    line, invoice = vendor_invoice_lines.c, vendor_invoices.c
    has_receipt = exists().where(receipt_lines.c.shipment_id == line.shipment_id, IN_FORCE)
    unknown = and_(line.shipment_id != "", ~has_receipt)
    rows = tx.execute(
        select(
            invoice.number,
            invoice.first_day,
            invoice.last_day,
            invoice.net_ore,
            func.coalesce(func.sum(line.net_ore), 0),
            func.coalesce(func.sum(case((unknown, 1), else_=0)), 0),
            func.coalesce(func.sum(case((unknown, line.net_ore), else_=0)), 0),
        )
        .select_from(vendor_invoices)
        .outerjoin(vendor_invoice_lines, line.file_sha256 == invoice.file_sha256)
        .where(invoice.last_day >= since.day)
        .group_by(invoice.file_sha256, *(invoice[name] for name in _INVOICE))
        .order_by(invoice.first_day, invoice.number),
    )
    return [
        VendorInvoice(number, first, last, net, int(lines), int(without), int(ore))
        for number, first, last, net, lines, without, ore in rows
    ]


_INVOICE = ("number", "first_day", "last_day", "net_ore")


def articles(tx: Tx, since: Since) -> list[InvoicedArticle]:
    """Return what each invoice asks for each article at each price."""
    line, invoice = vendor_invoice_lines.c, vendor_invoices.c
    rows = tx.execute(
        select(invoice.number, line.sku, func.sum(line.quantity), line.unit_price_ore)
        .join(vendor_invoices, invoice.file_sha256 == line.file_sha256)
        .where(invoice.last_day >= since.day)
        .group_by(invoice.number, line.sku, line.unit_price_ore)
        .order_by(invoice.number, line.sku, line.unit_price_ore),
    )
    return [
        InvoicedArticle(number, sku, int(quantity), Decimal(price))
        for number, sku, quantity, price in rows
    ]


def returned(tx: Tx, since: Since) -> list[ReturnedLetter]:
    """Return the letters that came back; their addresses cannot be read out of it."""
    rows = tx.execute(
        select(
            shipments.c.id,
            shipments.c.sender_id,
            return_lines.c.returned_on,
            recipients.c.name,
            recipients.c.address_lines,
            recipients.c.postcode,
        )
        .select_from(return_lines)
        .join(shipments, shipments.c.id == return_lines.c.shipment_id)
        .join(recipients, recipients.c.shipment_id == shipments.c.id)
        .where(
            return_lines.c.state == LineState.APPLIED,
            or_(return_lines.c.returned_on >= since.day, return_lines.c.returned_on.is_(None)),
        )
        .order_by(return_lines.c.returned_on, shipments.c.id),
    )
    return [
        ReturnedLetter(one, sender, back_on or since.day, _unreadable(name, lines, postcode))
        for one, sender, back_on, name, lines, postcode in rows
    ]


def stray_charges(tx: Tx) -> list[StrayCharge]:
    """Return what is charged for letters without a receipt in force, where it is not nothing."""
    has_receipt = exists().where(receipt_lines.c.shipment_id == charges.c.shipment_id, IN_FORCE)
    total = func.sum(charges.c.net_ore)
    rows = tx.execute(
        select(charges.c.shipment_id, total)
        .where(~has_receipt)
        .group_by(charges.c.shipment_id)
        .having(total != 0)
        .order_by(charges.c.shipment_id),
    )
    return [StrayCharge(one, int(ore)) for one, ore in rows]


def months(tx: Tx, now: datetime) -> list[SenderMonth]:
    """Return what each sender had posted in each of the last four whole months."""
    line, found = receipt_lines.c, []
    before = oslo_date(now).replace(day=1)
    for _ in range(MONTHS):
        first = (before - timedelta(days=1)).replace(day=1)
        sheets = line.sheets_by_machine + line.sheets_by_hand
        rows = tx.execute(
            select(
                shipments.c.sender_id,
                func.count(),
                func.sum(sheets),
                func.sum(line.pages_black_white + line.pages_colour),
                func.sum(line.pages_colour),
            )
            .select_from(receipt_lines)
            .join(shipments, shipments.c.id == line.shipment_id)
            .where(IN_FORCE, line.posted_at >= _midnight(first), line.posted_at < _midnight(before))
            .group_by(shipments.c.sender_id)
            .order_by(shipments.c.sender_id),
        )
        found += [
            SenderMonth(sender, first, count, int(of or 0), int(pages or 0), int(colour or 0))
            for sender, count, of, pages, colour in rows
        ]
        before = first
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OSLO).astimezone(UTC)


def _unreadable(*address: Any) -> str:
    """Return the same text for the same address, out of which no address can be read."""
    return hashlib.sha256(json.dumps(address).encode()).hexdigest()
