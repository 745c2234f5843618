"""What a digital channel promises: to take an offer once, and to say what became of it.

The contract. A letter comes to `offer` ACCEPTED, with its key written down and committed. The
channel answers Offered, Refused or Unknown and never raises for one letter's sake; the caller
records it. Offered means that asking with the reference gives an answer. Refused means that the
recipient will never see this letter in this channel. Unknown means nobody knows: the same key is
offered again. `answer` never changes anything at the recipient's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from flows.domain.shipment import ShipmentId


class Refusal(StrEnum):
    """Why a channel will not have a letter; it goes on paper, or is not delivered."""

    RESERVED = "RESERVED"
    UNKNOWN_RECIPIENT = "UNKNOWN_RECIPIENT"
    LACKS_ROLES = "LACKS_ROLES"
    INVALID_CONTENT = "INVALID_CONTENT"
    PUBLICATION_FAILED = "PUBLICATION_FAILED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True)
class Attachment:
    """One document of an offered letter."""

    file_name: str
    path: Path


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
    resource: str
    attachments: Sequence[Attachment]


@dataclass(frozen=True)
class Offered:
    """The channel has the letter, under this reference."""

    reference: str


@dataclass(frozen=True)
class Refused:
    """The channel will not have the letter."""

    reason: Refusal


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether the channel has the letter: offer it again, with the same key."""

    why: str


@dataclass(frozen=True)
class ChannelAnswer:
    """What became of an offered letter."""

    published_at: datetime | None = None
    read_at: datetime | None = None
    refusal: Refusal | None = None


class Channel(Protocol):
    """A digital way to a recipient."""

    name: str

    def offer(self, letter: DigitalLetter) -> Offered | Refused | Unknown:
        """Offer a letter; raises NeedsAPerson when no letter at all can be offered."""

    def answer(self, reference: str) -> ChannelAnswer | Unknown:
        """Say what became of a letter; raises NeedsAPerson when nothing at all can be asked."""
