"""How everything stands, in a few statements that go by index however many letters have ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, func, select

from flows.database.batches import NOT_PRINTABLE
from flows.database.session import Tx, in_chunks
from flows.database.tables import (
    batches,
    feeds,
    open_items,
    pieces,
    receipt_files,
    receipt_lines,
    return_lines,
    senders,
    shipments,
)
from flows.database.watching_tables import alarm_messages
from flows.domain.batch import BatchStatus
from flows.domain.sender import MANUAL
from flows.domain.standing import ChannelTrouble, Items, OpenBatch, OpenLetters, Waiting
from flows.domain.status import FINAL, Status
from flows.domain.vendor_profile import Calendar

OPEN: Final = sorted(set(Status) - FINAL)
_CLOSED: Final = (BatchStatus.SETTLED, BatchStatus.ANNULLED)


def ended_letters(tx: Tx) -> dict[Status, int]:
    """Count the letters whose walk is over, by status."""
    rows = tx.execute(
        select(shipments.c.status, func.count())
        .where(shipments.c.status.in_(sorted(FINAL)))
        .group_by(shipments.c.status),
    )
    return {Status(status): count for status, count in rows}


def open_letters(tx: Tx, now: datetime) -> list[OpenLetters]:
    """Count the letters whose walk is not over, by all that says whether they should move."""
    letter = shipments.c
    alike = (
        letter.status,
        letter.route,
        letter.held_for,
        senders.c.on_hold,
        senders.c.nightly_cap > 0,
        senders.c.print_vendor == MANUAL,
        letter.digital_only,
        pieces.c.batch_id.is_not(None),
        open_items.c.code.is_not(None),
        case((letter.due_at <= now, 1), else_=0),
    )
    rows = tx.execute(
        select(*alike, func.count(), func.min(letter.status_at), func.min(letter.due_at))
        .select_from(shipments)
        .join(senders, senders.c.id == letter.sender_id)
        .outerjoin(pieces, and_(pieces.c.shipment_id == letter.id, pieces.c.live))
        .outerjoin(
            open_items,
            and_(
                open_items.c.code == NOT_PRINTABLE,
                open_items.c.subject == letter.id,
                open_items.c.closed_at.is_(None),
            ),
        )
        .where(letter.status.in_(OPEN))
        .group_by(*alike),
    ).tuples()
    found = [
        OpenLetters(
            status=Status(status),
            letters=count,
            oldest=oldest,
            route=route,
            held_for=held_for,
            sender_on_hold=bool(on_hold),
            capped=bool(capped),
            by_hand=bool(by_hand),
            digital_only=bool(digital_only),
            in_batch=bool(in_batch),
            not_printable=bool(not_printable),
            past_due=bool(past_due),
            oldest_due=due,
        )
        for (
            status,
            route,
            held_for,
            on_hold,
            capped,
            by_hand,
            digital_only,
            in_batch,
            not_printable,
            past_due,
            count,
            oldest,
            due,
        ) in rows
    ]
    return sorted(found, key=lambda one: (list(Status).index(one.status), one.oldest))


def open_batches(tx: Tx, calendar_on: Callable[[datetime], Calendar]) -> list[OpenBatch]:
    """Return the batches that are not settled, with how many of their letters have no receipt."""
    batch = batches.c
    rows = tx.execute(
        select(batches).where(batch.status.not_in(_CLOSED)).order_by(batch.created_at, batch.id),
    ).all()
    unanswered: dict[str, int] = {}
    for ids in in_chunks([row.id for row in rows]):
        unanswered |= dict(
            tx.execute(
                select(pieces.c.batch_id, func.count())
                .join(shipments, shipments.c.id == pieces.c.shipment_id)
                .where(
                    pieces.c.batch_id.in_(ids),
                    pieces.c.live,
                    shipments.c.status == Status.SENT_TO_PRINT,
                )
                .group_by(pieces.c.batch_id),
            )
            .tuples()
            .all()
        )
    return [
        OpenBatch(
            id=row.id,
            status=BatchStatus(row.status),
            status_at=row.status_at,
            created_at=row.created_at,
            handed_over_at=row.handed_over_at,
            acknowledged_at=row.acknowledged_at,
            letters=row.letters,
            unanswered=unanswered.get(row.id, 0),
            calendar=calendar_on(row.created_at),
        )
        for row in rows
    ]


def items_by_code(tx: Tx) -> list[Items]:
    """Count the open items, by code; and those that nobody has taken."""
    item = open_items.c
    untaken = case((item.taken_by == "", 1))
    rows = tx.execute(
        select(
            item.code,
            func.count(),
            func.min(item.first_seen_at),
            func.count(untaken),
            func.min(case((item.taken_by == "", item.first_seen_at))),
        )
        .where(item.closed_at.is_(None))
        .group_by(item.code)
        .order_by(item.code),
    )
    return [Items(*row) for row in rows.tuples()]


def quarantined(tx: Tx) -> list[Waiting]:
    """Count what waits for a person's word: lines and files of the vendor's."""
    file = receipt_files.c
    lines = tx.execute(
        select(func.count(), func.min(file.fetched_at))
        .select_from(receipt_lines)
        .join(receipt_files, file.sha256 == receipt_lines.c.file_sha256)
        .where(receipt_lines.c.state == "QUARANTINED"),
    ).one()
    whole = tx.execute(
        select(func.count(), func.min(file.fetched_at)).where(file.state == "QUARANTINED"),
    ).one()
    returned = tx.execute(
        select(func.count(), func.min(file.fetched_at))
        .select_from(return_lines)
        .join(receipt_files, file.sha256 == return_lines.c.file_sha256)
        .where(return_lines.c.state == "QUARANTINED"),
    ).one()
    found = (
        Waiting("receipt lines", *lines),
        Waiting("files of the vendor's", *whole),
        Waiting("lines of returned mail", *returned),
    )
    return [one for one in found if one.count]


def undelivered(tx: Tx) -> list[Waiting]:
    """Count the vendor's files that are not booked, and the feeds that senders have not got."""
    staged = tx.execute(
        select(func.count(), func.min(receipt_files.c.fetched_at)).where(
            receipt_files.c.state == "STAGED"
        ),
    ).one()
    untold = tx.execute(
        select(func.count(), func.min(feeds.c.made_at)).where(feeds.c.delivered_at.is_(None)),
    ).one()
    found = (Waiting("files of the vendor's not booked", *staged), Waiting("status feeds", *untold))
    return [one for one in found if one.count]


def channel_troubles(tx: Tx, now: datetime) -> list[ChannelTrouble]:
    """Return the channels with messages that were tried and not taken, those of today given up."""
    message = alarm_messages.c
    tried = and_(message.ended_at.is_(None), message.fault != "")
    given_up = and_(message.state == "GIVEN_UP", message.ended_at > now - timedelta(days=1))
    rows = tx.execute(
        select(message.channel, func.count(), func.min(message.made_at), func.max(message.fault))
        .where(tried | given_up)
        .group_by(message.channel)
        .order_by(message.channel),
    )
    return [ChannelTrouble(*row) for row in rows.tuples()]
