"""Take a whole invoice back: a credit note, and the charges once more for the next draft."""

from datetime import datetime

from sqlalchemy import and_, insert, literal, select

from flows.database.issued_invoices import Issued, changed, issued_from, move, note_acts
from flows.database.ledger_tables import issued_invoices, ledger, ledger_invoiced
from flows.database.session import Tx
from flows.domain.invoicing import InvoiceState
from flows.domain.ledger import Category, EntryClass
from flows.errors import NeedsAPerson


def credit(
    tx: Tx, invoice: Issued, *, period: str, bill_again: bool, by: str, why: str, at: datetime
) -> Issued:
    """Make the credit note of a whole invoice, approved; its entries take the invoice's off.

    bill_again: put the same charges back in the ledger, for the next draft. An invoice is
    credited once: the second time returns the credit note there is.
    """
    id_ = f"{invoice.id}-K"
    known = tx.execute(select(issued_invoices).where(issued_invoices.c.id == id_)).mappings()
    if (row := known.first()) is not None:
        return issued_from(row)
    if invoice.kind != "INVOICE":
        raise NeedsAPerson(
            "a credit note is not credited", where=invoice.id, do="bill again what was wrong"
        )
    move(tx, invoice, InvoiceState.CREDITED, at, by=by, why=why)
    note = changed(
        invoice,
        id=id_,
        kind="CREDIT_NOTE",
        state=InvoiceState.APPROVED,
        billing_period=period,
        number=None,
        net_ore=-invoice.net_ore,
        vat_ore=-invoice.vat_ore,
        unusual="",
        issued_on=None,
        due_on=None,
        credits_id=invoice.id,
        xml_sha256="",
        pdf_sha256="",
    )
    tx.execute(insert(issued_invoices), [vars(note)])
    _enter_again(tx, invoice.id, period, Category.CREDIT, sign=-1)
    if bill_again:
        _enter_again(tx, invoice.id, period, Category.ADJUSTMENT, sign=1)
    _link_credit(tx, invoice.id, id_)
    note_acts(tx, [id_], "approved", at, by=by, why=why)
    return note


def _enter_again(tx: Tx, invoice_id: str, period: str, category: Category, *, sign: int) -> None:
    other = {
        "category": literal(category.value),
        "turn": ledger.c.turn + 1,
        "entry_class": literal(EntryClass.CORRECTION.value),
        "billing_period": literal(period),
        **{
            name: ledger.c[name] * sign
            for name in ("quantity", "list_ore", "contracted_ore", "billed_ore", "vat_ore")
        },
    }
    names = [column.name for column in ledger.columns if column.name != "id"]
    tx.execute(
        insert(ledger).from_select(
            names,
            select(*[other.get(name, ledger.c[name]) for name in names])
            .join(ledger_invoiced, ledger_invoiced.c.ledger_id == ledger.c.id)
            .where(ledger_invoiced.c.invoice_id == invoice_id)
            .order_by(ledger.c.id),
        )
    )


def _link_credit(tx: Tx, invoice_id: str, credit_id: str) -> None:
    old, new = ledger.alias("old"), ledger.alias("new")
    same = ("file_sha256", "line", "kind", "charge_class", "sku")
    tx.execute(
        insert(ledger_invoiced).from_select(
            ["ledger_id", "invoice_id", "line"],
            select(new.c.id, literal(credit_id), ledger_invoiced.c.line)
            .select_from(ledger_invoiced)
            .join(old, old.c.id == ledger_invoiced.c.ledger_id)
            .join(
                new,
                and_(
                    *[new.c[name] == old.c[name] for name in same],
                    new.c.category == Category.CREDIT.value,
                    new.c.turn == old.c.turn + 1,
                ),
            )
            .where(ledger_invoiced.c.invoice_id == invoice_id),
        )
    )
