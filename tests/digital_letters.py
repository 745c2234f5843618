"""A letter as a channel gets it, believable unless the test says otherwise."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

from flows.dispatch.channel import Attachment, DigitalLetter, Tenant
from flows.domain.shipment import ShipmentId

PERSON = "01818550029"
ORGANISATION = "310000108"
CONTENT = b"%PDF-1.7 et brev"
TENANT = Tenant("svarut-post")


def a_digital_letter(folder: Path, content: bytes = CONTENT, **changes: Any) -> DigitalLetter:
    """Return a letter with one document, which is written to a folder."""
    document = folder / hashlib.sha256(content).hexdigest()
    document.write_bytes(content)
    values: dict[str, Any] = {
        "key": str(uuid.uuid4()),
        "shipment_id": ShipmentId(str(uuid.uuid4())),
        "recipient_id": PERSON,
        "title": "Vedtak om barnehageplass",
        "text": "Du har fått et brev fra Lillevik kommune.\n\nBrevet ligger som **vedlegg**.",
        "sender_name": "Lillevik kommune",
        "tenant": TENANT,
        "attachments": [Attachment("vedtak.pdf", lambda: document)],
    }
    return DigitalLetter(**{**values, **changes})
