"""A small world in which everything agrees, and the moment it is looked at from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flows.domain.batch import BatchId, BatchStatus
from flows.domain.price_list import Price, PriceList
from flows.domain.reconciliation import (
    AnswerFile,
    Bucket,
    Facts,
    InvoicedArticle,
    Limits,
    SentBatch,
    SentLetter,
    VendorInvoice,
)
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Status
from flows.receipts.today import Today

NIGHT = datetime(2026, 11, 24, 0, 40, tzinfo=UTC)
"""Tuesday morning at 01:40 in Oslo: a package leaves."""
POSTED = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
"""Wednesday at ten."""
FRIDAY = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
"""Friday at five in the morning: three working days after the night."""

BATCH = BatchId("SVAR-20261124-01-C5SHD")
SENDER = SenderId("nordvik")

PRICES = {
    "PRINT-SH-SIDE": "42",
    "PRINT-FARGE-SIDE": "110",
    "KONV-AUTO-C5": "45",
    "EKSTRAARK-AUTO": "45",
    "KONV-MAN": "215",
    "EKSTRAARK-MAN": "215",
    "PORTO-BREV-20G": "1450",
    "PORTO-BREV-50G": "1990",
}


def a_today(now: datetime = FRIDAY, **limits: Any) -> Today:
    return Today(now, Limits(**limits))


def a_price_list(**changes: str) -> PriceList:
    return PriceList(
        Price(sku, Decimal(ore), date(2026, 1, 1)) for sku, ore in (PRICES | changes).items()
    )


def a_letter(number: int = 1, **changes: Any) -> SentLetter:
    """A letter of four sides on two sheets and a cover, sent, printed, receipted and charged."""
    letter = SentLetter(
        shipment_id=ShipmentId(f"letter-{number:03d}"),
        sender_id=SENDER,
        status=Status.PRINTED,
        account_code="0410",
        colour=False,
        country="",
        batch_id=BATCH,
        job_class="C5SHD",
        batch_status=BatchStatus.SETTLED,
        handed_over_at=NIGHT,
        acknowledged_at=NIGHT + timedelta(minutes=20),
        pages=6,
        sheets=3,
        weight_mg=21970,
        document_pages=4,
        covered=True,
        document_colour_pages=1,
        live_pieces=1,
        read_at=None,
        receipt=f"file-1:{number + 2}",
        pages_black_white=5,
        pages_colour=0,
        sheets_by_machine=3,
        extra_sheets_by_machine=2,
        sheets_by_hand=0,
        extra_sheets_by_hand=0,
        weight_grams=22,
        production_ore=345,
        postage_ore=1990,
        vat_ore=86 + 498,
        echoed_code="0410",
        posted_at=POSTED,
        posted_on=POSTED.date(),
        invoiced=True,
        charge_count=2,
        charged_production_ore=345,
        charged_postage_ore=1990,
        charged_vat_ore=86 + 498,
    )
    return letter._replace(**changes)


def unanswered(number: int = 1, **changes: Any) -> SentLetter:
    """A letter whose receipt has not come."""
    return a_letter(
        number,
        **{
            "status": Status.SENT_TO_PRINT,
            "batch_status": BatchStatus.ACKNOWLEDGED,
            "receipt": None,
            "invoiced": False,
            "charge_count": 0,
            "charged_production_ore": 0,
            "charged_postage_ore": 0,
            "charged_vat_ore": 0,
            **changes,
        },
    )


def a_batch(letters: int = 2, **changes: Any) -> SentBatch:
    batch = SentBatch(
        id=BATCH,
        status=BatchStatus.SETTLED,
        created_at=NIGHT,
        handed_over_at=NIGHT,
        acknowledged_at=NIGHT + timedelta(minutes=20),
        package_sha256="ab" * 32,
        letters=letters,
        pages=6 * letters,
        sheets=3 * letters,
        packed_letters=letters,
        packed_pages=6 * letters,
        packed_sheets=3 * letters,
    )
    return replace(batch, **changes)


def an_invoice(letters: int = 2, **changes: Any) -> VendorInvoice:
    net = letters * (345 + 1990)
    invoice = VendorInvoice("2026-11", date(2026, 11, 1), date(2026, 11, 30), net, net, 0, 0)
    return replace(invoice, **changes)


def its_articles(letters: int = 2, **prices: str) -> list[InvoicedArticle]:
    done = {"PRINT-SH-SIDE": 5, "KONV-AUTO-C5": 1, "EKSTRAARK-AUTO": 2, "PORTO-BREV-50G": 1}
    return [
        InvoicedArticle("2026-11", sku, count * letters, Decimal((PRICES | prices)[sku]))
        for sku, count in done.items()
    ]


def a_file(**changes: Any) -> AnswerFile:
    return replace(AnswerFile("file-1", "file-1-whole", False, True, True), **changes)


def buckets(**letters: int) -> list[Bucket]:
    """One sender's letters by status, each with the events that brought it there."""
    have = {Status[name]: count for name, count in letters.items()}
    everything = sum(have.values())
    accepted = everything - have.get(Status.REJECTED, 0) - have.get(Status.RECEIVED, 0)
    through = {
        Status.RECEIVED: (everything, everything - have.get(Status.RECEIVED, 0)),
        Status.ACCEPTED: (accepted, accepted - have.get(Status.ACCEPTED, 0)),
    }
    return [
        Bucket(SENDER, status, have.get(status, 0), *through.get(status, (have.get(status, 0), 0)))
        for status in sorted({*have, *through})
    ]


def a_world(**changes: Any) -> Facts:
    """Two letters printed, one read, one rejected; receipts, charges and invoice agree."""
    facts = Facts(
        letters=[a_letter(1), a_letter(2)],
        batches=[a_batch()],
        buckets=buckets(PRINTED=2, READ=1, REJECTED=1),
        files=[a_file()],
        invoices=[an_invoice()],
        articles=its_articles(),
        prices=a_price_list(),
    )
    return replace(facts, **changes)
