"""Offer letters in the digital channel, each once, however often a run is killed."""

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.archive import Archive
from flows.database import offers, shipments
from flows.database.offers import Intent, Offer
from flows.database.senders import all_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.dispatch.channel import (
    Attachment,
    Channel,
    DigitalLetter,
    Offered,
    Quarantined,
    Refused,
    Stopped,
    Tenant,
    Unknown,
)
from flows.dispatch.routing import choose_route
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.errors import NeedsAPerson
from flows.settings import Settings
from flows.wording import fill

log = logging.getLogger(__name__)

SLICE: Final = 200
"""Letters offered between two commits, and so at most how many calls a killed run repeats."""

ROUTED_AT_ONCE: Final = 5000

NAMESPACE: Final = uuid.UUID("0e6f4f3a-9a0b-4a68-8f2e-2a3f1d5c7b90")
"""Keys of offers are made in here; Altinn never forgets a key, so this may never change."""


@dataclass(frozen=True)
class OfferCounts:
    """What became of the offers of one slice."""

    offered: int = 0
    refused: int = 0
    unknown: int = 0
    """Offered again by the next run, with the same key."""


def offer_key(sender_id: SenderId, shipment_id: str, attempt: int) -> str:
    """Return the key that makes the second offer of a letter harmless."""
    return str(uuid.uuid5(NAMESPACE, f"{sender_id}/{shipment_id}/{attempt}"))


def route_letters(database: Database, now: datetime) -> Counter[str]:
    """Choose digital or paper for every new letter; return how often each reason was given."""
    reasons: Counter[str] = Counter()
    while True:
        with transaction(database) as tx:
            letters = shipments.to_route(tx, ROUTED_AT_ONCE)
            chosen = [(letter.id, *choose_route(letter)) for letter in letters]
            shipments.record_routes(tx, chosen, now)
        reasons.update(why for _, _, why in chosen)
        if len(letters) < ROUTED_AT_ONCE:
            return reasons


def routes_to_choose(database: Database) -> Counter[str]:
    """Say which way new letters would go, and write nothing."""
    with reading(database) as tx:
        letters = shipments.to_route(tx, limit=1_000_000)
    return Counter(choose_route(letter)[1] for letter in letters)


def write_down_intents(database: Database, channel: str, now: datetime) -> int:
    """Write down and commit an offer for every letter that goes digitally; return how many."""
    written = 0
    while True:
        with transaction(database) as tx:
            letters = offers.without_offer(tx, ROUTED_AT_ONCE)
            intents = [
                Intent(offer_key(sender_id, shipment_id, 1), shipment_id, channel, 1)
                for shipment_id, sender_id in letters
            ]
            offers.intend(tx, intents, now)
        written += len(intents)
        if len(letters) < ROUTED_AT_ONCE:
            return written


def intended_slices(database: Database) -> list[list[str]]:
    """Return the keys of all offers still to be made, in slices."""
    with reading(database) as tx:
        keys = offers.keys_in_state(tx, "INTENDED")
    return [keys[start : start + SLICE] for start in range(0, len(keys), SLICE)]


def offer_slice(
    database: Database,
    channel: Channel,
    settings: Settings,
    keys: Sequence[str],
    now: datetime,
) -> OfferCounts:
    """Make the offers of one slice, and record what the channel said in one transaction.

    Killed in between, the next run offers them again with the same keys, and the channel says
    that it has them. One letter's trouble never stops the others.
    """
    with reading(database) as tx:
        waiting = [offer for offer in offers.with_keys(tx, keys) if offer.state == "INTENDED"]
        letters = _letters(tx, waiting, settings)
    with ThreadPoolExecutor(settings.altinn.parallel_calls) as pool:
        answers = list(pool.map(channel.offer, letters))
    said = list(zip(waiting, answers, strict=True))
    taken = {offer.key: answer.reference for offer, answer in said if isinstance(answer, Offered)}
    refused = [(offer, answer.reason) for offer, answer in said if isinstance(answer, Refused)]
    with transaction(database) as tx:
        offers.record_offered(tx, taken, now)
        offers.record_refused(tx, refused, now)
    for offer, answer in said:
        if isinstance(answer, Stopped):
            raise NeedsAPerson(
                f"Altinn refuses us: {answer.why}",
                where="altinn",
                do="check the token, its scopes and the resource: svarut doctor",
            )
        if isinstance(answer, Unknown | Quarantined):
            log.warning("offer not settled shipment=%s: %s", offer.shipment_id, answer.why)
    return OfferCounts(len(taken), len(refused), len(said) - len(taken) - len(refused))


def _letters(tx: Tx, waiting: Sequence[Offer], settings: Settings) -> list[DigitalLetter]:
    ids = [offer.shipment_id for offer in waiting]
    senders = all_senders(tx)
    recipients, documents = shipments.recipients_of(tx, ids), shipments.documents_of(tx, ids)
    digital_only = shipments.digital_only(tx, ids)
    archive = Archive(settings.archive_folder)
    return [
        DigitalLetter(
            key=offer.key,
            shipment_id=offer.shipment_id,
            recipient_id=recipients[offer.shipment_id].digital_id or "",
            title=recipients[offer.shipment_id].title,
            text=_text(senders[offer.sender_id], on_paper=offer.shipment_id not in digital_only),
            sender_name=senders[offer.sender_id].name,
            tenant=Tenant(
                senders[offer.sender_id].altinn_resource or settings.altinn.resource_id,
                senders[offer.sender_id].consumer_organisation,
            ),
            attachments=[
                Attachment(each.file_name, archive.path_of(each.sha256))
                for each in documents[offer.shipment_id]
            ],
        )
        for offer in waiting
    ]


def _text(sender: Sender, *, on_paper: bool) -> str:
    return fill("altinn_message.md", avsender=sender.name, frist=on_paper)
