"""Tell a new letter from one we have answered: docs/decisions/0010-sender-and-reference.md."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Final

from flows.database import shipments
from flows.database.session import Database, reading
from flows.database.shipments import Known, Registration
from flows.domain.problem import faults
from flows.domain.shipment import Recipient, SenderId, Shipment, ShipmentId
from flows.domain.status import Status
from flows.intake.checking import Checked
from flows.intake.problems import Code, problem
from flows.intake.validation import postal_address

NAMESPACE: Final = uuid.UUID("6f1f7c52-55a5-4f43-9a54-7f1f3d2f8c11")
"""Ids of shipments are made in here; changing it would take every letter in anew."""

Decided = tuple[Registration, Checked, Known | None]
"""A registration, what it was made of, and the earlier answer where there is one."""


def decide(
    sender_id: SenderId,
    checked: Sequence[Checked],
    database: Database,
) -> Iterator[Decided]:
    """Say for each package whether it is a new letter, or one we have answered."""
    with reading(database) as tx:
        known = shipments.known_submissions(
            tx,
            [(sender_id, each.reference) for each in checked],
        )
    for each in checked:
        earlier = known.setdefault((sender_id, each.reference), [])
        same = _same(each, earlier)
        registration = _registration(sender_id, each, earlier)
        yield registration, each, same
        if same is None:
            earlier.append(
                Known(registration.id, registration.contents_sha256, registration.verdict),
            )


def _same(checked: Checked, earlier: Sequence[Known]) -> Known | None:
    contents = checked.submission.contents_sha256
    return next((one for one in earlier if one.contents_sha256 == contents), None)


def _registration(
    sender_id: SenderId,
    checked: Checked,
    earlier: Sequence[Known],
) -> Registration:
    contents = checked.submission.contents_sha256
    shipment_id = ShipmentId(
        str(uuid.uuid5(NAMESPACE, f"{sender_id}\n{checked.reference}\n{contents}")),
    )
    living = next((one for one in earlier if one.status is not Status.REJECTED), None)
    problems = checked.problems
    if living is not None and living.contents_sha256 != contents:
        used = problem(Code.REFERENCE_USED, "eksternReferanse", forsendelse=living.shipment_id)
        problems = (used, *problems)
    shipment = None if faults(problems) else _shipment(shipment_id, sender_id, checked)
    return Registration(
        shipment_id, sender_id, checked.reference, contents, shipment, tuple(problems)
    )


def _shipment(shipment_id: ShipmentId, sender_id: SenderId, checked: Checked) -> Shipment:
    """Return the letter; only for a package without faults, so nothing required is missing."""
    described, recipient = checked.description, checked.description.recipient
    if recipient is None or described.title is None:
        msg = "a package without recipient or title has faults"
        raise ValueError(msg)
    wishes = described.printing
    return Shipment(
        id=shipment_id,
        sender_id=sender_id,
        reference=checked.reference,
        status=Status.ACCEPTED,
        recipient=Recipient(
            address=postal_address(recipient),
            digital_id=recipient.digital_id or None,
            title=described.title,
        ),
        documents=checked.documents,
        digital_only=bool(described.digital_only),
        duplex=bool(wishes and wishes.duplex),
        colour=bool(wishes and wishes.colour),
        account_code=described.account_code or "",
        shipment_type=described.shipment_type or "",
    )
