"""A package that has left is ended by the vendor's word, or by two persons: in both databases."""

from datetime import timedelta

import pytest
from builders import MONDAY, handed_over
from sqlalchemy import select

from flows.database import attempts, batch_list, batches, facts
from flows.database import shipments as moves
from flows.database.attempts import TheWord
from flows.database.due import due_for_print
from flows.database.open_items import OpenItem, raise_item, still_open
from flows.database.session import Database, reading, transaction
from flows.database.tables import pieces, shipments
from flows.domain.batch import BatchId, BatchStatus
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status
from flows.errors import NeedsAPerson
from flows.print_batch import resending

pytestmark = pytest.mark.integration

BATCH = BatchId("SVAR-20261124-01-C5SHS")
LATER = MONDAY + timedelta(days=2)
WORD = TheWord("Kari at the vendor, 08:40, case 77", "ON")


def status_of(database: Database, letters: list[ShipmentId]) -> set[str]:
    with reading(database) as tx:
        return set(tx.scalars(select(shipments.c.status).where(shipments.c.id.in_(letters))))


def annul(database: Database) -> object:
    with transaction(database) as tx:
        return attempts.annul(tx, BATCH, WORD, LATER)


def test_an_annulled_batch_gives_its_letters_back_and_they_are_due_again(
    database: Database,
) -> None:
    letters = handed_over(database, 3)

    given = annul(database)

    assert given is not None
    assert status_of(database, letters) == {Status.ACCEPTED}
    with reading(database) as tx:
        due = {one.id for one in due_for_print(tx, now=LATER, asked_since=None)}
        assert batches.read_batch(tx, BATCH).status is BatchStatus.ANNULLED
        assert facts.control_totals(tx)["taken_in"] == 3
    assert due == set(letters)


def test_annulling_again_changes_nothing(database: Database) -> None:
    handed_over(database, 2)
    annul(database)
    with reading(database) as tx:
        before = batch_list.whole_batch(tx, BATCH).history

    assert annul(database) is None

    with reading(database) as tx:
        assert batch_list.whole_batch(tx, BATCH).history == before


def test_a_batch_sent_again_keeps_its_letters_and_is_the_next_attempt(database: Database) -> None:
    letters = handed_over(database, 2)

    with transaction(database) as tx:
        resending.resend(tx, BATCH, vendor_said="annulled, case 78", by="ON", at=LATER)

    with reading(database) as tx:
        batch = batches.read_batch(tx, BATCH)
        live = set(tx.scalars(select(pieces.c.shipment_id).where(pieces.c.live)))
        ended = attempts.ended_of(tx, BATCH)
    assert (batch.status, batch.attempt, batch.package) == (BatchStatus.RESERVED, 2, None)
    assert live == set(letters)
    assert [one.attempt for one in ended] == [1]
    assert ended[0].said == "annulled, case 78"


def test_without_the_vendors_word_two_persons_are_needed(database: Database) -> None:
    handed_over(database, 1)
    with transaction(database) as tx:
        resending.ask_to_resend(tx, BATCH, why="the vendor's line is dead", by="ON", at=LATER)

    with (
        transaction(database) as tx,
        pytest.raises(NeedsAPerson, match="the person who asked cannot approve"),
    ):
        resending.approve_resend(tx, BATCH, by=" on ", at=LATER)
    with reading(database) as tx:
        assert batches.read_batch(tx, BATCH).status is BatchStatus.ACKNOWLEDGED
        assert "RESEND_TO_APPROVE" in {item.code for item, _ in still_open(tx)}

    with transaction(database) as tx:
        resending.approve_resend(tx, BATCH, by="KA", at=LATER)
    with reading(database) as tx:
        (ended,) = attempts.ended_of(tx, BATCH)
        assert {ended.ended_by, ended.approved_by} == {"ON", "KA"}
        assert "RESEND_TO_APPROVE" not in {item.code for item, _ in still_open(tx)}


def test_nobody_approves_what_nobody_asked_for(database: Database) -> None:
    handed_over(database, 1)

    with transaction(database) as tx, pytest.raises(NeedsAPerson, match="nobody has asked"):
        resending.approve_resend(tx, BATCH, by="KA", at=LATER)


def test_a_batch_with_printed_letters_is_neither_annulled_nor_sent_again(
    database: Database,
) -> None:
    first, _ = handed_over(database, 2)
    with transaction(database) as tx:
        moves.move(tx, [first], Status.PRINTED, by=Mover.RECEIPTS, at=LATER)

    with pytest.raises(NeedsAPerson, match="letters of the batch have been printed: 1"):
        annul(database)
    with (
        transaction(database) as tx,
        pytest.raises(NeedsAPerson, match="letters of the batch have been printed: 1"),
    ):
        resending.resend(tx, BATCH, vendor_said="x", by="ON", at=LATER)


def test_a_word_of_nobodys_is_no_word() -> None:
    with pytest.raises(NeedsAPerson, match="must be written down"):
        TheWord(" ", "ON")
    with pytest.raises(NeedsAPerson, match="must be written down"):
        TheWord("case 77", "")


def test_everything_that_happened_to_a_batch_is_shown_with_a_name(database: Database) -> None:
    handed_over(database, 1)
    annul(database)

    with reading(database) as tx:
        whole = batch_list.whole_batch(tx, BATCH)

    assert [one.kind for one in whole.history][-1] == BatchStatus.ANNULLED
    assert whole.history[-1].actor == "ON"
    assert [one.package for one in whole.ended] != []
    assert {one.live for one in whole.pieces} == {False}


def test_a_late_word_about_an_ended_package_keeps_the_next_from_leaving(
    database: Database,
) -> None:
    handed_over(database, 1)
    with transaction(database) as tx:
        resending.resend(tx, BATCH, vendor_said="annulled", by="ON", at=LATER)
        (ended,) = attempts.ended_of(tx, BATCH)
        attempts.record_late_answer(tx, ended, "ACCEPTED", LATER)
        raise_item(tx, OpenItem(attempts.LATE, BATCH, "it may be printed", "ask"), LATER)

    with (
        transaction(database) as tx,
        pytest.raises(NeedsAPerson, match="has spoken about an earlier attempt"),
    ):
        attempts.refuse_where_an_ended_attempt_lives(tx, BATCH)
