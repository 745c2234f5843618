"""Our invoices: what each is, where it is in its life, and its number."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import RowMapping, and_, func, insert, select, text, update

from flows.database.ledger_tables import (
    invoice_acts,
    issued_invoices,
    ledger,
    ledger_invoiced,
)
from flows.database.session import Tx
from flows.domain.invoicing import STATE_MOVES, InvoiceState, Series
from flows.errors import NeedsAPerson

BY_ITSELF: Final = "svarut"
"""Who did what no person did."""

_NUMBERS: Final = 20_210_308
"""The name of the lock for giving numbers, in PostgreSQL."""


@dataclass(frozen=True)
class Issued:
    """An invoice or credit note as we know it. Amounts of a credit note are negative."""

    id: str
    """`<month>-<sender>`, with the payer where that is another; a credit note ends with `-K`."""
    kind: str
    state: InvoiceState
    billing_period: str
    payer: str
    sender_id: str
    series: Series
    number: int | None
    net_ore: int
    vat_ore: int
    unusual: str
    issued_on: date | None
    due_on: date | None
    credits_id: str | None
    xml_sha256: str
    pdf_sha256: str


def invoices_of(tx: Tx, period: str) -> list[Issued]:
    """Return a month's invoices and credit notes, by id."""
    query = select(issued_invoices).where(issued_invoices.c.billing_period == period)
    return [issued_from(row) for row in tx.execute(query.order_by(issued_invoices.c.id)).mappings()]


def with_state(tx: Tx, *states: InvoiceState) -> list[Issued]:
    """Return the documents in some states, by month and id."""
    query = select(issued_invoices).where(issued_invoices.c.state.in_(states))
    order = (issued_invoices.c.billing_period, issued_invoices.c.id)
    return [issued_from(row) for row in tx.execute(query.order_by(*order)).mappings()]


def find_invoice(tx: Tx, named: str) -> Issued:
    """Return the invoice with an id, or with a number of the outgoing series.

    Raises NeedsAPerson when there is none.
    """
    wanted = issued_invoices.c.id == named
    if named.isdigit():
        wanted |= and_(
            issued_invoices.c.number == int(named), issued_invoices.c.series == Series.OUTGOING
        )
    row = tx.execute(select(issued_invoices).where(wanted)).mappings().first()
    if row is None:
        raise NeedsAPerson(
            "there is no such invoice", where=named, do="list them: svarut invoice list"
        )
    return issued_from(row)


def entries_on(tx: Tx, invoice_id: str) -> list[dict[str, Any]]:
    """Return the ledger entries on an invoice, with their line, ordered.

    Columns: ledger's, and line.
    """
    rows = tx.execute(
        select(ledger, ledger_invoiced.c.line.label("invoice_line"))
        .join(ledger_invoiced, ledger_invoiced.c.ledger_id == ledger.c.id)
        .where(ledger_invoiced.c.invoice_id == invoice_id)
        .order_by(ledger.c.charged_on, ledger.c.shipment_id, ledger.c.id)
    ).mappings()
    return [dict(row) for row in rows]


def move(
    tx: Tx, invoice: Issued, to: InvoiceState, at: datetime, *, by: str = BY_ITSELF, why: str = ""
) -> None:
    """Move an invoice in its life, and remember who did it.

    Raises NeedsAPerson when it cannot go there from where it is.
    """
    if (invoice.state, to) not in STATE_MOVES:
        raise NeedsAPerson(
            f"the invoice is {invoice.state}, and cannot become {to}",
            where=invoice.id,
            do="see where it is: svarut invoice list",
        )
    done = tx.execute(
        update(issued_invoices)
        .where(issued_invoices.c.id == invoice.id, issued_invoices.c.state == invoice.state)
        .values(state=to)
    )
    if done.rowcount != 1:
        raise NeedsAPerson(
            "somebody else has just moved the invoice", where=invoice.id, do="look, and try again"
        )
    note_acts(tx, [invoice.id], to.value.lower(), at, by=by, why=why)


def give_number(
    tx: Tx,
    invoice: Issued,
    *,
    first: int,
    issued_on: date,
    due_on: date,
    write: Callable[[Issued], tuple[str, str]],
    at: datetime,
    by: str,
) -> Issued:
    """Freeze an approved invoice: give it the next number of its series, and its files.

    One at a time, also between machines; a number is used only if all of this is committed, so
    there are no gaps. write: makes and writes the files, returns their SHA-256 (XML, PDF).
    Raises NeedsAPerson when it is not approved.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _NUMBERS})
    if (invoice.state, InvoiceState.FROZEN) not in STATE_MOVES:
        raise NeedsAPerson(
            f"the invoice is {invoice.state}, and only an approved one is frozen",
            where=invoice.id,
            do="approve it first: svarut invoice approve",
        )
    last = tx.scalar(
        select(func.max(issued_invoices.c.number)).where(issued_invoices.c.series == invoice.series)
    )
    frozen = changed(
        invoice,
        state=InvoiceState.FROZEN,
        number=first if last is None else last + 1,
        issued_on=issued_on,
        due_on=due_on,
    )
    xml_sha256, pdf_sha256 = write(frozen)
    frozen = changed(frozen, xml_sha256=xml_sha256, pdf_sha256=pdf_sha256)
    done = tx.execute(
        update(issued_invoices)
        .where(issued_invoices.c.id == invoice.id, issued_invoices.c.state == invoice.state)
        .values(
            state=frozen.state,
            number=frozen.number,
            issued_on=issued_on,
            due_on=due_on,
            xml_sha256=xml_sha256,
            pdf_sha256=pdf_sha256,
        )
    )
    if done.rowcount != 1:
        raise NeedsAPerson(
            "somebody else has just moved the invoice", where=invoice.id, do="look, and try again"
        )
    note_acts(tx, [invoice.id], "frozen", at, by=by)
    return frozen


def missing_numbers(tx: Tx, series: Series) -> list[int]:
    """Return the numbers that a series lacks between its first and its last; there must be none."""
    numbers = list(
        tx.scalars(
            select(issued_invoices.c.number)
            .where(issued_invoices.c.series == series, issued_invoices.c.number.is_not(None))
            .order_by(issued_invoices.c.number)
        )
    )
    return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers)) if numbers else []


def acts_of(tx: Tx, invoice_id: str) -> list[tuple[datetime, str, str, str]]:
    """Return everything that was done with an invoice: when, what, by whom, why."""
    acts = invoice_acts.c
    rows = tx.execute(
        select(acts.at, acts.act, acts.by, acts.why)
        .where(acts.invoice_id == invoice_id)
        .order_by(acts.id)
    )
    return [(row.at, row.act, row.by, row.why) for row in rows]


def note_acts(
    tx: Tx, ids: Iterable[str], act: str, at: datetime, *, by: str = BY_ITSELF, why: str = ""
) -> None:
    """Remember what was done with invoices, by whom and why."""
    rows = [{"invoice_id": one, "at": at, "act": act, "by": by, "why": why} for one in ids]
    if rows:
        tx.execute(insert(invoice_acts), rows)


def changed(invoice: Issued, **changes: Any) -> Issued:
    """Return an invoice with other values in some fields."""
    return Issued(**{**vars(invoice), **changes})


def issued_from(row: RowMapping) -> Issued:
    """Return an invoice from its row."""
    return Issued(
        **{
            **dict(row),
            "state": InvoiceState(row["state"]),
            "series": Series(row["series"]),
        }
    )
