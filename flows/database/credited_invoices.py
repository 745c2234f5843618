"""Take an invoice back, or a part of it: a credit note, and what is billed again."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from flows.database.issued_invoices import (
    Issued,
    changed,
    entries_on,
    issued_from,
    move,
    note_acts,
)
from flows.database.ledger_tables import (
    issued_invoices,
    ledger,
    ledger_credited,
    ledger_invoiced,
)
from flows.database.session import Tx
from flows.domain.crediting import Standing, Taken, Wanted, taken_of
from flows.domain.invoicing import STATE_MOVES, InvoiceKind, InvoiceState, Series
from flows.domain.ledger import Category, EntryClass
from flows.domain.money import vat_of
from flows.errors import NeedsAPerson

CHARGE = ("file_sha256", "line", "kind", "charge_class", "sku")
AMOUNTS = ("quantity", "list_ore", "contracted_ore")


def credit(
    tx: Tx,
    invoice: Issued,
    *,
    wanted: Sequence[Wanted] = (),
    period: str,
    bill_again: bool,
    by: str,
    why: str,
    at: datetime,
) -> Issued:
    """Make a credit note, approved; its entries take the invoice's off.

    wanted: lines, or amounts of them; none is all that is left. bill_again: put the same back in
    the ledger, for the next draft. The same lines, amounts and reason again return the credit note
    there is. Raises NeedsAPerson when less is left of the invoice.
    """
    id_ = f"{invoice.id}-K{_named(wanted, why)}"
    known = tx.execute(select(issued_invoices).where(issued_invoices.c.id == id_)).mappings()
    if (row := known.first()) is not None:
        return issued_from(row)
    _can_be_credited(tx, invoice)
    entries = {entry["id"]: entry for entry in entries_on(tx, invoice.id)}
    standing = standing_of(tx, invoice.id)
    taken = taken_of(standing, wanted, invoice.id)
    net = sum(one.ore for one in taken)
    if net <= 0:
        raise NeedsAPerson(
            "a credit note that gives nothing back is not sent",
            where=invoice.id,
            do="credit it together with other lines",
        )
    if net == sum(one.left_ore for one in standing):
        move(tx, invoice, InvoiceState.CREDITED, at, by=by, why=why)
    note = changed(
        invoice,
        id=id_,
        kind=InvoiceKind.CREDIT_NOTE.value,
        state=InvoiceState.APPROVED,
        billing_period=period,
        number=None,
        net_ore=-net,
        vat_ore=0 if invoice.series is Series.INTERNAL else -vat_of(net),
        unusual="",
        issued_on=None,
        due_on=None,
        credits_id=invoice.id,
        xml_sha256="",
        pdf_sha256="",
    )
    tx.execute(insert(issued_invoices), [vars(note)])
    _enter(tx, entries, taken, note, bill_again=bill_again)
    note_acts(tx, [id_], "approved", at, by=by, why=why)
    return note


def standing_of(tx: Tx, invoice_id: str) -> list[Standing]:
    """Return what earlier credit notes have left of each entry on an invoice."""
    gone = ledger.alias("gone")
    rows = tx.execute(
        select(
            ledger.c.id,
            ledger_invoiced.c.line,
            ledger.c.billed_ore + func.coalesce(func.sum(gone.c.billed_ore), 0),
            ledger.c.vat_ore + func.coalesce(func.sum(gone.c.vat_ore), 0),
        )
        .join(ledger_invoiced, ledger_invoiced.c.ledger_id == ledger.c.id)
        .outerjoin(ledger_credited, ledger_credited.c.ledger_id == ledger.c.id)
        .outerjoin(gone, gone.c.id == ledger_credited.c.credit_id)
        .where(ledger_invoiced.c.invoice_id == invoice_id)
        .group_by(ledger.c.id, ledger_invoiced.c.line, ledger.c.billed_ore, ledger.c.vat_ore)
        .order_by(ledger.c.id)
    )
    return [Standing(id_, line, int(ore), int(vat)) for id_, line, ore, vat in rows]


def _can_be_credited(tx: Tx, invoice: Issued) -> None:
    """Refuse what is no invoice or has not gone; and let one credit note be made at a time."""
    if invoice.kind != InvoiceKind.INVOICE:
        raise NeedsAPerson(
            "a credit note is not credited", where=invoice.id, do="bill again what was wrong"
        )
    if (invoice.state, InvoiceState.CREDITED) not in STATE_MOVES:
        raise NeedsAPerson(
            f"the invoice is {invoice.state}, and cannot become {InvoiceState.CREDITED}",
            where=invoice.id,
            do="see where it is: svarut invoice list",
        )
    tx.execute(  # holds the row until the end
        update(issued_invoices)
        .where(issued_invoices.c.id == invoice.id)
        .values(state=issued_invoices.c.state)
    )


def _enter(
    tx: Tx,
    entries: dict[int, dict[str, Any]],
    taken: Sequence[Taken],
    note: Issued,
    *,
    bill_again: bool,
) -> None:
    """Enter what is taken off, on the note; and what is billed again, on nothing yet."""
    turns = _last_turns(tx, note.credits_id or "")
    steps = _last_steps(tx, note.credits_id or "")
    off: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for one in taken:
        entry = entries[one.ledger_id]
        charge = tuple(entry[name] for name in CHARGE)
        turns[charge] += 1
        for rows, category, sign in (
            (off, Category.CREDIT, -1),
            (again, Category.ADJUSTMENT, 1),
        ):
            rows.append(_row(entry, one, category, sign, turns[charge], note.billing_period))
    ids = list(tx.scalars(insert(ledger).returning(ledger.c.id, sort_by_parameter_order=True), off))
    if bill_again:
        tx.execute(insert(ledger), again)
    made = [(one.ledger_id, id_) for one, id_ in zip(taken, ids, strict=True)]
    tx.execute(
        insert(ledger_credited),
        [{"ledger_id": entry, "step": steps[entry] + 1, "credit_id": id_} for entry, id_ in made],
    )
    tx.execute(
        insert(ledger_invoiced),
        [
            {
                "ledger_id": id_,
                "invoice_id": note.id,
                "line": entries[entry]["invoice_line"],
            }
            for entry, id_ in made
        ],
    )


def _row(
    entry: dict[str, Any], one: Taken, category: Category, sign: int, turn: int, period: str
) -> dict[str, Any]:
    """Return an entry with what is taken; the last part takes the count with it."""
    amounts = {
        name: entry[name] if entry[name] is None else entry[name] * sign * one.all_of_it
        for name in AMOUNTS
    }
    return {
        **{name: value for name, value in entry.items() if name not in {"id", "invoice_line"}},
        **amounts,
        "category": category.value,
        "turn": turn,
        "entry_class": EntryClass.CORRECTION.value,
        "billing_period": period,
        "billed_ore": one.ore * sign,
        "vat_ore": one.vat_ore * sign,
    }


def _last_turns(tx: Tx, invoice_id: str) -> Counter[tuple[Any, ...]]:
    """Return the last turn of every charge and article on an invoice."""
    same = ledger.alias("same")
    rows = tx.execute(
        select(*[same.c[name] for name in CHARGE], func.max(same.c.turn))
        .select_from(ledger_invoiced)
        .join(ledger, ledger.c.id == ledger_invoiced.c.ledger_id)
        .join(same, _equal(same, ledger))
        .where(ledger_invoiced.c.invoice_id == invoice_id)
        .group_by(*[same.c[name] for name in CHARGE])
    )
    return Counter({tuple(row[:-1]): row[-1] for row in rows})


def _equal(same: Any, entry: Any) -> Any:
    first, *rest = (same.c[name] == entry.c[name] for name in CHARGE)
    for each in rest:
        first &= each
    return first


def _last_steps(tx: Tx, invoice_id: str) -> Counter[int]:
    rows = tx.execute(
        select(ledger_credited.c.ledger_id, func.max(ledger_credited.c.step))
        .join(ledger_invoiced, ledger_invoiced.c.ledger_id == ledger_credited.c.ledger_id)
        .where(ledger_invoiced.c.invoice_id == invoice_id)
        .group_by(ledger_credited.c.ledger_id)
    )
    return Counter({row[0]: row[1] for row in rows})


def _named(wanted: Sequence[Wanted], why: str) -> str:
    """Return what makes a part's credit note the same a second time; nothing for the whole."""
    if not wanted:
        return ""
    said = repr(sorted((one.line, one.amount_ore or 0) for one in wanted)) + why
    return hashlib.sha256(said.encode()).hexdigest()[:8]
