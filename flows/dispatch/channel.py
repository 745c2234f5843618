"""What a digital channel promises: to take an offer once, and to say what became of it.

The contract, for whoever writes the next channel:

- A letter comes to `offer` ACCEPTED, with its key written down and committed. The channel answers
  for this letter with one of the outcomes below and never raises for one letter's sake; the caller
  records it. The letter then leaves ACCEPTED when `answer` says published (NOTIFIED), or refused
  (to paper; a digital-only letter is NOT_DELIVERED).
- `answer`, `moved` and the outcomes change nothing at the recipient's, so a killed run asks again.
- `withdraw` is the fence before paper: after True the recipient will never see the letter here.
- Nothing in here knows Altinn. A channel of another kind (a digital mailbox, or SvarUt itself) is
  one more module that keeps this contract; a channel that cannot list what moved answers Unknown
  from `moved`, and is asked letter by letter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from flows.domain.shipment import ShipmentId


class Refusal(StrEnum):
    """Why a channel will not have a letter; it goes on paper, or is not delivered."""

    RESERVED = "RESERVED"
    UNKNOWN_RECIPIENT = "UNKNOWN_RECIPIENT"
    LACKS_ROLES = "LACKS_ROLES"
    PUBLICATION_FAILED = "PUBLICATION_FAILED"
    WITHDRAWN = "WITHDRAWN"


class Watch(StrEnum):
    """What to look for among letters offered together."""

    PUBLICATION = "PUBLICATION"
    """Published, or given up."""
    READING = "READING"
    """Read, downloaded, confirmed, thrown away."""


@dataclass(frozen=True)
class Tenant:
    """In whose name a channel is called."""

    resource: str
    """The channel's own name for the service the letters are sent through."""
    consumer: str = ""
    """The organisation we act for; empty: ourselves."""


@dataclass(frozen=True)
class Attachment:
    """One document of an offered letter."""

    file_name: str
    fetch: Callable[[], Path]
    """Gives the file on this disk, when it is wanted: it may lie in a store far away."""


@dataclass(frozen=True)
class DigitalLetter:
    """A letter as a channel needs it. It holds personal data and is never logged."""

    key: str
    """A UUID; the same letter offered again has the same key."""
    shipment_id: ShipmentId
    recipient_id: str
    """11 digits a person, 9 an organisation."""
    title: str
    text: str
    """CommonMark."""
    sender_name: str
    tenant: Tenant
    attachments: Sequence[Attachment]
    language: str = "nb"
    """nb, nn, en or se."""
    publish_at: datetime | None = None
    """Letters offered together have the same; None is at once."""
    notify: bool = True
    """Whether the recipient is told by e-mail or SMS."""
    confidential: bool = False


@dataclass(frozen=True)
class Offered:
    """The channel has the letter, under this reference."""

    reference: str


@dataclass(frozen=True)
class Refused:
    """This recipient will never see the letter in this channel: it goes on paper now."""

    reason: Refusal


@dataclass(frozen=True)
class Quarantined:
    """The letter itself is not accepted, and would never be: a person must look at it."""

    why: str
    """A code or the names of fields; nothing personal."""


@dataclass(frozen=True)
class Stopped:
    """Nothing of this tenant can be offered until a person mends the set-up."""

    why: str


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether the channel has the letter: offer it again, with the same key."""

    why: str


KEY_NOT_FOUND: Final = "KEY_USED_BUT_NOT_FOUND"
"""Why an offer is Unknown when the channel says that it has the letter, and does not find it. When
it says so again and again, another call will not help: a person must look."""

Outcome = Offered | Refused | Quarantined | Stopped | Unknown


@dataclass(frozen=True)
class ChannelAnswer:
    """What became of an offered letter."""

    published_at: datetime | None = None
    read_at: datetime | None = None
    refusal: Refusal | None = None


class Channel(Protocol):
    """A digital way to a recipient."""

    name: str

    def offer(self, letter: DigitalLetter) -> Outcome:
        """Offer a letter."""

    def answer(self, reference: str, tenant: Tenant) -> ChannelAnswer | Stopped | Unknown:
        """Say what became of a letter."""

    def moved(
        self, tenant: Tenant, publish_at: datetime, watch: Watch
    ) -> frozenset[str] | Stopped | Unknown:
        """Return references, of those offered to be published at that instant, that have moved.

        It may name letters of others, and letters asked about before; never too few of ours.
        """

    def withdraw(self, reference: str, tenant: Tenant) -> bool | Stopped | Unknown:
        """Take back a letter not yet published. False: it was published after all."""
