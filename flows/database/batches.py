"""Reserve shipments for a batch, and remember what was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists, insert, select, update

from flows.database import shipments as moves
from flows.database.attempts import refuse_where_an_ended_attempt_lives
from flows.database.batch_states import lock_batch, note_batches, set_status
from flows.database.open_items import OpenItem, raise_item, reopen
from flows.database.session import Tx, in_chunks
from flows.database.standing_holds import batch_is_held
from flows.database.tables import (
    batches,
    pieces,
    shipments,
)
from flows.domain.batch import (
    NOT_YET_LEAVING,
    Assembled,
    BatchId,
    BatchStatus,
    Letter,
    Piece,
    PlannedBatch,
)
from flows.domain.shipment import Document, Recipient, ShipmentId
from flows.domain.status import Mover, Status
from flows.errors import ImpossibleState

NOT_PRINTABLE: Final = "LETTER_NOT_PRINTABLE"
"""The open item of a letter that cannot be printed as it is; its subject is the shipment id."""


@dataclass(frozen=True)
class Batch:
    """A batch as we know it. Counts are of what was assembled, None before that."""

    id: BatchId
    job_class: str
    status: BatchStatus
    attempt: int
    created_at: datetime
    letters: int
    pages: int | None
    sheets: int | None
    package: str | None
    package_sha256: str | None
    package_size_bytes: int | None
    handed_over_at: datetime | None


def reserve(tx: Tx, planned: Sequence[PlannedBatch], at: datetime) -> None:
    """Make batches and put their letters in them, all or none.

    A letter that is in a live batch already is refused by the database, not by us.
    """
    if not planned:
        return
    tx.execute(
        insert(batches),
        [
            {
                "id": batch.id,
                "job_class": batch.job_class.code,
                "status": BatchStatus.RESERVED,
                "status_at": at,
                "created_at": at,
                "attempt": 1,
                "letters": len(batch.shipment_ids),
            }
            for batch in planned
        ],
    )
    note_batches(tx, [(batch.id, 1) for batch in planned], BatchStatus.RESERVED, at)
    for batch in planned:
        tx.execute(
            insert(pieces),
            [
                {"batch_id": batch.id, "number": number, "shipment_id": one, "live": True}
                for number, one in enumerate(batch.shipment_ids, start=1)
            ],
        )
        moves.note(
            tx,
            batch.shipment_ids,
            "reserved",
            actor=Mover.PRINT_BATCH,
            at=at,
            detail={"batch": batch.id},
        )


def with_status(tx: Tx, *statuses: BatchStatus) -> list[Batch]:
    """Return the batches that are in one of these statuses, oldest first."""
    rows = tx.execute(
        select(batches)
        .where(batches.c.status.in_(statuses))
        .order_by(batches.c.created_at, batches.c.id),
    ).mappings()
    return [_batch(dict(row)) for row in rows]


def read_batch(tx: Tx, batch_id: BatchId) -> Batch:
    """Return one batch; raises ImpossibleState when there is none."""
    row = tx.execute(select(batches).where(batches.c.id == batch_id)).mappings().first()
    if row is None:
        raise ImpossibleState("no such batch", where=batch_id, do="check the id: svarut batch list")
    return _batch(dict(row))


def changed_at(tx: Tx, batch_id: BatchId) -> datetime:
    """Return when a batch last came to another status; raises ImpossibleState without it."""
    lock_batch(tx, batch_id)
    at: datetime | None = tx.scalar(select(batches.c.status_at).where(batches.c.id == batch_id))
    if at is None:
        raise ImpossibleState("no such batch", where=batch_id)
    return at


def letters_of(tx: Tx, batch_id: BatchId) -> list[Letter]:
    """Return the letters still in a batch, by piece number."""
    rows = tx.execute(
        select(pieces.c.number, pieces.c.shipment_id)
        .where(pieces.c.batch_id == batch_id, pieces.c.live)
        .order_by(pieces.c.number),
    )
    return read_letters(tx, [Piece(batch_id, row.number, row.shipment_id) for row in rows])


def read_letters(tx: Tx, wanted: Sequence[Piece]) -> list[Letter]:
    """Return letters with all that is printed of them, in the order of the pieces."""
    ids = [piece.shipment_id for piece in wanted]
    rows: dict[ShipmentId, Any] = {}
    for some in in_chunks(ids):
        query = select(
            shipments.c.id,
            shipments.c.sender_id,
            shipments.c.account_code,
            shipments.c.duplex,
            shipments.c.colour,
            shipments.c.due_at,
            shipments.c.route_reason,
            shipments.c.contact_language,
            shipments.c.own_address_page,
        ).where(shipments.c.id.in_(some))
        rows |= {row.id: row for row in tx.execute(query)}
    who, what = moves.recipients_of(tx, ids), moves.documents_of(tx, ids)
    return [_letter(piece, rows[piece.shipment_id], who, what) for piece in wanted]


def _letter(
    piece: Piece,
    row: Any,
    who: Mapping[ShipmentId, Recipient],
    what: Mapping[ShipmentId, Sequence[Document]],
) -> Letter:
    return Letter(
        piece=piece,
        sender_id=row.sender_id,
        account_code=row.account_code,
        duplex=row.duplex,
        colour=row.colour,
        due_at=row.due_at,
        route_reason=row.route_reason or "",
        recipient=who[row.id],
        documents=tuple(each for each in what[row.id] if not each.excluded_from_print),
        recipient_language=row.contact_language,
        own_address_page=row.own_address_page,
    )


def leave_out(
    tx: Tx,
    batch_id: BatchId,
    reasons: Mapping[ShipmentId, str],
    at: datetime,
) -> None:
    """Take letters that cannot be printed as they are out of a batch; the others go on.

    Each becomes an open item, and is not due for print again until a person has closed it.
    reasons: a sentence for that person, by letter; nothing personal.
    """
    status = lock_batch(tx, batch_id)
    if status not in NOT_YET_LEAVING:
        raise ImpossibleState(
            f"no letter may leave a batch that is {status}",
            where=batch_id,
            do="keep the log and report it; nothing was changed",
        )
    for ids in in_chunks(sorted(reasons)):
        tx.execute(
            update(pieces)
            .where(pieces.c.batch_id == batch_id, pieces.c.shipment_id.in_(ids), pieces.c.live)
            .values(live=False),
        )
    if status == BatchStatus.ASSEMBLED:
        set_status(tx, batch_id, BatchStatus.RESERVED, at)
    for one, reason in sorted(reasons.items()):
        detail = {"batch": batch_id, "reason": reason}
        moves.note(tx, [one], "left_out", actor=Mover.PRINT_BATCH, at=at, detail=detail)
        item = OpenItem(
            NOT_PRINTABLE,
            one,
            reason,
            "mend what is wrong and close this: the letter is due again. Or handle it by hand",
        )
        if not raise_item(tx, item, at):
            reopen(tx, item)


def record_assembled(tx: Tx, batch_id: BatchId, made: Assembled, at: datetime) -> bool:
    """Keep what was assembled, if the batch still holds exactly those letters.

    Returns False when a letter has left meanwhile: assemble again.
    """
    lock_batch(tx, batch_id)
    live = set(
        tx.scalars(
            select(pieces.c.number).where(pieces.c.batch_id == batch_id, pieces.c.live),
        ),
    )
    if live != {each.number for each in made.pieces}:
        return False
    tx.execute(
        update(pieces)
        .where(pieces.c.batch_id == batch_id, pieces.c.number == bindparam("piece"))
        .values(
            first_page=bindparam("first"),
            pages=bindparam("sides"),
            sheets=bindparam("paper"),
            weight_mg=bindparam("weight"),
        ),
        [
            {
                "piece": each.number,
                "first": each.first_page,
                "sides": each.pages,
                "paper": each.sheets,
                "weight": each.weight_mg,
            }
            for each in made.pieces
        ],
    )
    set_status(
        tx,
        batch_id,
        BatchStatus.ASSEMBLED,
        at,
        letters=len(made.pieces),
        pages=sum(each.pages for each in made.pieces),
        sheets=sum(each.sheets for each in made.pieces),
        package=made.package,
        package_sha256=made.package_sha256,
        package_size_bytes=made.package_size_bytes,
        detail={"package": made.package},
    )
    return True


def begin_hand_over(tx: Tx, batch_id: BatchId, at: datetime) -> bool:
    """Write down that a package is about to leave; commit before it does.

    From here no letter can leave the batch. Returns False when one left since it was assembled, and
    when somebody holds it.
    Raises NeedsAPerson when the vendor may be printing an earlier attempt after all.
    """
    status = lock_batch(tx, batch_id)
    if status == BatchStatus.HANDING_OVER:
        return True  # an earlier run got this far: go on, and ask the server what it has
    if status != BatchStatus.ASSEMBLED or batch_is_held(tx, batch_id):
        return False
    refuse_where_an_ended_attempt_lives(tx, batch_id)
    set_status(tx, batch_id, BatchStatus.HANDING_OVER, at)
    return True


def record_handed_over(tx: Tx, batch_id: BatchId, at: datetime) -> None:
    """Settle a hand-over: the batch and every letter in it, in one transaction."""
    lock_batch(tx, batch_id)
    rows = tx.execute(
        select(pieces.c.shipment_id, pieces.c.number, pieces.c.sheets).where(
            pieces.c.batch_id == batch_id,
            pieces.c.live,
        ),
    ).all()
    set_status(tx, batch_id, BatchStatus.HANDED_OVER, at, handed_over_at=at)
    moves.move(
        tx,
        [row.shipment_id for row in rows],
        Status.SENT_TO_PRINT,
        by=Mover.PRINT_BATCH,
        at=at,
        detail_of={
            row.shipment_id: {"batch": batch_id, "piece": row.number, "sheets": row.sheets}
            for row in rows
        },
    )


def record_acknowledged(
    tx: Tx,
    batch_id: BatchId,
    *,
    accepted: bool,
    reason: str,
    at: datetime,
) -> None:
    """Keep the vendor's answer about a batch, and close it if its receipts came first."""
    lock_batch(tx, batch_id)
    new = BatchStatus.ACKNOWLEDGED if accepted else BatchStatus.REFUSED
    set_status(
        tx,
        batch_id,
        new,
        at,
        acknowledged_at=at,
        reason=reason,
        detail={"reason": reason} if reason else None,
    )
    letters = list(
        tx.scalars(
            select(pieces.c.shipment_id).where(pieces.c.batch_id == batch_id, pieces.c.live),
        ),
    )
    kind = "acknowledged" if accepted else "refused_by_vendor"
    moves.note(tx, letters, kind, actor=Mover.PRINT_BATCH, at=at, detail={"batch": batch_id})
    settle_batches(tx, [batch_id], at)


def annul_empty(tx: Tx, batch_id: BatchId, at: datetime) -> None:
    """Close a batch that every letter has left before it was handed over."""
    lock_batch(tx, batch_id)
    set_status(tx, batch_id, BatchStatus.ANNULLED, at, reason="every letter has left it")


def by_package(tx: Tx, packages: Sequence[str]) -> dict[str, Batch]:
    """Return the batches whose packages these are, by package name; unknown names are left out."""
    found: dict[str, Batch] = {}
    for names in in_chunks(packages):
        rows = tx.execute(select(batches).where(batches.c.package.in_(names))).mappings()
        found |= {row["package"]: _batch(dict(row)) for row in rows}
    return found


def settle_batches(tx: Tx, batch_ids: Sequence[BatchId], at: datetime) -> int:
    """Close those of the batches whose every letter has its receipt; return how many."""
    settled = 0
    for ids in in_chunks(batch_ids):
        waiting = exists().where(
            pieces.c.batch_id == batches.c.id,
            pieces.c.live,
            pieces.c.shipment_id == shipments.c.id,
            shipments.c.status == Status.SENT_TO_PRINT,
        )
        done = tx.execute(
            update(batches)
            .where(
                batches.c.id.in_(ids),
                batches.c.status == BatchStatus.ACKNOWLEDGED,
                ~waiting,
            )
            .values(status=BatchStatus.SETTLED, status_at=at)
            .returning(batches.c.id, batches.c.attempt),
        ).all()
        ended = sorted((row.id, row.attempt) for row in done)
        note_batches(tx, ended, BatchStatus.SETTLED, at, actor=Mover.RECEIPTS)
        settled += len(done)
    return settled


def _batch(row: Mapping[str, Any]) -> Batch:
    return Batch(
        id=row["id"],
        job_class=row["job_class"],
        status=BatchStatus(row["status"]),
        attempt=row["attempt"],
        created_at=row["created_at"],
        letters=row["letters"],
        pages=row["pages"],
        sheets=row["sheets"],
        package=row["package"],
        package_sha256=row["package_sha256"],
        package_size_bytes=row["package_size_bytes"],
        handed_over_at=row["handed_over_at"],
    )
