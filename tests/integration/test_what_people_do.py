"""What a person holds and does: senders, batches and letters, and who did what."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from builders import MONDAY, a_registration, a_sender, on_paper, registered

from flows.database import asking, batches, holds, shipments, standing_holds
from flows.database.acts import acts_done, record_act
from flows.database.batch_states import history_of
from flows.database.due import due_for_print
from flows.database.item_history import ItemFigures, close_item, raise_items
from flows.database.senders import keep_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.database.standing_holds import Word
from flows.domain.acts import Wanted
from flows.domain.batch import (
    Assembled,
    BatchId,
    BatchStatus,
    Envelope,
    JobClass,
    PlacedPiece,
    PlannedBatch,
)
from flows.domain.reconciliation import ClosedAs
from flows.domain.shipment import Route, SenderId, ShipmentId
from flows.errors import NeedsAPerson
from flows.print_batch import sending
from flows.settings import Settings

pytestmark = pytest.mark.integration

NIGHT = MONDAY + timedelta(days=1)
BATCH = BatchId("SVAR-20261124-01-C5SHS")
KARI = Word("Kari", "avtalt med avsender", MONDAY)
OLA = Word("Ola", "klart igjen", NIGHT)
NORDVIK = SenderId("nordvik")


def due(tx: Tx) -> list[ShipmentId]:
    return [one.id for one in due_for_print(tx, now=NIGHT, asked_since=MONDAY)]


def assembled(tx: Tx, letters: Sequence[ShipmentId]) -> None:
    on_paper(tx, *letters)
    job_class = JobClass(Envelope.C5, colour=False, duplex=False)
    batches.reserve(tx, [PlannedBatch(BATCH, job_class, tuple(letters))], MONDAY)
    placed = tuple(PlacedPiece(n, n, 1, 3, 22000) for n in range(1, len(letters) + 1))
    batches.record_assembled(tx, BATCH, Assembled("p.zip", "ab" * 32, 9, placed), MONDAY)


def test_letters_of_a_held_sender_go_nowhere_until_it_is_released(database: Database) -> None:
    with transaction(database) as tx:
        keep_senders(tx, [a_sender("sorvik")])
        digital, paper, other = registered(
            tx, a_registration(), a_registration(), a_registration(sender_id="sorvik")
        )
        assert standing_holds.hold_sender(tx, NORDVIK, KARI)
        assert not standing_holds.hold_sender(tx, NORDVIK, KARI)
        routed = [one.id for one in shipments.to_route(tx, 10)]
        on_paper(tx, paper, other)
        shipments.record_routes(tx, [(digital, Route.DIGITAL, "DIGITAL_ID")], MONDAY)
        intended = asking.without_offer(tx, 10)
        held = due(tx)

        assert standing_holds.release_sender(tx, NORDVIK, OLA)

        assert (routed, intended, held) == ([other], [], [other])
        assert due(tx) == [paper, other]
        assert [one.id for one in asking.without_offer(tx, 10)] == [digital]


def test_a_held_batch_does_not_leave(database: Database) -> None:
    with transaction(database) as tx:
        assembled(tx, registered(tx))
        assert standing_holds.hold_batch(tx, BATCH, KARI)

        assert batches.begin_hand_over(tx, BATCH, NIGHT) is False
        assert standing_holds.release_batch(tx, BATCH, OLA)
        assert batches.begin_hand_over(tx, BATCH, NIGHT) is True

        said = [(one.kind, one.actor, one.detail) for one in history_of(tx, BATCH)]
        assert ("held", "Kari", {"why": "avtalt med avsender"}) in said
        assert ("released", "Ola", {"why": "klart igjen"}) in said


def test_a_print_night_leaves_a_held_batch_for_a_later_one(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(sqlite) as tx:
        assembled(tx, registered(tx))
        standing_holds.hold_batch(tx, BATCH, KARI)
    monkeypatch.setattr(sending, "assemble", lambda *_: BatchStatus.ASSEMBLED)

    sent = sending.send_batch(sqlite, Settings(home=tmp_path), BATCH, NIGHT)

    assert (sent.handed_over, sent.waits_for) == (False, sending.HELD)
    with reading(sqlite) as tx:
        assert batches.read_batch(tx, BATCH).status is BatchStatus.ASSEMBLED


def test_a_batch_that_may_have_left_cannot_be_held(database: Database) -> None:
    with transaction(database) as tx:
        assembled(tx, registered(tx))
        batches.begin_hand_over(tx, BATCH, NIGHT)

        with pytest.raises(NeedsAPerson, match=BatchStatus.HANDING_OVER):
            standing_holds.hold_batch(tx, BATCH, KARI)


def test_what_is_held_until_a_day_is_let_go_by_the_first_run_after_it(database: Database) -> None:
    with transaction(database) as tx:
        letter, other = registered(tx, a_registration(), a_registration())
        on_paper(tx, letter)
        assembled(tx, [other])
        until = NIGHT - timedelta(hours=1)
        holds.hold(tx, [letter], by="Kari", why="feil vedlegg", at=MONDAY, until=until)
        standing_holds.hold_sender(tx, NORDVIK, KARI, until)
        standing_holds.hold_batch(tx, BATCH, KARI, until)

    early = holds.end_those_over(database, until - timedelta(minutes=1))
    with reading(database) as tx:
        held, shown = due(tx), holds.all_held(tx)
    on_the_day = holds.end_those_over(database, NIGHT)
    again = holds.end_those_over(database, NIGHT)

    assert (early, held, on_the_day, again) == (0, [], 3, 0)
    assert [(one.subject, one.held_by, one.until) for one in shown] == [
        (NORDVIK, "Kari", until),
        (BATCH, "Kari", until),
        (letter, "Kari", until),
    ]
    with reading(database) as tx:
        assert due(tx) == [letter]
        assert holds.all_held(tx) == []


def test_a_hold_does_not_end_in_the_past(database: Database) -> None:
    with transaction(database) as tx:
        registered(tx)

        with pytest.raises(NeedsAPerson, match="has come already"):
            standing_holds.hold_sender(tx, NORDVIK, KARI, MONDAY)


def test_everything_people_did_is_told_with_who_and_why(database: Database) -> None:
    with transaction(database) as tx:
        letters = registered(tx, *(a_registration() for _ in range(3)))
        holds.hold(tx, letters, by="Kari", why="feil vedlegg", at=MONDAY)
        holds.release(tx, letters[:1], by="Ola", why="rettet", at=NIGHT)
        standing_holds.hold_sender(tx, NORDVIK, KARI)
        record_act(tx, "imported", about="prices", subject="p.toml", by="Per", at=NIGHT)
        raise_items(tx, [ItemFigures("B2", "x", "w", "a", {}, None, "")], MONDAY)
        close_item(tx, "B2", "x", ClosedAs.EXPLAINED, by="Per", why="purret", at=NIGHT)

    with reading(database) as tx:
        everything = acts_done(tx, Wanted())
        karis = acts_done(tx, Wanted(by="Kari"))
        later = acts_done(tx, Wanted(since=NIGHT))
        of_one = acts_done(tx, Wanted(about=letters[0]))
        latest = acts_done(tx, Wanted(limit=1))

    first = min(letters)
    assert {(one.by, one.act, one.about, one.subject, one.why) for one in everything} == {
        ("Kari", "held", "3 letters", first, "feil vedlegg"),
        ("Ola", "released", "letter", letters[0], "rettet"),
        ("Kari", "held", "sender", "nordvik", "avtalt med avsender"),
        ("Per", "imported", "prices", "p.toml", ""),
        ("Per", "closed", "open item", "B2 x", "purret"),
    }
    assert {one.by for one in karis} == {"Kari"}
    assert {one.at for one in later} == {NIGHT}
    assert [(one.by, one.act) for one in of_one] == [("Ola", "released"), ("Kari", "held")]
    assert latest == everything[:1]
