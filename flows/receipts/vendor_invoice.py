"""The vendor's monthly invoice specification: read, kept, and held against our charges."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from flows.database import invoices, receipts
from flows.database.open_items import OpenItem, raise_item
from flows.database.session import Database, transaction
from flows.domain.money import kroner
from flows.domain.vendor_invoice import InvoiceLine, VendorInvoice, differences
from flows.domain.vendor_profile import NEUTRAL, Dialect, Money, VendorProfile
from flows.receipts import cells
from flows.receipts.cells import UnreadableError
from flows.receipts.raw_rows import Cell, RawFile, RefusedError, RefusedFile
from flows.receipts.receipt_file import check_totals, opened

_PRICE: Final = re.compile(r"-?\d{1,7}(\.\d{1,4})?")


def read_invoice(
    content: bytes, *, customer: str, profile: VendorProfile = NEUTRAL
) -> VendorInvoice | RefusedFile:
    """Read an invoice specification, or say why it is refused whole.

    One line that cannot be read refuses it: an invoice of which a part is known adds up to nothing.
    """
    dialect = profile.invoices
    try:
        raw = opened(content, dialect, profile.customers or (customer,), ())
        lines = tuple(_line(line, row, raw.columns, dialect) for line, row in raw.rows)
        totals = {
            "lines": ("lines", len(lines)),
            "net": ("net amount in øre", sum(line.net_ore for line in lines)),
        }
        check_totals(raw, dialect, totals)
        return _invoice(raw, dialect, lines)
    except RefusedError as fault:
        return RefusedFile(str(fault))
    except UnreadableError as fault:
        return RefusedFile(f"what the invoice says of itself cannot be read: {fault}")


def keep(
    database: Database,
    profile: VendorProfile,
    name: str,
    sha256: str,
    invoice: VendorInvoice,
    now: datetime,
) -> tuple[int, int, int, int]:
    """Keep an invoice, its lines and where it differs; return lines kept, 0, 0, refused."""
    with transaction(database) as tx:
        known = invoices.is_known(tx, profile.id, invoice.number)
        receipts.keep_file(
            tx,
            sha256=sha256,
            kind="INVOICE",
            vendor=profile.id,
            name=name,
            state="REFUSED" if known else "BOOKED",
            reason="the invoice's number is known, with other contents" if known else "",
            line_count=len(invoice.lines),
            at=now,
        )
        if known:
            item = OpenItem(
                "RECEIPT_REFUSED",
                name,
                f"invoice {invoice.number} has come before, with other contents",
                "ask the vendor which one is right; the first one stands",
            )
            raise_item(tx, item, now)
            return 0, 0, 0, 1
        invoices.keep(tx, sha256, profile.id, invoice)
        days = (invoice.first_day, invoice.last_day)
        found = differences(
            invoice,
            charged=invoices.charged(tx, sha256),
            in_period=invoices.charged_in(tx, profile.id, *days),
            invoiced_before=invoices.invoiced_before(tx, sha256, profile.id, *days),
        )
        invoices.keep_differences(tx, sha256, found)
        if found:
            apart = sum(one.invoiced_ore - one.charged_ore for one in found)
            item = OpenItem(
                "INVOICE_DIFFERS",
                invoice.number,
                f"{len(found)} differences between the invoice and our charges, "
                f"{kroner(apart)} kr together",
                f"svarut receipts invoice {invoice.number} lists them; nothing was adjusted",
            )
            raise_item(tx, item, now)
    return len(invoice.lines), 0, 0, 0


def _invoice(raw: RawFile, dialect: Dialect, lines: tuple[InvoiceLine, ...]) -> VendorInvoice:
    ore, day = cells.ore_of(dialect), cells.day_of(dialect)
    said = {name: raw.control.get(name, "") for name in dialect.control}
    invoice = VendorInvoice(
        number=cells.required_text(said.get("number", "")),
        first_day=day(said.get("first_day", "")),
        last_day=day(said.get("last_day", "")),
        net_ore=ore(said.get("net", "")),
        vat_ore=ore(said.get("vat", "")),
        lines=lines,
    )
    if invoice.last_day < invoice.first_day:
        raise RefusedError("the invoice's period ends before it begins")
    return invoice


def _line(line: int, row: Sequence[Cell], columns: Sequence[str], dialect: Dialect) -> InvoiceLine:
    if len(row) != len(columns):
        raise RefusedError(f"line {line} has {len(row)} fields instead of {len(columns)}")
    said = dict(zip(columns, row, strict=True))
    parsers: dict[str, Any] = {
        "batch_id": cells.text,
        "shipment_id": cells.text,
        "sku": cells.required_text,
        "quantity": cells.count,
        "unit_price": _price_of(dialect),
        "net_ore": cells.ore_of(dialect),
    }
    values: dict[str, Any] = {}
    for field, theirs in dialect.columns.items():
        cell = said[theirs]
        try:
            values[field] = parsers[field](cell.strip() if isinstance(cell, str) else cell)
        except UnreadableError as fault:
            raise RefusedError(f"line {line}: {theirs} {fault}") from None
    values["unit_price_ore"] = values.pop("unit_price")
    return InvoiceLine(line, **values)


def _price_of(dialect: Dialect) -> Any:
    """Return how to read a price in øre; it may have parts of an øre."""
    times = 1 if dialect.money is Money.ORE else 100

    def price(cell: Cell) -> Decimal:
        said = str(cell).replace(dialect.decimal, ".") if isinstance(cell, str) else str(cell)
        if not _PRICE.fullmatch(said) or (
            dialect.decimal == "," and "." in str(cell) and (isinstance(cell, str))
        ):
            raise UnreadableError("is no price with at most four decimals")
        return Decimal(said) * times

    return price
