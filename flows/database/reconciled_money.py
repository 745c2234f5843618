"""What we charge on, as the reconciliation looks at it: the ledger, our invoices, credit notes."""

from datetime import date

from sqlalchemy import and_, func, select

from flows.database.ledger import KEY
from flows.database.ledger_tables import issued_invoices, ledger, ledger_invoiced
from flows.database.session import Tx
from flows.database.tables import charges
from flows.domain.invoicing import InvoiceKind
from flows.domain.ledger import Category
from flows.domain.reconciliation import CreditNote, LedgerGap, OwnInvoice


def ledger_gaps(tx: Tx, since: date) -> list[LedgerGap]:
    """Return charges booked since a day whose entries do not add up to them, or that have none."""
    total = func.sum(ledger.c.billed_ore).label("total")
    entered = (
        select(*[ledger.c[name] for name in KEY], total)
        .where(ledger.c.category == Category.USAGE.value)
        .group_by(*[ledger.c[name] for name in KEY])
        .subquery("entered")
    )
    rows = tx.execute(
        select(charges.c.shipment_id, charges.c.booked_on, charges.c.net_ore, entered.c.total)
        .outerjoin(entered, and_(*[entered.c[name] == charges.c[name] for name in KEY]))
        .where(
            charges.c.booked_on >= since,
            entered.c.total.is_(None) | (entered.c.total != charges.c.net_ore),
        )
        .order_by(charges.c.shipment_id, charges.c.file_sha256, charges.c.line, charges.c.kind)
    )
    return [
        LedgerGap(one, booked_on, net_ore, total is not None, int(total or 0))
        for one, booked_on, net_ore, total in rows
    ]


def own_invoices(tx: Tx) -> list[OwnInvoice]:
    """Return our invoices and credit notes whose amount is not the sum of the entries on them."""
    total = func.coalesce(func.sum(ledger.c.billed_ore), 0)
    rows = tx.execute(
        select(issued_invoices.c.id, issued_invoices.c.net_ore, total.label("total"))
        .outerjoin(ledger_invoiced, ledger_invoiced.c.invoice_id == issued_invoices.c.id)
        .outerjoin(ledger, ledger.c.id == ledger_invoiced.c.ledger_id)
        .group_by(issued_invoices.c.id, issued_invoices.c.net_ore)
        .having(total != issued_invoices.c.net_ore)
        .order_by(issued_invoices.c.id)
    )
    return [OwnInvoice(row.id, row.net_ore, int(row.total)) for row in rows]


def credit_notes(tx: Tx) -> list[CreditNote]:
    """Return every credit note beside the invoice it names, and what all its notes take off."""
    note, invoice = issued_invoices.alias("note"), issued_invoices.alias("invoice")
    others = (
        select(issued_invoices.c.credits_id, func.sum(issued_invoices.c.net_ore).label("net_ore"))
        .where(issued_invoices.c.kind == InvoiceKind.CREDIT_NOTE)
        .group_by(issued_invoices.c.credits_id)
        .subquery("others")
    )
    rows = tx.execute(
        select(
            note.c.id,
            note.c.payer,
            invoice.c.id.label("invoice"),
            invoice.c.payer.label("invoice_payer"),
            invoice.c.net_ore,
            others.c.net_ore.label("taken_off"),
        )
        .outerjoin(invoice, invoice.c.id == note.c.credits_id)
        .outerjoin(others, others.c.credits_id == note.c.credits_id)
        .where(note.c.kind == InvoiceKind.CREDIT_NOTE)
        .order_by(note.c.id)
    )
    return [
        CreditNote(
            id=row.id,
            invoice=row.invoice,
            same_payer=row.payer == row.invoice_payer,
            invoice_ore=row.net_ore or 0,
            credited_ore=-int(row.taken_off or 0),
        )
        for row in rows
    ]
