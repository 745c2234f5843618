"""Tell a new letter from one we have answered: docs/decisions/0010-sender-and-reference.md."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Final

from flows.database import shipments
from flows.database.session import Database, reading
from flows.database.shipments import Known, Registration
from flows.domain.postal_address import may_be_hidden
from flows.domain.problem import faults
from flows.domain.sender import Sender
from flows.domain.shipment import Recipient, SenderId, Shipment, ShipmentId
from flows.domain.status import Status
from flows.intake.addressing import postal_address
from flows.intake.checking import Checked
from flows.intake.metadata import Description
from flows.intake.particulars import links_of, records_of
from flows.intake.problems import Code, problem
from flows.intake.rules import REPEAT_WINDOW, RULES

NAMESPACE: Final = uuid.UUID("6f1f7c52-55a5-4f43-9a54-7f1f3d2f8c11")
"""Ids of shipments are made in here; changing it would take every letter in anew."""

MAY_BE_HIDDEN: Final = "ADDRESS_MAY_BE_HIDDEN"
"""Why a letter is held whose address reads like one the population register hides."""

Decided = tuple[Registration, Checked, Known | None]
"""A registration, what it was made of, and the earlier answer where there is one."""


def decide(
    sender: Sender,
    checked: Sequence[Checked],
    database: Database,
    now: datetime,
) -> Iterator[Decided]:
    """Say for each package whether it is a new letter, or one we have answered."""
    keys = [repeat_key(sender.id, each.description) for each in checked]
    with reading(database) as tx:
        known = shipments.known_submissions(
            tx,
            [(sender.id, each.reference) for each in checked],
        )
        tries = shipments.tries_since(tx, set(keys) - {""}, now - REPEAT_WINDOW)
    limit = RULES[sender.rules].repeat_limit
    for each, key in zip(checked, keys, strict=True):
        earlier = known.setdefault((sender.id, each.reference), [])
        same = _same(each, earlier)
        too_often = limit is not None and bool(key) and tries[key] >= limit
        registration = _registration(sender.id, each, earlier, key, limit if too_often else None)
        yield registration, each, same
        if same is None:
            tries[key] += 1
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
    key: str,
    passed_limit: int | None,
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
    if passed_limit is not None:
        again = problem(
            Code.REPEATED,
            "mottaker",
            grense=passed_limit,
            dager=REPEAT_WINDOW.days,
        )
        problems = (again, *problems)
    shipment = None if faults(problems) else _shipment(shipment_id, sender_id, checked)
    return Registration(
        shipment_id, sender_id, checked.reference, contents, shipment, tuple(problems), key
    )


def repeat_key(sender_id: SenderId, described: Description) -> str:
    """Return what is the same for letters of one sender, title and recipient, address and all.

    A hash, since it outlives the address; empty where title or recipient is missing.
    """
    recipient = described.recipient
    if recipient is None or not described.title:
        return ""
    address = postal_address(recipient)
    parts = [sender_id, described.title, recipient.digital_id or "", *astuple(address)]
    return hashlib.sha256(repr(parts).casefold().encode("utf-8", "replace")).hexdigest()


def _shipment(shipment_id: ShipmentId, sender_id: SenderId, checked: Checked) -> Shipment:
    """Return the letter; only for a package without faults, so nothing required is missing."""
    described, recipient = checked.description, checked.description.recipient
    if recipient is None or described.title is None:
        msg = "a package without recipient or title has faults"
        raise ValueError(msg)
    wishes, address = described.printing, postal_address(recipient)
    return Shipment(
        id=shipment_id,
        sender_id=sender_id,
        reference=checked.reference,
        status=Status.ACCEPTED,
        recipient=Recipient(
            address=address,
            digital_id=recipient.digital_id or None,
            title=described.title,
            reply_to=postal_address(described.reply_to) if described.reply_to else None,
            links=links_of(described),
            records=records_of(described),
        ),
        documents=checked.documents,
        digital_only=bool(described.digital_only),
        duplex=bool(wishes and wishes.duplex),
        colour=bool(wishes and wishes.colour),
        account_code=described.account_code or "",
        shipment_type=described.shipment_type or "",
        sending_system=described.sending_system or "",
        correlation_id=described.correlation_id or "",
        confidential=bool(described.level_4 or described.confidential),
        own_address_page=checked.own_address,
        held_for=MAY_BE_HIDDEN if may_be_hidden(address) else "",
    )
