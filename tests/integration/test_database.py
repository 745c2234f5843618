"""The rules that the database itself keeps, and the moves through it, on both databases."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import timedelta

import pytest
from builders import (
    MONDAY,
    a_registration,
    a_sender,
    notified,
    on_paper,
    registered,
)
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from flows.database import asking, batches, follow, holds, offers, shipments
from flows.database.due import due_for_print
from flows.database.open_items import OpenItem, raise_item, still_open
from flows.database.senders import all_senders, keep_senders
from flows.database.session import Database, Tx, open_database, reading, transaction
from flows.database.tables import events, pieces
from flows.database.tables import shipments as shipments_table
from flows.domain.batch import (
    Assembled,
    BatchId,
    BatchStatus,
    Envelope,
    JobClass,
    PlacedPiece,
    PlannedBatch,
)
from flows.domain.problem import Problem
from flows.domain.sender import LANGUAGES, Rules, Sender, parse_senders, to_toml
from flows.domain.shipment import ShipmentId
from flows.domain.status import Mover, Status
from flows.domain.working_days import DeadlinePolicy
from flows.errors import ImpossibleState, TryAgainLater

pytestmark = pytest.mark.integration

BATCH = BatchId("SVAR-20261124-01-C5SHS")
NIGHT = MONDAY + timedelta(days=3)
LONG_AGO = MONDAY - timedelta(days=30)


def reserve(tx: Tx, *letters: ShipmentId, batch: BatchId = BATCH) -> None:
    job_class = JobClass(Envelope.C5, colour=False, duplex=False)
    batches.reserve(tx, [PlannedBatch(batch, job_class, letters)], NIGHT)


def assemble(tx: Tx, *numbers: int) -> bool:
    placed = tuple(PlacedPiece(number, number * 3 - 2, 3, 3, 15000) for number in numbers)
    made = Assembled(f"{BATCH}-f1.zip", "ab" * 32, 1234, placed)
    return batches.record_assembled(tx, BATCH, made, NIGHT)


def status_of(database: Database, shipment_id: ShipmentId) -> Status:
    with reading(database) as tx:
        walk = follow.walk_of(tx, shipment_id)
    assert walk is not None
    return walk.letter.status


def test_a_registered_letter_has_walked_from_received_to_accepted(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)

    with reading(database) as tx:
        walk = follow.walk_of(tx, letter)

    assert walk is not None
    assert [(event.from_status, event.to_status) for event in walk.events] == [
        (None, Status.RECEIVED),
        (Status.RECEIVED, Status.ACCEPTED),
    ]


def test_a_rejected_letter_keeps_its_problems_in_order(database: Database) -> None:
    faults = (
        Problem("POSTNUMMER_MANGLER", "mottaker.postnummer"),
        Problem("PDF_UTENFOR_A4", "a.pdf", page=3, values=(("bredde_mm", 420),)),
    )
    with transaction(database) as tx:
        (letter,) = registered(tx, a_registration(*faults))

    with reading(database) as tx:
        kept = shipments.problems_of(tx, [letter])

    assert kept == {letter: list(faults)}
    assert status_of(database, letter) is Status.REJECTED


def test_sender_and_reference_name_one_living_letter(database: Database) -> None:
    with transaction(database) as tx:
        registered(tx, a_registration(reference="SAK-A"))

    with pytest.raises(IntegrityError), transaction(database) as tx:
        registered(tx, a_registration(reference="SAK-A"))


def test_a_corrected_letter_may_use_the_reference_of_a_rejected_one(database: Database) -> None:
    with transaction(database) as tx:
        registered(tx, a_registration(Problem("X", "y"), reference="SAK-B"))

    with transaction(database) as tx:
        registered(tx, a_registration(reference="SAK-B"))

    with reading(database) as tx:
        known = shipments.known_submissions(tx, [("nordvik", "SAK-B")])
    assert [each.status for each in known["nordvik", "SAK-B"]] == [
        Status.REJECTED,
        Status.ACCEPTED,
    ]


def test_a_forbidden_move_moves_nobody(database: Database) -> None:
    with transaction(database) as tx:
        first, second = registered(tx, a_registration(), a_registration())
        notified(tx, second)

    with pytest.raises(ImpossibleState, match="1 shipments"), transaction(database) as tx:
        shipments.move(tx, [second, first], Status.READ, by=Mover.DISPATCH, at=MONDAY)

    assert status_of(database, second) is Status.NOTIFIED


def test_only_the_right_mover_may_move(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)
        on_paper(tx, letter)

    with pytest.raises(ImpossibleState), transaction(database) as tx:
        shipments.move(tx, [letter], Status.SENT_TO_PRINT, by=Mover.RECEIPTS, at=MONDAY)


def test_the_database_refuses_a_step_that_is_not_in_the_life_of_a_shipment(
    database: Database,
) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)

    with pytest.raises(IntegrityError), transaction(database) as tx:
        tx.execute(
            insert(events).values(
                shipment_id=letter,
                at=MONDAY,
                kind="moved",
                from_status=Status.RECEIVED,
                to_status=Status.PRINTED,
                actor="nobody",
                detail={},
            ),
        )


def test_the_database_refuses_a_walk_that_begins_in_the_middle(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)

    with pytest.raises(IntegrityError), transaction(database) as tx:
        tx.execute(
            insert(events).values(
                shipment_id=letter,
                at=MONDAY,
                kind="moved",
                from_status=None,
                to_status=Status.PRINTED,
                actor="nobody",
                detail={},
            ),
        )


def test_the_database_never_lets_a_digital_only_letter_be_printed(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx, a_registration(digital_only=True))

    with pytest.raises(IntegrityError), transaction(database) as tx:
        tx.execute(
            update(shipments_table)
            .where(shipments_table.c.id == letter)
            .values(status=Status.SENT_TO_PRINT),
        )


def test_a_letter_is_in_at_most_one_live_batch(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)
        on_paper(tx, letter)
        reserve(tx, letter)

    with pytest.raises(IntegrityError), transaction(database) as tx:
        reserve(tx, letter, batch=BatchId("SVAR-20261124-02-C5SHS"))


def test_a_letter_of_a_sender_on_hold_is_not_due(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)
        on_paper(tx, letter)
        due = due_for_print(tx, now=NIGHT, asked_since=LONG_AGO)
        keep_senders(tx, [a_sender(on_hold=True)])
        held = due_for_print(tx, now=NIGHT, asked_since=LONG_AGO)

    assert [each.id for each in due] == [letter]
    assert held == []


def test_an_unread_letter_is_due_only_when_altinn_was_asked_after_the_deadline(
    database: Database,
) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)
        (offer,) = notified(tx, letter, due_at=NIGHT - timedelta(hours=1))
        unasked = due_for_print(tx, now=NIGHT, asked_since=LONG_AGO)
        offers.record_asked(tx, [offer.key], NIGHT - timedelta(hours=2))
        asked_too_early = due_for_print(tx, now=NIGHT, asked_since=LONG_AGO)
        offers.record_asked(tx, [offer.key], NIGHT - timedelta(minutes=20))
        asked = due_for_print(tx, now=NIGHT, asked_since=NIGHT - timedelta(minutes=30))
        stale = due_for_print(tx, now=NIGHT, asked_since=NIGHT - timedelta(minutes=10))

    assert (unasked, asked_too_early, stale) == ([], [], [])
    assert [each.id for each in asked] == [letter]


def test_a_letter_read_before_its_package_leaves_is_taken_out_of_the_batch(
    database: Database,
) -> None:
    with transaction(database) as tx:
        read, unread = registered(tx, a_registration(), a_registration())
        offer, _ = notified(tx, read, unread)
        reserve(tx, read, unread)
        assert assemble(tx, 1, 2)

    with transaction(database) as tx:
        counts = offers.record_reads(tx, [(offer, NIGHT)], NIGHT)

    assert counts == offers.ReadCounts(moved=1, left_batch=1, too_late=0)
    assert status_of(database, read) is Status.READ
    with transaction(database) as tx:
        assert not batches.begin_hand_over(tx, BATCH, NIGHT)
        assert batches.read_batch(tx, BATCH).status is BatchStatus.RESERVED
        assert [each.piece.shipment_id for each in batches.letters_of(tx, BATCH)] == [unread]


def test_what_was_assembled_with_a_letter_that_has_left_is_not_recorded(
    database: Database,
) -> None:
    with transaction(database) as tx:
        read, unread = registered(tx, a_registration(), a_registration())
        offer, _ = notified(tx, read, unread)
        reserve(tx, read, unread)
        offers.record_reads(tx, [(offer, NIGHT)], NIGHT)

    with transaction(database) as tx:
        recorded = assemble(tx, 1, 2)

    assert not recorded


def test_a_letter_read_after_hand_over_is_still_printed_once(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)
        (offer,) = notified(tx, letter)
        reserve(tx, letter)
        assemble(tx, 1)
        assert batches.begin_hand_over(tx, BATCH, NIGHT)

    with transaction(database) as tx:
        counts = offers.record_reads(tx, [(offer, NIGHT)], NIGHT)
        batches.record_handed_over(tx, BATCH, NIGHT)

    assert counts == offers.ReadCounts(moved=0, left_batch=0, too_late=1)
    assert status_of(database, letter) is Status.SENT_TO_PRINT
    with reading(database) as tx:
        kinds = list(tx.scalars(select(events.c.kind).where(events.c.shipment_id == letter)))
    assert "read_after_hand_over" in kinds


def test_a_deadline_is_written_once(database: Database) -> None:
    with transaction(database) as tx:
        (letter,) = registered(tx)
        (offer,) = notified(tx, letter, due_at=NIGHT)

    with transaction(database) as tx:
        offers.record_published(tx, [(offer, MONDAY, NIGHT + timedelta(days=9))], MONDAY)

    with reading(database) as tx:
        walk = follow.walk_of(tx, letter)
    assert walk is not None
    assert walk.letter.due_at == NIGHT
    assert [event.to_status for event in walk.events].count(Status.NOTIFIED) == 1


def test_an_answer_that_comes_twice_or_too_late_takes_nothing_back(database: Database) -> None:
    with transaction(database) as tx:
        read, by_hand = registered(tx, a_registration(), a_registration())
        first, second = notified(tx, read), notified(tx, by_hand)
        offers.record_reads(tx, [(first[0], NIGHT)], NIGHT)
        holds.handle_by_hand(tx, [by_hand], by="kari", why="ringte", at=NIGHT)

    with transaction(database) as tx:
        both = [*first, *second]
        offers.record_published(tx, [(offer, MONDAY, NIGHT) for offer in both], NIGHT)
        offers.record_refused(tx, [(offer, "RESERVED") for offer in both], NIGHT)
        counts = offers.record_reads(tx, [(offer, NIGHT) for offer in both], NIGHT)

    assert counts == offers.ReadCounts(0, 0, 0)
    with reading(database) as tx:
        kept = asking.with_keys(tx, [offer.key for offer in both])
        assert {offer.state for offer in kept} == {"READ"}
        assert follow.tally(tx).by_status == {Status.READ: 1, Status.MANUALLY_HANDLED: 1}


def test_a_refused_digital_only_letter_is_not_delivered_and_others_go_on_paper(
    database: Database,
) -> None:
    with transaction(database) as tx:
        digital_only, ordinary = registered(tx, a_registration(digital_only=True), a_registration())
        shipments.record_routes(
            tx, [(one, shipments.Route.DIGITAL, "X") for one in (digital_only, ordinary)], MONDAY
        )
        intents = [
            offers.Intent(f"key{n}", one, "altinn", 1)
            for n, one in enumerate((digital_only, ordinary))
        ]
        offers.intend(tx, intents, MONDAY)
        refused = [
            (offer, "RESERVED") for offer in asking.with_keys(tx, [one.key for one in intents])
        ]
        offers.record_refused(tx, refused, MONDAY)
        due = due_for_print(tx, now=NIGHT, asked_since=LONG_AGO)

    assert status_of(database, digital_only) is Status.NOT_DELIVERED
    assert [each.id for each in due] == [ordinary]


def test_thousands_of_letters_move_at_once(database: Database) -> None:
    with transaction(database) as tx:
        letters = registered(tx, *(a_registration() for _ in range(2000)))
        on_paper(tx, *letters)

    with transaction(database) as tx:
        shipments.move(tx, letters, Status.SENT_TO_PRINT, by=Mover.PRINT_BATCH, at=NIGHT)

    with reading(database) as tx:
        tally = follow.tally(tx)
    assert tally[Status.SENT_TO_PRINT] == tally.taken_in == tally.open == 2000


def test_a_sender_is_kept_with_everything_it_says(database: Database) -> None:
    whole = a_sender(
        rules=Rules.OF_2014,
        language="se",
        cover_text="Linje én\nLinje to",
        deadline_policy=DeadlinePolicy("working_hours", 40),
        digital=False,
        on_hold=True,
        nightly_cap=500,
        resend_to_organisations=False,
        information_types=("Nyhetsbrev", "Påminnelse"),
        message_sender="Nordvik",
        notification_texts={one: f"# Brev ({one})" for one in LANGUAGES},
        altinn_resource="nordvik-post",
        confidential_resource="nordvik-fortrolig",
        consumer_organisation="310000116",
        print_vendor="manual",
        own_address_page=True,
        invoice_reference="4410",
        invoice_endpoint="0192:310000108",
    )
    plain = a_sender("plain")
    same = [
        each.name
        for each in fields(Sender)
        if getattr(whole, each.name) == getattr(plain, each.name)
    ]

    with transaction(database) as tx:
        keep_senders(tx, [whole, plain])
    with reading(database) as tx:
        kept = all_senders(tx)

    assert same == ["name", "organisation_number", "return_address"]
    assert kept == {whole.id: whole, plain.id: plain}
    assert parse_senders(to_toml([kept[whole.id]])) == [whole]


def test_senders_are_added_and_changed_and_never_lost(database: Database) -> None:
    with transaction(database) as tx:
        first = keep_senders(tx, [a_sender("a"), a_sender("b")])
        second = keep_senders(tx, [a_sender("b", cover_text="Ny tekst"), a_sender("c")])
        kept = all_senders(tx)

    assert (first, second) == ((2, 0), (1, 1))
    assert sorted(kept) == ["a", "b", "c"]
    assert kept["b"].cover_text == "Ny tekst"  # type: ignore[index]


def test_an_open_item_is_said_once(database: Database) -> None:
    item = OpenItem("RECEIPT_REFUSED", "SVAR-1.csv", "totals differ", "ask the vendor")
    with transaction(database) as tx:
        said = [raise_item(tx, item, MONDAY), raise_item(tx, item, NIGHT)]
        found = still_open(tx)

    assert said == [True, False]
    assert found == [(item, MONDAY)]


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="aware"), transaction(database) as tx:
        registered(tx, at=MONDAY.replace(tzinfo=None))


def test_a_piece_that_left_keeps_its_number_unused(database: Database) -> None:
    with transaction(database) as tx:
        letters = registered(tx, a_registration(), a_registration(), a_registration())
        offer, *_ = notified(tx, *letters)
        reserve(tx, *letters)
        offers.record_reads(tx, [(offer, NIGHT)], NIGHT)
        numbers = [each.piece.number for each in batches.letters_of(tx, BATCH)]
        kept = tx.scalars(select(pieces.c.number).order_by(pieces.c.number)).all()

    assert numbers == [2, 3]
    assert kept == [1, 2, 3]


@pytest.mark.parametrize("look", [reading, transaction], ids=["reading", "writing"])
def test_a_database_out_of_reach_is_a_matter_of_time(
    look: Callable[[Database], AbstractContextManager[Tx]],
) -> None:
    nobody = "postgresql://svarut@127.0.0.1:1/svarut?connect_timeout=2"

    with open_database(nobody) as database, pytest.raises(TryAgainLater), look(database) as tx:
        tx.execute(text("SELECT 1"))
