"""The ledger of one billing month, as reports read it."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, String, and_, case, cast, func, or_, select

from flows.database.ledger_tables import issued_invoices, ledger, ledger_invoiced
from flows.database.session import Tx
from flows.database.tables import pieces, receipt_files, receipt_lines, senders
from flows.domain.ledger import Category

IS_LETTER: Final = and_(ledger.c.kind == "POSTAGE", ledger.c.category == Category.USAGE.value)
"""A posted letter has one such entry, and one of -1 when its receipt is taken back."""


def letters(tx: Tx, period: str) -> list[tuple[Any, ...]]:
    """Return a billing month's letters: a row a letter, day, code and invoice.

    Columns: charged_on, sender_id, sender, organisation_number, account_code, shipment_id,
    batch_id, vendor; production, postage, net, VAT, gross, list and contracted in øre (the last two
    None where a price is not known); invoice, its number or id, empty where there is none.
    Ordered: equal facts, equal rows.
    """
    entry = ledger.c

    def of(kind: str) -> Any:
        return func.sum(case((entry.kind == kind, entry.billed_ore), else_=0))

    def known(column: Any) -> Any:
        """Sum a column, or say None where one of its values is not known."""
        return case((func.count(column) == func.count(), func.sum(column)), else_=None)

    keys = (
        entry.charged_on, entry.sender_id, senders.c.name, entry.organisation_number,
        entry.account_code, entry.shipment_id, entry.batch_id, entry.vendor,
    )  # fmt: skip
    invoice = func.coalesce(cast(issued_invoices.c.number, String), issued_invoices.c.id, "")
    query = (
        select(
            *keys,
            of("PRODUCTION"),
            of("POSTAGE"),
            func.sum(entry.billed_ore),
            func.sum(entry.vat_ore),
            func.sum(entry.billed_ore) + func.sum(entry.vat_ore),
            known(entry.list_ore),
            known(entry.contracted_ore),
            invoice,
        )
        .join(senders, senders.c.id == entry.sender_id)
        .outerjoin(ledger_invoiced, ledger_invoiced.c.ledger_id == entry.id)
        .outerjoin(issued_invoices, issued_invoices.c.id == ledger_invoiced.c.invoice_id)
        .where(entry.billing_period == period)
        .group_by(*keys, invoice)
        .order_by(*keys, invoice)
    )
    return [tuple(row) for row in tx.execute(query)]


def counted(tx: Tx, period: str) -> list[tuple[Any, ...]]:
    """Return what receipts that were charged in a month count; of a letter the last one is last.

    Columns: shipment_id, pages_black_white, pages_colour, sheets_by_machine, sheets_by_hand,
    weight_grams.
    """
    entry, line = ledger.c, receipt_lines.c
    query = (
        select(
            entry.shipment_id,
            line.pages_black_white,
            line.pages_colour,
            line.sheets_by_machine,
            line.sheets_by_hand,
            line.weight_grams,
        )
        .join(receipt_lines, and_(line.file_sha256 == entry.file_sha256, line.line == entry.line))
        .where(
            entry.billing_period == period,
            entry.charge_class == "CHARGE",
            entry.category == Category.USAGE.value,
            entry.kind == "POSTAGE",
        )
        .order_by(line.booked_on, line.file_sha256, line.line)
    )
    return [tuple(row) for row in tx.execute(query)]


def postage(tx: Tx, period: str) -> list[dict[str, Any]]:
    """Return a month's postage by day, article, and the weight we reckoned.

    Columns: charged_on, sku (as the receipt's weight gives it), weight_mg (ours, None where we do
    not know), priced (the contract had a price), letters, contracted_ore, billed_ore.
    """
    priced = case((ledger.c.contracted_ore.is_(None), 0), else_=1)
    keys = (ledger.c.charged_on, ledger.c.sku, pieces.c.weight_mg, priced)
    query = (
        select(
            ledger.c.charged_on,
            ledger.c.sku,
            pieces.c.weight_mg,
            priced.label("priced"),
            func.sum(ledger.c.quantity).label("letters"),
            func.coalesce(func.sum(ledger.c.contracted_ore), 0).label("contracted_ore"),
            func.sum(ledger.c.billed_ore).label("billed_ore"),
        )
        .join(
            receipt_lines,
            and_(
                receipt_lines.c.file_sha256 == ledger.c.file_sha256,
                receipt_lines.c.line == ledger.c.line,
            ),
        )
        .outerjoin(
            pieces,
            and_(
                pieces.c.batch_id == receipt_lines.c.batch_id,
                pieces.c.number == receipt_lines.c.piece_number,
            ),
        )
        .where(ledger.c.billing_period == period, IS_LETTER)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def files(tx: Tx, period: str, *, begins: datetime, ends: datetime) -> list[dict[str, Any]]:
    """Return the vendor's files that a month is made of, and those that came in it.

    Columns: sha256, kind, vendor, name, fetched_at, state, line_count, lines (of them in the
    month's ledger), billed_ore. Ordered by when they came.
    """
    used = (
        select(
            ledger.c.file_sha256,
            func.count(func.distinct(ledger.c.line)).label("lines"),
            func.sum(ledger.c.billed_ore).label("billed_ore"),
        )
        .where(ledger.c.billing_period == period, ledger.c.category == Category.USAGE.value)
        .group_by(ledger.c.file_sha256)
        .subquery("used")
    )
    file = receipt_files.c
    query = (
        select(
            file.sha256,
            file.kind,
            file.vendor,
            file.name,
            file.fetched_at,
            file.state,
            file.line_count,
            func.coalesce(used.c.lines, 0).label("lines"),
            func.coalesce(used.c.billed_ore, 0).label("billed_ore"),
        )
        .outerjoin(used, used.c.file_sha256 == file.sha256)
        .where(
            or_(
                used.c.file_sha256.is_not(None),
                and_(file.fetched_at >= begins, file.fetched_at < ends),
            )
        )
        .order_by(file.fetched_at, file.sha256)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def by_period(tx: Tx, first: str, last: str) -> list[dict[str, Any]]:
    """Return sums of the billing months from `first` to `last`.

    Columns: billing_period, letters, production_ore, postage_ore. Ordered by month.
    """

    def of(kind: str) -> Any:
        return func.sum(case((ledger.c.kind == kind, ledger.c.billed_ore), else_=0))

    query = (
        select(
            ledger.c.billing_period,
            func.sum(case((IS_LETTER, ledger.c.quantity), else_=0), type_=Integer).label("letters"),
            of("PRODUCTION").label("production_ore"),
            of("POSTAGE").label("postage_ore"),
        )
        .where(ledger.c.billing_period >= first, ledger.c.billing_period <= last)
        .group_by(ledger.c.billing_period)
        .order_by(ledger.c.billing_period)
    )
    return [dict(row) for row in tx.execute(query).mappings()]
