"""Keep letters back for a person, and let them go again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, exists, func, select, update

from flows.database import shipments as moves
from flows.database.hand_print import in_a_job
from flows.database.session import Database, Tx, in_chunks, reading, transaction
from flows.database.standing_holds import (
    BY_ITSELF,
    Held,
    Hold,
    Word,
    forget,
    holds_over,
    open_holds,
    release_batch,
    release_sender,
    remember,
)
from flows.database.tables import events, open_items, pieces, shipments
from flows.domain.batch import BatchId
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import FINAL, Mover, Status
from flows.errors import NeedsAPerson

BY_A_PERSON: Final = "HELD_BY_A_PERSON"
"""The code of a hold that somebody asked for, where others have codes of their own."""

MOST_SHOWN: Final = 1000
"""Held letters that a list has, the longest held first."""


def hold(
    tx: Tx,
    letters: Sequence[ShipmentId],
    *,
    by: str,
    why: str,
    at: datetime,
    until: datetime | None = None,
) -> int:
    """Hold letters that are not held yet; return how many.

    until: the first run after it lets them go. Raises NeedsAPerson for a letter that is in a batch
    or has come to its end, and holds none.
    """
    _refuse(tx, letters, at_vendor="annul its batch first")
    held = _change(tx, letters, "", BY_A_PERSON, ("held", by, why), at)
    if until is not None:
        mine = [one for one in letters if _held_for(tx, one) == BY_A_PERSON]
        remember(tx, Held.SHIPMENT, mine, Word(by, why, at), until)
    return held


def end_those_over(database: Database, now: datetime) -> int:
    """Let go of everything that was held until a day that has come; return how many."""
    with reading(database) as tx:
        if not holds_over(tx, now):
            return 0
    with transaction(database) as tx:
        return _end(tx, holds_over(tx, now), now)


def _end(tx: Tx, over: Sequence[Hold], now: datetime) -> int:
    word = Word(BY_ITSELF, "its day has come", now)
    for each in over:
        if each.kind is Held.SENDER:
            release_sender(tx, SenderId(each.subject), word)
        elif each.kind is Held.BATCH:
            release_batch(tx, BatchId(each.subject), word)
    letters = [ShipmentId(each.subject) for each in over if each.kind is Held.SHIPMENT]
    release(tx, letters, by=word.by, why=word.why, at=now)
    return len(over)


def keep_back(
    tx: Tx, letters: Sequence[ShipmentId], code: str, *, by: str, why: str, at: datetime
) -> int:
    """Hold letters for a reason that has a code of its own; one already held stays as it is."""
    return _change(tx, letters, "", code, ("held", by, why), at)


def release(tx: Tx, letters: Sequence[ShipmentId], *, by: str, why: str, at: datetime) -> int:
    """Release held letters and close what asked a person to look; return how many."""
    found = 0
    for ids in in_chunks(letters):
        rows = tx.execute(
            select(shipments.c.id, shipments.c.held_for).where(
                shipments.c.id.in_(ids),
                shipments.c.held_for != "",
            ),
        ).all()
        for code in {row.held_for for row in rows}:
            some = [row.id for row in rows if row.held_for == code]
            found += _change(tx, some, code, "", ("released", by, why), at)
            _close(tx, code, some, at)
    forget(tx, Held.SHIPMENT, letters, Word(by, why, at))
    return found


def all_held(tx: Connection) -> list[Hold]:
    """Return what is held: senders and batches, and letters with the event that says by whom."""
    standing = open_holds(tx)
    until = {one.subject: one.until for one in standing if one.kind is Held.SHIPMENT}
    said = events.alias("said")
    latest = (
        select(func.max(said.c.id))
        .where(said.c.shipment_id == shipments.c.id, said.c.kind == "held")
        .scalar_subquery()
    )
    rows = tx.execute(
        select(
            shipments.c.id,
            shipments.c.held_for,
            func.coalesce(events.c.at, shipments.c.received_at).label("since"),
            func.coalesce(events.c.actor, Mover.INTAKE).label("actor"),
            events.c.detail,
        )
        .select_from(shipments)
        .outerjoin(events, events.c.id == latest)
        .where(shipments.c.held_for != "")
        .order_by("since", shipments.c.id)
        .limit(MOST_SHOWN),
    )
    letters = [
        Hold(
            Held.SHIPMENT,
            row.id,
            row.since,
            row.actor,
            _why(row.held_for, row.detail),
            until.get(row.id),
        )
        for row in rows
    ]
    return [one for one in standing if one.kind is not Held.SHIPMENT] + letters


def _why(code: str, detail: Mapping[str, Any] | None) -> str:
    said = str((detail or {}).get("why", ""))
    return said if code == BY_A_PERSON else f"{code} {said}".strip()


def handle_by_hand(
    tx: Tx, letters: Sequence[ShipmentId], *, by: str, why: str, at: datetime
) -> int:
    """Move letters to MANUALLY_HANDLED; return how many. Raises NeedsAPerson as `hold` does."""
    _refuse(
        tx, letters, at_vendor="at the vendor: svarut stop SHIPMENT. Else annul its batch first"
    )
    release(tx, letters, by=by, why=why, at=at)
    detail = {"by": by, "why": why}
    moves.move(
        tx, letters, Status.MANUALLY_HANDLED, by=Mover.OPERATOR, at=at, detail=detail, actor=by
    )
    return len(letters)


def _change(
    tx: Tx,
    letters: Sequence[ShipmentId],
    old: str,
    new: str,
    event: tuple[str, str, str],
    at: datetime,
) -> int:
    kind, by, why = event
    changed: list[ShipmentId] = []
    for ids in in_chunks(letters):
        changed += tx.scalars(
            update(shipments)
            .where(shipments.c.id.in_(ids), shipments.c.held_for == old)
            .values(held_for=new)
            .returning(shipments.c.id),
        )
    moves.note(tx, sorted(changed), kind, actor=by, at=at, detail={"why": why})
    return len(changed)


def _held_for(tx: Tx, letter: ShipmentId) -> str:
    return tx.scalar(select(shipments.c.held_for).where(shipments.c.id == letter)) or ""


def _close(tx: Tx, code: str, letters: Sequence[ShipmentId], at: datetime) -> None:
    tx.execute(
        update(open_items)
        .where(open_items.c.code == code, open_items.c.subject.in_(letters))
        .values(closed_at=at),
    )


def _refuse(tx: Tx, letters: Sequence[ShipmentId], *, at_vendor: str) -> None:
    in_batch = exists().where(pieces.c.shipment_id == shipments.c.id, pieces.c.live)
    for ids in in_chunks(letters):
        rows = tx.execute(
            select(shipments.c.id, shipments.c.status, in_batch, in_a_job())
            .where(shipments.c.id.in_(ids))
            .with_for_update(of=shipments),
        )
        for shipment_id, status, is_in_batch, is_in_a_job in rows:
            if Status(status) in FINAL:
                raise NeedsAPerson(
                    "the letter has come to its end",
                    where=f"shipment {shipment_id}, {status}",
                    do="nothing can be changed any more; svarut show tells its walk",
                )
            if is_in_batch:
                raise NeedsAPerson(
                    "the letter is in a batch",
                    where=f"shipment {shipment_id}",
                    do=at_vendor,
                )
            if is_in_a_job:
                raise NeedsAPerson(
                    "the letter is in a file that its sender prints",
                    where=f"shipment {shipment_id}",
                    do="leave its number out when the file is confirmed: svarut manual confirm",
                )
