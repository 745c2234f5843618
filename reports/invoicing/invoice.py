"""An invoice: who, what, how much. Amounts are whole øre, and only lines have amounts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from flows.domain.invoicing import InvoiceKind
from flows.domain.money import VAT_RATE, vat_of

VAT_PERCENT: Final = int(VAT_RATE * 100)


@dataclass(frozen=True)
class Party:
    """The one who invoices, or the one who is invoiced."""

    name: str
    organisation_number: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    endpoint: str = ""
    """`0192:` and an organisation number; empty: the party's own."""
    in_business_register: bool = False
    """The seller's: registered in Foretaksregisteret, which an invoice must then say."""

    @property
    def address(self) -> str:
        """Its number in the network of electronic invoices, nine digits."""
        return self.endpoint.removeprefix("0192:") or self.organisation_number


@dataclass(frozen=True)
class Entry:
    """A ledger entry as far as an invoice needs it."""

    ledger_id: int
    sku: str
    account_code: str
    charged_on: date
    quantity: int
    billed_ore: int


@dataclass(frozen=True)
class InvoiceLine:
    """One article of one account code, of one month."""

    number: int
    sku: str
    account_code: str
    month: str
    """`2026-11`, the month the letters were posted in."""
    quantity: int
    """Not 0: where only the price was corrected it is 1 or -1, with the sign of `net_ore`."""
    net_ore: int


@dataclass(frozen=True)
class Attachment:
    """A file that goes inside the invoice."""

    name: str
    mime_type: str
    content: bytes
    description: str


@dataclass(frozen=True)
class Invoice:
    """A whole invoice or credit note. A credit note's amounts are what is given back, positive."""

    kind: InvoiceKind
    number: str
    issued_on: date
    due_on: date
    first_day: date
    last_day: date
    """The period that is invoiced; both days are in it."""
    seller: Party
    buyer: Party
    buyer_reference: str
    bank_account: str
    """Eleven digits."""
    kid: str
    lines: tuple[InvoiceLine, ...]
    credits_number: str = ""
    """A credit note's: the invoice it is about."""
    credits_date: date | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def net_ore(self) -> int:
        """The sum of the lines."""
        return sum(line.net_ore for line in self.lines)

    @property
    def vat_ore(self) -> int:
        """25 % of the sum, rounded once: what EN 16931 asks for (BR-CO-17)."""
        return vat_of(self.net_ore)

    @property
    def payable_ore(self) -> int:
        """With VAT; never rounded to whole kroner (Skatteetaten, 13 June 2019)."""
        return self.net_ore + self.vat_ore

    @property
    def account_code(self) -> str:
        """The account code of every line, empty when there are several."""
        codes = {line.account_code for line in self.lines}
        return codes.pop() if len(codes) == 1 else ""


def lines_of(entries: Iterable[Entry]) -> tuple[tuple[InvoiceLine, ...], Mapping[int, int]]:
    """Sum entries to lines by account code, month and article; return also each entry's line.

    Lines are ordered, and their net is the sum of the entries': nothing is rounded. Entries that
    take each other out wholly (a charge and its reversal) still have a line, of 0 kroner.
    """
    grouped: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        grouped[entry.account_code, f"{entry.charged_on:%Y-%m}", entry.sku].append(entry)
    lines: list[InvoiceLine] = []
    where: dict[int, int] = {}
    for number, (key, group) in enumerate(sorted(grouped.items()), start=1):
        account_code, month, sku = key
        net = sum(entry.billed_ore for entry in group)
        quantity = sum(entry.quantity for entry in group)
        if quantity == 0 or (net and (quantity < 0) != (net < 0)):
            quantity = -1 if net < 0 else 1
        lines.append(InvoiceLine(number, sku, account_code, month, quantity, net))
        where |= {entry.ledger_id: number for entry in group}
    return tuple(lines), where
