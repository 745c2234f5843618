"""The work is killed before and after everything it does to the world, and run again.

Afterwards the database, the disk and the vendor's server are as if nothing had happened: no letter
is lost, none is twice anywhere.
"""

import json
import multiprocessing
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dying
import pytest
from builders import MONDAY
from pydantic import SecretStr
from servers import SftpServer, asyncssh_server
from sqlalchemy import select
from stand_ins import AltinnStandIn, running_altinn

from flows.database import batches, schema, stops
from flows.database.open_items import OpenItem, raise_item
from flows.database.senders import all_senders, keep_senders
from flows.database.session import open_database, reading, transaction
from flows.database.tables import metadata
from flows.domain.batch import BatchStatus
from flows.domain.sender import MANUAL, Sender
from flows.domain.shipment import SenderId
from flows.sandbox.letters import make_letters
from flows.sandbox.print_shop import PrintShop, Taken
from flows.settings import (
    AltinnSettings,
    ExaminationSettings,
    InboxServerSettings,
    Settings,
    VendorSettings,
)

pytestmark = pytest.mark.faults

NIGHT = MONDAY + timedelta(days=1)
MORNING = NIGHT + timedelta(hours=3)
MOST_POINTS = 200
KILLED = -signal.SIGKILL


class World:
    """One home, one vendor's server, one Altinn; each can be put back as it was."""

    def __init__(self, folder: Path, server: SftpServer, altinn: AltinnStandIn) -> None:
        self.home, self.saved = folder / "home", folder / "saved"
        self.server, self.altinn = server, altinn
        self.home.mkdir()
        login = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "key_file": server.key_file,
            "known_hosts_file": server.known_hosts_file,
        }
        self.settings = Settings(
            home=self.home,
            test_population=True,
            letters_per_batch=4,
            inbox_settle_seconds=0,
            examination=ExaminationSettings(processes=1),
            altinn=AltinnSettings(
                url=altinn.url, token=SecretStr("sandbox"), parallel_calls=1, timeout_seconds=10
            ),
            vendor=VendorSettings(**login),
            inbox_server=InboxServerSettings(**login, folder="inbox"),
        )
        with open_database(self.settings.database_url) as database:
            schema.upgrade(database)

    def save(self) -> None:
        for name, folder in (("home", self.home), ("vendor", self.server.root)):
            shutil.copytree(folder, self.saved / name)

    def put_back(self) -> None:
        for name, folder in (("home", self.home), ("vendor", self.server.root)):
            shutil.rmtree(folder)
            shutil.copytree(self.saved / name, folder)

    def run(self, work: str, now: datetime, die_at: int = 0) -> int | None:
        process = PROCESSES.Process(target=dying.run, args=(work, self.settings, now, die_at))
        process.start()
        process.join(timeout=60)
        assert process.exitcode is not None, "the work hangs"
        return process.exitcode

    def state(self) -> dict[str, Any]:
        """All that somebody could ever notice."""
        with open_database(self.settings.database_url) as database, reading(database) as tx:
            rows: dict[str, Any] = {
                table.name: [tuple(row) for row in tx.execute(select(table)).all()]
                for table in metadata.sorted_tables
                if table.name != "events"
            }
            events = metadata.tables["events"]
            rows["events"] = sorted(
                str(tuple(row)[1:]) for row in tx.execute(select(events).order_by(events.c.id))
            )
        rows["by hand"] = dying.files_below(self.settings.by_hand_folder)
        rows["vendor"] = dying.files_below(self.server.root)
        rows["reports"] = dying.files_below(self.settings.reports_folder)
        rows["inbox"] = dying.files_below(self.settings.inbox_folder)
        rows["archive"] = sorted(
            path.name
            for path in self.settings.archive_folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        )
        return rows


PROCESSES = multiprocessing.get_context("forkserver")
# What each child would otherwise import anew; `dying` itself is not on the server's path.
PROCESSES.set_forkserver_preload(
    [
        "flows.dispatch.altinn",
        "flows.dispatch.following",
        "flows.dispatch.offering",
        "flows.dispatch.withdrawing",
        "flows.intake.inbox",
        "flows.intake.status_feed",
        "flows.print_batch.by_hand",
        "flows.print_batch.sending",
        "flows.receipts.ingestion",
        "flows.receipts.reconciling",
    ],
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        server = stack.enter_context(asyncssh_server(tmp_path / "sftp"))
        altinn = stack.enter_context(running_altinn())
        altinn.set_clock(MONDAY)
        yield World(tmp_path, server, altinn)


def letters_arrive(world: World, count: int, *, digital: bool, faulty: bool = False) -> None:
    senders = [
        Sender(SenderId(name), name, "310000108", ("Postboks 1", "8900 Sted"), digital=digital)
        for name in ("nordvik", "sorvik")
    ]
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        keep_senders(tx, senders)
    names = [sender.id for sender in senders]
    make_letters(world.settings.inbox_folder, senders=names, count=count, seed=3, faulty=faulty)


def letters_are_taken_in(world: World, *, digital: bool, count: int = 10) -> None:
    letters_arrive(world, count, digital=digital)
    assert world.run("intake", MONDAY) == 0


def letters_wait_for_print(world: World) -> None:
    for folder in ("inn", "ut/mottak", "ut/kvittering", "stopp", "arkiv"):
        (world.server.root / folder).mkdir(parents=True)
    letters_are_taken_in(world, digital=False)
    assert world.run("dispatch", MONDAY) == 0


def letters_wait_for_their_senders_printers(world: World) -> None:
    letters_are_taken_in(world, digital=False, count=8)
    assert world.run("dispatch", MONDAY) == 0
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        keep_senders(tx, [replace(one, print_vendor=MANUAL) for one in all_senders(tx).values()])


def packages_lie_at_the_vendor(world: World) -> None:
    letters_wait_for_print(world)
    assert world.run("print", NIGHT) == 0


def late_answers_wait(world: World) -> None:
    """Every package is to go again, and the vendor has taken in the first ones after all."""
    packages_lie_at_the_vendor(world)
    assert world.run("resend", NIGHT) == 0
    PrintShop(world.server.root, "SVAR").take_in(NIGHT)


def words_on_pieces_wait(world: World) -> None:
    """Packages are acknowledged, and then the vendor refuses a piece of one."""
    packages_lie_at_the_vendor(world)
    shop = PrintShop(world.server.root, "SVAR")
    shop.errors = {"refuse_piece"}
    shop.take_in(NIGHT)
    words, aside = shop.root / "ut/godkjenning", world.saved.with_name("aside")
    words.rename(aside)
    assert world.run("answers", NIGHT) == 0
    aside.rename(words)


def letters_are_to_be_stopped(world: World) -> None:
    """A person has asked for two letters of one package to be stopped."""
    packages_lie_at_the_vendor(world)
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        (first, *_) = batches.with_status(tx, BatchStatus.HANDED_OVER)
        letters = [one.piece.shipment_id for one in batches.letters_of(tx, first.id)][:2]
        stops.ask(tx, letters, by="ON", why="wrong decision", at=NIGHT)


def stops_are_answered(world: World) -> None:
    """The vendor has answered the stop list, and said nothing else."""
    letters_are_to_be_stopped(world)
    assert world.run("stop", NIGHT) == 0
    shop = PrintShop(world.server.root, "SVAR")
    shop.take_in(NIGHT)
    for answer in (shop.root / "ut/mottak").iterdir():
        answer.unlink()


def receipts_wait(world: World) -> None:
    letters_wait_for_print(world)
    assert world.run("print", NIGHT) == 0
    shop = PrintShop(world.server.root, "SVAR")
    shop.take_in(NIGHT)
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        for batch in batches.with_status(tx, BatchStatus.HANDED_OVER):
            batches.record_acknowledged(tx, batch.id, accepted=True, reason="", at=NIGHT)
    # The same letter twice and one nobody knows: not every line is good on a bad day either.
    shop.errors = {"duplicate_line", "unknown_piece"}
    shop.print_and_post(MORNING + timedelta(hours=6))


def senders_are_to_be_told(world: World) -> None:
    letters_are_taken_in(world, digital=False)
    (world.server.root / "inbox" / "sorvik").mkdir(parents=True)


def later_words_wait(world: World) -> None:
    """Receipts are booked; a correction, a reversal, returned mail and an invoice wait."""
    receipts_wait(world)
    assert world.run("receipts", MORNING + timedelta(hours=8)) == 0
    shop = PrintShop(world.server.root, "SVAR")
    shop.errors = {"correction", "reversal"}
    letters = [Taken(**row) for book in sorted(shop.books.glob("*.zip.json")) for row in
               json.loads(book.read_text())["letters"]]  # fmt: skip
    shop._write_receipts(letters[:2], MORNING + timedelta(hours=6))
    shop.send_back({letters[0].shipment: "R01"}, MORNING + timedelta(days=1))
    shop.invoice("F-1", MORNING.date(), MORNING.date())


def changed_lines_wait_for_a_person(world: World) -> None:
    receipts_wait(world)
    assert world.run("receipts", MORNING + timedelta(hours=8)) == 0
    shop = PrintShop(world.server.root, "SVAR")
    shop.errors = {"changed_line"}
    letters = [Taken(**row) for book in sorted(shop.books.glob("*.zip.json")) for row in
               json.loads(book.read_text())["letters"]]  # fmt: skip
    shop._write_receipts(letters[:1], MORNING + timedelta(hours=6))
    assert world.run("receipts", MORNING + timedelta(hours=9)) == 0


def things_do_not_agree(world: World) -> None:
    """Receipts are booked, one line is parked, and what was told of a batch is not so any more."""
    receipts_wait(world)
    assert world.run("receipts", MORNING + timedelta(hours=8)) == 0
    with open_database(world.settings.database_url) as database, transaction(database) as tx:
        for batch in batches.with_status(tx, BatchStatus.SETTLED)[:1]:
            item = OpenItem("ACKNOWLEDGEMENT_MISSING", batch.id, "no answer", "ask")
            raise_item(tx, item, NIGHT)


def packages_lie_in_inboxes(world: World) -> None:
    letters_arrive(world, 8, digital=True, faulty=True)


PREPARED: dict[str, tuple[Callable[[World], None], datetime]] = {
    "intake": (packages_lie_in_inboxes, MONDAY),
    "feeds": (senders_are_to_be_told, MONDAY),
    "print": (letters_wait_for_print, NIGHT),
    "annul": (packages_lie_at_the_vendor, MORNING),
    "resend": (packages_lie_at_the_vendor, MORNING),
    "answers": (late_answers_wait, MORNING),
    "approvals": (words_on_pieces_wait, MORNING),
    "stop": (letters_are_to_be_stopped, NIGHT),
    "stopped": (stops_are_answered, NIGHT),
    "by hand": (letters_wait_for_their_senders_printers, NIGHT),
    "receipts": (receipts_wait, MORNING + timedelta(hours=8)),
    "reconcile": (things_do_not_agree, MORNING + timedelta(days=5)),
}

FEWEST_POINTS = {"reconcile": 8, "annul": 6, "resend": 6, "approvals": 6, "stop": 8, "stopped": 6}
"""Reconciling commits once and renames three reports, a batch is taken back in one commit,
a word on pieces or stops is kept in one and put away in two moves, a stop list is made, put there
in two renames and written down as sent; every other work has at least ten points."""

LATER_WORDS: dict[str, tuple[Callable[[World], None], str]] = {
    "corrections, returned mail and an invoice": (later_words_wait, "receipts"),
    "a person's correction": (changed_lines_wait_for_a_person, "replay"),
}


@pytest.mark.parametrize("work", PREPARED)
def test_a_run_killed_anywhere_and_run_again_ends_as_one_that_was_not(
    world: World, work: str
) -> None:
    prepare, now = PREPARED[work]
    prepare(world)
    world.save()
    assert world.run(work, now) == 0
    expected = world.state()
    killed = 0

    for point in range(1, MOST_POINTS):
        world.put_back()
        ended = world.run(work, now, die_at=point)
        if ended == 0:
            break
        assert ended == KILLED, f"point {point}: it did not die, it failed ({ended})"
        killed += 1
        assert world.run(work, now) == 0, f"point {point}: the next run failed"
        found = world.state()
        assert found == expected, f"point {point}: {differing(found, expected)}"

    assert killed >= FEWEST_POINTS.get(work, 10)
    assert killed < MOST_POINTS - 1, "there are more points than were tried"


@pytest.mark.parametrize(("prepare", "work"), LATER_WORDS.values(), ids=list(LATER_WORDS))
def test_a_correction_killed_anywhere_is_booked_once(
    world: World, prepare: Callable[[World], None], work: str
) -> None:
    now = MORNING + timedelta(days=2)
    prepare(world)
    world.save()
    assert world.run(work, now) == 0
    expected = booked(world)
    killed = 0

    for point in range(1, MOST_POINTS):
        world.put_back()
        ended = world.run(work, now, die_at=point)
        if ended == 0:
            break
        assert ended == KILLED, f"point {point}: it did not die, it failed ({ended})"
        killed += 1
        assert world.run(work, now) == 0, f"point {point}: the next run failed"
        found = booked(world)
        assert found == expected, f"point {point}: {differing(found, expected)}"

    assert killed >= 4
    assert any("APPLIED" in row for row in expected["receipt_lines"])


def booked(world: World) -> dict[str, Any]:
    """All but what a person who asks twice is written down for twice."""
    return {name: rows for name, rows in world.state().items() if name != "receipt_events"}


def test_offers_killed_anywhere_reach_altinn_once(world: World) -> None:
    letters_are_taken_in(world, digital=True, count=6)
    world.save()
    killed, found = 0, set()

    for point in range(1, MOST_POINTS):
        world.put_back()
        ended = world.run("dispatch", MONDAY, die_at=point)
        if ended == 0:
            break
        assert ended == KILLED
        killed += 1
        assert world.run("dispatch", MONDAY) == 0
        # Altinn remembers all of these runs, as the real one would: still one of each.
        mail = world.altinn.mail()
        assert len({one["sendersReference"] for one in mail}) == len(mail)
        with open_database(world.settings.database_url) as database, reading(database) as tx:
            offers = metadata.tables["offers"]
            rows = tx.execute(select(offers.c.key, offers.c.state, offers.c.channel_reference))
            found.add(tuple(sorted(tuple(row) for row in rows)))

    assert killed >= 10
    assert len(found) == 1, "the same letters ended in different ways"
    references = {reference for _, _, reference in found.pop() if reference}
    assert references == {one["id"] for one in world.altinn.mail()}


def test_letters_taken_back_in_killed_runs_go_on_paper_and_are_never_seen(world: World) -> None:
    letters_are_taken_in(world, digital=True, count=5)
    assert world.run("dispatch", MONDAY) == 0
    offered = [one["sendersReference"] for one in world.altinn.mail()]
    stuck = set(offered[::2])
    world.altinn.set_readers(**{one: "stuck" if one in stuck else "never" for one in offered})
    late = MONDAY + timedelta(days=3)
    world.altinn.set_clock(late)
    world.save()
    killed, found = 0, set()

    for point in range(1, MOST_POINTS):
        world.put_back()
        ended = world.run("follow", late, die_at=point)
        if ended == 0:
            break
        assert ended == KILLED
        killed += 1
        assert world.run("follow", late) == 0
        with open_database(world.settings.database_url) as database, reading(database) as tx:
            letters, offers = metadata.tables["shipments"], metadata.tables["offers"]
            rows = tx.execute(
                select(letters.c.id, letters.c.status, letters.c.route, offers.c.reason).join(
                    offers, offers.c.shipment_id == letters.c.id
                )
            )
            found.add(tuple(sorted(tuple(row) for row in rows)))

    assert killed >= 10
    assert len(found) == 1, "the same letters ended in different ways"
    ends = {one: (status, route, reason) for one, status, route, reason in found.pop()}
    assert {one for one in offered if ends[one][1:] == ("PAPER", "WITHDRAWN")} == stuck
    assert {ends[one][0] for one in set(offered) - stuck} == {"VARSLET"}
    seen = {one["sendersReference"] for one in world.altinn.mail() if one["published"]}
    assert seen == set(offered) - stuck


def test_a_night_killed_again_and_again_prints_every_letter_once(world: World) -> None:
    letters_wait_for_print(world)

    for point in (3, 2, 5, 4, 9, 1, 7, 6):
        assert world.run("print", NIGHT, die_at=point) in {KILLED, 0}
    assert world.run("print", NIGHT) == 0

    shop = PrintShop(world.server.root, "SVAR")
    shop.take_in(NIGHT)
    shop.print_and_post(MORNING + timedelta(hours=6))
    printed = shop.printed()
    assert set(printed.values()) == {1}
    with open_database(world.settings.database_url) as database, reading(database) as tx:
        shipments = metadata.tables["shipments"]
        statuses = {row.id: row.status for row in tx.execute(select(shipments))}
    assert {one for one, status in statuses.items() if status == "SENDT_PRINT"} == set(printed)


def differing(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    return [name for name in expected if found[name] != expected[name]]
