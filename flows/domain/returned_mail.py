"""Letters that come back: why, and what somebody must do about it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class ReturnReason(StrEnum):
    """Why a letter came back, in the codes print vendors use."""

    GONE_AWAY = "R01"
    ADDRESS_INCOMPLETE = "R02"
    INACCESSIBLE = "R03"
    UNKNOWN = "R04"
    REFUSED = "R05"
    NOT_CALLED_FOR = "R06"
    NO_SUCH_ADDRESS = "R07"
    NO_REASON = "R08"
    DECEASED = "R09"
    OTHER = "R10"


class ReturnAction(StrEnum):
    """What was done with the paper."""

    RETURNED = "RETURNED"
    DESTROYED = "DESTROYED"


SENDER_MUST_KNOW: Final = frozenset(
    {
        ReturnReason.GONE_AWAY,
        ReturnReason.ADDRESS_INCOMPLETE,
        ReturnReason.UNKNOWN,
        ReturnReason.NO_SUCH_ADDRESS,
        ReturnReason.DECEASED,
    },
)
"""Reasons for which the next letter comes back too, unless the sender mends its register."""


@dataclass(frozen=True)
class ReturnedLetter:
    """What the vendor says of a letter that came back."""

    batch_id: str
    piece_number: int
    shipment_id: str
    return_reason: ReturnReason
    action: ReturnAction
    returned_on: date


@dataclass(frozen=True)
class ReturnLine:
    """One line of a file of returned mail: what it says, or why it could not be read."""

    line: int
    letter: ReturnedLetter | None
    fault: str = ""
