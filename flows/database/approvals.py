"""The vendor's word on the pieces of a package, kept once; a refused piece waits for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, or_, select

from flows.database.attempt_tables import package_approvals, refused_pieces
from flows.database.batch_states import note_batches
from flows.database.batches import Batch, settle_batches
from flows.database.giving_back import give_back, take_out
from flows.database.holds import keep_back
from flows.database.open_items import OpenItem, sound
from flows.database.session import Tx
from flows.database.tables import batches, pieces, shipments
from flows.domain.batch import BatchId, BatchStatus, LeftAs
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status

PIECE_REFUSED: Final = "PIECE_REFUSED"
"""The open item, and the hold, of a letter the vendor will not print; its subject is the letter."""


@dataclass(frozen=True)
class PackagePiece:
    """A piece that was in a package, as it stands now."""

    shipment_id: ShipmentId
    live: bool
    printed: bool


@dataclass(frozen=True)
class Decided:
    """The vendor's word, as it is kept."""

    decided_at: datetime
    approved: int
    findings: Mapping[int, Sequence[Mapping[str, Any]]]
    """What is wrong with each refused piece, by its number."""
    meaning_sha256: str


def pieces_in_package(tx: Tx, batch: Batch) -> dict[int, PackagePiece]:
    """Return the pieces of a batch's live package by number: those that left it since too."""
    rows = tx.execute(
        select(pieces.c.number, pieces.c.shipment_id, pieces.c.live, shipments.c.status)
        .join(shipments, shipments.c.id == pieces.c.shipment_id)
        .where(
            pieces.c.batch_id == batch.id,
            or_(pieces.c.live, pieces.c.left_attempt == batch.attempt),
        ),
    )
    return {
        row.number: PackagePiece(
            row.shipment_id, row.live, row.live and row.status != Status.SENT_TO_PRINT
        )
        for row in rows
    }


def approval_meaning(tx: Tx, batch_id: BatchId, attempt: int) -> str | None:
    """Return what the vendor has said of a package before, as a hash; None: nothing yet."""
    meaning: str | None = tx.scalar(
        select(package_approvals.c.meaning_sha256).where(
            package_approvals.c.batch_id == batch_id, package_approvals.c.attempt == attempt
        ),
    )
    return meaning


def unapproved(tx: Tx) -> list[tuple[BatchId, datetime, datetime]]:
    """Return batches the vendor has taken in and not decided about: id, made, handed over."""
    decided = select(package_approvals.c.batch_id).where(
        package_approvals.c.batch_id == batches.c.id,
        package_approvals.c.attempt == batches.c.attempt,
    )
    rows = tx.execute(
        select(batches.c.id, batches.c.created_at, batches.c.handed_over_at)
        .where(batches.c.status == BatchStatus.ACKNOWLEDGED, ~decided.exists())
        .order_by(batches.c.id),
    )
    return [(row.id, row.created_at, row.handed_over_at) for row in rows]


def record_approval(
    tx: Tx, batch: Batch, said: Decided, words: Mapping[int, str], at: datetime
) -> None:
    """Keep the vendor's word and take what it refuses out, in one transaction.

    A refused letter goes back to what it was and is held for a person; one that was read
    meanwhile, or that somebody had asked to stop, has come to its end by it.
    words: what a person reads of each refused piece.
    """
    known = pieces_in_package(tx, batch)
    _keep(tx, batch, said, at)
    numbers = {known[one].shipment_id: one for one in said.findings if known[one].live}
    letters = sorted(numbers, key=lambda one: numbers[one])
    given = give_back(
        tx,
        letters,
        by=Mover.PRINT_BATCH,
        actor=Mover.PRINT_BATCH,
        at=at,
        detail={"batch": batch.id, "attempt": batch.attempt, "refused by": "the vendor"},
    )
    take_out(tx, batch.id, letters, LeftAs.REFUSED, batch.attempt)
    why = f"the vendor refused it in {batch.id}, attempt {batch.attempt}"
    keep_back(tx, given.due, PIECE_REFUSED, by=Mover.PRINT_BATCH, why=why, at=at)
    sound(tx, [_item(batch, one, numbers[one], words) for one in given.due], at)
    figures = {"approved": said.approved, "refused": len(said.findings)}
    note_batches(tx, [(batch.id, batch.attempt)], "pieces decided", at, detail=figures)
    settle_batches(tx, [batch.id], at)


def _keep(tx: Tx, batch: Batch, said: Decided, at: datetime) -> None:
    tx.execute(
        insert(package_approvals).values(
            batch_id=batch.id,
            attempt=batch.attempt,
            decided_at=said.decided_at,
            recorded_at=at,
            approved=said.approved,
            refused=len(said.findings),
            meaning_sha256=said.meaning_sha256,
        ),
    )
    if said.findings:
        tx.execute(
            insert(refused_pieces),
            [
                {
                    "batch_id": batch.id,
                    "number": number,
                    "attempt": batch.attempt,
                    "findings": list(findings),
                }
                for number, findings in sorted(said.findings.items())
            ],
        )


def _item(batch: Batch, letter: ShipmentId, number: int, words: Mapping[int, str]) -> OpenItem:
    return OpenItem(
        PIECE_REFUSED,
        letter,
        f"the vendor refused piece {number} of {batch.id}, attempt {batch.attempt}: "
        f"{words[number]}",
        "mend what is wrong, then: svarut release SHIPMENT, and it goes the next night. Or the "
        "sender handles it: svarut handled SHIPMENT. It is never sent again by itself",
    )
