"""The life of an invoice of ours, and when a person must look before it goes."""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median
from typing import Final


class InvoiceKind(StrEnum):
    """What a document is to the one who pays."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


class InvoiceState(StrEnum):
    """Where an invoice is."""

    DRAFT = "DRAFT"
    """Made anew as often as wanted, while late receipts come."""
    APPROVED = "APPROVED"
    FROZEN = "FROZEN"
    """It has its number and its files; from here only a credit note changes anything."""
    SENT = "SENT"
    CREDITED = "CREDITED"


class Series(StrEnum):
    """The number series; each is without gaps."""

    OUTGOING = "OUTGOING"
    """Invoices and credit notes."""
    INTERNAL = "INTERNAL"
    """Postings within one legal entity: no VAT, no invoice."""


STATE_MOVES: Final = frozenset(
    {
        (InvoiceState.DRAFT, InvoiceState.APPROVED),
        # Late receipts came, or a person changed their mind.
        (InvoiceState.APPROVED, InvoiceState.DRAFT),
        (InvoiceState.APPROVED, InvoiceState.FROZEN),
        (InvoiceState.FROZEN, InvoiceState.SENT),
        (InvoiceState.FROZEN, InvoiceState.CREDITED),
        (InvoiceState.SENT, InvoiceState.CREDITED),
    }
)

MONTHS_BEHIND: Final = 3
LEAST_UNUSUAL_ORE: Final = 100_000
"""Smaller invoices are never unusual: a person's time costs more."""
PERCENT: Final = 100


def unusual(net_ore: int, earlier: Sequence[int], *, percent: int = 50) -> str:
    """Say why a person should look at an invoice before it goes; empty when nothing is odd.

    earlier: what the same payer was invoiced in months before, latest first. Rule C5 of the
    reconciliation: more than so many percent from the median of the last three months.
    """
    if net_ore < 0:
        return "it is negative"
    past = [amount for amount in earlier[:MONTHS_BEHIND] if amount > 0]
    if max([net_ore, *past]) < LEAST_UNUSUAL_ORE:
        return ""
    if not past:
        return "it is the payer's first"
    usual = median(past)
    if abs(net_ore - usual) * PERCENT > usual * percent:
        return f"it is {round(net_ore * PERCENT / usual)} % of the usual amount"
    return ""
