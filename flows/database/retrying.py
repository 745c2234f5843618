"""What has failed and waits for a person, and the same tried once more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, select

from flows.database import holds
from flows.database import shipments as moves
from flows.database.item_history import close_item
from flows.database.session import Tx, in_chunks
from flows.database.tables import open_items, pieces, shipments
from flows.domain.reconciliation import ClosedAs
from flows.domain.retrying import NOT_PRINTABLE, OTHERS, QUARANTINED, Choice, Failed, Try, choose
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status


def failed_letters(tx: Connection) -> list[ShipmentId]:
    """Return the letters that can be tried again, the longest failed first."""
    own = open_items.c
    query = (
        select(own.subject)
        .where(own.code.in_((QUARANTINED, NOT_PRINTABLE)), own.closed_at.is_(None))
        .order_by(own.first_seen_at, own.subject)
    )
    return [ShipmentId(one) for one in dict.fromkeys(tx.scalars(query))]


def other_failures(tx: Connection) -> list[tuple[str, str, str]]:
    """Return open items about other things, with how each is tried again: code, subject, how."""
    own = open_items.c
    rows = tx.execute(
        select(own.code, own.subject)
        .where(own.code.in_(sorted(OTHERS)), own.closed_at.is_(None))
        .order_by(own.first_seen_at, own.code, own.subject)
    )
    return [(row.code, row.subject, OTHERS[row.code]) for row in rows]


def choices(tx: Connection, letters: Sequence[ShipmentId]) -> list[Choice]:
    """Return what can be tried of each letter, in their order."""
    found: dict[ShipmentId, Failed] = {}
    for ids in in_chunks(letters):
        codes: dict[str, set[str]] = {}
        items = select(open_items.c.subject, open_items.c.code).where(
            open_items.c.subject.in_(ids), open_items.c.closed_at.is_(None)
        )
        for subject, code in tx.execute(items):
            codes.setdefault(subject, set()).add(code)
        in_batch = exists().where(pieces.c.shipment_id == shipments.c.id, pieces.c.live)
        rows = tx.execute(
            select(shipments.c.id, shipments.c.status, shipments.c.held_for, in_batch).where(
                shipments.c.id.in_(ids)
            )
        )
        for one, status, held_for, is_in_batch in rows:
            said = frozenset(codes.get(one, ()))
            found[one] = Failed(one, Status(status), held_for, said, bool(is_in_batch))
    return [choose(found[one]) for one in letters if one in found]


def try_again(
    tx: Tx, letters: Sequence[ShipmentId], *, by: str, why: str, at: datetime
) -> list[Choice]:
    """Try letters again; return what was done with each. A second time nothing is left to do."""
    chosen = choices(tx, letters)
    let_go = [one.letter for one in chosen if one.tried is Try.RELEASE]
    holds.release(tx, let_go, by=by, why=why, at=at)
    printed = [one.letter for one in chosen if one.tried is Try.PRINT]
    for one in printed:
        close_item(tx, NOT_PRINTABLE, one, ClosedAs.CORRECTED, by=by, why=why, at=at)
    moves.note(tx, printed, "tried_again", actor=by, at=at, detail={"why": why})
    return chosen
