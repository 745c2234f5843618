"""A letter to one recipient: sender, recipient, documents, how it may be delivered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, NewType

from flows.domain.contact import Contact
from flows.domain.postal_address import PostalAddress
from flows.domain.status import Status

ShipmentId = NewType("ShipmentId", str)
"""A UUID in its usual 36 characters."""

SenderId = NewType("SenderId", str)
"""The name of a sender's inbox, for example `nordvik-skole`."""


class Route(StrEnum):
    """How a letter is to reach its recipient."""

    DIGITAL = "DIGITAL"
    PAPER = "PAPER"


class PrintedDocument(NamedTuple):
    """What of a document decides how much paper it takes."""

    pages: int
    giro: tuple[int, ...] = ()
    """1-based page numbers that go on giro paper."""


@dataclass(frozen=True)
class Document:
    """One file of a letter, in the sender's order."""

    position: int
    """1 for the first."""
    file_name: str
    sha256: str
    size_bytes: int
    pages: int
    """0 when the file is not a PDF."""
    excluded_from_print: bool = False
    giro_pages: tuple[int, ...] = ()
    """1-based page numbers that go on giro paper."""
    print_sha256: str | None = None
    """Of its print-ready copy in the archive; None: none was made."""
    print_size_bytes: int | None = None
    colour_pages: int | None = None
    """Pages with colours; None: not counted."""

    @property
    def printed(self) -> PrintedDocument:
        """What of it decides how much paper it takes."""
        return PrintedDocument(self.pages, self.giro_pages)

    @property
    def pages_in_colour(self) -> int:
        """Pages that cost colour where the letter is printed in colour; uncounted ones may all."""
        return self.pages if self.colour_pages is None else self.colour_pages


@dataclass(frozen=True)
class Link:
    """An address on the web that belongs to a letter."""

    url: str
    text: str
    lead: str = ""
    """What stands before it (ledetekst)."""


@dataclass(frozen=True)
class Recipient:
    """Who a letter is for. Everything personal about a letter is here and nowhere else."""

    address: PostalAddress
    digital_id: str | None
    """A national identity number (11 digits) or an organisation number (9)."""
    title: str
    reply_to: PostalAddress | None = None
    """Whose address stands as sender on paper instead of the sender's own (svarSendesTil)."""
    links: tuple[Link, ...] = ()
    records: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """NOARK metadata as the sender wrote it, kept for whoever imports the letter."""


@dataclass(frozen=True)
class Shipment:
    """One letter, once it has an id."""

    id: ShipmentId
    sender_id: SenderId
    reference: str
    status: Status
    recipient: Recipient
    documents: tuple[Document, ...]
    digital_only: bool = False
    duplex: bool = False
    colour: bool = False
    account_code: str = ""
    shipment_type: str = ""
    sending_system: str = ""
    correlation_id: str = ""
    confidential: bool = False
    """Only for the recipient's own eyes: level 4 log-in, or confidential post to organisations."""
    own_address_page: bool = False
    """Page 1 was found to carry the address where the window is: no cover page is put before it."""
    held_for: str = ""
    """Why a person must look before the letter goes anywhere: a code, empty when nobody must."""


class RecipientKind(StrEnum):
    """What a recipient's digital id says it is."""

    NOBODY = "NOBODY"
    """There is no digital id."""
    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"


@dataclass(frozen=True)
class ToRoute:
    """What the choice between digital and paper needs to know about a letter."""

    id: ShipmentId
    recipient: RecipientKind
    sender_digital: bool
    """False: the sender has everything on paper."""
    digital_only: bool
    information: bool
    """True for information, False for decisions."""
    confidential: bool
    confidential_resource: bool
    """Whether the sender has a way for confidential letters."""
    contact: Contact | None = None
    """What the contact register has said lately."""
