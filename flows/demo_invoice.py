"""The demo's invoice: of a month's drafts a person approves one, and it is frozen and sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.database.issued_invoices import invoices_of
from flows.database.session import Database, open_database, reading
from flows.domain.invoicing import InvoiceState
from flows.settings import Settings
from reports.invoicing.issuing import approve, export, freeze_month

ACCESS_POINT: Final = "access-point"
"""The folder that an access point would read."""

BY: Final = "demo"

SELLER: Final = """
[invoice]
seller_name = "Brevhuset IKS"
seller_organisation_number = "987654325"
seller_street = "Storgata 1"
seller_postcode = "8900"
seller_city = "Brønnøysund"
seller_in_business_register = true
bank_account = "15032080119"
"""
"""Who invoices in the demo; does not exist."""


@dataclass(frozen=True)
class Invoiced:
    """How far the month's invoices are; amounts in øre without VAT."""

    drafts: int
    approved: int
    frozen: int
    sent: int
    net_ore: int


def invoice_one(settings: Settings, month: str, at: datetime) -> Invoiced:
    """Approve the largest draft of a month, freeze it, and send it; a second time, nothing."""
    with open_database(settings.database_url) as database:
        approved = _approve_largest(database, settings, month, at)
        frozen = freeze_month(database, settings, by=BY, now=at)
        sent = export(database, settings, settings.home / ACCESS_POINT, by=BY, now=at)
        with reading(database) as tx:
            found = invoices_of(tx, month)
    return Invoiced(
        drafts=sum(one.state is InvoiceState.DRAFT for one in found),
        approved=approved,
        frozen=len(frozen.invoices),
        sent=len(sent),
        net_ore=sum(one.net_ore for one in sent),
    )


def _approve_largest(database: Database, settings: Settings, month: str, at: datetime) -> int:
    with reading(database) as tx:
        found = invoices_of(tx, month)
    if not found or any(one.state is not InvoiceState.DRAFT for one in found):
        return 0
    largest = max(found, key=lambda one: (one.net_ore, one.id))
    why = "first invoice of the demo"
    done, _ = approve(database, settings, [largest.id], month, by=BY, why=why, now=at)
    return len(done)
