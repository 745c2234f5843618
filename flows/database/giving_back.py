"""Letters that come back from print: each to the status it had, or to the end it has met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from flows.database import shipments as moves
from flows.database.attempt_tables import stops
from flows.database.session import Tx, in_chunks
from flows.database.tables import events, offers, pieces
from flows.domain.batch import BatchId, LeftAs, StopState
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status


@dataclass(frozen=True)
class GivenBack:
    """Where letters went that the vendor does not print."""

    due: tuple[ShipmentId, ...] = ()
    """Back where they came from: they are to be printed still."""
    read: tuple[ShipmentId, ...] = ()
    """Read digitally meanwhile: finished."""
    withdrawn: tuple[ShipmentId, ...] = ()
    """Somebody had asked to stop them: finished."""

    @property
    def ended(self) -> tuple[ShipmentId, ...]:
        """Those that never go again."""
        return self.read + self.withdrawn


def give_back(
    tx: Tx,
    letters: Sequence[ShipmentId],
    *,
    by: Mover,
    actor: str,
    at: datetime,
    detail: Mapping[str, Any],
) -> GivenBack:
    """Move letters that are SENT_TO_PRINT and will not be printed; their pieces are not touched.

    A wish to stop one of them is fulfilled by it. detail: what every event says.
    """
    wishes = _wishes(tx, letters)
    rest = [one for one in letters if one not in wishes]
    read = read_meanwhile(tx, rest)
    before = _status_before_print(tx, [one for one in rest if one not in read])
    withdraw(tx, wishes, at, detail)
    who = {"by": by, "at": at, "detail": detail, "actor": actor}
    moves.move(tx, [one for one in rest if one in read], Status.READ, **who)  # type: ignore[arg-type]
    for status in (Status.ACCEPTED, Status.NOTIFIED):
        back = [one for one in rest if before.get(one) is status]
        moves.move(tx, back, status, **who)  # type: ignore[arg-type]
    return GivenBack(
        due=tuple(one for one in rest if one not in read),
        read=tuple(one for one in rest if one in read),
        withdrawn=tuple(wishes),
    )


def withdraw(
    tx: Tx,
    wishes: Mapping[ShipmentId, tuple[str, str]],
    at: datetime,
    detail: Mapping[str, Any],
) -> None:
    """End letters that somebody asked to stop: letter -> (who, why)."""
    for who, why in sorted(set(wishes.values())):
        alike = [one for one, wish in wishes.items() if wish == (who, why)]
        moves.move(
            tx,
            alike,
            Status.MANUALLY_HANDLED,
            by=Mover.OPERATOR,
            at=at,
            detail={**detail, "by": who, "why": why},
            actor=who,
        )
    for ids in in_chunks(list(wishes)):
        tx.execute(
            update(stops)
            .where(
                stops.c.shipment_id.in_(ids), stops.c.state.in_((StopState.ASKED, StopState.SENT))
            )
            .values(state=StopState.STOPPED, answered_at=at),
        )


def take_out(
    tx: Tx,
    batch_id: BatchId,
    letters: Sequence[ShipmentId],
    left_as: LeftAs,
    attempt: int,
) -> None:
    """Say of pieces that were in a package that they do not count any more."""
    for ids in in_chunks(letters):
        tx.execute(
            update(pieces)
            .where(pieces.c.batch_id == batch_id, pieces.c.shipment_id.in_(ids), pieces.c.live)
            .values(live=False, left_as=left_as, left_attempt=attempt),
        )


def _wishes(tx: Tx, letters: Sequence[ShipmentId]) -> dict[ShipmentId, tuple[str, str]]:
    return {
        row.shipment_id: (row.asked_by, row.why)
        for ids in in_chunks(letters)
        for row in tx.execute(
            select(stops.c.shipment_id, stops.c.asked_by, stops.c.why)
            .where(
                stops.c.shipment_id.in_(ids), stops.c.state.in_((StopState.ASKED, StopState.SENT))
            )
            .order_by(stops.c.shipment_id),
        )
    }


def read_meanwhile(tx: Tx, letters: Sequence[ShipmentId]) -> set[ShipmentId]:
    """Return those of the letters that have been read in a digital channel."""
    return {
        one
        for ids in in_chunks(letters)
        for one in tx.scalars(
            select(offers.c.shipment_id).where(
                offers.c.shipment_id.in_(ids), offers.c.read_at.is_not(None)
            ),
        )
    }


def _status_before_print(tx: Tx, letters: Sequence[ShipmentId]) -> dict[ShipmentId, Status]:
    """Return what each letter was before it was last sent to print, by its events."""
    return {
        row.shipment_id: Status(row.from_status)
        for ids in in_chunks(letters)
        for row in tx.execute(
            select(events.c.shipment_id, events.c.from_status)
            .where(events.c.shipment_id.in_(ids), events.c.to_status == Status.SENT_TO_PRINT)
            .order_by(events.c.shipment_id, events.c.id),
        )
    }
