"""What a month's report is held against: charges, letters, invoices."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, not_, select

from flows.database.issued_invoices import missing_numbers
from flows.database.ledger import is_entered
from flows.database.ledger_tables import issued_invoices, ledger, ledger_invoiced
from flows.database.session import Tx
from flows.database.tables import (
    charges,
    events,
    receipt_files,
    receipt_lines,
    senders,
    shipments,
    vendor_invoices,
)
from flows.domain.invoicing import Series
from flows.domain.ledger import Category
from flows.domain.receipt import LineState
from flows.domain.status import FINAL


def charge_totals(tx: Tx, period: str, *, first: date, before: date) -> dict[str, int]:
    """Return what the charges behind a month's entries add up to, counted without the ledger.

    Keys: net_ore, vat_ore, charges, receipts (lines they stand on), and not_entered: charges of
    letters posted in the month that the ledger lacks.
    """
    here = exists().where(
        *[
            ledger.c[name] == charges.c[name]
            for name in ("file_sha256", "line", "kind", "charge_class")
        ],
        ledger.c.billing_period == period,
        ledger.c.category == Category.USAGE.value,
    )
    row = (
        tx.execute(
            select(
                func.coalesce(func.sum(charges.c.net_ore), 0).label("net_ore"),
                func.coalesce(func.sum(charges.c.vat_ore), 0).label("vat_ore"),
                func.count().label("charges"),
            ).where(here)
        )
        .mappings()
        .one()
    )
    lines = (
        select(charges.c.file_sha256, charges.c.line, charges.c.charge_class)
        .where(here)
        .distinct()
        .subquery("lines")
    )
    missing = select(func.count()).where(
        charges.c.posted_on >= first, charges.c.posted_on < before, not_(is_entered())
    )
    return {
        **{name: int(value) for name, value in row.items()},
        "receipts": int(tx.scalar(select(func.count()).select_from(lines)) or 0),
        "not_entered": int(tx.scalar(missing) or 0),
    }


def ledger_totals(tx: Tx, period: str) -> dict[str, int]:
    """Return the sums of a month's entries: net_ore, vat_ore; and invoiced_ore, of those billed."""
    billed = exists().where(ledger_invoiced.c.ledger_id == ledger.c.id)
    row = tx.execute(
        select(
            func.coalesce(func.sum(ledger.c.billed_ore), 0),
            func.coalesce(func.sum(ledger.c.vat_ore), 0),
            func.coalesce(func.sum(case((billed, ledger.c.billed_ore), else_=0)), 0),
        ).where(ledger.c.billing_period == period)
    ).one()
    return dict(zip(("net_ore", "vat_ore", "invoiced_ore"), map(int, row), strict=True))


def entry_count(tx: Tx, period: str) -> int:
    """Return how many entries a month has."""
    query = select(func.count()).where(ledger.c.billing_period == period)
    return int(tx.scalar(query) or 0)


def letter_counts(tx: Tx, *, begins: datetime, ends: datetime) -> dict[str, int]:
    """Return how many letters came and went from one instant until another.

    Keys: `open_before`, `came` and `open_after`, by the letters themselves; `<status>`, how many
    moves into each final status, by the events. A month that is over gives the same for ever.
    """
    arrived = shipments.c.received_at
    ended = and_(shipments.c.status.in_(FINAL), shipments.c.status_at < begins)
    ended_after = and_(shipments.c.status.in_(FINAL), shipments.c.status_at < ends)

    def count(*wanted: Any) -> int:
        return tx.scalar(select(func.count()).select_from(shipments).where(*wanted)) or 0

    moves = tx.execute(
        select(events.c.to_status, func.count())
        .where(
            events.c.to_status.in_(FINAL),
            events.c.at >= begins,
            events.c.at < ends,
        )
        .group_by(events.c.to_status)
    )
    return {
        **{str(status): 0 for status in sorted(FINAL)},
        "open_before": count(arrived < begins, not_(ended)),
        "came": count(arrived >= begins, arrived < ends),
        "open_after": count(arrived < ends, not_(ended_after)),
        **{str(status): moved for status, moved in moves},
    }


def lines_waiting(tx: Tx, until: datetime) -> int:
    """Return how many receipt lines of files fetched before an instant wait for a person."""
    query = (
        select(func.count())
        .select_from(receipt_lines)
        .join(receipt_files, receipt_files.c.sha256 == receipt_lines.c.file_sha256)
        .where(receipt_lines.c.state == LineState.QUARANTINED, receipt_files.c.fetched_at < until)
    )
    return tx.scalar(query) or 0


def invoices(tx: Tx, period: str) -> list[dict[str, Any]]:
    """Return a month's invoices and credit notes, each with the sum of its entries.

    Columns: those of issued_invoices, and sender, credits_number, entries_ore. Ordered by number,
    those without one last.
    """
    credited = issued_invoices.alias("credited")
    on_it = (
        select(ledger_invoiced.c.invoice_id, func.sum(ledger.c.billed_ore).label("entries_ore"))
        .join(ledger, ledger.c.id == ledger_invoiced.c.ledger_id)
        .join(issued_invoices, issued_invoices.c.id == ledger_invoiced.c.invoice_id)
        .where(issued_invoices.c.billing_period == period)
        .group_by(ledger_invoiced.c.invoice_id)
        .subquery("on_it")
    )
    one = issued_invoices.c
    query = (
        select(
            issued_invoices,
            senders.c.name.label("sender"),
            credited.c.number.label("credits_number"),
            func.coalesce(on_it.c.entries_ore, 0).label("entries_ore"),
        )
        .join(senders, senders.c.id == one.sender_id)
        .outerjoin(credited, credited.c.id == one.credits_id)
        .outerjoin(on_it, on_it.c.invoice_id == one.id)
        .where(one.billing_period == period)
        .order_by(one.number.is_(None), one.series, one.number, one.id)
    )
    return [dict(row) for row in tx.execute(query).mappings()]


def numbers_missing(tx: Tx) -> int:
    """Return how many invoice numbers are missing in either series; there must be none."""
    return sum(len(missing_numbers(tx, series)) for series in Series)


def vendor_invoices_of(tx: Tx, *, first: date, before: date) -> list[dict[str, Any]]:
    """Return the vendor's invoices whose period ends in a month, beside what its receipts say.

    Columns: vendor, number, first_day, last_day, net_ore, charged_ore (charges of letters posted
    in the invoice's period). Ordered by vendor and number.
    """
    rows = tx.execute(
        select(vendor_invoices)
        .where(vendor_invoices.c.last_day >= first, vendor_invoices.c.last_day < before)
        .order_by(vendor_invoices.c.vendor, vendor_invoices.c.number)
    ).mappings()
    return [
        {
            "vendor": row["vendor"],
            "number": row["number"],
            "first_day": row["first_day"],
            "last_day": row["last_day"],
            "net_ore": row["net_ore"],
            "charged_ore": _charged(tx, row["vendor"], row["first_day"], row["last_day"]),
        }
        for row in rows.all()
    ]


def _charged(tx: Tx, vendor: str, first: date, last: date) -> int:
    query = (
        select(func.coalesce(func.sum(charges.c.net_ore), 0))
        .join(receipt_files, receipt_files.c.sha256 == charges.c.file_sha256)
        .where(
            receipt_files.c.vendor == vendor,
            charges.c.posted_on >= first,
            charges.c.posted_on <= last,
        )
    )
    return int(tx.scalar(query) or 0)
