"""Things that tests need, with defaults; say only what matters to the test."""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta

from flows.database import batches, shipments
from flows.database.offers import Intent, Offer, intend, record_offered, record_published
from flows.database.senders import keep_senders
from flows.database.session import Database, Tx, transaction
from flows.database.shipments import Registration
from flows.domain.batch import Assembled, BatchId, Envelope, JobClass, PlacedPiece, PlannedBatch
from flows.domain.postal_address import PostalAddress
from flows.domain.problem import Problem
from flows.domain.sender import Sender
from flows.domain.shipment import Document, Recipient, Route, SenderId, Shipment, ShipmentId
from flows.domain.status import Status

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday in a week without holidays."""

_numbers = itertools.count(1)


def a_sender(sender_id: str = "nordvik", **changes: object) -> Sender:
    values = {
        "id": SenderId(sender_id),
        "name": "Nordvik kommune",
        "organisation_number": "310000108",
        "return_address": ("Postboks 40", "8901 Brønnøysund"),
        **changes,
    }
    return Sender(**values)  # type: ignore[arg-type]


def a_document(
    position: int = 1, pages: int = 2, content: bytes = b"", **changes: object
) -> Document:
    values = {
        "position": position,
        "file_name": f"vedlegg-{position}.pdf",
        "sha256": hashlib.sha256(content or f"{position}".encode()).hexdigest(),
        "size_bytes": len(content) or 1000,
        "pages": pages,
        **changes,
    }
    return Document(**values)  # type: ignore[arg-type]


def a_recipient(digital_id: str | None = "01818550029", **changes: object) -> Recipient:
    values = {
        "address": PostalAddress("Oline Prøve", ("Fjellveien 3",), "8900", "Brønnøysund"),
        "digital_id": digital_id,
        "title": "Vedtak om skoleskyss",
        **changes,
    }
    return Recipient(**values)  # type: ignore[arg-type]


def a_registration(
    *problems: Problem,
    sender_id: str = "nordvik",
    digital_id: str | None = "01818550029",
    documents: tuple[Document, ...] = (),
    reference: str = "",
    **changes: object,
) -> Registration:
    number = next(_numbers)
    shipment_id = ShipmentId(f"00000000-0000-4000-8000-{number:012d}")
    values = {
        "id": shipment_id,
        "sender_id": SenderId(sender_id),
        "reference": reference or f"SAK-{number}",
        "status": Status.ACCEPTED,
        "recipient": a_recipient(digital_id),
        "documents": documents or (a_document(),),
        **changes,
    }
    shipment = Shipment(**values)  # type: ignore[arg-type]
    return Registration(
        id=shipment_id,
        sender_id=SenderId(sender_id),
        reference=shipment.reference,
        contents_sha256=hashlib.sha256(f"{number}".encode()).hexdigest(),
        shipment=shipment,
        problems=problems,
    )


def registered(tx: Tx, *registrations: Registration, at: datetime = MONDAY) -> list[ShipmentId]:
    """Put senders and letters in the database; the letters are ACCEPTED (or REJECTED)."""
    made = registrations or (a_registration(),)
    keep_senders(tx, [a_sender(one) for one in sorted({each.sender_id for each in made})])
    shipments.register(tx, made, at)
    return [each.id for each in made]


def on_paper(tx: Tx, *shipment_ids: ShipmentId, at: datetime = MONDAY) -> None:
    """Send letters the paper way."""
    shipments.record_routes(tx, [(one, Route.PAPER, "NO_DIGITAL_ID") for one in shipment_ids], at)


def notified(
    tx: Tx,
    *shipment_ids: ShipmentId,
    at: datetime = MONDAY,
    due_at: datetime | None = None,
) -> list[Offer]:
    """Bring letters to NOTIFIED, published at `at`."""
    shipments.record_routes(tx, [(one, Route.DIGITAL, "DIGITAL_ID") for one in shipment_ids], at)
    intend(tx, [Intent(f"key-{one[-12:]}", one, "altinn", 1) for one in shipment_ids], at)
    record_offered(tx, {f"key-{one[-12:]}": f"ref-{one[-12:]}" for one in shipment_ids}, at)
    offers = [
        Offer(f"key-{one[-12:]}", one, SenderId("nordvik"), "OFFERED", f"ref-{one[-12:]}", None)
        for one in shipment_ids
    ]
    due = due_at or at + timedelta(days=2)
    record_published(tx, [(offer, at, due) for offer in offers], at)
    return offers


def handed_over(
    database: Database,
    count: int,
    batch_id: str = "SVAR-20261124-01-C5SHS",
    *,
    acknowledged: bool = True,
) -> list[ShipmentId]:
    """Bring letters of three sheets to SENT_TO_PRINT in one batch."""
    batch, night = BatchId(batch_id), MONDAY + timedelta(days=1)
    with transaction(database) as tx:
        letters = registered(tx, *(a_registration(account_code="0410") for _ in range(count)))
        on_paper(tx, *letters)
        job_class = JobClass(Envelope.C5, colour=False, duplex=False)
        batches.reserve(tx, [PlannedBatch(batch, job_class, tuple(letters))], night)
        placed = tuple(PlacedPiece(n, n, 1, 3, 22000) for n in range(1, count + 1))
        batches.record_assembled(tx, batch, Assembled("p.zip", "ab" * 32, 9, placed), night)
        batches.begin_hand_over(tx, batch, night)
        batches.record_handed_over(tx, batch, night)
        if acknowledged:
            batches.record_acknowledged(tx, batch, accepted=True, reason="", at=night)
    return letters
