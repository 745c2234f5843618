"""Follow letters: lists of them, one letter's whole walk, and how many are where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from flows.database.letter_search import begins_like
from flows.database.session import Tx
from flows.database.tables import (
    batches,
    charges,
    documents,
    events,
    metadata,
    offers,
    pieces,
    problems,
    receipt_lines,
    shipments,
)
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import FINAL, FIRST, Status


@dataclass(frozen=True)
class Listed:
    """One letter in a list; nothing personal."""

    id: ShipmentId
    sender_id: SenderId
    reference: str
    status: Status
    status_at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class Event:
    """One thing that happened to a letter."""

    at: datetime
    kind: str
    from_status: Status | None
    to_status: Status | None
    actor: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Walk:
    """One letter, and everything that happened to it, oldest first; nothing personal."""

    letter: Listed
    route: str | None
    route_reason: str | None
    account_code: str
    document_count: int
    page_count: int
    offers: tuple[Mapping[str, Any], ...]
    pieces: tuple[Mapping[str, Any], ...]
    receipts: tuple[Mapping[str, Any], ...]
    net_ore: int
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Tally:
    """Where the letters are: read + printed + rejected + otherwise closed + open = taken in."""

    by_status: Mapping[Status, int]
    taken_in: int
    """Every letter that ever got an id, counted by the event that begins its walk."""

    @property
    def adds_up(self) -> bool:
        """Whether every letter that came is still somewhere, and no other is."""
        return sum(self.by_status.values()) == self.taken_in

    @property
    def open(self) -> int:
        """Letters whose walk is not over."""
        return sum(count for status, count in self.by_status.items() if status not in FINAL)

    def __getitem__(self, status: Status) -> int:
        """How many letters have this status."""
        return self.by_status.get(status, 0)


def tally(tx: Tx) -> Tally:
    """Count the letters of each status, and by their events those that ever came."""
    rows = tx.execute(select(shipments.c.status, func.count()).group_by(shipments.c.status))
    return Tally({Status(status): count for status, count in rows}, taken_in(tx))


def taken_in(tx: Tx) -> int:
    """Count the walks that have begun: not the letters there are, so that the two can differ."""
    begun = select(func.count()).where(events.c.from_status.is_(None), events.c.to_status == FIRST)
    return int(tx.scalar(begun) or 0)


def find_ids(tx: Tx, beginning: str) -> list[ShipmentId]:
    """Return at most ten shipment ids that begin like this, so that people can type less."""
    query = select(shipments.c.id).where(begins_like(beginning))
    return list(tx.scalars(query.order_by(shipments.c.id).limit(10)))


def walk_of(tx: Tx, shipment_id: ShipmentId) -> Walk | None:
    """Return one letter's whole walk, or None when there is no such letter."""
    row = tx.execute(select(shipments).where(shipments.c.id == shipment_id)).mappings().first()
    if row is None:
        return None
    paper = tx.execute(
        select(func.count(), func.coalesce(func.sum(documents.c.pages), 0)).where(
            documents.c.shipment_id == shipment_id,
        ),
    ).one()
    cost = tx.scalar(
        select(func.coalesce(func.sum(charges.c.net_ore), 0)).where(
            charges.c.shipment_id == shipment_id,
        ),
    )
    happened = tx.execute(
        select(events).where(events.c.shipment_id == shipment_id).order_by(events.c.id),
    ).mappings()
    return Walk(
        letter=_listed(row),
        route=row["route"],
        route_reason=row["route_reason"],
        account_code=row["account_code"],
        document_count=paper[0],
        page_count=int(paper[1]),
        offers=_rows_about(tx, select(offers).where(offers.c.shipment_id == shipment_id)),
        pieces=_rows_about(
            tx,
            select(
                pieces,
                batches.c.status.label("batch_status"),
                batches.c.package,
                batches.c.handed_over_at,
            )
            .join(batches, batches.c.id == pieces.c.batch_id)
            .where(pieces.c.shipment_id == shipment_id),
        ),
        receipts=_rows_about(
            tx,
            select(receipt_lines).where(receipt_lines.c.shipment_id == shipment_id),
        ),
        net_ore=int(cost or 0),
        events=tuple(_event(each) for each in happened),
    )


def row_counts(tx: Tx) -> dict[str, int]:
    """Return how many rows each table has: what a second run of anything must not change.

    Tables that log each run are not among them.
    """
    return {
        table.name: tx.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
        if not table.info.get("log")
    }


def rejection_reasons(tx: Tx) -> dict[str, int]:
    """Return how often each problem was said to a sender, the most frequent first."""
    count = func.count()
    rows = tx.execute(
        select(problems.c.code, count)
        .group_by(problems.c.code)
        .order_by(count.desc(), problems.c.code),
    )
    return dict(rows.tuples().all())


def _rows_about(tx: Tx, query: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(dict(row) for row in tx.execute(query).mappings())


def _listed(row: Any) -> Listed:
    return Listed(
        id=row["id"],
        sender_id=row["sender_id"],
        reference=row["reference"],
        status=Status(row["status"]),
        status_at=row["status_at"],
        due_at=row["due_at"],
    )


def _event(row: Any) -> Event:
    return Event(
        at=row["at"],
        kind=row["kind"],
        from_status=Status(row["from_status"]) if row["from_status"] else None,
        to_status=Status(row["to_status"]) if row["to_status"] else None,
        actor=row["actor"],
        detail=row["detail"],
    )
