"""What stands on no invoice yet, and the drafts it is put on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, delete, insert, select

from flows.database.bulk import insert_rows
from flows.database.issued_invoices import Issued, invoices_of, issued_from, note_acts
from flows.database.ledger_tables import issued_invoices, ledger, ledger_invoiced
from flows.database.session import Tx, in_chunks
from flows.domain.invoicing import InvoiceKind, InvoiceState, Series


@dataclass(frozen=True)
class OpenEntry:
    """A ledger entry that stands on no invoice yet."""

    ledger_id: int
    sender_id: str
    organisation_number: str
    account_code: str
    sku: str
    charged_on: date
    quantity: int
    billed_ore: int


@dataclass(frozen=True)
class Draft:
    """What a draft is to hold."""

    id: str
    payer: str
    sender_id: str
    series: Series
    net_ore: int
    vat_ore: int
    unusual: str
    lines: Mapping[int, int]
    """Ledger id -> line."""


def open_entries(tx: Tx, period: str) -> list[OpenEntry]:
    """Return entries of a month and before that no invoice has, but a draft of that month may.

    A draft of an earlier month that is negative gives its entries too: nobody is sent a claim of
    less than nothing, so they wait for the next.
    """
    held = select(issued_invoices.c.id).where(
        issued_invoices.c.state == InvoiceState.DRAFT,
        (issued_invoices.c.billing_period == period)
        | (and_(issued_invoices.c.billing_period < period, issued_invoices.c.net_ore < 0)),
    )
    rows = tx.execute(
        select(
            ledger.c.id,
            ledger.c.sender_id,
            ledger.c.organisation_number,
            ledger.c.account_code,
            ledger.c.sku,
            ledger.c.charged_on,
            ledger.c.quantity,
            ledger.c.billed_ore,
        )
        .outerjoin(ledger_invoiced, ledger_invoiced.c.ledger_id == ledger.c.id)
        .where(
            ledger.c.billing_period <= period,
            ledger_invoiced.c.ledger_id.is_(None) | ledger_invoiced.c.invoice_id.in_(held),
        )
        .order_by(ledger.c.id)
    )
    return [OpenEntry(*row) for row in rows]


def keep_drafts(tx: Tx, period: str, drafts: Sequence[Draft], at: datetime) -> list[Issued]:
    """Put drafts in the place of a month's; return them. What is approved or gone is not touched.

    A draft whose invoice is no draft any more is left out: its entries wait for the next month.
    """
    before = {one.id: one for one in invoices_of(tx, period)}
    gone = [one.id for one in _replaced(tx, period)]
    for some in in_chunks(gone):
        tx.execute(delete(ledger_invoiced).where(ledger_invoiced.c.invoice_id.in_(some)))
        tx.execute(delete(issued_invoices).where(issued_invoices.c.id.in_(some)))
    taken = before.keys() - set(gone)
    kept = [one for one in drafts if one.id not in taken]
    if kept:
        tx.execute(
            insert(issued_invoices),
            [
                {
                    "id": one.id,
                    "kind": InvoiceKind.INVOICE.value,
                    "state": InvoiceState.DRAFT,
                    "billing_period": period,
                    "payer": one.payer,
                    "sender_id": one.sender_id,
                    "series": one.series,
                    "net_ore": one.net_ore,
                    "vat_ore": one.vat_ore,
                    "unusual": one.unusual,
                }
                for one in kept
            ],
        )
    insert_rows(
        tx,
        ledger_invoiced,
        ("ledger_id", "invoice_id", "line"),
        [(entry, one.id, line) for one in kept for entry, line in one.lines.items()],
    )
    note_acts(tx, [one.id for one in kept if one.id not in before], "drafted", at)
    return [one for one in invoices_of(tx, period) if one.state is InvoiceState.DRAFT]


def _replaced(tx: Tx, period: str) -> list[Issued]:
    earlier = select(issued_invoices).where(
        issued_invoices.c.state == InvoiceState.DRAFT,
        issued_invoices.c.billing_period < period,
        issued_invoices.c.net_ore < 0,
    )
    drafts = [one for one in invoices_of(tx, period) if one.state is InvoiceState.DRAFT]
    return [*drafts, *(issued_from(row) for row in tx.execute(earlier).mappings())]


def earlier_amounts(tx: Tx, period: str) -> dict[tuple[str, str], list[int]]:
    """Return what payers were invoiced in earlier months, latest first, by sender and payer."""
    rows = tx.execute(
        select(issued_invoices)
        .where(
            issued_invoices.c.billing_period < period,
            issued_invoices.c.kind == InvoiceKind.INVOICE,
            issued_invoices.c.state.in_([InvoiceState.FROZEN, InvoiceState.SENT]),
        )
        .order_by(issued_invoices.c.billing_period.desc(), issued_invoices.c.id)
    ).mappings()
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        found[row["sender_id"], row["payer"]].append(row["net_ore"])
    return found
