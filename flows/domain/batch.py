"""The shipments of one print run and what became of the run."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Self

from flows.domain.shipment import Document, PrintedDocument, Recipient, SenderId, ShipmentId

BatchId = NewType("BatchId", str)
"""`<customer>-<yyyymmdd>-<run, 2 digits>-<job class>`, for example `SVAR-20261124-01-C5SHD`."""


ENCRYPTED: Final = ".pgp"
"""After a package's name: what leaves in its place, where the vendor's profile asks for it."""

ENCRYPTED_RECORD: Final = ".pgp.json"
"""After a package's name, on our disk: what its encrypted file is."""


class BatchStatus(StrEnum):
    """A print run's status."""

    RESERVED = "RESERVED"
    ASSEMBLED = "ASSEMBLED"
    HANDING_OVER = "HANDING_OVER"
    HANDED_OVER = "HANDED_OVER"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REFUSED = "REFUSED"
    SETTLED = "SETTLED"
    ANNULLED = "ANNULLED"


BATCH_MOVES: Final = frozenset(
    {
        (BatchStatus.RESERVED, BatchStatus.ASSEMBLED),
        # A letter was read before the package left: it is taken out, and the rest assembled again.
        (BatchStatus.ASSEMBLED, BatchStatus.RESERVED),
        (BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER),
        (BatchStatus.HANDING_OVER, BatchStatus.HANDED_OVER),
        (BatchStatus.HANDED_OVER, BatchStatus.ACKNOWLEDGED),
        (BatchStatus.HANDED_OVER, BatchStatus.REFUSED),
        (BatchStatus.ACKNOWLEDGED, BatchStatus.SETTLED),
        # Every letter was read before it left, or a person says so with the vendor's word.
        (BatchStatus.RESERVED, BatchStatus.ANNULLED),
        (BatchStatus.ASSEMBLED, BatchStatus.ANNULLED),
        (BatchStatus.HANDED_OVER, BatchStatus.ANNULLED),
        (BatchStatus.ACKNOWLEDGED, BatchStatus.ANNULLED),
        (BatchStatus.REFUSED, BatchStatus.ANNULLED),
        # The next attempt: the vendor has annulled the one before, or two persons say so.
        (BatchStatus.HANDED_OVER, BatchStatus.RESERVED),
        (BatchStatus.ACKNOWLEDGED, BatchStatus.RESERVED),
        (BatchStatus.REFUSED, BatchStatus.RESERVED),
    },
)
"""The whole machine of a print run."""

AT_THE_VENDOR: Final = frozenset(
    {BatchStatus.HANDED_OVER, BatchStatus.ACKNOWLEDGED, BatchStatus.REFUSED},
)
"""The package is the vendor's, and not everything about it has been said."""

NOT_YET_LEAVING: Final = frozenset({BatchStatus.RESERVED, BatchStatus.ASSEMBLED})
"""While a batch is here, a letter read in Altinn still leaves it and is not printed."""


class StopState(StrEnum):
    """How far the wish has come that a letter which has left is not printed."""

    ASKED = "ASKED"
    SENT = "SENT"
    STOPPED = "STOPPED"
    TOO_LATE = "TOO_LATE"
    CONTRADICTED = "CONTRADICTED"


STOP_MOVES: Final = frozenset(
    {
        (StopState.ASKED, StopState.SENT),
        (StopState.SENT, StopState.STOPPED),
        (StopState.SENT, StopState.TOO_LATE),
        # The vendor annulled or refused it before the list was answered, or sent.
        (StopState.ASKED, StopState.STOPPED),
        # A receipt came before the list was sent.
        (StopState.ASKED, StopState.TOO_LATE),
        (StopState.STOPPED, StopState.CONTRADICTED),
        (StopState.SENT, StopState.CONTRADICTED),
    },
)
"""The whole machine of a stop."""


class LeftAs(StrEnum):
    """Why a piece that was in a package does not count any more."""

    ANNULLED = "ANNULLED"
    REFUSED = "REFUSED"
    STOPPED = "STOPPED"


USUAL_PRODUCT: Final = "BREV"
"""The postage product of every letter for which the vendor's profile names no other."""


class Envelope(StrEnum):
    """The envelope a letter needs."""

    C5 = "C5"
    C4 = "C4"


@dataclass(frozen=True, order=True)
class JobClass:
    """Letters that run through the vendor's machines together, and are posted together."""

    envelope: Envelope
    colour: bool
    duplex: bool
    product: str = ""
    """The postage product, where it is not the usual one."""

    @property
    def code(self) -> str:
        """The class as it stands in file names: `C5SHD` is C5, black and white, duplex."""
        colour = "FA" if self.colour else "SH"
        return f"{self.envelope}{colour}{'D' if self.duplex else 'S'}{self.product}"

    @property
    def postage_product(self) -> str:
        """The product as package and job ticket say it."""
        return self.product or USUAL_PRODUCT

    @classmethod
    def of_code(cls, code: str) -> Self:
        """Read a class from its code; raises ValueError for what is none."""
        envelope, duplex = Envelope(code[:2]), code[4:5] == "D"
        found = cls(envelope, colour=code[2:4] == "FA", duplex=duplex, product=code[5:])
        if found.code != code:
            raise ValueError(code)
        return found


@dataclass(frozen=True)
class Piece:
    """One letter's place in a batch."""

    batch_id: BatchId
    number: int
    """1, 2, 3 ... without gaps when reserved; a letter that leaves keeps its number unused."""
    shipment_id: ShipmentId


@dataclass(frozen=True)
class Candidate:
    """A letter due for print, with what the choice of batch needs to know."""

    id: ShipmentId
    sender_id: SenderId
    duplex: bool
    """As the sender asked."""
    colour: bool
    postcode: str
    documents: tuple[PrintedDocument, ...]
    """Those that are to be printed, in order."""
    own_address_page: bool = False
    """Page 1 carries the address: no cover page."""
    country: str = ""
    """As the address has it; empty: Norway."""
    size_bytes: int = 0
    """Of the documents as they are printed."""
    colour_pages: int = 0
    """Pages with colour on them, if the letter is printed in colour."""


@dataclass(frozen=True)
class PlannedBatch:
    """A batch as selection wants it: letters in the order they are to be printed."""

    id: BatchId
    job_class: JobClass
    shipment_ids: tuple[ShipmentId, ...]


@dataclass(frozen=True)
class Letter:
    """One letter of a batch, with all that its cover page and its print file need."""

    piece: Piece
    sender_id: SenderId
    account_code: str
    duplex: bool
    colour: bool
    due_at: datetime | None
    """The deadline it was not read before; None when it never went digitally."""
    route_reason: str
    recipient: Recipient
    documents: tuple[Document, ...]
    recipient_language: str = ""
    """As the contact register knows it; empty: the sender's."""
    own_address_page: bool = False
    """Page 1 carries the address: no cover page."""


@dataclass(frozen=True)
class PlacedPiece:
    """Where a letter stands in the print file, in printed sides, and its paper."""

    number: int
    first_page: int
    """1-based."""
    pages: int
    sheets: int
    weight_mg: int


@dataclass(frozen=True)
class Assembled:
    """What assembly made of a batch: the package, and each piece's place in the print file."""

    package: str
    package_sha256: str
    package_size_bytes: int
    pieces: tuple[PlacedPiece, ...]
