"""The shipments of one print run and what became of the run."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from flows.domain.shipment import ShipmentId

BatchId = NewType("BatchId", str)
"""`<customer>-<yyyymmdd>-<run, 2 digits>-<job class>`, for example `SVAR-20261124-01-C5SHD`."""


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
    },
)
"""The whole machine of a print run."""

NOT_YET_LEAVING: Final = frozenset({BatchStatus.RESERVED, BatchStatus.ASSEMBLED})
"""While a batch is here, a letter read in Altinn still leaves it and is not printed."""


class Envelope(StrEnum):
    """The envelope a letter needs."""

    C5 = "C5"
    C4 = "C4"


@dataclass(frozen=True, order=True)
class JobClass:
    """Letters that run through the vendor's machines together: envelope, colour, sides."""

    envelope: Envelope
    colour: bool
    duplex: bool

    @property
    def code(self) -> str:
        """The class as it stands in file names: `C5SHD` is C5, black and white, duplex."""
        colour = "FA" if self.colour else "SH"
        return f"{self.envelope}{colour}{'D' if self.duplex else 'S'}"


@dataclass(frozen=True)
class Piece:
    """One letter's place in a batch."""

    batch_id: BatchId
    number: int
    """1, 2, 3 ... without gaps when reserved; a letter that leaves keeps its number unused."""
    shipment_id: ShipmentId
