"""What is laid side by side: what we sent, what the vendor says, what is billed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from flows.domain.batch import BatchId, BatchStatus
from flows.domain.price_list import PriceList
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Status
from flows.domain.working_days import NO_CLOSING_DAYS


class SentLetter(NamedTuple):
    """One letter in a live batch, its receipt if one is booked, and what is charged for it.

    A tuple and not a dataclass: a night has a hundred thousand. Money is whole øre without VAT.
    """

    shipment_id: ShipmentId
    sender_id: SenderId
    status: Status
    account_code: str
    colour: bool
    country: str
    batch_id: BatchId
    job_class: str
    batch_status: BatchStatus
    handed_over_at: datetime | None
    acknowledged_at: datetime | None
    pages: int | None
    """Sides in the print file, blank backs among them; None before assembly."""
    sheets: int | None
    weight_mg: int | None
    document_pages: int
    """Sides of the documents to be printed, without cover and blank backs."""
    covered: bool
    """It has a cover page of ours: one more side, in black and white."""
    document_colour_pages: int | None
    """Those of `document_pages` with colours on them; None: not counted."""
    live_pieces: int
    """Live batches it is in: 1, or something is very wrong."""
    read_at: datetime | None
    receipt: str | None
    """The receipt line in force, `file:line`; None: there is none, and its fields say nothing."""
    pages_black_white: int
    pages_colour: int
    sheets_by_machine: int
    extra_sheets_by_machine: int
    sheets_by_hand: int
    extra_sheets_by_hand: int
    weight_grams: int
    production_ore: int
    postage_ore: int
    vat_ore: int
    echoed_code: str
    posted_at: datetime | None
    posted_on: date
    invoiced: bool
    """A line of a vendor's invoice is about it."""
    charge_count: int
    """Charges that nothing has taken back."""
    charged_production_ore: int
    charged_postage_ore: int
    charged_vat_ore: int


@dataclass(frozen=True)
class SentBatch:
    """A batch: what we wrote down of it, and what its pieces say."""

    id: BatchId
    status: BatchStatus
    created_at: datetime
    handed_over_at: datetime | None
    acknowledged_at: datetime | None
    package_sha256: str | None
    letters: int
    pages: int
    sheets: int
    live_letters: int
    live_pages: int
    live_sheets: int
    answer_differs: bool = False
    """The vendor has answered, and not about what we sent."""


@dataclass(frozen=True)
class WaitingLetter:
    """A letter that is due for print, in no batch, and kept back by nothing."""

    shipment_id: ShipmentId
    sender_id: SenderId
    since: datetime
    capped: bool
    """Its sender has a limit a night, so it may wait its turn."""


@dataclass(frozen=True)
class IdleLetter:
    """A letter that no flow has taken further: never offered, or never judged."""

    shipment_id: ShipmentId
    sender_id: SenderId
    since: datetime


@dataclass(frozen=True)
class Bucket:
    """How many letters of a sender have a status, and how many its events say have it."""

    sender_id: SenderId
    status: Status
    letters: int
    entered: int
    left: int


@dataclass(frozen=True)
class Unproved:
    """A letter whose status lacks what should have brought it there."""

    shipment_id: ShipmentId
    sender_id: SenderId
    status: Status


@dataclass(frozen=True)
class SetAside:
    """A receipt line that waits for a person."""

    file: str
    """The beginning of the file's SHA-256, as the open items name it."""
    shipment_id: str
    """As the vendor wrote it; empty when it cannot be read."""
    ore: int
    booked_ore: int | None
    """What the receipt booked for the same letter says; None when there is none."""
    ended_batch: str = ""
    """The batch, where the letter was printed in an attempt of it that was ended."""


@dataclass(frozen=True)
class AnswerFile:
    """A file the vendor answered with, as a whole."""

    file: str
    """The beginning of its SHA-256, as the open items name it."""
    sha256: str
    quarantined: bool
    """Something about the whole file is wrong, and a person has not decided yet."""
    columns_counted: bool
    """It was held against earlier files when it came: had a column emptied, it had stopped."""
    kept_well: bool | None = None
    """The archive still has the very file; None: nobody has looked."""


@dataclass(frozen=True)
class Repeat:
    """The same documents to the same recipient and address, from one sender."""

    first: ShipmentId
    again: ShipmentId
    apart: timedelta


@dataclass(frozen=True)
class LedgerGap:
    """A charge whose entries in the ledger do not add up to it, or that has none."""

    shipment_id: str
    booked_on: date
    charged_ore: int
    entered: bool
    entered_ore: int = 0


@dataclass(frozen=True)
class OwnInvoice:
    """One of our invoices whose amount is not the sum of the entries on it."""

    id: str
    net_ore: int
    entries_ore: int


@dataclass(frozen=True)
class CreditNote:
    """A credit note of ours, and the invoice it names."""

    id: str
    invoice: str | None
    """None where it names none that there is."""
    same_payer: bool
    invoice_ore: int
    credited_ore: int
    """What all credit notes of that invoice take off it."""


@dataclass(frozen=True)
class StrayCharge:
    """A charge whose receipt line is not booked."""

    shipment_id: ShipmentId
    ore: int


@dataclass(frozen=True)
class VendorInvoice:
    """An invoice of the vendor's, as its specification says."""

    number: str
    first_day: date
    last_day: date
    net_ore: int
    lines_net_ore: int
    without_receipt: int
    """Lines about a letter that has no receipt in force, or is none of ours."""
    without_receipt_ore: int


@dataclass(frozen=True)
class InvoicedArticle:
    """What an invoice asks for one article at one price."""

    number: str
    sku: str
    quantity: int
    unit_price_ore: Decimal


@dataclass(frozen=True)
class ReturnedLetter:
    """A letter that came back."""

    shipment_id: ShipmentId
    sender_id: SenderId
    returned_on: date
    address: str
    """The same for the same name and address, and nothing can be read out of it."""


@dataclass(frozen=True)
class SenderMonth:
    """What a sender had posted in a month."""

    sender_id: SenderId
    month: date
    """Its first day."""
    letters: int
    sheets: int
    pages: int
    colour_pages: int


@dataclass(frozen=True)
class Facts:
    """All that the rules look at, fetched at one moment."""

    letters: Sequence[SentLetter] = ()
    batches: Sequence[SentBatch] = ()
    waiting: Sequence[WaitingLetter] = ()
    idle: Sequence[IdleLetter] = ()
    buckets: Sequence[Bucket] = ()
    unproved: Sequence[Unproved] = ()
    set_aside: Sequence[SetAside] = ()
    files: Sequence[AnswerFile] = ()
    invoices: Sequence[VendorInvoice] = ()
    articles: Sequence[InvoicedArticle] = ()
    returned: Sequence[ReturnedLetter] = ()
    repeats: Sequence[Repeat] = ()
    stray_charges: Sequence[StrayCharge] = ()
    ledger_gaps: Sequence[LedgerGap] = ()
    own_invoices: Sequence[OwnInvoice] = ()
    credit_notes: Sequence[CreditNote] = ()
    months: Sequence[SenderMonth] = ()
    prices: PriceList = field(default_factory=lambda: PriceList(()))


@dataclass(frozen=True)
class Limits:
    """How much may differ, and how long things may take: docs/reconciliation.md."""

    closed: frozenset[date] = NO_CLOSING_DAYS
    """The vendor's closing days, besides weekends and public holidays."""
    receipt_working_days: int = 3
    posting_working_days: int = 2
    capped_working_days: int = 5
    answered_within: timedelta = timedelta(minutes=30)
    repeated_within: timedelta = timedelta(hours=48)
    invoice_days: int = 60
    invoice_ore: int = 1000
    invoice_permille: int = 1
    looked_back_days: int = 120
    """Letters handed over before this are looked at only while something about them is open."""
    weight_grams: int = 2
    weight_percent: int = 5
    piece_ore: int = 1
    batch_permille: int = 5
    machine_sheets: int = 40
    """Thicker letters are planned to be enveloped by hand, as the manifest says."""
    deviations: int = 3
    """Median absolute deviations that a letter's cost may lie from its like."""
    volume_percent: int = 50
    least_letters: int = 20
    """Fewer than this have no median worth the name."""
    return_percent: int = 5


class Severity(StrEnum):
    """How much a difference matters."""

    STOP = "STOP"
    """Our own books do not add up: nothing more is billed before it is mended."""
    ACT = "ACT"
    """Somebody must do something."""
    NOTE = "NOTE"
    """Worth knowing; asks for nobody tonight."""


class Owner(StrEnum):
    """Whose desk a difference lands on, until a person takes it."""

    OPERATIONS = "OPERATIONS"
    VENDOR_CONTACT = "VENDOR_CONTACT"
    FINANCE = "FINANCE"


@dataclass(frozen=True)
class Found:
    """One difference, of one letter, line or file."""

    subject: str
    """What it is gathered under: a batch, a file, a sender, a letter."""
    kind: str
    """In what way it differs; its words are in templates/reconciliation.toml."""
    ore: int | None = None
    """The amount at stake; None when nobody knows."""
    letter: str = ""


@dataclass(frozen=True)
class Unchecked:
    """What a rule could not look at, and why; said in the report, never passed over."""

    kind: str
    subject: str = ""
    """What was not looked at: a batch, a file; empty when it is not one of them."""
    detail: str = ""
    whole: bool = False
    """Nothing of the rule was looked at."""


@dataclass(frozen=True)
class Difference:
    """All that one rule found about one subject: what becomes an open item. Nothing personal."""

    rule: str
    code: str
    """The open item's code: the rule's own, or that of the flow that tells of it at once."""
    subject: str
    counts: Mapping[str, int]
    """How many of each kind."""
    ore: int | None
    letters: tuple[str, ...] = ()
    """Which, a few of them."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is kept under."""
        return self.code, self.subject


@dataclass(frozen=True)
class KeptItem:
    """An open item as it is kept, closed ones too."""

    code: str
    subject: str
    first_seen_at: datetime
    counts: Mapping[str, int]
    ore: int | None
    closed_at: datetime | None
    closed_as: str
    """ClosedAs, or empty."""
    gone_at: datetime | None
    """When the cause was first not there any more, though a person had closed it before."""
    taken_by: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is kept under."""
        return self.code, self.subject


class ClosedAs(StrEnum):
    """How an item came to be closed."""

    EXPLAINED = "EXPLAINED"
    """It is as it should be, and the reason is known."""
    ACCEPTED = "ACCEPTED"
    """It is wrong, and we live with it."""
    CORRECTED = "CORRECTED"
    """It has been put right: found again, it is open again."""
    GONE = "GONE"
    """Nobody closed it: the reconciliation did not find it any more."""
