"""Whatever happens, in whatever order, however often a run is killed: every letter ends once.

The real flows' steps, the real stand-in for Altinn and the contact register (in this process, by
HTTP without a socket), a real SQLite file. A killed run is one that is left at a call or a commit.
"""

import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import builders
import pytest
from abandoning import Fuse, Served, WatchedClient
from builders import MONDAY, a_sender
from dispatching import CONTENT, a_letter
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select
from stand_ins import served

from flows.archive import Archive
from flows.database import batches, holds, schema, shipments
from flows.database import follow as tales
from flows.database.letter_search import Search, search
from flows.database.senders import keep_senders
from flows.database.session import Database, open_database, reading, transaction
from flows.database.tables import offers
from flows.dispatch import choosing, following, offering, withdrawing
from flows.dispatch.altinn import Altinn
from flows.dispatch.channel import Watch
from flows.dispatch.contact_register import ContactRegister
from flows.dispatch.pace import Pace
from flows.domain.batch import NOT_YET_LEAVING, Assembled, BatchId, BatchStatus, PlacedPiece
from flows.domain.shipment import Route, ShipmentId
from flows.domain.status import Mover, Status
from flows.print_batch.reserving import reserve_batches
from flows.sandbox.altinn import create_app
from flows.sandbox.altinn_faults import read_fault
from flows.sandbox.altinn_mail import Mail
from flows.sandbox.people import national_number
from flows.settings import AltinnSettings, Settings

OPERATIONS = ("upload", "overview", "details", "search", "purge")
READ_BY = ("Read", "Confirmed", "AttachmentsDownloaded", "PurgedByRecipient", "Forwarded")
ENDS = {
    Status.READ: "delivered",
    Status.SENT_DIGITALLY: "delivered",
    Status.PRINTED: "printed",
    Status.NOT_DELIVERED: "cancelled",
    Status.MANUALLY_HANDLED: "cancelled",
}
HABITS = (
    "never",
    "after:1h",
    "after:50h",
    "confirm:3h",
    "download:20h",
    "purge:5h",
    "stuck",
    "late:6h+after:2h",
    "fails",
    "reserved",
    "reserved_later",
    "unknown",
    "races",
    "lost+after:5h",
    "truncated",
)
CONTACTS = ("notifiable", "notifiable", "notifiable", "not_notifiable", "reserved", "deleted")
BAD_MOMENTS = ("gateway", "unavailable", "krr_down", "lost", "empty", "truncated", "expired")
ORGANISATION = "310000108"


class EveryLetter(RuleBasedStateMachine):
    """Letters, a world that misbehaves, and runs that are killed."""

    def __init__(self) -> None:
        super().__init__()
        builders._numbers = itertools.count(1)  # the same letters in the same example
        self.home = Path(tempfile.mkdtemp(prefix="letters-", dir=FOLDER))
        shutil.copy(TEMPLATE, self.home / "svarut.db")
        source = self.home / "brev.pdf"
        source.write_bytes(CONTENT)
        Archive(self.home / "archive").put(source)
        self.settings = Settings(home=self.home, altinn=AltinnSettings(parallel_calls=1))
        self.opened = open_database(self.settings.database_url)
        self.database: Database = self.opened.__enter__()
        self.fuse, self.now, self.random = Fuse(), MONDAY, Random(1)
        event.listen(self.database, "commit", lambda _: self.fuse.pass_a_point())
        app = create_app()
        Served.app, self.room, self.faults = app, app.state.room, app.state.faults
        self.client = WatchedClient(self.fuse)
        pace = Pace(dict.fromkeys(OPERATIONS, 0), 60)
        self.channel = Altinn(self.client, pace, lambda _: None, lambda _: None)
        self.register = ContactRegister(self.client, lambda _: None)
        self.sent: list[ShipmentId] = []
        self.at_vendor: dict[ShipmentId, set[BatchId]] = {}

    def teardown(self) -> None:
        try:
            self.everything_ends()
        finally:
            self.client.close()
            self.opened.__exit__(None, None, None)
            shutil.rmtree(self.home)

    @initialize()
    def begins(self) -> None:
        self.room.now = self.now
        with transaction(self.database) as tx:
            keep_senders(
                tx,
                [
                    a_sender("nordvik", information_types=("info",)),
                    a_sender("sorvik", altinn_resource="sorvik", resend_to_organisations=False),
                ],
            )

    # What people do

    @rule(
        habits=st.lists(st.sampled_from(HABITS), min_size=1, max_size=5),
        contact=st.sampled_from(CONTACTS),
        to=st.sampled_from(["person", "person", "organisation", "nobody"]),
        sender=st.sampled_from(["nordvik", "sorvik"]),
        digital_only=st.booleans(),
        information=st.booleans(),
    )
    def letters_come(
        self,
        habits: list[str],
        contact: str,
        to: str,
        sender: str,
        digital_only: bool,
        information: bool,
    ) -> None:
        for habit in habits:
            number = national_number(self.random) if to == "person" else None
            letter = a_letter(
                sender_id=sender,
                digital_id=ORGANISATION if to == "organisation" else number,
                digital_only=digital_only and to != "nobody",
                shipment_type="info" if information else "",
            )
            self.room.habits[letter.id] = habit
            if number:
                self.room.contacts[number] = contact
            with transaction(self.database) as tx:
                shipments.register(tx, [letter], self.now)
            self.sent.append(letter.id)

    @rule(hours=st.sampled_from([0.1, 1, 5, 24, 72]))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.room.now = self.now

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), act=st.sampled_from(READ_BY))
    def a_recipient_acts(self, data: st.DataObject, act: str) -> None:
        for mail in self.mails_of(data.draw(st.sampled_from(self.sent))):
            self.room.catch_up(mail)
            if mail.when("Published") and not mail.purged:
                self.time_passes(1 / 3600)  # after whatever was asked a moment ago
                mail.reach(act, self.now)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), habit=st.sampled_from(["reserved", "reserved_later", "never"]))
    def a_recipient_changes(self, data: st.DataObject, habit: str) -> None:
        self.room.set_habits({data.draw(st.sampled_from(self.sent)): habit})

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), what=st.sampled_from(["hold", "release", "handled"]))
    def a_person_acts(self, data: st.DataObject, what: str) -> None:
        letter = [data.draw(st.sampled_from(self.sent))]
        act = {"hold": holds.hold, "release": holds.release, "handled": holds.handle_by_hand}[what]
        with suppress(holds.NeedsAPerson), transaction(self.database) as tx:
            act(tx, letter, by="kari", why="prøve", at=self.now)

    @rule(kinds=st.lists(st.sampled_from(BAD_MOMENTS), min_size=1, max_size=3))
    def altinn_will_have_bad_moments(self, kinds: list[str]) -> None:
        self.faults.next += [read_fault({"kind": kind}) for kind in kinds]

    @precondition(lambda self: not self.faults.next and not self.unsettled())
    @rule()
    def altinn_will_not_have_a_letter(self) -> None:
        body = '{"errorCode": 1020}'
        self.faults.next.append(read_fault({"status": 400, "body": body, "only": ["upload"]}))

    @rule(times=st.integers(1, 4))
    def the_register_is_down(self, times: int) -> None:
        order = {"kind": "unavailable", "only": ["contacts"], "times": times}
        self.faults.next.append(read_fault(order))

    # What the flows do

    @rule(dies_at=st.none() | st.integers(1, 60))
    def dispatch(self, dies_at: int | None) -> None:
        with self.fuse.lit(dies_at):
            choosing.look_up_recipients(self.database, self.register, self.now)
            choosing.route_letters(self.database, self.now, register_is_asked=True)
            name = self.channel.name
            offering.write_down_intents(self.database, name, self.settings, self.now)
            offering.offer_everything(self.database, self.channel, self.settings, self.now)
            waiting = following.unpublished(self.database, self.now)
            self.follow(waiting, Watch.PUBLICATION)
            self.follow(following.unread(self.database, self.now), Watch.READING)
            late = withdrawing.stuck(self.database, self.now)
            withdrawing.withdraw(self.database, self.channel, late, self.now, 1)
            following.close_unread(self.database, self.now)

    @rule(dies_at=st.none() | st.integers(1, 20))
    def seal(self, dies_at: int | None) -> None:
        with self.fuse.lit(dies_at):
            since = self.now - timedelta(hours=1)
            self.follow(following.before_sealing(self.database, self.now, since), Watch.READING)
            reserve_batches(self.database, self.settings, self.now)

    @rule(dies_at=st.none() | st.integers(1, 10))
    def hand_over(self, dies_at: int | None) -> None:
        with self.fuse.lit(dies_at):
            for batch in self.batches_with(*NOT_YET_LEAVING, BatchStatus.HANDING_OVER):
                self.hand_over_one(batch)

    @rule(dies_at=st.none() | st.integers(1, 6))
    def receipts_come(self, dies_at: int | None) -> None:
        with self.fuse.lit(dies_at), transaction(self.database) as tx:
            sent = Search(statuses=(Status.SENT_TO_PRINT,), limit=9999)
            waiting = [one.id for one in search(tx, sent)]
            shipments.move(tx, waiting, Status.PRINTED, by=Mover.RECEIPTS, at=self.now)

    def follow(self, looks: Any, watch: Watch) -> None:
        following.follow(self.database, self.channel, looks, watch, self.now, 1)

    def batches_with(self, *statuses: BatchStatus) -> list[BatchId]:
        with reading(self.database) as tx:
            return [one.id for status in statuses for one in batches.with_status(tx, status)]

    def hand_over_one(self, batch: BatchId) -> None:
        with reading(self.database) as tx:
            letters = batches.letters_of(tx, batch)
            leaving = batches.read_batch(tx, batch).status is BatchStatus.HANDING_OVER
        if not leaving:
            placed = tuple(PlacedPiece(letter.piece.number, 1, 1, 1, 5000) for letter in letters)
            with transaction(self.database) as tx:
                if not letters:
                    batches.annul_empty(tx, batch, self.now)
                    return
                made = Assembled(f"{batch}.zip", "0" * 64, 1, placed)
                batches.record_assembled(tx, batch, made, self.now)
            with transaction(self.database) as tx:
                batches.begin_hand_over(tx, batch, self.now)
        self.fuse.pass_a_point()
        for letter in letters:
            # Sent again, the vendor has the same package by the same name: once is once.
            self.at_vendor.setdefault(letter.piece.shipment_id, set()).add(batch)
            self.nothing_else_has_it(letter.piece.shipment_id)
        self.fuse.pass_a_point()
        with transaction(self.database) as tx:
            batches.record_handed_over(tx, batch, self.now)

    # What must always hold

    def nothing_else_has_it(self, letter: ShipmentId) -> None:
        """A letter that leaves on paper was asked about and not read, or was never published."""
        with reading(self.database) as tx:
            walk = tales.walk_of(tx, letter)
        assert walk is not None
        mails = self.mails_of(letter)
        if walk.letter.status is Status.NOTIFIED:
            (asked_at,) = (one["asked_at"] for one in walk.offers if one["state"] == "PUBLISHED")
            read = [at for mail in mails for name, at in mail.history if name in READ_BY]
            assert all(at > asked_at for at in read), "its sealing sweep showed a read"
            assert walk.letter.due_at is not None
            assert asked_at >= walk.letter.due_at
        elif walk.route_reason != "QUARANTINED":
            assert walk.route == Route.PAPER
            assert not [mail for mail in mails if mail.when("Published")]

    @invariant()
    def a_key_makes_at_most_one_correspondence(self) -> None:
        keys = Counter(mail.key for mail in self.room.mail.values())
        assert max(keys.values(), default=1) == 1

    @invariant()
    def no_letter_lies_in_an_inbox_twice(self) -> None:
        seen = Counter(mail.reference for mail in self.room.mail.values() if mail.when("Published"))
        assert max(seen.values(), default=1) == 1

    @invariant()
    def no_letter_is_lost(self) -> None:
        with reading(self.database) as tx:
            assert tales.tally(tx).taken_in == len(self.sent)

    def mails_of(self, letter: ShipmentId) -> list[Mail]:
        found = [mail for mail in self.room.mail.values() if mail.reference == letter]
        for mail in found:
            self.room.catch_up(mail)
        return found

    def unsettled(self) -> bool:
        """Say whether Altinn has letters that we do not know it has: a run was killed."""
        with reading(self.database) as tx:
            known = {row[0] for row in tx.execute(select(offers.c.channel_reference))}
        return bool(self.room.mail.keys() - known)

    def everything_ends(self) -> None:
        """Let everything be well, and the clock run until nothing moves any more."""
        self.faults.next.clear()
        for hours in (0.1, 4, 8, 72, 4, 72, 4, 72, 4, 72):
            self.time_passes(hours)
            with transaction(self.database) as tx:
                holds.release(tx, self.sent, by="kari", why="sett på", at=self.now)
            self.dispatch(None)
            self.seal(None)
            self.hand_over(None)
            self.receipts_come(None)
        # Whatever was stuck gets loose: what went on paper must not turn up in an inbox now.
        self.room.set_habits(dict.fromkeys(self.sent, "never"))
        self.time_passes(24)
        ended: Counter[str] = Counter()
        with reading(self.database) as tx:
            walks = [tales.walk_of(tx, letter) for letter in self.sent]
        for walk in walks:
            assert walk is not None
            assert walk.letter.status in ENDS, f"{walk.letter.status}, {walk.route_reason}"
            ended[ENDS[walk.letter.status]] += 1
            self.it_ended_once(walk)
        assert ended.total() == len(self.sent)

    def it_ended_once(self, walk: tales.Walk) -> None:
        status, letter = walk.letter.status, walk.letter.id
        published = [mail for mail in self.mails_of(letter) if mail.when("Published")]
        assert len(self.at_vendor.get(letter, ())) == (status is Status.PRINTED)
        if status in {Status.READ, Status.SENT_DIGITALLY}:
            assert published
        on_paper = status is Status.PRINTED and walk.route == Route.PAPER
        if status is Status.NOT_DELIVERED or (on_paper and walk.route_reason != "QUARANTINED"):
            assert not published
        if status is Status.READ:
            assert any(name in READ_BY for mail in published for name, _ in mail.history)


FOLDER = Path(tempfile.mkdtemp(prefix="every-letter-"))
TEMPLATE = FOLDER / "template.db"


@pytest.fixture(scope="module", autouse=True)
def an_empty_database_and_a_server() -> Iterator[None]:
    """Made once; the database is copied for every example."""
    with open_database(f"sqlite:///{TEMPLATE}") as database:
        schema.upgrade(database)
    Served.app = create_app()
    with served(Served.answer) as Served.url:
        yield
    shutil.rmtree(FOLDER)


def test_every_letter_ends_once() -> None:
    run_state_machine_as_test(
        EveryLetter,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            derandomize=os.environ.get("CI") == "true",
            suppress_health_check=list(HealthCheck),
        ),
    )
