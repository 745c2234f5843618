"""Offer letters in the digital channel, each once, however often a run is killed."""

import logging
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from flows.database import asking, offers, shipments
from flows.database.asking import ToOffer
from flows.database.offers import Intent, Offer
from flows.database.quarantine import quarantine
from flows.database.senders import all_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.dispatch.channel import (
    KEY_NOT_FOUND,
    Channel,
    DigitalLetter,
    Offered,
    Outcome,
    Quarantined,
    Refused,
    Stopped,
    Tenant,
    Unknown,
)
from flows.dispatch.digital_letters import digital_letters
from flows.dispatch.routing import Reason
from flows.dispatch.slices import LARGEST, ask_again_at, by_tenant, cut, publish_instants, tenant_of
from flows.domain.sender import Sender
from flows.domain.shipment import Route, SenderId
from flows.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

SLICE: Final = 200
"""Letters offered between two commits, and so at most how many calls a killed run repeats."""

WRITTEN_AT_ONCE: Final = 10 * LARGEST

MOST_LOSSES: Final = 5
"""So often may the channel know a key and not find its letter, before a person must look."""

NAMESPACE: Final = uuid.UUID("0e6f4f3a-9a0b-4a68-8f2e-2a3f1d5c7b90")
"""Keys of offers are made in here; Altinn never forgets a key, so this may never change."""


@dataclass(frozen=True)
class OfferCounts:
    """What became of offers."""

    offered: int = 0
    refused: int = 0
    quarantined: int = 0
    """Letters a person must look at; nothing happens to them until then."""
    unknown: int = 0
    """Offered again by the next run, with the same key."""
    stopped: tuple[tuple[Tenant, str], ...] = ()
    """In whose name nothing could be offered, and why; all of it waits."""
    answered: tuple[Tenant, ...] = field(default=(), compare=False)
    """In whose name something was taken."""

    def __add__(self, other: "OfferCounts") -> "OfferCounts":
        """Add two counts, name by name."""
        names = self.__dataclass_fields__
        return OfferCounts(*(getattr(self, name) + getattr(other, name) for name in names))


def offer_key(sender_id: SenderId, shipment_id: str, attempt: int) -> str:
    """Return the key that makes the second offer of a letter harmless."""
    return str(uuid.uuid5(NAMESPACE, f"{sender_id}/{shipment_id}/{attempt}"))


def write_down_intents(
    database: Database,
    channel: str,
    settings: Settings,
    now: datetime,
) -> int:
    """Write down and commit an offer for every letter that goes digitally; return how many.

    Letters of one tenant share a publish instant in slices, and no two slices share one.
    """
    written = 0
    while True:
        with transaction(database) as tx:
            letters = asking.without_offer(tx, WRITTEN_AT_ONCE)
            _write_down(tx, letters, channel, settings, now)
        written += len(letters)
        if len(letters) < WRITTEN_AT_ONCE:
            return written


def offer_everything(
    database: Database,
    channel: Channel,
    settings: Settings,
    now: datetime,
) -> OfferCounts:
    """Make every offer written down, tenant by tenant.

    A tenant that is stopped keeps the rest of its offers for another run; the others go on.
    """
    with reading(database) as tx:
        waiting = by_tenant(asking.to_offer(tx))
    counts = OfferCounts()
    for _, of_tenant in waiting:
        for some in cut([offer.key for offer in of_tenant], SLICE):
            done = offer_slice(database, channel, settings, some, now)
            counts += done
            if done.stopped:
                break
    return counts


def offers_to_make(database: Database) -> int:
    """Return how many offers are written down and not made."""
    with reading(database) as tx:
        return len(asking.to_offer(tx))


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
        waiting = [offer for offer in asking.with_keys(tx, keys) if offer.state == "INTENDED"]
        letters = digital_letters(tx, waiting, settings)
    with ThreadPoolExecutor(settings.altinn.parallel_calls) as pool:
        said = list(zip(waiting, pool.map(_UntilStopped(channel), letters), strict=True))
    taken = {offer.key: answer.reference for offer, answer in said if isinstance(answer, Offered)}
    refused = [(offer, answer.reason) for offer, answer in said if isinstance(answer, Refused)]
    faulty = [(offer, answer.why) for offer, answer in said if isinstance(answer, Quarantined)]
    lost = [offer for offer, answer in said if answer == Unknown(KEY_NOT_FOUND)]
    faulty += [(offer, KEY_NOT_FOUND) for offer in lost if offer.asks + 1 >= MOST_LOSSES]
    with transaction(database) as tx:
        offers.record_offered(tx, taken, now, ask_after=ask_again_at(now, 0))
        offers.record_refused(tx, refused, now)
        offers.record_lost(tx, [offer.key for offer in lost])
        quarantine(tx, faulty, now)
    for offer, answer in said:
        if isinstance(answer, Unknown):
            log.warning("offer not settled shipment=%s: %s", offer.shipment_id, answer.why)
    waiting_on = sum(isinstance(answer, Stopped) for _, answer in said)
    return OfferCounts(
        offered=len(taken),
        refused=len(refused),
        quarantined=len(faulty),
        unknown=len(said) - len(taken) - len(refused) - len(faulty) - waiting_on,
        stopped=_stopped(letters, said),
        answered=tuple({tenant_of(offer) for offer, answer in said if isinstance(answer, Offered)}),
    )


class _UntilStopped:
    """Offers letters until a tenant is stopped; no more calls are made in its name."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stopped: dict[Tenant, Stopped] = {}

    def __call__(self, letter: DigitalLetter) -> Outcome:
        if letter.tenant in self._stopped:
            return self._stopped[letter.tenant]
        outcome = self._channel.offer(letter)
        if isinstance(outcome, Stopped):
            self._stopped[letter.tenant] = outcome
        return outcome


def _stopped(
    letters: Sequence[DigitalLetter],
    said: Sequence[tuple[Offer, Outcome]],
) -> tuple[tuple[Tenant, str], ...]:
    found: dict[Tenant, str] = {}
    for letter, (_, answer) in zip(letters, said, strict=True):
        if isinstance(answer, Stopped):
            found.setdefault(letter.tenant, answer.why)
    return tuple(found.items())


def _write_down(
    tx: Tx,
    letters: Sequence[ToOffer],
    channel: str,
    settings: Settings,
    now: datetime,
) -> None:
    senders = all_senders(tx)
    by_tenant: dict[Tenant, list[ToOffer]] = {}
    homeless: list[ToOffer] = []
    for letter in letters:
        sender = senders[letter.sender_id]
        resource = _resource(letter, sender, settings)
        if resource:
            tenant = Tenant(resource, sender.consumer_organisation)
            by_tenant.setdefault(tenant, []).append(letter)
        else:
            homeless.append(letter)
    slices = [
        (tenant, some) for tenant, theirs in by_tenant.items() for some in cut(theirs, LARGEST)
    ]
    instants = publish_instants(now, asking.last_publish_at(tx), len(slices))
    intents = [
        Intent(
            key=offer_key(letter.sender_id, letter.id, letter.attempt),
            shipment_id=letter.id,
            channel=channel,
            attempt=letter.attempt,
            resource=tenant.resource,
            publish_at=publish_at,
        )
        for (tenant, some), publish_at in zip(slices, instants, strict=True)
        for letter in some
    ]
    offers.intend(tx, intents, now)
    _send_home(tx, homeless, now)


def _resource(letter: ToOffer, sender: Sender, settings: Settings) -> str:
    if letter.confidential:
        return sender.confidential_resource
    return sender.altinn_resource or settings.altinn.resource_id


def _send_home(tx: Tx, homeless: Sequence[ToOffer], now: datetime) -> None:
    """Send confidential letters the other way: their sender's resource for them is gone again."""
    ids = [letter.id for letter in homeless]
    never_on_paper = shipments.digital_only(tx, ids)
    on_paper = [(one, Route.PAPER, Reason.CONFIDENTIAL) for one in ids if one not in never_on_paper]
    shipments.record_routes(tx, on_paper, now)
    shipments.record_not_delivered(tx, dict.fromkeys(never_on_paper, Reason.CONFIDENTIAL), now)
