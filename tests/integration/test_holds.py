"""A person holds, releases and handles letters; each is an event with a name on it."""

from datetime import timedelta

import pytest
from builders import MONDAY, a_registration, on_paper, registered

from flows.database import batches, follow, holds, shipments
from flows.database.due import due_for_print
from flows.database.open_items import OpenItem, raise_item, still_open
from flows.database.session import Database, Tx, reading, transaction
from flows.domain.batch import BatchId, Envelope, JobClass, PlannedBatch
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.errors import NeedsAPerson

pytestmark = pytest.mark.integration

NIGHT = MONDAY + timedelta(days=1)


def due(tx: Tx) -> list[ShipmentId]:
    return [one.id for one in due_for_print(tx, now=NIGHT, asked_since=MONDAY)]


def events(tx: Tx, letter: ShipmentId) -> list[tuple[str, str]]:
    walk = follow.walk_of(tx, letter)
    assert walk is not None
    return [(event.kind, event.actor) for event in walk.events]


def test_a_held_letter_waits_until_somebody_lets_it_go(database: Database) -> None:
    with transaction(database) as tx:
        held, other = registered(tx, a_registration(), a_registration())
        assert holds.hold(tx, [held], by="Kari", why="brev trukket", at=MONDAY) == 1
        assert holds.hold(tx, [held], by="Kari", why="brev trukket", at=MONDAY) == 0
        routed = [one.id for one in shipments.to_route(tx, 10)]
        on_paper(tx, held, other)

        assert routed == [other]
        assert due(tx) == [other]
        assert holds.release(tx, [held, other], by="Ola", why="likevel", at=NIGHT) == 1
        assert due(tx) == [held, other]
        assert ("held", "Kari") in events(tx, held)
        assert ("released", "Ola") in events(tx, held)


def test_what_intake_holds_is_released_with_its_open_item(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx, a_registration(held_for="ADDRESS_MAY_BE_HIDDEN"))
        raise_item(tx, OpenItem("ADDRESS_MAY_BE_HIDDEN", letter, "it waits", "look"), MONDAY)
        assert shipments.to_route(tx, 10) == []

        holds.release(tx, [letter], by="Ola", why="avklart", at=NIGHT)

        assert still_open(tx) == []
        assert [one.id for one in shipments.to_route(tx, 10)] == [letter]


def test_a_letter_handled_by_hand_goes_nowhere_else(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)
        on_paper(tx, letter)
        holds.handle_by_hand(tx, [letter], by="Kari", why="levert personlig", at=NIGHT)

        assert due(tx) == []
        walk = follow.walk_of(tx, letter)
        assert walk is not None
        assert walk.letter.status is Status.MANUALLY_HANDLED
        assert walk.events[-1].actor == "Kari"
        with pytest.raises(NeedsAPerson, match="come to its end"):
            holds.hold(tx, [letter], by="Kari", why="x", at=NIGHT)


def test_a_letter_in_a_batch_is_not_held_behind_its_back(database: Database) -> None:
    with transaction(database) as tx:
        one, other = registered(tx, a_registration(), a_registration())
        on_paper(tx, one)
        job_class = JobClass(Envelope.C5, colour=False, duplex=False)
        planned = PlannedBatch(BatchId("SVAR-20261124-01-C5SHS"), job_class, (one,))
        batches.reserve(tx, [planned], NIGHT)
    with pytest.raises(NeedsAPerson, match="in a batch"), transaction(database) as tx:
        holds.hold(tx, [other, one], by="Kari", why="x", at=NIGHT)
    with reading(database) as tx:
        assert ("held", "Kari") not in events(tx, other)
