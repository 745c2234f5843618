"""What failed is tried again by a person, once, with a name on it."""

from datetime import timedelta

import pytest
from builders import MONDAY, a_registration, on_paper, registered

from flows.database import batches, holds, retrying, shipments
from flows.database.due import due_for_print
from flows.database.open_items import OpenItem, raise_item, still_open
from flows.database.quarantine import HELD_FOR
from flows.database.session import Database, transaction
from flows.domain.batch import BatchId, Envelope, JobClass, PlannedBatch
from flows.domain.retrying import Choice, Try
from flows.domain.shipment import ShipmentId

pytestmark = pytest.mark.integration

NIGHT = MONDAY + timedelta(days=1)
BATCH = BatchId("SVAR-20261124-01-C5SHS")


def test_what_failed_is_tried_again_and_a_second_time_changes_nothing(database: Database) -> None:
    with transaction(database) as tx:
        left_out, refused, well, held = registered(tx, *(a_registration() for _ in range(4)))
        on_paper(tx, left_out, well)
        job_class = JobClass(Envelope.C5, colour=False, duplex=False)
        batches.reserve(tx, [PlannedBatch(BATCH, job_class, (left_out,))], MONDAY)
        batches.leave_out(tx, BATCH, {left_out: "the address is too long"}, MONDAY)
        holds.keep_back(tx, [refused], HELD_FOR, by="dispatch", why="x", at=MONDAY)
        raise_item(tx, OpenItem("OFFER_QUARANTINED", refused, "not accepted", "look"), MONDAY)
        holds.hold(tx, [held], by="Kari", why="vent", at=MONDAY)
        letters = [left_out, refused, well, held, ShipmentId("none")]

        listed = retrying.failed_letters(tx)
        would = retrying.choices(tx, letters)
        done = retrying.try_again(tx, letters, by="Ola", why="rettet", at=NIGHT)
        again = retrying.try_again(tx, letters, by="Ola", why="rettet", at=NIGHT)

        assert sorted(listed) == sorted([left_out, refused])
        assert would == done
        assert done[:2] == [Choice(left_out, Try.PRINT), Choice(refused, Try.RELEASE)]
        assert ["goes on by itself" in done[2].why_not, "is held" in done[3].why_not] == [True] * 2
        assert [one.tried for one in again] == [None] * 4
        due = [one.id for one in due_for_print(tx, now=NIGHT, asked_since=MONDAY)]
        assert due == [left_out, well]
        assert [one.id for one in shipments.to_route(tx, 10)] == [refused]
        assert still_open(tx) == []


def test_what_others_must_try_is_listed_with_how(database: Database) -> None:
    with transaction(database) as tx:
        raise_item(tx, OpenItem("RECEIPT_REFUSED", "k.csv", "wrong totals", "ask"), MONDAY)

        [(code, subject, how)] = retrying.other_failures(tx)

    assert (code, subject) == ("RECEIPT_REFUSED", "k.csv")
    assert how.startswith("svarut receipts quarantine replay")
