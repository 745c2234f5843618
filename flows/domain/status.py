"""The life of a shipment: which status may follow which, and who may say so."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """A shipment's status; the values are SvarUt's own codes, which senders know."""

    RECEIVED = "MOTTATT"
    ACCEPTED = "AKSEPTERT"
    REJECTED = "AVVIST"
    NOTIFIED = "VARSLET"
    READ = "LEST"
    SENT_DIGITALLY = "SENDT_DIGITALT"
    SENT_TO_PRINT = "SENDT_PRINT"
    PRINTED = "PRINTET"
    NOT_DELIVERED = "IKKE_LEVERT"
    MANUALLY_HANDLED = "MANUELT_HANDTERT"


class Mover(StrEnum):
    """Who may move a shipment: a flow, or a person at the terminal."""

    INTAKE = "intake"
    DISPATCH = "dispatch"
    PRINT_BATCH = "print_batch"
    RECEIPTS = "receipts"
    OPERATOR = "operator"


FINAL: Final = frozenset(
    {
        Status.READ,
        Status.PRINTED,
        Status.REJECTED,
        Status.NOT_DELIVERED,
        Status.MANUALLY_HANDLED,
    },
)
"""Statuses nothing follows."""

MOVES: Final[dict[tuple[Status, Status], frozenset[Mover]]] = {
    (Status.RECEIVED, Status.ACCEPTED): frozenset({Mover.INTAKE}),
    (Status.RECEIVED, Status.REJECTED): frozenset({Mover.INTAKE}),
    (Status.ACCEPTED, Status.NOTIFIED): frozenset({Mover.DISPATCH}),
    (Status.ACCEPTED, Status.NOT_DELIVERED): frozenset({Mover.DISPATCH}),
    (Status.ACCEPTED, Status.SENT_TO_PRINT): frozenset({Mover.PRINT_BATCH}),
    (Status.NOTIFIED, Status.READ): frozenset({Mover.DISPATCH}),
    (Status.NOTIFIED, Status.SENT_DIGITALLY): frozenset({Mover.DISPATCH}),
    (Status.NOTIFIED, Status.SENT_TO_PRINT): frozenset({Mover.PRINT_BATCH}),
    (Status.SENT_DIGITALLY, Status.READ): frozenset({Mover.DISPATCH}),
    (Status.SENT_TO_PRINT, Status.PRINTED): frozenset({Mover.RECEIPTS, Mover.OPERATOR}),
    # The vendor's word that it is not printed: back to where it came from, or read meanwhile.
    **{
        (Status.SENT_TO_PRINT, before): frozenset({Mover.OPERATOR, Mover.PRINT_BATCH})
        for before in (Status.ACCEPTED, Status.NOTIFIED, Status.READ)
    },
    **{
        (status, Status.MANUALLY_HANDLED): frozenset({Mover.OPERATOR})
        for status in Status
        if status not in FINAL
    },
}
"""The whole machine. docs/lifecycle.md shows it as a table, and a test compares the two."""

FIRST: Final = Status.RECEIVED
"""Where every walk begins."""

NEVER_FOR_DIGITAL_ONLY: Final = frozenset({Status.SENT_TO_PRINT, Status.PRINTED})
"""A letter marked kunDigitalLevering is never printed, under any circumstance."""


def may_move(old: Status, new: Status, mover: Mover) -> bool:
    """Say whether `mover` may take a shipment from `old` to `new`."""
    return mover in MOVES.get((old, new), frozenset())


def can_follow(old: Status) -> frozenset[Status]:
    """Return the statuses that may come right after `old`."""
    return frozenset(new for before, new in MOVES if before == old)
