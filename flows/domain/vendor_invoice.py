"""The vendor's invoice, line by line, held against what we have charged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from flows.domain.money import rounded_ore, vat_of

Subject = tuple[str, str]
"""A letter's id and PRODUCTION or POSTAGE."""


class DifferenceCode(StrEnum):
    """How an invoice and our charges can disagree."""

    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    NOT_CHARGED = "NOT_CHARGED"
    """Invoiced, and no receipt of ours says so."""
    NOT_INVOICED = "NOT_INVOICED"
    """Charged in the invoice's period, and on no invoice."""
    INVOICED_TWICE = "INVOICED_TWICE"
    NO_LETTER = "NO_LETTER"
    """A line about no letter: a fee, stock, a correction by hand."""
    ARITHMETIC = "ARITHMETIC"
    """Quantity times unit price is not the line's amount."""
    VAT_DIFFERS = "VAT_DIFFERS"


@dataclass(frozen=True)
class InvoiceLine:
    """One line: an article, how many, what one costs, and for which letter."""

    line: int
    batch_id: str
    shipment_id: str
    """Empty where it is about no letter."""
    sku: str
    quantity: int
    unit_price_ore: Decimal
    net_ore: int

    @property
    def kind(self) -> str:
        """POSTAGE for articles of postage, else PRODUCTION: what our charges are."""
        return "POSTAGE" if self.sku.startswith("PORTO") else "PRODUCTION"


@dataclass(frozen=True)
class VendorInvoice:
    """An invoice specification that adds up."""

    number: str
    first_day: date
    last_day: date
    net_ore: int
    vat_ore: int
    lines: tuple[InvoiceLine, ...]


@dataclass(frozen=True)
class Difference:
    """One thing the invoice and our charges do not agree on; nothing is adjusted by it."""

    code: DifferenceCode
    subject: str
    """`<shipment id>:<kind>`, `line:<number>`, or `invoice`."""
    invoiced_ore: int
    charged_ore: int


def differences(
    invoice: VendorInvoice,
    *,
    charged: Mapping[Subject, int],
    in_period: Mapping[Subject, int],
    invoiced_before: Mapping[Subject, int],
) -> list[Difference]:
    """Return every disagreement, ordered.

    charged: net of the letters on the invoice, reversals taken off. in_period: the same of letters
    posted in its period. invoiced_before: net of the same letters on earlier invoices.
    """
    found = [*_of_lines(invoice)]
    invoiced: dict[Subject, int] = {}
    for line in invoice.lines:
        if line.shipment_id:
            subject = (line.shipment_id, line.kind)
            invoiced[subject] = invoiced.get(subject, 0) + line.net_ore
    for subject, now in invoiced.items():
        before, ours = invoiced_before.get(subject, 0), charged.get(subject)
        name = ":".join(subject)
        if ours is None:
            found.append(Difference(DifferenceCode.NOT_CHARGED, name, now, 0))
        elif before and before == ours and now > 0:
            found.append(Difference(DifferenceCode.INVOICED_TWICE, name, before + now, ours))
        elif before + now != ours:
            found.append(Difference(DifferenceCode.AMOUNT_DIFFERS, name, before + now, ours))
    found += [
        Difference(DifferenceCode.NOT_INVOICED, ":".join(subject), 0, ours)
        for subject, ours in in_period.items()
        if ours and subject not in invoiced and subject not in invoiced_before
    ]
    return sorted(found, key=lambda one: (one.code, one.subject))


def _of_lines(invoice: VendorInvoice) -> list[Difference]:
    found = []
    for line in invoice.lines:
        name = f"line:{line.line}"
        worth = rounded_ore(line.quantity * line.unit_price_ore)
        if worth != line.net_ore:
            found.append(Difference(DifferenceCode.ARITHMETIC, name, line.net_ore, worth))
        if not line.shipment_id:
            found.append(Difference(DifferenceCode.NO_LETTER, name, line.net_ore, 0))
    vat = vat_of(invoice.net_ore)
    if vat != invoice.vat_ore:
        found.append(Difference(DifferenceCode.VAT_DIFFERS, "invoice", invoice.vat_ore, vat))
    return found
