"""Which letters are due for print, and whose turn it is to put them in batches."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text

from flows.database.batches import NOT_PRINTABLE
from flows.database.hand_print import in_a_job
from flows.database.offers import never_resent
from flows.database.session import Tx, in_chunks
from flows.database.standing_holds import Held, open_holds, sender_is_held
from flows.database.tables import (
    batches,
    documents,
    offers,
    open_items,
    pieces,
    recipients,
    senders,
    shipments,
)
from flows.domain.batch import Candidate
from flows.domain.sender import MANUAL
from flows.domain.shipment import PrintedDocument, Route, SenderId, ShipmentId
from flows.domain.status import Status


def due_for_print(
    tx: Tx,
    *,
    now: datetime,
    asked_since: datetime | None,
    by_hand: bool = False,
) -> list[Candidate]:
    """Return the letters that may be put in a batch, oldest first.

    Paper letters at once; digital ones when their deadline has passed and Altinn has been asked
    since `asked_since` *and* since the deadline, so that nothing is printed on stale knowledge.
    Letters of senders on hold, digital-only letters, and letters in a live batch stay out; so do
    those that a person must mend first (see `leave_out`), and unread letters to organisations
    whose sender does not resend.

    now: what is due, or has come, by then. asked_since: None asks for all that wait, whatever
    Altinn was asked. by_hand: the letters of senders who print by hand, instead of the vendor's.
    """
    found: dict[ShipmentId, Candidate] = {}
    paper: dict[ShipmentId, list[Any]] = {}
    for row in tx.execute(_with_paper(_is_due(now, asked_since, by_hand=by_hand))):
        found.setdefault(
            row.id,
            Candidate(
                row.id,
                row.sender_id,
                row.duplex,
                row.colour,
                row.postcode,
                (),
                row.own_address_page,
                row.country,
            ),
        )
        paper.setdefault(row.id, []).append(row)
    return [
        replace(
            each,
            documents=tuple(
                PrintedDocument(row.pages, tuple(row.giro_pages)) for row in paper[each.id]
            ),
            size_bytes=sum(row.size_bytes for row in paper[each.id]),
            colour_pages=sum(row.colour_pages for row in paper[each.id]) if each.colour else 0,
        )
        for each in found.values()
    ]


def falls_due(tx: Tx, *, after: datetime, until: datetime, asked_since: datetime | None) -> int:
    """Count the letters of the vendor's that are due by an instant and not by an earlier one."""
    before, later = (
        int(
            tx.scalar(
                _letters(select(func.count()).select_from(shipments)).where(
                    _is_due(instant, asked_since, by_hand=False)
                )
            )
            or 0
        )
        for instant in (after, until)
    )
    return later - before


def claim(
    tx: Tx, *, now: datetime, asked_since: datetime | None, by_hand: bool = False
) -> list[Candidate]:
    """Return the letters that are due, and keep everybody else from them until the end.

    One that somebody is changing right now (it is read, held, reserved) is passed over: nobody
    waits for it, and the next run finds it as it is then. SQLite has one writer at a time, and
    needs no claim.
    """
    if tx.dialect.name == "sqlite":
        return due_for_print(tx, now=now, asked_since=asked_since, by_hand=by_hand)
    mine = set(
        tx.scalars(
            _letters(select(shipments.c.id))
            .where(_is_due(now, asked_since, by_hand=by_hand))
            .with_for_update(of=shipments, skip_locked=True),
        ),
    )
    # Asked anew: what somebody changed between our question and our lock is seen now.
    due = due_for_print(tx, now=now, asked_since=asked_since, by_hand=by_hand)
    return [one for one in due if one.id in mine]


def wait_for_turn(tx: Tx) -> None:
    """Wait until no other transaction counts and numbers letters; keep the turn until the end."""
    if tx.dialect.name != "sqlite":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtext('svarut: due for print'))"))


def waiting_since(tx: Tx, letters: Sequence[ShipmentId]) -> dict[ShipmentId, datetime]:
    """Return since when letters have waited for paper: their deadline, or when they came."""
    found: dict[ShipmentId, datetime] = {}
    for ids in in_chunks(letters):
        rows = tx.execute(
            select(shipments.c.id, shipments.c.due_at, shipments.c.received_at).where(
                shipments.c.id.in_(ids)
            )
        )
        found |= {row.id: row.due_at or row.received_at for row in rows}
    return found


def reserved_since(tx: Tx, since: datetime) -> dict[SenderId, int]:
    """Return how many letters of each sender are in live batches made since an instant."""
    rows = tx.execute(
        select(shipments.c.sender_id, func.count())
        .join(pieces, pieces.c.shipment_id == shipments.c.id)
        .join(batches, batches.c.id == pieces.c.batch_id)
        .where(pieces.c.live, batches.c.created_at >= since)
        .group_by(shipments.c.sender_id),
    )
    return {sender_id: count for sender_id, count in rows}  # noqa: C416  -- rows are no pairs


def kept_back(tx: Tx, *, now: datetime) -> dict[tuple[SenderId, str], int]:
    """Return how many letters would be due, were they not kept for a person: by sender and why."""
    codes = tx.execute(
        _letters(
            select(senders.c.id, senders.c.on_hold, shipments.c.held_for, func.count()).select_from(
                shipments
            )
        )
        .where(
            _would_be_due(now, None, by_hand=False),
            or_(
                senders.c.on_hold,
                sender_is_held(),
                shipments.c.held_for != "",
                _cannot_be_printed(),
            ),
        )
        .group_by(senders.c.id, senders.c.on_hold, shipments.c.held_for)
        .order_by(senders.c.id, shipments.c.held_for),
    )
    held = {one.subject for one in open_holds(tx, Held.SENDER)}
    found: dict[tuple[SenderId, str], int] = {}
    for sender, on_hold, held_for, count in codes:
        why = "the sender is on hold" if on_hold or sender in held else held_for or NOT_PRINTABLE
        found[sender, why] = found.get((sender, why), 0) + count
    return found


def runs_on(tx: Tx, prefix: str) -> int:
    """Return how many batches there are whose id begins with `<customer>-<yyyymmdd>-`."""
    count = tx.scalar(
        select(func.count()).select_from(batches).where(batches.c.id.startswith(prefix)),
    )
    return int(count or 0)


def _is_due(now: datetime, asked_since: datetime | None, *, by_hand: bool) -> ColumnElement[bool]:
    return and_(
        _would_be_due(now, asked_since, by_hand=by_hand),
        shipments.c.held_for == "",
        senders.c.on_hold.is_(False),
        ~sender_is_held(),
        ~_cannot_be_printed(),
    )


def _cannot_be_printed() -> ColumnElement[bool]:
    return exists().where(
        open_items.c.code == NOT_PRINTABLE,
        open_items.c.subject == shipments.c.id,
        open_items.c.closed_at.is_(None),
    )


def _would_be_due(
    now: datetime, asked_since: datetime | None, *, by_hand: bool
) -> ColumnElement[bool]:
    """Say of a letter that it is due, unless a person keeps it back."""
    in_batch = exists().where(pieces.c.shipment_id == shipments.c.id, pieces.c.live)
    unread = [shipments.c.status == Status.NOTIFIED, shipments.c.due_at <= now, ~never_resent()]
    if asked_since is not None:
        unread.append(
            exists().where(
                offers.c.shipment_id == shipments.c.id,
                offers.c.state == "PUBLISHED",
                offers.c.asked_at >= asked_since,
                offers.c.asked_at >= shipments.c.due_at,
            ),
        )
    return and_(
        or_(
            and_(
                shipments.c.status == Status.ACCEPTED,
                shipments.c.route == Route.PAPER,
                shipments.c.received_at <= now,
            ),
            and_(*unread),
        ),
        shipments.c.digital_only.is_(False),
        senders.c.print_vendor == MANUAL if by_hand else senders.c.print_vendor != MANUAL,
        ~in_batch,
        # Whoever prints now: a letter that its sender is printing is not printed by a vendor too.
        ~in_a_job(),
    )


def _letters(query: Select[Any]) -> Select[Any]:
    return query.join(senders, senders.c.id == shipments.c.sender_id).join(
        recipients, recipients.c.shipment_id == shipments.c.id
    )


def _with_paper(which: ColumnElement[bool]) -> Select[Any]:
    printed = documents.c.excluded_from_print.is_(False)
    return (
        _letters(
            select(
                shipments.c.id,
                shipments.c.sender_id,
                shipments.c.duplex,
                shipments.c.colour,
                shipments.c.own_address_page,
                recipients.c.postcode,
                recipients.c.country,
                documents.c.pages,
                documents.c.giro_pages,
                # A document older than its copy: its own size, and every page may have colour.
                func.coalesce(documents.c.print_size_bytes, documents.c.size_bytes).label(
                    "size_bytes"
                ),
                func.coalesce(documents.c.colour_pages, documents.c.pages).label("colour_pages"),
            ).select_from(shipments)
        )
        .join(documents, and_(documents.c.shipment_id == shipments.c.id, printed))
        .where(which)
        .order_by(shipments.c.received_at, shipments.c.id, documents.c.position)
    )
