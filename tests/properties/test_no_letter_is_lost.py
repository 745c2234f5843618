"""Whatever happens to letters through the real functions, the headline holds and none is lost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import a_registration, notified, on_paper, registered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receipt_lines import a_file, a_line

from flows.database import batches, follow, holds, offers, receipts, schema
from flows.database.reconciled import read_facts
from flows.database.session import Database, Tx, open_database, reading, transaction
from flows.domain.batch import (
    Assembled,
    BatchId,
    Envelope,
    JobClass,
    PlacedPiece,
    PlannedBatch,
)
from flows.domain.problem import Problem
from flows.domain.reconciliation import Limits
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.receipts import ingestion
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.receipts.reconciliation import identity_of, reconcile
from flows.receipts.today import Today

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass
class History:
    """Letters and where they have come to, as the one who makes the history knows it."""

    database: Database
    now: datetime = START
    accepted: list[ShipmentId] = field(default_factory=list)
    offered: list[offers.Offer] = field(default_factory=list)
    on_paper: list[ShipmentId] = field(default_factory=list)
    sent: list[tuple[BatchId, int, ShipmentId]] = field(default_factory=list)
    batches: int = 0
    files: int = 0
    expected: dict[ShipmentId, Status] = field(default_factory=dict)


def three_come(history: History, tx: Tx) -> None:
    bad = a_registration(Problem("FIL_MANGLER", "filer"))
    good = [a_registration(account_code="0410") for _ in range(2)]
    registered(tx, *good, bad, at=history.now)
    history.accepted += [one.id for one in good]
    history.expected |= {one.id: Status.ACCEPTED for one in good} | {bad.id: Status.REJECTED}


def one_is_offered(history: History, tx: Tx) -> None:
    if history.accepted:
        one = history.accepted.pop()
        history.offered += notified(tx, one, at=history.now)
        history.expected[one] = Status.NOTIFIED


def one_is_read(history: History, tx: Tx) -> None:
    if history.offered:
        offer = history.offered.pop()
        offers.record_reads(tx, [(offer, history.now)], history.now)
        history.expected[offer.shipment_id] = Status.READ


def one_goes_on_paper(history: History, tx: Tx) -> None:
    if history.accepted:
        one = history.accepted.pop()
        on_paper(tx, one, at=history.now)
        history.on_paper.append(one)


def a_batch_leaves(history: History, tx: Tx) -> None:
    letters, history.on_paper = history.on_paper, []
    if not letters:
        return
    history.batches += 1
    batch = BatchId(f"SVAR-20261124-{history.batches:02d}-C5SHS")
    job_class = JobClass(Envelope.C5, colour=False, duplex=False)
    batches.reserve(tx, [PlannedBatch(batch, job_class, tuple(letters))], history.now)
    placed = tuple(PlacedPiece(n, 1, 3, 3, 21970) for n in range(1, len(letters) + 1))
    batches.record_assembled(tx, batch, Assembled(batch, "ab" * 32, 9, placed), history.now)
    batches.begin_hand_over(tx, batch, history.now)
    batches.record_handed_over(tx, batch, history.now)
    batches.record_acknowledged(tx, batch, accepted=True, reason="", at=history.now)
    history.sent += [(batch, number, one) for number, one in enumerate(letters, start=1)]
    history.expected |= dict.fromkeys(letters, Status.SENT_TO_PRINT)


def one_is_receipted(history: History, tx: Tx) -> None:
    if history.sent:
        batch, number, one = history.sent.pop()
        line = a_line(parti=batch, stykke=number, forsendelse=one, postlagt=history.now.isoformat())
        stage(history, tx, a_file(line))
        history.expected[one] = Status.PRINTED


def a_foreign_receipt_comes(history: History, tx: Tx) -> None:
    stage(history, tx, a_file(a_line(forsendelse=f"ukjent-{history.files}")))


def one_is_handled_by_hand(history: History, tx: Tx) -> None:
    if history.accepted:
        one = history.accepted.pop(0)
        holds.handle_by_hand(tx, [one], by="KN", why="hentet", at=history.now)
        history.expected[one] = Status.MANUALLY_HANDLED


def stage(history: History, tx: Tx, content: bytes) -> None:
    history.files += 1
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile)
    sha256 = f"{history.files:064d}"
    receipts.stage(tx, sha256=sha256, name=f"{history.files}.csv", lines=read.lines, at=history.now)


HAPPENINGS: tuple[Callable[[History, Tx], None], ...] = (
    three_come,
    one_is_offered,
    one_is_read,
    one_goes_on_paper,
    a_batch_leaves,
    one_is_receipted,
    a_foreign_receipt_comes,
    one_is_handled_by_hand,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an empty database of our shape, to copy."""
    file = tmp_path_factory.mktemp("empty") / "svarut.db"
    with open_database(f"sqlite:///{file}") as database:
        schema.upgrade(database)
    return file


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(happenings=st.lists(st.sampled_from(HAPPENINGS), min_size=5, max_size=25))
def test_whatever_happens_every_letter_is_in_one_bucket_and_the_headline_holds(
    empty: Path, happenings: list[Callable[[History, Tx], None]]
) -> None:
    file = empty.with_name("now.db")
    for old in file.parent.glob("now.db*"):
        old.unlink()
    file.write_bytes(empty.read_bytes())
    with open_database(f"sqlite:///{file}") as database:
        history = History(database)

        for happening in (three_come, *happenings):
            history.now += timedelta(minutes=10)
            with transaction(database) as tx:
                happening(history, tx)
            for sha256 in ingestion.unfinished(database):
                ingestion.book_file(database, sha256, history.now)

        with reading(database) as tx:
            facts = read_facts(tx, now=history.now, looked_back_days=120)
            tally = follow.tally(tx)
    identity = identity_of(facts)
    assert identity.holds
    assert identity.taken_in == len(history.expected)
    assert tally.by_status == {
        status: count
        for status in Status
        if (count := list(history.expected.values()).count(status))
    }
    (whole,) = [
        one for one in reconcile(facts, Today(history.now, Limits())) if one.rule.code == "D1"
    ]
    assert whole.differences == ()
