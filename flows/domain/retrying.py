"""What can be tried again of what has failed, and what it takes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flows.domain.shipment import ShipmentId
from flows.domain.status import FINAL, Status

QUARANTINED: Final = "OFFER_QUARANTINED"
NOT_PRINTABLE: Final = "LETTER_NOT_PRINTABLE"


class Try(StrEnum):
    """What is done when a letter is tried again."""

    RELEASE = "let go: it goes on paper, or is offered once more where it is digital only"
    PRINT = "put in a batch again, the next night"


@dataclass(frozen=True)
class Failed:
    """A letter, as far as trying it again goes."""

    id: ShipmentId
    status: Status
    held_for: str
    codes: frozenset[str]
    """Of its open items."""
    in_a_batch: bool


@dataclass(frozen=True)
class Choice:
    """What can be done with it, or why nothing is."""

    letter: ShipmentId
    tried: Try | None
    why_not: str = ""


def choose(letter: Failed) -> Choice:
    """Say what trying a letter again takes; with nothing failed, that it goes on by itself."""
    if letter.status in FINAL:
        return Choice(letter.id, None, f"it has come to its end: {letter.status}")
    if letter.in_a_batch:
        return Choice(letter.id, None, "it is in a batch, which is tried as a whole: run print")
    if letter.held_for == QUARANTINED:
        return Choice(letter.id, Try.RELEASE)
    if letter.held_for:
        return Choice(letter.id, None, f"it is held ({letter.held_for}): svarut release")
    if NOT_PRINTABLE in letter.codes:
        return Choice(letter.id, Try.PRINT)
    return Choice(letter.id, None, "nothing of it has failed; it goes on by itself")


OTHERS: Final = {
    "PACKAGE_REFUSED": "svarut batch resend or annul, by the vendor's word",
    "PIECE_REFUSED": "mend what the vendor found, then: svarut release",
    "STOP_LIST_NOT_SENT": "svarut run acknowledgements, when the vendor takes it",
    "RECEIPT_REFUSED": "svarut receipts quarantine replay",
    "RECEIPT_FILE_QUARANTINED": "svarut receipts quarantine replay",
    "RECEIPT_LINES_QUARANTINED": "svarut receipts quarantine fix, then replay",
    "RETURN_LINES_QUARANTINED": "svarut receipts quarantine replay",
    "PACKAGE_DIFFERS": "the vendor moves it away, then: svarut run print",
    "VENDOR_TAKES_NOTHING": "svarut run print, when the vendor has room",
    "CHANNEL_STOPPED": "svarut run dispatch, when the set-up is mended",
    "UNKNOWN_SENDER": "svarut senders import, then svarut replay",
}
"""How open items about other things than letters are tried again, by code."""
