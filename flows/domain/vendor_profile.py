"""What is so about a print vendor between two dates: how it is reached, and how it writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from flows.errors import NeedsAPerson

DEFAULT: Final = "default"
"""The profile of a vendor who uses the vendor-neutral exchange; there even before an import."""

REQUIRED_COLUMNS: Final = (
    "batch_id",
    "piece_number",
    "shipment_id",
    "pages_black_white",
    "pages_colour",
    "sheets_by_machine",
    "extra_sheets_by_machine",
    "sheets_by_hand",
    "extra_sheets_by_hand",
    "weight_grams",
    "production_ore",
    "postage_ore",
    "posted_at",
)
"""What a receipt must say of a letter."""

OPTIONAL_COLUMNS: Final = ("account_code", "reprints", "product", "kind", "attempt")
RETURN_COLUMNS: Final = ("batch_id", "piece_number", "shipment_id", "return_reason", "returned_on")
OPTIONAL_RETURN_COLUMNS: Final = ("action",)
INVOICE_COLUMNS: Final = ("batch_id", "shipment_id", "sku", "quantity", "unit_price", "net_ore")

RECEIPT_CONTROL: Final = ("schema", "version", "customer", "lines", "production", "postage")
RETURN_CONTROL: Final = ("schema", "version", "customer", "lines")
INVOICE_CONTROL: Final = (
    "schema",
    "version",
    "customer",
    "lines",
    "number",
    "first_day",
    "last_day",
    "net",
    "vat",
)
"""What a file says about itself, in the order a CSV file says it."""


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XML = "xml"
    JSON = "json"
    XLSX = "xlsx"


class Money(StrEnum):
    """The unit of amounts."""

    KRONER = "kroner"
    ORE = "ore"


class Weight(StrEnum):
    """The unit of weights."""

    GRAMS = "grams"
    KILOGRAMS = "kilograms"


class ControlRow(StrEnum):
    """Where a CSV file or a sheet says what it is; the others say it at their root."""

    FIRST = "first"
    LAST = "last"


def _receipt_columns() -> Mapping[str, str]:
    return {
        "batch_id": "parti",
        "piece_number": "stykke",
        "shipment_id": "forsendelse",
        "pages_black_white": "antall_sider_sh",
        "pages_colour": "antall_sider_farge",
        "sheets_by_machine": "ark_maskin",
        "extra_sheets_by_machine": "ekstra_ark_maskin",
        "sheets_by_hand": "ark_manuell",
        "extra_sheets_by_hand": "ekstra_ark_manuell",
        "weight_grams": "vekt_gram",
        "production_ore": "produksjonskostnad",
        "postage_ore": "porto",
        "account_code": "konteringskode",
        "posted_at": "postlagt",
        "reprints": "omtrykk",
        "product": "portoprodukt",
        "kind": "linjetype",
        "attempt": "forsøk",
    }


def _kinds() -> Mapping[str, str]:
    return {"kvittering": "RECEIPT", "korreksjon": "CORRECTION", "tilbakeføring": "REVERSAL"}


@dataclass(frozen=True)
class Dialect:
    """How a vendor writes one kind of file. The defaults are the vendor-neutral exchange."""

    schema: str = "#svarut-kvittering"
    version: str = "1"
    format: Format = Format.CSV
    encoding: str = "utf-8"
    """A byte order mark is tolerated; `utf-16` reads it."""
    delimiter: str = ";"
    decimal: str = ","
    control_row: ControlRow = ControlRow.FIRST
    control: tuple[str, ...] = RECEIPT_CONTROL
    """What the control row says, in order."""
    control_names: Mapping[str, str] = field(default_factory=dict, hash=False)
    """XML and JSON: by which names the root says it, where they differ from ours."""
    record: str = "linje"
    """XML: the element of a line; JSON: the name of the list of lines."""
    columns: Mapping[str, str] = field(default_factory=_receipt_columns, hash=False)
    """Our names of the fields, and the vendor's."""
    kinds: Mapping[str, str] = field(default_factory=_kinds, hash=False)
    """The vendor's words: of receipts for RECEIPT, CORRECTION, REVERSAL (none said is RECEIPT); of
    returned mail for R01 to R10, where it does not use these."""
    money: Money = Money.KRONER
    amounts_include_vat: bool = False
    weight: Weight = Weight.GRAMS
    time_format: str = "iso"
    """`iso`, or as strptime reads it."""
    time_zone: str = "Europe/Oslo"
    """Of times without an offset; empty: a time without an offset is not read."""
    must_be_filled: tuple[str, ...] = ("production_ore", "postage_ore", "weight_grams")
    """Fields whose emptying stops the whole file, though no earlier file is known."""


NEUTRAL_RECEIPTS: Final = Dialect(time_zone="")
NEUTRAL_RETURNS: Final = Dialect(
    schema="#svarut-retur",
    control=RETURN_CONTROL,
    columns={
        "batch_id": "parti",
        "piece_number": "stykke",
        "shipment_id": "forsendelse",
        "return_reason": "årsak",
        "action": "tiltak",
        "returned_on": "dato",
    },
    kinds={},
    must_be_filled=(),
    time_zone="",
)
NEUTRAL_INVOICES: Final = Dialect(
    schema="#svarut-faktura",
    control=INVOICE_CONTROL,
    columns={
        "batch_id": "parti",
        "shipment_id": "forsendelse",
        "sku": "artikkel",
        "quantity": "antall",
        "unit_price": "enhetspris",
        "net_ore": "beløp",
    },
    kinds={},
    must_be_filled=(),
    time_zone="",
)


@dataclass(frozen=True)
class Transport:
    """Folders and file names at the vendor; names of answers are patterns as a shell has them."""

    protocol: str = "sftp"
    upload_folder: str = "inn"
    acknowledgements_folder: str = "ut/mottak"
    approvals_folder: str = "ut/godkjenning"
    receipts_folder: str = "ut/kvittering"
    returns_folder: str = "ut/retur"
    invoices_folder: str = "ut/faktura"
    archive_folder: str = "arkiv"
    acknowledgement_names: str = "*.mottak.json"
    stop_lists_folder: str = "stopp"
    stop_answers_folder: str = "ut/stopp"
    approval_names: str = "*.godkjenning.json"
    stop_answer_names: str = "*.svar.json"
    receipt_names: str = "*.csv"
    return_names: str = "*.csv"
    invoice_names: str = "*.csv"
    encryption: str = "none"
    """`none`, or `pgp`: what leaves is the package encrypted to the vendor's OpenPGP key."""
    recipient_key: str = ""
    """The file of that public key, in `openpgp.keys_folder` of the settings."""
    recipient_fingerprint: str = ""
    """The key's fingerprint, as the vendor has told it: 40 or 64 hex digits."""
    signed: bool = False
    """An encrypted package is signed with `openpgp.signing_key_file` of the settings."""
    read_back: bool = False
    """After an upload the file is read back and its SHA-256 compared, before it is renamed."""
    bytes_per_second: int = 0
    """An upload takes no more of the line than this; 0: all there is."""
    downtime: tuple[str, ...] = ()
    """When nothing is sent, Norwegian time: `sun 02:00-06:00`, `daily 23:30-00:30`; `closed` for
    the days of `calendar.closed_days`."""


@dataclass(frozen=True)
class Calendar:
    """When the vendor works, and how long its answers may take."""

    closed_days: tuple[date, ...] = ()
    """Days off besides weekends and public holidays."""
    cut_off: str = "00:00"
    """Norwegian time: what is due by then on a working day of the vendor's goes that night."""
    opens: str = "00:00"
    closes: str = "24:00"
    """Norwegian time, on working days: only these hours count for how long an answer may take."""
    acknowledge_within_minutes: int = 30
    approve_within_minutes: int = 0
    """After hand-over; 0: nobody waits for the vendor's word on the pieces, and it counts when it
    comes."""
    stop_within_minutes: int = 120
    """How long the answer to a stop list may take."""
    receipts_within_working_days: int = 4
    returns_within_days: int = 30
    first_posting_hour: int = 0
    last_posting_hour: int = 24
    """Letters are posted from the first hour to before the last, Norwegian time."""


@dataclass(frozen=True)
class Paper:
    """What the vendor's machines take, and where on a page."""

    mode: str = "merged"
    """`merged`: one PDF with a page map; `single`: a PDF a letter."""
    assembly: str = "fast"
    """How print files are joined: `fast` copies bytes, `reference` goes through a PDF library."""
    c5_sheets: int = 6
    machine_sheets: int = 40
    """More than this is enveloped by hand."""
    most_sheets: int = 99
    """Of one letter, its cover among them; intake rejects more."""
    sheet_grams: Decimal = Decimal("4.990")
    c5_grams: Decimal = Decimal(7)
    c4_grams: Decimal = Decimal(20)
    window_mm: tuple[int, ...] = (20, 46, 101, 65)
    """Always visible: left, top, right, bottom."""
    quiet_mm: tuple[int, ...] = (0, 30, 120, 84)
    """Nothing but the address may stand here: left, top, right, bottom."""
    marks_mm: int = 18
    """Free for the vendor's marks, from the left edge."""


@dataclass(frozen=True)
class Selection:
    """How a night's letters are put in batches. A limit of 0 is none."""

    order: str = "sheets"
    """`sheets`: fewest first, then by postcode; `sender`: each sender's letters together."""
    letters: int = 0
    """Of a batch, at most; `letters_per_batch` of the settings holds too."""
    sheets: int = 0
    """Of a batch, covers among them, at most."""
    size_bytes: int = 0
    """Of a batch's documents as they are printed, at most."""
    approve_above: int = 0
    """Letters a night; those above wait until a person has approved the night."""
    product_abroad: str = ""
    """The postage product of letters abroad, a job class of their own; empty: as all others."""


@dataclass(frozen=True)
class VendorProfile:
    """One version of what we know of a vendor."""

    id: str
    valid_from: date
    name: str = ""
    valid_to: date | None = None
    """The first day it no longer holds; None: it still does."""
    customers: tuple[str, ...] = ()
    """Our codes at the vendor; none: the one in the settings."""
    test_prefix: str = "TEST-"
    """Batches whose names begin so are tests, and cost nothing."""
    job_classes: tuple[str, ...] = ()
    """Those the vendor takes; none: all."""
    vat_percent: Decimal = Decimal(25)
    transport: Transport = Transport()
    calendar: Calendar = Calendar()
    paper: Paper = Paper()
    selection: Selection = Selection()
    receipts: Dialect = NEUTRAL_RECEIPTS
    returns: Dialect = NEUTRAL_RETURNS
    invoices: Dialect = NEUTRAL_INVOICES

    def holds_on(self, day: date) -> bool:
        """Say whether this version is the one of a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


NEUTRAL: Final = VendorProfile(DEFAULT, date(2026, 1, 1), name="Vendor-neutral exchange")
"""What holds for the default vendor as long as nothing else was imported."""


def one_version_a_day(profiles: Iterable[VendorProfile]) -> None:
    """Raise NeedsAPerson where two versions of a profile overlap, or a day has none."""
    ordered = sorted(profiles, key=lambda each: (each.id, each.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.id != later.id or earlier.valid_to == later.valid_from:
            continue
        overlap = earlier.valid_to is None or earlier.valid_to > later.valid_from
        raise NeedsAPerson(
            f"two versions of vendor {later.id} hold on {later.valid_from}"
            if overlap
            else f"no version of vendor {later.id} holds from {earlier.valid_to}",
            where="vendor profiles",
            do=f"let the version of {earlier.valid_from} end on {later.valid_from}, to the day",
        )


def version_on(profiles: Iterable[VendorProfile], vendor: str, day: date) -> VendorProfile:
    """Return the version of a vendor's profile that holds on a day.

    Raises NeedsAPerson when there is none. The default vendor has one from the start.
    """
    known = [each for each in profiles if each.id == vendor]
    found = next((each for each in known if each.holds_on(day)), None)
    if found is None and not known and vendor == DEFAULT:
        return NEUTRAL
    if found is None:
        raise NeedsAPerson(
            f"no vendor profile of {vendor} holds on {day}",
            where="vendor profiles",
            do="import one: svarut vendors import FILE",
        )
    return found
