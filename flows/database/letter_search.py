"""Letters that people look for, the latest come first: always by an index, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    func,
    literal,
    select,
    tuple_,
)

from flows.database.session import in_chunks
from flows.database.tables import Instant, charges, recipients, shipments
from flows.domain.shipment import Route, SenderId, ShipmentId
from flows.domain.status import Status

PAGE: Final = 2000
"""Letters read at once when all of them are wanted."""

FULL_ID: Final = 36
_LOWEST, _HIGHEST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True)
class Search:
    """What letters are looked for; what is empty does not narrow it."""

    beginning: str = ""
    """Of the shipment's id."""
    sender: str = ""
    statuses: tuple[Status, ...] = ()
    reference: str = ""
    account_code: str = ""
    recipient: str = ""
    """A national or organisation number: held against what is kept, and never shown."""
    route: Route | None = None
    since: datetime | None = None
    """Received at this instant or later."""
    until: datetime | None = None
    """Received before this instant."""
    after: tuple[datetime, str] | None = None
    """The last letter of the page before."""
    limit: int = 50


@dataclass(frozen=True)
class Found:
    """One letter in a list. Of the recipient: what kind it is, and the postcode."""

    id: ShipmentId
    sender_id: SenderId
    reference: str
    status: Status
    status_at: datetime
    received_at: datetime
    due_at: datetime | None
    route: str
    account_code: str
    held_for: str
    recipient: str
    """`person`, `organisation`, `no number`; `removed` when it is no longer kept."""
    postcode: str
    net_ore: int


def search(tx: Connection, wanted: Search) -> list[Found]:
    """Return one page of letters, the latest come first."""
    rows = _rows(tx, wanted)
    cost = _cost_of(tx, [row.id for row in rows])
    return [_found(row, cost.get(row.id, 0)) for row in rows]


def search_all(tx: Connection, wanted: Search) -> Iterator[Found]:
    """Give every letter that is looked for, however many; a page is in memory at a time."""
    page = replace(wanted, limit=PAGE)
    while found := search(tx, page):
        yield from found
        if len(found) < PAGE:
            return
        page = replace(page, after=(found[-1].received_at, found[-1].id))


def place_of(tx: Connection, letter: ShipmentId) -> tuple[datetime, str] | None:
    """Return a letter's place in the list, for the page after it; None without such a letter."""
    row = tx.execute(select(shipments.c.received_at).where(shipments.c.id == letter)).first()
    return (row.received_at, letter) if row else None


def begins_like(beginning: str) -> ColumnElement[bool]:
    """Say of a shipment that its id begins so; by its index, whatever the database's language.

    Ids are UUIDs, all of one shape: between the lowest and the highest that begin so, in every
    order of letters there is, are those that begin so.
    """
    said = beginning.lower()
    if len(said) >= FULL_ID or not set(said) <= set("0123456789abcdef-"):
        return shipments.c.id == beginning
    return shipments.c.id.between(said + _LOWEST[len(said) :], said + _HIGHEST[len(said) :])


def _rows(tx: Connection, wanted: Search) -> list[Row[Any]]:
    """Ask for one status at a time: each is in its index in the order of the list."""
    if len(wanted.statuses) < 2:  # noqa: PLR2004  -- one, or none
        return list(tx.execute(_query(wanted)))
    parts = [
        row
        for status in dict.fromkeys(wanted.statuses)
        for row in tx.execute(_query(replace(wanted, statuses=(status,))))
    ]
    return sorted(parts, key=lambda row: (row.received_at, row.id), reverse=True)[: wanted.limit]


def _query(wanted: Search) -> Select[Any]:
    own = shipments.c
    query = (
        select(
            own.id,
            own.sender_id,
            own.reference,
            own.status,
            own.status_at,
            own.received_at,
            own.due_at,
            own.route,
            own.account_code,
            own.held_for,
            own.cleared_at,
            # The number itself is never read: its length tells persons from organisations.
            func.length(recipients.c.digital_id).label("digits"),
            recipients.c.postcode,
        )
        .outerjoin(recipients, recipients.c.shipment_id == own.id)
        .where(*_conditions(wanted))
        .order_by(own.received_at.desc(), own.id.desc())
        .limit(wanted.limit)
    )
    if wanted.after is not None:
        at, letter = wanted.after
        before = tuple_(literal(at, Instant), literal(letter))
        query = query.where(tuple_(own.received_at, own.id) < before)
    return query


def _conditions(wanted: Search) -> list[ColumnElement[bool]]:
    own = shipments.c
    exact = (
        (own.sender_id, wanted.sender),
        (own.reference, wanted.reference),
        (own.account_code, wanted.account_code),
        (recipients.c.digital_id, wanted.recipient),
        (own.route, wanted.route),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in exact if value]
    if wanted.beginning:
        found.append(begins_like(wanted.beginning))
    found += [own.status == status for status in wanted.statuses]
    if wanted.since is not None:
        found.append(own.received_at >= wanted.since)
    if wanted.until is not None:
        found.append(own.received_at < wanted.until)
    return found


def _cost_of(tx: Connection, letters: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for ids in in_chunks(letters):
        rows = tx.execute(
            select(charges.c.shipment_id, func.sum(charges.c.net_ore))
            .where(charges.c.shipment_id.in_(ids))
            .group_by(charges.c.shipment_id),
        )
        found |= {letter: int(net) for letter, net in rows}
    return found


def _found(row: Any, net_ore: int) -> Found:
    kinds = {9: "organisation", 11: "person"}
    kind = "removed" if row.cleared_at else kinds.get(row.digits or 0, "no number")
    return Found(
        id=row.id,
        sender_id=row.sender_id,
        reference=row.reference,
        status=Status(row.status),
        status_at=row.status_at,
        received_at=row.received_at,
        due_at=row.due_at,
        route=row.route or "",
        account_code=row.account_code,
        held_for=row.held_for,
        recipient=kind,
        postcode=row.postcode or "",
        net_ore=net_ore,
    )
