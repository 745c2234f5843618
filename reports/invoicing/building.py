"""Make the whole of an invoice from what the database has, and say why it cannot be made."""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from flows.database.issued_invoices import Issued
from flows.domain.account_rules import AccountRules, read_code
from flows.domain.invoicing import InvoiceKind
from flows.domain.kid import kid_of
from flows.domain.sender import Sender
from flows.errors import NeedsAPerson
from flows.settings import InvoiceSettings
from reports.invoicing.invoice import (
    Attachment,
    Entry,
    Invoice,
    InvoiceLine,
    Party,
    lines_of,
)
from reports.invoicing.specification import XLSX, specification

ATTACHED: Final = "spesifikasjon-{number}.xlsx"
ORGANISATION_DIGITS: Final = 9

_PLACE: Final = re.compile(r"(?P<postcode>[0-9]{4}) +(?P<city>.+)")


def fault_of(sender_id: str, payer: str, senders: Mapping[str, Sender]) -> str:
    """Say why an invoice to a payer for a sender cannot go; empty when it can."""
    sender = senders[sender_id]
    who = _who_pays(sender, payer, senders)
    if who is None:
        return f"no sender has the payer's organisation number {payer}"
    return "" if who.invoice_reference else f"{who.id} has no invoice_reference"


def build(
    issued: Issued,
    entries: Sequence[Mapping[str, Any]],
    *,
    senders: Mapping[str, Sender],
    rules: Mapping[str, AccountRules],
    settings: InvoiceSettings,
    credited: Issued | None,
    description: str,
) -> Invoice:
    """Return a frozen invoice or credit note whole, with its specification attached.

    entries: flows.database.issued_invoices.entries_on. credited: what a credit note is about.
    Raises NeedsAPerson when the payer is not known.
    """
    if issued.number is None or issued.issued_on is None or issued.due_on is None:
        raise NeedsAPerson("the invoice is not frozen", where=issued.id, do="freeze it first")
    fault = fault_of(issued.sender_id, issued.payer, senders)
    who = _who_pays(senders[issued.sender_id], issued.payer, senders)
    if fault or who is None:
        raise NeedsAPerson(fault, where=issued.id, do="mend it: svarut senders import")
    sign = -1 if issued.kind == InvoiceKind.CREDIT_NOTE else 1
    first, last = _month(issued.billing_period if credited is None else credited.billing_period)
    number = str(issued.number)
    content = specification(number, entries)
    return Invoice(
        kind=InvoiceKind(issued.kind),
        number=number,
        issued_on=issued.issued_on,
        due_on=issued.due_on,
        first_day=first,
        last_day=last,
        seller=_seller(settings),
        buyer=_party(who),
        buyer_reference=who.invoice_reference,
        bank_account=settings.bank_account,
        kid=kid_of(int(issued.payer), issued.number, customer_digits=ORGANISATION_DIGITS),
        lines=_lines(entries, rules, sign),
        credits_number=str(credited.number) if credited else "",
        credits_date=credited.issued_on if credited else None,
        attachments=(Attachment(ATTACHED.format(number=number), XLSX, content, description),),
    )


def _lines(
    entries: Sequence[Mapping[str, Any]], rules: Mapping[str, AccountRules], sign: int
) -> tuple[InvoiceLine, ...]:
    made, _ = lines_of(_entry(each, rules, sign) for each in entries)
    return tuple(replace(line, number=number) for number, line in enumerate(made, start=1))


def _entry(row: Mapping[str, Any], rules: Mapping[str, AccountRules], sign: int) -> Entry:
    own = rules.get(row["organisation_number"], AccountRules(row["organisation_number"]))
    return Entry(
        row["id"],
        row["sku"],
        read_code(own, row["account_code"]).code,
        row["charged_on"],
        row["quantity"] * sign,
        row["billed_ore"] * sign,
    )


def _who_pays(sender: Sender, payer: str, senders: Mapping[str, Sender]) -> Sender | None:
    """Return the sender whose set-up says where an invoice goes: itself, or the one who pays."""
    if sender.organisation_number == payer:
        return sender
    paying = (one for one in senders.values() if one.organisation_number == payer)
    return min(paying, key=lambda one: one.id, default=None)


def _seller(settings: InvoiceSettings) -> Party:
    return Party(
        name=settings.seller_name,
        organisation_number=settings.seller_organisation_number,
        street=settings.seller_street,
        postcode=settings.seller_postcode,
        city=settings.seller_city,
        in_business_register=settings.seller_in_business_register,
    )


def _party(sender: Sender) -> Party:
    *street, place = sender.return_address
    found = _PLACE.fullmatch(place)
    return Party(
        name=sender.name,
        organisation_number=sender.organisation_number,
        street=", ".join(street),
        postcode=found["postcode"] if found else "",
        city=found["city"] if found else place,
        endpoint=sender.invoice_endpoint,
    )


def _month(period: str) -> tuple[date, date]:
    year, month = (int(part) for part in period.split("-"))
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
