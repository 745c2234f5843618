"""End a package that has left: its batch is annulled, or goes again as the next attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from flows.database.attempt_tables import ended_attempts
from flows.database.batch_states import lock_batch, note_batches, set_status
from flows.database.giving_back import GivenBack, give_back, take_out
from flows.database.open_items import silence
from flows.database.session import Tx, in_chunks
from flows.database.tables import batches, open_items, pieces, receipt_lines, shipments
from flows.domain.batch import AT_THE_VENDOR, BatchId, BatchStatus, LeftAs
from flows.domain.receipt import LineState
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status
from flows.errors import NeedsAPerson

LATE: Final = "ACKNOWLEDGEMENT_LATE"
"""The open item of a batch about whose ended attempt the vendor has spoken after all."""

RESEND_TO_APPROVE: Final = "RESEND_TO_APPROVE"
"""The open item of a wish to send a package again; its subject is `wish_about`."""

_ANSWERED_BY_IT: Final = (
    "PACKAGE_REFUSED",
    "ACKNOWLEDGEMENT_MISSING",
    "ACKNOWLEDGEMENT_DIFFERS",
    "APPROVAL_DIFFERS",
)
"""Open items about a batch that have no object once its attempt is ended."""


@dataclass(frozen=True)
class TheWord:
    """On whose word a package counts no longer."""

    said: str
    """What the vendor said and when; or why two people do it without."""
    by: str
    approved_by: str = ""
    """The second person, where the vendor has not annulled it."""

    def __post_init__(self) -> None:
        """Refuse a word of nobody's, or without a word."""
        if not self.said.strip() or not self.by.strip():
            raise NeedsAPerson(
                "who says so, and on whose word, must be written down",
                do="give the vendor's words with date or case number, and your name",
            )


@dataclass(frozen=True)
class EndedAttempt:
    """A package that counts no longer."""

    batch_id: BatchId
    attempt: int
    package: str
    package_sha256: str
    letters: int
    pages: int
    sheets: int
    handed_over_at: datetime | None
    answered_at: datetime | None
    answer: str
    """ACCEPTED, REFUSED, or empty."""
    ended_at: datetime
    ended_by: str
    said: str
    approved_by: str


def annul(tx: Tx, batch_id: BatchId, word: TheWord, at: datetime) -> GivenBack | None:
    """Annul a batch at the vendor's; None when it was annulled already.

    Its letters are given back, and the next night takes those that are due in a batch of its own.
    Raises NeedsAPerson when the package has not surely left, or something of it was printed.
    """
    if lock_batch(tx, batch_id) is BatchStatus.ANNULLED:
        return None
    letters, attempt = _end_attempt(tx, batch_id, word, at)
    detail = {"batch": batch_id, "attempt": attempt, "annulled": word.said}
    given = give_back(tx, letters, by=Mover.OPERATOR, actor=word.by, at=at, detail=detail)
    take_out(tx, batch_id, letters, LeftAs.ANNULLED, attempt)
    set_status(
        tx,
        batch_id,
        BatchStatus.ANNULLED,
        at,
        actor=word.by,
        detail={"vendor said": word.said, **_figures(given)},
        reason=word.said,
    )
    return given


def begin_next_attempt(tx: Tx, batch_id: BatchId, word: TheWord, at: datetime) -> GivenBack:
    """Make a batch that has left RESERVED again, for its next attempt.

    The letters keep their places; those that were read or withdrawn meanwhile leave it. The next
    print run assembles it and hands it over under a name of its own. Raises as `annul` does.
    """
    letters, attempt = _end_attempt(tx, batch_id, word, at)
    detail = {"batch": batch_id, "attempt": attempt, "sent again": word.said}
    given = give_back(tx, letters, by=Mover.OPERATOR, actor=word.by, at=at, detail=detail)
    take_out(tx, batch_id, given.ended, LeftAs.ANNULLED, attempt)
    said = {"two persons": f"{word.by}, {word.approved_by}"} if word.approved_by else {}
    set_status(
        tx,
        batch_id,
        BatchStatus.RESERVED,
        at,
        actor=word.approved_by or word.by,
        detail={"said": word.said, **said, **_figures(given)},
        attempt=attempt + 1,
        letters=len(given.due),
        pages=None,
        sheets=None,
        package=None,
        package_sha256=None,
        package_size_bytes=None,
        handed_over_at=None,
        acknowledged_at=None,
        reason="",
    )
    return given


def may_be_ended(tx: Tx, batch_id: BatchId) -> None:
    """Raise NeedsAPerson when a batch's package may not be ended, and say why."""
    row = _batch(tx, batch_id)
    if BatchStatus(row["status"]) not in AT_THE_VENDOR:
        raise NeedsAPerson(
            f"the batch is {row['status']}, and nothing can be taken back",
            where=batch_id,
            do=_ADVICE.get(row["status"], "look at it: svarut batch show"),
        )
    printed = _count_printed(tx, batch_id)
    if printed:
        raise NeedsAPerson(
            f"letters of the batch have been printed: {printed}",
            where=batch_id,
            do="what is annulled has no receipts: ask the vendor which of them are not printed",
        )
    lines = _count_lines_waiting(tx, batch_id)
    if lines:
        raise NeedsAPerson(
            f"receipt lines about the batch wait for a person: {lines}",
            where=batch_id,
            do="decide about them first: svarut receipts quarantine list",
        )


def refuse_where_an_ended_attempt_lives(tx: Tx, batch_id: BatchId) -> None:
    """Raise NeedsAPerson when the vendor has spoken about an attempt we took for ended.

    Called before the next attempt leaves: two packages of the same letters may be printed.
    """
    if not ended_of(tx, batch_id):
        return
    spoken = tx.scalar(
        select(func.count())
        .select_from(open_items)
        .where(
            open_items.c.code == LATE,
            open_items.c.subject == batch_id,
            open_items.c.closed_at.is_(None),
        ),
    )
    if spoken or _count_lines_waiting(tx, batch_id):
        raise NeedsAPerson(
            "the vendor has spoken about an earlier attempt of the batch, and it may be printing",
            where=batch_id,
            do="ask the vendor; if nothing is printed, close the item "
            f"({LATE}) or dismiss the receipt lines, then: svarut run print",
        )


def ended_of(tx: Connection, batch_id: BatchId) -> list[EndedAttempt]:
    """Return a batch's ended attempts, the first first."""
    rows = tx.execute(
        select(ended_attempts)
        .where(ended_attempts.c.batch_id == batch_id)
        .order_by(ended_attempts.c.attempt),
    ).mappings()
    return [_ended(row) for row in rows]


def ended_by_package(tx: Tx, packages: Sequence[str]) -> dict[str, EndedAttempt]:
    """Return the ended attempts whose packages these are, by package name."""
    found: dict[str, EndedAttempt] = {}
    for names in in_chunks(packages):
        rows = tx.execute(
            select(ended_attempts).where(ended_attempts.c.package.in_(names)),
        ).mappings()
        found |= {row["package"]: _ended(row) for row in rows}
    return found


def record_late_answer(tx: Tx, ended: EndedAttempt, answer: str, at: datetime) -> None:
    """Keep what the vendor said about a package after it was ended."""
    tx.execute(
        update(ended_attempts)
        .where(
            ended_attempts.c.batch_id == ended.batch_id,
            ended_attempts.c.attempt == ended.attempt,
        )
        .values(answered_at=at, answer=answer),
    )
    which = [(ended.batch_id, ended.attempt)]
    note_batches(tx, which, "answered after its end", at, detail={"answer": answer})


def wish_about(batch_id: BatchId, attempt: int) -> str:
    """Return the subject of a wish to send an attempt's package again."""
    return f"{batch_id}-f{attempt}"


def _end_attempt(
    tx: Tx, batch_id: BatchId, word: TheWord, at: datetime
) -> tuple[list[ShipmentId], int]:
    """Write down the package that counts no longer; return its letters, and which attempt."""
    lock_batch(tx, batch_id)
    may_be_ended(tx, batch_id)
    row = _batch(tx, batch_id)
    answers = {BatchStatus.ACKNOWLEDGED: "ACCEPTED", BatchStatus.REFUSED: "REFUSED"}
    same = (
        "attempt",
        "package",
        "package_sha256",
        "package_size_bytes",
        "letters",
        "pages",
        "sheets",
        "handed_over_at",
    )
    tx.execute(
        insert(ended_attempts).values(
            batch_id=batch_id,
            **{name: row[name] for name in same},
            answered_at=row["acknowledged_at"],
            answer=answers.get(BatchStatus(row["status"]), ""),
            ended_at=at,
            ended_by=word.by,
            said=word.said,
            approved_by=word.approved_by,
        ),
    )
    for code in _ANSWERED_BY_IT:
        silence(tx, code, [batch_id], at)
    silence(tx, RESEND_TO_APPROVE, [wish_about(batch_id, row["attempt"])], at)
    letters = tx.scalars(
        select(pieces.c.shipment_id)
        .where(pieces.c.batch_id == batch_id, pieces.c.live)
        .order_by(pieces.c.number),
    )
    return list(letters), row["attempt"]


def _batch(tx: Tx, batch_id: BatchId) -> RowMapping:
    lock_batch(tx, batch_id)
    return tx.execute(select(batches).where(batches.c.id == batch_id)).mappings().one()


def _count_printed(tx: Tx, batch_id: BatchId) -> int:
    count = tx.scalar(
        select(func.count())
        .select_from(pieces)
        .join(shipments, shipments.c.id == pieces.c.shipment_id)
        .where(
            pieces.c.batch_id == batch_id,
            pieces.c.live,
            shipments.c.status != Status.SENT_TO_PRINT,
        ),
    )
    return int(count or 0)


def _count_lines_waiting(tx: Tx, batch_id: BatchId) -> int:
    count = tx.scalar(
        select(func.count())
        .select_from(receipt_lines)
        .where(
            receipt_lines.c.batch_id == batch_id, receipt_lines.c.state == LineState.QUARANTINED
        ),
    )
    return int(count or 0)


def _figures(given: GivenBack) -> dict[str, int]:
    return {
        "due again": len(given.due),
        "read meanwhile": len(given.read),
        "withdrawn": len(given.withdrawn),
    }


def _ended(row: Any) -> EndedAttempt:
    names = EndedAttempt.__dataclass_fields__
    return EndedAttempt(**{name: row[name] for name in names})


_ADVICE: Final = {
    BatchStatus.RESERVED: "it has not left yet: there is nothing at the vendor to take back",
    BatchStatus.ASSEMBLED: "it has not left yet: there is nothing at the vendor to take back",
    BatchStatus.HANDING_OVER: "nobody knows yet whether it arrived: svarut run print asks first",
    BatchStatus.SETTLED: "every letter of it has been printed",
    BatchStatus.ANNULLED: "its letters go again by themselves: svarut batch show tells where",
}
