"""Keep the vendor's invoices, and where they differ from our charges."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, insert, or_, select

from flows.database.bulk import insert_rows
from flows.database.session import Tx
from flows.database.tables import (
    charges,
    invoice_differences,
    receipt_files,
    vendor_invoice_lines,
    vendor_invoices,
)
from flows.domain.vendor_invoice import Difference, DifferenceCode, Subject, VendorInvoice


def is_known(tx: Tx, vendor: str, number: str) -> bool:
    """Say whether a vendor's invoice has come before."""
    query = select(vendor_invoices.c.number).where(
        vendor_invoices.c.vendor == vendor, vendor_invoices.c.number == number
    )
    return tx.execute(query).first() is not None


def keep(tx: Tx, sha256: str, vendor: str, invoice: VendorInvoice) -> None:
    """Keep an invoice and all its lines."""
    tx.execute(
        insert(vendor_invoices).values(
            file_sha256=sha256,
            vendor=vendor,
            number=invoice.number,
            first_day=invoice.first_day,
            last_day=invoice.last_day,
            net_ore=invoice.net_ore,
            vat_ore=invoice.vat_ore,
        ),
    )
    columns = (
        "file_sha256",
        "line",
        "batch_id",
        "shipment_id",
        "sku",
        "kind",
        "quantity",
        "unit_price_ore",
        "net_ore",
    )
    insert_rows(
        tx,
        vendor_invoice_lines,
        columns,
        (
            (
                sha256,
                line.line,
                line.batch_id,
                line.shipment_id,
                line.sku,
                line.kind,
                line.quantity,
                str(line.unit_price_ore),
                line.net_ore,
            )
            for line in invoice.lines
        ),
    )


def charged(tx: Tx, sha256: str) -> dict[Subject, int]:
    """Return what we charged for the letters on an invoice, reversals taken off."""
    named = select(vendor_invoice_lines.c.shipment_id).where(
        vendor_invoice_lines.c.file_sha256 == sha256
    )
    return _sums(tx, _charges().where(charges.c.shipment_id.in_(named)))


def charged_in(tx: Tx, vendor: str, first: date, last: date) -> dict[Subject, int]:
    """Return what we charged for letters a vendor posted from `first` to `last`."""
    return _sums(
        tx,
        _charges()
        .join(receipt_files, receipt_files.c.sha256 == charges.c.file_sha256)
        .where(
            receipt_files.c.vendor == vendor,
            charges.c.posted_on >= first,
            charges.c.posted_on <= last,
        ),
    )


def invoiced_before(
    tx: Tx, sha256: str, vendor: str, first: date, last: date
) -> dict[Subject, int]:
    """Return what other invoices of a vendor say of the letters of this one and of its period."""
    lines = vendor_invoice_lines.c
    here = select(lines.shipment_id).where(lines.file_sha256 == sha256)
    posted = select(charges.c.shipment_id).where(
        charges.c.posted_on >= first, charges.c.posted_on <= last
    )
    return _sums(
        tx,
        select(lines.shipment_id, lines.kind, func.sum(lines.net_ore))
        .join(vendor_invoices, vendor_invoices.c.file_sha256 == lines.file_sha256)
        .where(
            vendor_invoices.c.vendor == vendor,
            lines.file_sha256 != sha256,
            lines.shipment_id != "",
            or_(lines.shipment_id.in_(here), lines.shipment_id.in_(posted)),
        )
        .group_by(lines.shipment_id, lines.kind),
    )


def keep_differences(tx: Tx, sha256: str, found: Sequence[Difference]) -> None:
    """Keep where an invoice and our charges disagree; `insert_rows`, since it may be every line."""
    insert_rows(
        tx,
        invoice_differences,
        ("file_sha256", "code", "subject", "invoiced_ore", "charged_ore"),
        ((sha256, one.code.value, one.subject, one.invoiced_ore, one.charged_ore) for one in found),
    )


def differences_of(tx: Tx, number: str) -> list[Difference]:
    """Return what an invoice, by its number, and our charges did not agree on."""
    rows = tx.execute(
        select(invoice_differences)
        .join(vendor_invoices, vendor_invoices.c.file_sha256 == invoice_differences.c.file_sha256)
        .where(vendor_invoices.c.number == number)
        .order_by(invoice_differences.c.code, invoice_differences.c.subject),
    )
    return [
        Difference(DifferenceCode(row.code), row.subject, row.invoiced_ore, row.charged_ore)
        for row in rows
    ]


def _charges() -> Select[Any]:
    return select(charges.c.shipment_id, charges.c.kind, func.sum(charges.c.net_ore)).group_by(
        charges.c.shipment_id, charges.c.kind
    )


def _sums(tx: Tx, query: Select[Any]) -> dict[Subject, int]:
    return {(shipment, kind): int(net) for shipment, kind, net in tx.execute(query)}
