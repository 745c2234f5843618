"""What is laid side by side every night, fetched in a few statements however much there is."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, exists, func, or_, select

from flows.clock import oslo_date
from flows.database.batches import NOT_PRINTABLE
from flows.database.hand_print import in_a_job
from flows.database.prices import read_price_list
from flows.database.reconciled_answers import (
    articles,
    files,
    invoices,
    months,
    returned,
    set_aside,
    stray_charges,
)
from flows.database.reconciled_letters import IN_FORCE, Since, sent_letters
from flows.database.reconciled_money import credit_notes, ledger_gaps, own_invoices
from flows.database.session import Tx
from flows.database.standing_holds import sender_is_held
from flows.database.tables import (
    batches,
    documents,
    events,
    offers,
    open_items,
    pieces,
    receipt_lines,
    senders,
    shipments,
)
from flows.domain.batch import BatchStatus
from flows.domain.receipt import LineState
from flows.domain.reconciliation import (
    Bucket,
    Facts,
    IdleLetter,
    Repeat,
    SentBatch,
    Unproved,
    WaitingLetter,
)
from flows.domain.sender import MANUAL
from flows.domain.shipment import Route, SenderId
from flows.domain.status import Mover, Status

REPEATS_OF_DAYS: Final = 14
"""Letters that came again are looked for among those of so many days."""


def read_facts(tx: Tx, *, now: datetime, looked_back_days: int) -> Facts:
    """Return everything the rules look at, as it is in this transaction."""
    instant = now - timedelta(days=looked_back_days)
    since = Since(instant, oslo_date(instant))
    return Facts(
        letters=sent_letters(tx, since),
        batches=_batches(tx, since),
        waiting=_waiting(tx, now),
        idle=_idle(tx),
        buckets=_buckets(tx),
        unproved=_unproved(tx),
        set_aside=set_aside(tx),
        files=files(tx, since),
        invoices=invoices(tx, since),
        articles=articles(tx, since),
        returned=returned(tx, since),
        repeats=_repeats(tx, now),
        stray_charges=stray_charges(tx),
        ledger_gaps=ledger_gaps(tx, since.day),
        own_invoices=own_invoices(tx),
        credit_notes=credit_notes(tx),
        months=months(tx, now),
        prices=read_price_list(tx),
    )


def _batches(tx: Tx, since: Since) -> list[SentBatch]:
    live = (
        select(
            pieces.c.batch_id,
            func.count().label("letters"),
            func.coalesce(func.sum(pieces.c.pages), 0).label("pages"),
            func.coalesce(func.sum(pieces.c.sheets), 0).label("sheets"),
        )
        .where(pieces.c.live)
        .group_by(pieces.c.batch_id)
        .subquery("live")
    )
    differs = exists().where(
        open_items.c.code == "ACKNOWLEDGEMENT_DIFFERS",
        open_items.c.subject == batches.c.id,
        # That of an earlier attempt says nothing of this one.
        open_items.c.first_seen_at >= func.coalesce(batches.c.handed_over_at, batches.c.created_at),
    )
    something_open = exists().where(
        open_items.c.subject == batches.c.id, open_items.c.closed_at.is_(None)
    )
    rows = tx.execute(
        select(
            batches,
            func.coalesce(live.c.letters, 0).label("live_letters"),
            func.coalesce(live.c.pages, 0).label("live_pages"),
            func.coalesce(live.c.sheets, 0).label("live_sheets"),
            differs.label("differs"),
        )
        .outerjoin(live, live.c.batch_id == batches.c.id)
        .where(
            or_(
                batches.c.created_at >= since.instant,
                batches.c.status.not_in((BatchStatus.SETTLED, BatchStatus.ANNULLED)),
                something_open,
            ),
        )
        .order_by(batches.c.created_at, batches.c.id),
    )
    return [
        SentBatch(
            id=row.id,
            status=BatchStatus(row.status),
            created_at=row.created_at,
            handed_over_at=row.handed_over_at,
            acknowledged_at=row.acknowledged_at,
            package_sha256=row.package_sha256,
            letters=row.letters,
            pages=row.pages or 0,
            sheets=row.sheets or 0,
            live_letters=row.live_letters,
            live_pages=int(row.live_pages),
            live_sheets=int(row.live_sheets),
            answer_differs=row.differs,
        )
        for row in rows
    ]


def _waiting(tx: Tx, now: datetime) -> list[WaitingLetter]:
    """Return what is due for print and in no batch, whether Altinn has been asked or not."""
    rows = tx.execute(
        select(
            shipments.c.id,
            shipments.c.sender_id,
            func.coalesce(shipments.c.due_at, shipments.c.cleared_at, shipments.c.received_at),
            senders.c.nightly_cap,
        )
        .join(senders, senders.c.id == shipments.c.sender_id)
        .where(
            or_(
                and_(shipments.c.status == Status.ACCEPTED, shipments.c.route == Route.PAPER),
                and_(shipments.c.status == Status.NOTIFIED, shipments.c.due_at <= now),
            ),
            shipments.c.digital_only.is_(False),
            shipments.c.held_for == "",
            senders.c.on_hold.is_(False),
            ~sender_is_held(),
            # Senders who print by hand have an alarm of their own: MANUAL_PRINT_WAITS.
            senders.c.print_vendor != MANUAL,
            ~in_a_job(),
            ~exists().where(pieces.c.shipment_id == shipments.c.id, pieces.c.live),
            ~exists().where(
                open_items.c.code == NOT_PRINTABLE,
                open_items.c.subject == shipments.c.id,
                open_items.c.closed_at.is_(None),
            ),
        )
        .order_by(shipments.c.received_at, shipments.c.id),
    )
    return [WaitingLetter(one, sender, since, cap > 0) for one, sender, since, cap in rows]


def _idle(tx: Tx) -> list[IdleLetter]:
    """Return letters that intake has not judged, and accepted ones that have not been offered."""
    rows = tx.execute(
        select(
            shipments.c.id,
            shipments.c.sender_id,
            func.coalesce(shipments.c.cleared_at, shipments.c.status_at),
        )
        .where(
            shipments.c.held_for == "",
            ~sender_is_held(),
            or_(
                shipments.c.status == Status.RECEIVED,
                and_(
                    shipments.c.status == Status.ACCEPTED,
                    or_(shipments.c.route.is_(None), shipments.c.route != Route.PAPER),
                ),
            ),
        )
        .order_by(shipments.c.received_at, shipments.c.id),
    )
    return [IdleLetter(one, sender, since) for one, sender, since in rows]


def _buckets(tx: Tx) -> list[Bucket]:
    """Count each sender's letters by status, and by what their events say entered and left it."""
    have: dict[tuple[SenderId, str], int] = {
        (sender, status): count
        for sender, status, count in tx.execute(
            select(shipments.c.sender_id, shipments.c.status, func.count()).group_by(
                shipments.c.sender_id, shipments.c.status
            ),
        )
    }
    entered: dict[tuple[SenderId, str], int] = {}
    left: dict[tuple[SenderId, str], int] = {}
    moves = tx.execute(
        select(shipments.c.sender_id, events.c.from_status, events.c.to_status, func.count())
        .join(shipments, shipments.c.id == events.c.shipment_id)
        .where(events.c.to_status.is_not(None))
        .group_by(shipments.c.sender_id, events.c.from_status, events.c.to_status),
    )
    for sender, old, new, count in moves:
        entered[sender, new] = entered.get((sender, new), 0) + count
        if old is not None:
            left[sender, old] = left.get((sender, old), 0) + count
    return [
        Bucket(sender, Status(status), have.get(key, 0), entered.get(key, 0), left.get(key, 0))
        for key in sorted(have.keys() | entered.keys() | left.keys())
        for sender, status in [key]
    ]


def _unproved(tx: Tx) -> list[Unproved]:
    """Return printed letters that nobody said were printed, and read ones nobody saw read."""
    has_receipt = exists().where(receipt_lines.c.shipment_id == shipments.c.id, IN_FORCE)
    had_one = select(receipt_lines.c.shipment_id).where(
        receipt_lines.c.state == LineState.REVERSED, receipt_lines.c.shipment_id.is_not(None)
    )
    somebody_said = exists().where(
        events.c.shipment_id == shipments.c.id,
        events.c.to_status == Status.PRINTED,
        events.c.actor != Mover.RECEIPTS,
    )
    seen_read = exists().where(
        offers.c.shipment_id == shipments.c.id, offers.c.read_at.is_not(None)
    )
    not_said = and_(~has_receipt, shipments.c.id.not_in(had_one), ~somebody_said)
    rows = tx.execute(
        select(shipments.c.id, shipments.c.sender_id, shipments.c.status)
        .where(
            or_(
                and_(shipments.c.status == Status.PRINTED, not_said),
                and_(shipments.c.status == Status.READ, ~seen_read),
                and_(shipments.c.status != Status.PRINTED, has_receipt),
            ),
        )
        .order_by(shipments.c.id),
    )
    return [Unproved(one, sender, Status(status)) for one, sender, status in rows]


def _repeats(tx: Tx, now: datetime) -> list[Repeat]:
    """Return letters of late with the same key and the same documents as one shortly before."""
    recent = and_(
        shipments.c.repeat_key != "",
        shipments.c.status != Status.REJECTED,
        shipments.c.received_at >= now - timedelta(days=REPEATS_OF_DAYS),
    )
    often = select(shipments.c.repeat_key).where(recent).group_by(shipments.c.repeat_key)
    rows = tx.execute(
        select(shipments.c.id, shipments.c.repeat_key, shipments.c.received_at, documents.c.sha256)
        .join(documents, documents.c.shipment_id == shipments.c.id)
        .where(recent, shipments.c.repeat_key.in_(often.having(func.count() > 1)))
        .order_by(shipments.c.received_at, shipments.c.id, documents.c.position),
    )
    return list(_same_documents(rows.tuples().all()))


def _same_documents(rows: Sequence[Any]) -> Iterator[Repeat]:
    letters: dict[str, tuple[str, datetime, list[str]]] = {}
    for one, key, at, sha256 in rows:
        letters.setdefault(one, (key, at, []))[2].append(sha256)
    seen: dict[tuple[str, ...], tuple[str, datetime]] = {}
    for one, (key, at, documents_of_it) in letters.items():
        first = seen.setdefault((key, *documents_of_it), (one, at))
        if first[0] != one:
            yield Repeat(first=first[0], again=one, apart=at - first[1])  # type: ignore[arg-type]
