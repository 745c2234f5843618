"""Invoices for tests: a whole one, with what a test changes."""

from datetime import date

from flows.domain.invoicing import InvoiceKind
from reports.invoicing.invoice import Invoice, InvoiceLine, Party

SELLER = Party(
    "Brevhuset IKS", "987654325", "Storgata 1", "8900", "Brønnøysund", in_business_register=True
)
BUYER = Party("Nordvik kommune", "974760673", "Rådhusveien 2", "8900", "Brønnøysund")

LINES = (
    InvoiceLine(1, "PRINT-SH-SIDE", "0410", "2026-11", 300, 12_600),
    InvoiceLine(2, "PORTO-BREV-20G", "0410", "2026-11", 7, 10_001),
    InvoiceLine(3, "PORTO-BREV-20G", "", "2026-10", -1, -1_992),
)


def an_invoice(*lines: InvoiceLine, **changes: object) -> Invoice:
    said: dict[str, object] = {
        "kind": InvoiceKind.INVOICE,
        "number": "20260001",
        "issued_on": date(2026, 12, 7),
        "due_on": date(2027, 1, 6),
        "first_day": date(2026, 11, 1),
        "last_day": date(2026, 11, 30),
        "seller": SELLER,
        "buyer": BUYER,
        "buyer_reference": "4711",
        "bank_account": "15032080119",
        "kid": "000001202600019",
        "lines": lines or LINES,
    }
    return Invoice(**{**said, **changes})  # type: ignore[arg-type]


def a_credit_note(*lines: InvoiceLine, **changes: object) -> Invoice:
    said: dict[str, object] = {
        "kind": InvoiceKind.CREDIT_NOTE,
        "number": "20260002",
        "credits_number": "20260001",
        "credits_date": date(2026, 12, 7),
    }
    return an_invoice(*lines, **{**said, **changes})
