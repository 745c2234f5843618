"""What is known of reaching recipients digitally: the contact register's verdicts, no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from flows.database.session import Tx, in_chunks
from flows.database.standing_holds import sender_is_held
from flows.database.tables import recipients, shipments
from flows.domain.contact import Contact, Verdict
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status


@dataclass(frozen=True)
class DigitalWish:
    """How a letter goes digitally, as sender and contact register say."""

    digital_only: bool
    confidential: bool
    contact: Contact | None
    language: str
    """The recipient's own; empty when not known."""


def numbers_of(tx: Tx, letters: Sequence[ShipmentId]) -> dict[str, list[ShipmentId]]:
    """Return the letters by their recipient's number. Never logged."""
    found: dict[str, list[ShipmentId]] = {}
    for ids in in_chunks(letters):
        rows = tx.execute(
            select(recipients.c.digital_id, recipients.c.shipment_id).where(
                recipients.c.shipment_id.in_(ids),
                recipients.c.digital_id.is_not(None),
            ),
        )
        for number, shipment_id in rows:
            found.setdefault(number, []).append(shipment_id)
    return found


def record_verdicts(
    tx: Tx,
    verdicts: Mapping[Verdict, Sequence[ShipmentId]],
    at: datetime,
) -> None:
    """Keep what the register said about the recipients of letters, by verdict."""
    for verdict, letters in verdicts.items():
        for ids in in_chunks(letters):
            tx.execute(
                update(shipments)
                .where(shipments.c.id.in_(ids))
                .values(
                    contact=verdict.contact,
                    contact_at=at,
                    contact_language=verdict.language,
                ),
            )


def oldest_not_routed(tx: Tx) -> tuple[int, datetime | None]:
    """Return how many letters have no way yet, and when the oldest of them came."""
    row = tx.execute(
        select(func.count(), func.min(shipments.c.received_at)).where(
            shipments.c.status == Status.ACCEPTED,
            shipments.c.route.is_(None),
            shipments.c.held_for == "",
            ~sender_is_held(),
        ),
    ).one()
    return row[0], row[1]


def digital_wishes_of(tx: Tx, shipment_ids: Sequence[ShipmentId]) -> dict[ShipmentId, DigitalWish]:
    """Return what is known about how each letter goes digitally."""
    return {
        row.id: DigitalWish(
            row.digital_only,
            row.confidential,
            Contact(row.contact) if row.contact else None,
            row.contact_language,
        )
        for ids in in_chunks(shipment_ids)
        for row in tx.execute(
            select(
                shipments.c.id,
                shipments.c.digital_only,
                shipments.c.confidential,
                shipments.c.contact,
                shipments.c.contact_language,
            ).where(shipments.c.id.in_(ids)),
        )
    }
