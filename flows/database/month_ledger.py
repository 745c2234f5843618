"""The ledger of one billing month, as reports read it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, and_, case, func, or_, select

from flows.database.ledger_tables import issued_invoices, ledger, ledger_invoiced
from flows.database.session import Tx
from flows.database.tables import pieces, receipt_files, receipt_lines, senders
from flows.domain.ledger import Category

CHUNK: Final = 20_000
"""Rows fetched at once: a month has hundreds of thousands."""

ENTRY_COLUMNS: Final = (
    "charged_on",
    "sender_id",
    "sender",
    "organisation_number",
    "account_code",
    "shipment_id",
    "batch_id",
    "vendor",
    "kind",
    "sku",
    "category",
    "entry_class",
    "quantity",
    "list_ore",
    "contracted_ore",
    "billed_ore",
    "vat_ore",
    "invoice_id",
    "invoice_number",
    "file_sha256",
    "line",
)
"""Of `entries`; the ledger's own words."""

IS_LETTER: Final = and_(ledger.c.kind == "POSTAGE", ledger.c.category == Category.USAGE.value)
"""A posted letter has one such entry, and one of -1 when its receipt is taken back."""


def entries(tx: Tx, period: str) -> Iterator[Sequence[Sequence[Any]]]:
    """Give every entry of a billing month, ENTRY_COLUMNS, some thousand at a time.

    invoice_id and invoice_number are None where there is none yet. Ordered: equal facts, equal
    reports, in whatever order they were entered.
    """
    query = (
        select(
            ledger.c.charged_on,
            ledger.c.sender_id,
            senders.c.name,
            *[ledger.c[name] for name in ENTRY_COLUMNS[3:17]],
            issued_invoices.c.id,
            issued_invoices.c.number,
            ledger.c.file_sha256,
            ledger.c.line,
        )
        .join(senders, senders.c.id == ledger.c.sender_id)
        .outerjoin(ledger_invoiced, ledger_invoiced.c.ledger_id == ledger.c.id)
        .outerjoin(issued_invoices, issued_invoices.c.id == ledger_invoiced.c.invoice_id)
        .where(ledger.c.billing_period == period)
        .order_by(
            ledger.c.charged_on,
            ledger.c.sender_id,
            ledger.c.account_code,
            ledger.c.shipment_id,
            ledger.c.file_sha256,
            ledger.c.line,
            ledger.c.charge_class,
            ledger.c.kind,
            ledger.c.sku,
            ledger.c.turn,
            ledger.c.category,
        )
    )
    rows = tx.execute(query, execution_options={"stream_results": True})
    yield from rows.partitions(CHUNK)


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
