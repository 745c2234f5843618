"""Batches on their way to a real SFTP server with a print shop behind it."""

import asyncio
import contextlib
import hashlib
import json
import random
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from builders import MONDAY, a_document, a_registration, a_sender, notified, on_paper, registered
from cut_line import Line, Towards, cut_line
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import update

from flows.archive import Archive
from flows.clock import OSLO
from flows.database import batches, offers, tables
from flows.database.batches import Batch
from flows.database.open_items import still_open
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.database.shipments import Registration
from flows.database.vendors import keep_profiles
from flows.domain.batch import BatchId, BatchStatus
from flows.domain.postal_address import PostalAddress
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.domain.vendor_profile import NEUTRAL, Transport
from flows.errors import NeedsAPerson, TryAgainLater
from flows.print_batch import assembling
from flows.print_batch.assembling import assemble_batch
from flows.print_batch.collecting import AcknowledgementCounts, collect_acknowledgements
from flows.print_batch.parcel import Cargo, parcel_of
from flows.print_batch.reserving import reserve_batches, show_night
from flows.print_batch.sending import Sent, batches_under_way, letters_for_a_person, send_batch
from flows.print_batch.transfer import hand_over_batch
from flows.sandbox.print_shop import PrintShop
from flows.sandbox.print_vendor import Login, listen, prepare_login
from flows.settings import Settings, VendorSettings

pytestmark = pytest.mark.integration

NIGHT = MONDAY + timedelta(days=3)
BATCH = BatchId("SVAR-20261126-01-C5SHS")
PACKAGE = f"{BATCH}-f1.zip"


@contextmanager
def a_server(root: Path, login: Login) -> Iterator[int]:
    """A real SFTP server in a thread of its own; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(listen(root, login, 0), loop).result(30)
    try:
        yield acceptor.get_port()
    finally:

        async def stop() -> None:
            acceptor.close()
            await acceptor.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


@dataclass
class World:
    """Our side and the vendor's."""

    database: Database
    settings: Settings
    shop: PrintShop

    @property
    def archive(self) -> Archive:
        return Archive(self.settings.archive_folder)

    @property
    def inbox(self) -> Path:
        return self.shop.root / "inn"

    def batch(self, batch_id: BatchId = BATCH) -> Batch:
        with reading(self.database) as tx:
            return batches.read_batch(tx, batch_id)

    def open_codes(self) -> list[str]:
        with reading(self.database) as tx:
            return [item.code for item, _ in still_open(tx)]

    def send_all(self) -> list[Sent]:
        reserve_batches(self.database, self.settings, NIGHT)
        return [
            send_batch(self.database, self.settings, batch.id, NIGHT)
            for batch in batches_under_way(self.database)
        ]

    def assembled(self) -> None:
        reserve_batches(self.database, self.settings, NIGHT)
        assemble_batch(self.database, self.archive, self.settings, BATCH, NIGHT)

    def leaving(self) -> None:
        """Bring the batch to where a run was killed right after it wrote down its intent."""
        self.assembled()
        with transaction(self.database) as tx:
            assert batches.begin_hand_over(tx, BATCH, NIGHT)

    def hand_over(self) -> bool:
        return hand_over_batch(self.database, self.settings, BATCH, NIGHT)


@pytest.fixture(scope="module")
def login(tmp_path_factory: pytest.TempPathFactory) -> Login:
    return prepare_login(tmp_path_factory.mktemp("vendor"))


@pytest.fixture
def world(sqlite: Database, tmp_path: Path, login: Login) -> Iterator[World]:
    shop = PrintShop(tmp_path / "vendor/sftp", "SVAR")
    with a_server(shop.root, login) as port:
        settings = Settings(
            home=tmp_path,
            vendor=VendorSettings(
                port=port,
                key_file=login.client_key,
                known_hosts_file=login.known_hosts,
                timeout_seconds=20,
            ),
        )
        yield World(sqlite, settings, shop)


def an_ok(world: World) -> bytes:
    parcel = parcel_of(world.batch(), NEUTRAL.transport)
    return parcel.ok(Cargo(Path(), parcel.package_sha256, parcel.package_size_bytes))


def a_letter(world: World, pages: int = 1, **changes: object) -> Registration:
    file = world.settings.home / f"letter-{pages}.pdf"
    canvas = Canvas(str(file), invariant=1)
    for page in range(pages):
        canvas.drawString(100, 500, f"side {page + 1}")
        canvas.showPage()
    canvas.save()
    document = a_document(1, pages, sha256=world.archive.put(file))
    return a_registration(documents=(document,), **changes)  # type: ignore[arg-type]


def letters_on_paper(world: World, *letters: Registration) -> list[ShipmentId]:
    with transaction(world.database) as tx:
        ids = registered(tx, *letters)
        on_paper(tx, *ids)
    return ids


def letters_unread(world: World, *letters: Registration) -> list[offers.Offer]:
    with transaction(world.database) as tx:
        sent = notified(tx, *registered(tx, *letters))
        offers.record_asked(tx, [one.key for one in sent], NIGHT)
    return sent


def test_letters_go_to_the_vendor_who_counts_the_same(world: World) -> None:
    letters_on_paper(world, *(a_letter(world, pages) for pages in (1, 2, 3)))
    letters_on_paper(world, a_letter(world, 3, duplex=True), a_letter(world, 9, colour=True))

    sent = world.send_all()
    world.shop.take_in(NIGHT)
    answers = collect_acknowledgements(world.database, world.settings, NIGHT)

    assert [(one.job_class, one.letters, one.sheets) for one in sent] == [
        ("C4FAS", 1, 10),
        ("C5SHS", 3, 9),
        ("C5SHD", 1, 3),
    ]
    assert answers == AcknowledgementCounts(acknowledged=3)
    assert world.open_codes() == []
    assert list((world.shop.root / "ut/mottak").iterdir()) == []
    assert len(list((world.shop.root / "arkiv").iterdir())) == 6


def test_doing_everything_again_changes_nothing(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.send_all()
    before = {file.name: file.read_bytes() for file in world.inbox.iterdir()}
    known = world.batch()

    assert world.send_all() == []
    assert {file.name: file.read_bytes() for file in world.inbox.iterdir()} == before
    assert world.batch() == known


def test_a_dry_run_shows_the_night_and_touches_nothing(world: World) -> None:
    letters_on_paper(world, a_letter(world, 1), a_letter(world, 2), a_letter(world, 8))

    night = show_night(world.database, world.settings, NIGHT)

    assert (night.batches, night.letters) == (2, {"C4SHS": 1, "C5SHS": 2})
    assert night.sheets == {"C4SHS": 9, "C5SHS": 5}
    assert batches_under_way(world.database) == []
    assert not world.settings.packages_folder.exists()


def test_the_ok_is_there_and_says_what_lies_beside_it(world: World) -> None:
    letters_on_paper(world, a_letter(world), a_letter(world))

    world.send_all()

    content = (world.inbox / PACKAGE).read_bytes()
    assert json.loads((world.inbox / f"{PACKAGE}.ok").read_bytes()) == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "letters": 2,
    }
    assert sorted(file.name for file in world.inbox.iterdir()) == [PACKAGE, f"{PACKAGE}.ok"]


def test_nothing_of_a_batch_in_the_making_is_left_on_our_disk(world: World) -> None:
    letters_on_paper(world, a_letter(world))

    world.send_all()

    assert [file.name for file in world.settings.packages_folder.iterdir()] == [PACKAGE]


@pytest.mark.parametrize("killed", ["before", "part", "renamed", "ok"])
def test_a_run_killed_on_its_way_is_finished_by_the_next(world: World, killed: str) -> None:
    letters_on_paper(world, a_letter(world))
    world.leaving()
    content = (world.settings.packages_folder / PACKAGE).read_bytes()
    if killed == "part":
        (world.inbox / f".{PACKAGE}.part").write_bytes(content[:1000])
    if killed in {"renamed", "ok"}:
        (world.inbox / PACKAGE).write_bytes(content)
    if killed == "ok":
        (world.inbox / f"{PACKAGE}.ok").write_bytes(an_ok(world))
    written = (world.inbox / PACKAGE).stat().st_mtime_ns if killed in {"renamed", "ok"} else None

    world.send_all()

    assert (world.inbox / PACKAGE).read_bytes() == content
    assert (world.inbox / f"{PACKAGE}.ok").exists()
    assert world.batch().status is BatchStatus.HANDED_OVER
    if written:
        assert (world.inbox / PACKAGE).stat().st_mtime_ns == written


@pytest.mark.parametrize("trace", ["ok", "answer", "answer put away"])
def test_a_package_the_vendor_has_taken_in_is_not_sent_again(world: World, trace: str) -> None:
    letters_on_paper(world, a_letter(world))
    world.leaving()
    (world.inbox / PACKAGE).write_bytes((world.settings.packages_folder / PACKAGE).read_bytes())
    (world.inbox / f"{PACKAGE}.ok").write_bytes(an_ok(world))
    world.shop.take_in(NIGHT)
    (world.inbox / PACKAGE).unlink()
    answer = world.shop.root / f"ut/mottak/{PACKAGE}.mottak.json"
    if trace == "ok":
        answer.unlink()
    else:
        (world.inbox / f"{PACKAGE}.ok").unlink()
    if trace == "answer put away":
        answer.rename(world.shop.root / "arkiv" / answer.name)

    assert world.hand_over()

    assert not (world.inbox / PACKAGE).exists()
    assert world.batch().status is BatchStatus.HANDED_OVER


@pytest.mark.parametrize("found", [b"shorter", b"same size"])
def test_other_bytes_under_our_name_stop_the_batch_and_are_told(world: World, found: bytes) -> None:
    letters_on_paper(world, a_letter(world))
    world.leaving()
    size = world.batch().package_size_bytes or 0
    content = found.ljust(size) if found == b"same size" else found
    (world.inbox / PACKAGE).write_bytes(content)

    for _ in range(2):
        with pytest.raises(NeedsAPerson, match="not ours"):
            world.hand_over()

    assert (world.inbox / PACKAGE).read_bytes() == content
    assert not (world.inbox / f"{PACKAGE}.ok").exists()
    assert world.batch().status is BatchStatus.HANDING_OVER
    assert world.open_codes() == ["PACKAGE_DIFFERS"]


def test_a_lost_package_is_made_again_with_the_same_bytes(world: World) -> None:
    letters_on_paper(world, a_letter(world, 3), a_letter(world, 2))
    world.leaving()
    (world.settings.packages_folder / PACKAGE).unlink()

    assert world.hand_over()

    sha256 = hashlib.sha256((world.inbox / PACKAGE).read_bytes()).hexdigest()
    assert sha256 == world.batch().package_sha256


def test_a_lost_package_that_would_be_another_one_is_not_sent(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.leaving()
    (world.settings.packages_folder / PACKAGE).unlink()
    with transaction(world.database) as tx:
        keep_senders(tx, [a_sender(cover_text="Nye åpningstider.")])

    with pytest.raises(NeedsAPerson, match="another SHA-256"):
        world.hand_over()

    assert list(world.inbox.iterdir()) == []
    assert world.batch().status is BatchStatus.HANDING_OVER


def test_a_letter_read_after_assembly_is_not_in_the_package(world: World) -> None:
    first, second = letters_unread(world, a_letter(world, 1), a_letter(world, 2))
    world.assembled()
    with transaction(world.database) as tx:
        offers.record_reads(tx, [(first, NIGHT)], NIGHT)

    world.send_all()
    world.shop.take_in(NIGHT)

    batch = world.batch()
    assert (batch.status, batch.letters) == (BatchStatus.HANDED_OVER, 1)
    book = json.loads((world.shop.books / f"{PACKAGE}.json").read_text())
    assert [row["shipment"] for row in book["letters"]] == [second.shipment_id]


def test_a_letter_read_while_its_batch_is_assembled_is_not_in_the_package(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = letters_unread(world, a_letter(world, 1), a_letter(world, 2))
    write = assembling.write_batch
    reads = iter([first])

    def slow_write(*args: object) -> object:
        made = write(*args)  # type: ignore[arg-type]
        for offer in reads:
            with transaction(world.database) as tx:
                offers.record_reads(tx, [(offer, NIGHT)], NIGHT)
        return made

    monkeypatch.setattr(assembling, "write_batch", slow_write)

    (sent,) = world.send_all()

    assert (sent.handed_over, sent.letters) == (True, 1)


def test_a_batch_that_every_letter_has_left_is_annulled_and_never_sent(world: World) -> None:
    (offer,) = letters_unread(world, a_letter(world))
    world.assembled()
    with transaction(world.database) as tx:
        offers.record_reads(tx, [(offer, NIGHT)], NIGHT)

    (sent,) = world.send_all()

    assert not sent.handed_over
    assert world.batch().status is BatchStatus.ANNULLED
    assert list(world.inbox.iterdir()) == []


def test_a_letter_that_cannot_be_printed_waits_for_a_person_and_the_others_go(
    world: World,
) -> None:
    endless = PostalAddress("N" * 130, (), "8900", "Brønnøysund")
    recipient = a_registration().shipment
    assert recipient is not None
    bad = a_letter(
        world,
        recipient=type(recipient.recipient)(address=endless, digital_id=None, title="Hemmelig"),
    )
    _, bad_id = letters_on_paper(world, a_letter(world), bad)

    (sent,) = world.send_all()

    assert sent.letters == 1
    assert letters_for_a_person(world.database) == 1
    with reading(world.database) as tx:
        ((item, _),) = still_open(tx)
    assert (item.code, item.subject) == ("LETTER_NOT_PRINTABLE", bad_id)
    assert world.send_all() == []

    with transaction(world.database) as tx:  # somebody closes it without mending anything
        tx.execute(update(tables.open_items).values(closed_at=NIGHT))
    (again,) = world.send_all()
    assert not again.handed_over
    assert letters_for_a_person(world.database) == 1


def test_while_the_vendor_is_away_letters_can_still_leave(world: World) -> None:
    (offer,) = letters_unread(world, a_letter(world))
    world.assembled()
    gone = world.settings.model_copy(
        update={"vendor": world.settings.vendor.model_copy(update={"port": 1})}
    )

    with pytest.raises(TryAgainLater):
        hand_over_batch(world.database, gone, BATCH, NIGHT)

    assert world.batch().status is BatchStatus.ASSEMBLED
    with transaction(world.database) as tx:
        assert offers.record_reads(tx, [(offer, NIGHT)], NIGHT) == offers.ReadCounts(1, 1, 0)


def test_a_refused_package_is_told_and_its_letters_wait(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.send_all()
    world.shop.errors.add("refuse_package")
    world.shop.take_in(NIGHT)

    answers = collect_acknowledgements(world.database, world.settings, NIGHT)

    assert answers == AcknowledgementCounts(refused=1)
    assert world.batch().status is BatchStatus.REFUSED
    assert world.open_codes() == ["PACKAGE_REFUSED"]


def publish(world: World, name: str, content: bytes, *, ok: bytes | None = None) -> None:
    facts = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    folder = world.shop.root / "ut/mottak"
    (folder / name).write_bytes(content)
    (folder / f"{name}.ok").write_bytes(ok if ok is not None else json.dumps(facts).encode())


def test_one_bad_answer_does_not_stop_the_next(world: World) -> None:
    letters_on_paper(world, a_letter(world, 1), a_letter(world, 9))
    world.send_all()
    world.shop.take_in(NIGHT)
    publish(world, "A-f1.zip.mottak.json", b"{}")
    (bad, _) = sorted((world.shop.root / "ut/mottak").glob("SVAR*.json"))
    publish(world, bad.name, b"not json at all")

    answers = collect_acknowledgements(world.database, world.settings, NIGHT)
    again = collect_acknowledgements(world.database, world.settings, NIGHT)

    assert answers == AcknowledgementCounts(acknowledged=1, for_a_person=2)
    assert again == AcknowledgementCounts(for_a_person=2)
    assert sorted(world.open_codes()) == [
        "ACKNOWLEDGEMENT_UNKNOWN",
        "ACKNOWLEDGEMENT_UNREADABLE",
    ]


def test_a_vendor_who_counted_otherwise_has_not_acknowledged(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.send_all()
    world.shop.take_in(NIGHT)
    answer = world.shop.root / f"ut/mottak/{PACKAGE}.mottak.json"
    changed = {**json.loads(answer.read_bytes()), "sheets": 7}
    publish(world, answer.name, json.dumps(changed).encode())

    collect_acknowledgements(world.database, world.settings, NIGHT)

    assert world.batch().status is BatchStatus.HANDED_OVER
    assert world.open_codes() == ["ACKNOWLEDGEMENT_DIFFERS"]


def test_an_answer_without_its_ok_is_not_looked_at_yet(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.send_all()
    world.shop.take_in(NIGHT)
    (world.shop.root / f"ut/mottak/{PACKAGE}.mottak.json.ok").unlink()

    answers = collect_acknowledgements(world.database, world.settings, NIGHT)

    assert answers == AcknowledgementCounts(waiting=1)
    assert world.batch().status is BatchStatus.HANDED_OVER


def test_a_vendor_who_says_nothing_is_told_about_after_half_an_hour(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.send_all()

    for minutes in (29, 31, 46):
        at = NIGHT + timedelta(minutes=minutes)
        answers = collect_acknowledgements(world.database, world.settings, at)

    assert answers == AcknowledgementCounts(waiting=1, late=1)
    assert world.open_codes() == ["ACKNOWLEDGEMENT_MISSING"]


@pytest.mark.parametrize("moved", [0, 1])
def test_a_run_killed_before_it_put_the_answer_away_is_finished_by_the_next(
    world: World, moved: int
) -> None:
    letters_on_paper(world, a_letter(world))
    world.send_all()
    world.shop.take_in(NIGHT)
    folder = world.shop.root / "ut/mottak"
    kept = {file.name: file.read_bytes() for file in folder.iterdir()}
    collect_acknowledgements(world.database, world.settings, NIGHT)
    for name in sorted(kept)[moved:]:
        (world.shop.root / "arkiv" / name).rename(folder / name)

    again = collect_acknowledgements(world.database, world.settings, NIGHT)

    assert again == AcknowledgementCounts()
    assert list(folder.iterdir()) == []
    assert {file.name for file in (world.shop.root / "arkiv").iterdir()} == set(kept)


def with_profile(world: World, way: Transport = NEUTRAL.transport, **changes: object) -> None:
    profile = replace(NEUTRAL, transport=way, **changes)  # type: ignore[arg-type]
    with transaction(world.database) as tx:
        keep_profiles(tx, [profile])


def with_vendor(world: World, **changes: object) -> Settings:
    vendor = world.settings.vendor.model_copy(update=changes)
    return world.settings.model_copy(update={"vendor": vendor})


def test_folders_and_names_of_answers_are_those_of_the_profile(world: World) -> None:
    way = Transport(
        upload_folder="til/trykk",
        acknowledgements_folder="fra/svar",
        acknowledgement_names="svar-*.txt",
        archive_folder="fra/lest",
        read_back=True,
    )
    with_profile(world, way)
    for folder in (way.upload_folder, way.acknowledgements_folder, way.archive_folder):
        (world.shop.root / folder).mkdir(parents=True)
    letters_on_paper(world, a_letter(world))
    world.send_all()
    for file in (world.shop.root / way.upload_folder).iterdir():
        file.rename(world.inbox / file.name)  # the shop knows only its own folders
    world.shop.take_in(NIGHT)
    for file in (world.shop.root / "ut/mottak").iterdir():
        name = file.name.replace(".mottak.json", ".txt")
        file.rename(world.shop.root / way.acknowledgements_folder / f"svar-{name}")

    answers = collect_acknowledgements(world.database, world.settings, NIGHT)

    assert answers == AcknowledgementCounts(acknowledged=1)
    assert sorted(file.name for file in (world.shop.root / way.archive_folder).iterdir()) == [
        f"svar-{PACKAGE}.txt",
        f"svar-{PACKAGE}.txt.ok",
    ]


def test_a_new_version_of_the_profile_does_not_part_a_package_from_its_answer(
    world: World,
) -> None:
    letters_on_paper(world, a_letter(world))
    world.leaving()
    next_day = (NIGHT + timedelta(days=1)).date()
    moved = Transport(upload_folder="ny", acknowledgements_folder="ny/svar")
    old, new = replace(NEUTRAL, valid_to=next_day), replace(NEUTRAL, valid_from=next_day)
    with transaction(world.database) as tx:
        keep_profiles(tx, [old, replace(new, transport=moved)])
    later = NIGHT + timedelta(days=2)

    hand_over_batch(world.database, world.settings, BATCH, later)
    world.shop.take_in(later)
    answers = collect_acknowledgements(world.database, world.settings, later)

    assert (world.inbox / PACKAGE).exists()
    assert answers == AcknowledgementCounts(acknowledged=1)


def test_in_the_vendors_downtime_nothing_is_sent_and_a_later_run_sends(world: World) -> None:
    with_profile(world, Transport(downtime=("daily 00:00-24:00",)))
    letters_on_paper(world, a_letter(world))

    (waits,) = world.send_all()
    laid = list(world.inbox.iterdir())
    status = world.batch().status
    with_profile(world)
    (sent,) = world.send_all()

    assert (waits.handed_over, waits.waits_for) == (False, "daily 00:00-24:00")
    assert (laid, status, world.open_codes()) == ([], BatchStatus.ASSEMBLED, [])
    assert (sent.handed_over, sent.waits_for) == (True, "")


def test_an_answer_is_missing_only_after_the_vendors_own_hours(world: World) -> None:
    calendar = replace(NEUTRAL.calendar, opens="20:00", acknowledge_within_minutes=60)
    with_profile(world, calendar=calendar)
    letters_on_paper(world, a_letter(world))
    world.send_all()
    opens = datetime(2026, 11, 26, 20, tzinfo=OSLO)

    early = collect_acknowledgements(world.database, world.settings, opens + timedelta(minutes=59))
    late = collect_acknowledgements(world.database, world.settings, opens + timedelta(minutes=61))

    assert (early, late) == (AcknowledgementCounts(waiting=1), AcknowledgementCounts(0, 0, 0, 1, 1))
    assert len(list(world.inbox.iterdir())) == 2  # and nothing was sent again


def test_a_vendor_who_takes_nothing_is_told_until_he_does(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.leaving()
    part = world.inbox / f".{PACKAGE}.part"
    part.symlink_to("/dev/full")

    for _ in range(2):
        with pytest.raises(NeedsAPerson, match="was not taken"):
            world.hand_over()
    told = world.open_codes()
    part.unlink()
    sent = world.hand_over()

    assert told == ["VENDOR_TAKES_NOTHING"]
    assert sent
    assert world.open_codes() == []


def test_our_own_full_disk_is_said_and_the_next_run_goes_on(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    reserve_batches(world.database, world.settings, NIGHT)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    database = (world.settings.home / "svarut.db").stat().st_size
    size = 2 * database + 1_000_000
    big = world.settings.home / "big.bin"
    big.write_bytes(bytes(size))

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(assembling, "write_package", lambda *_: _grows_too_large(big))
            with pytest.raises(NeedsAPerson, match="our own disk is full"):
                send_batch(world.database, world.settings, BATCH, NIGHT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (sent,) = world.send_all()

    assert sent.handed_over


def _grows_too_large(file: Path) -> None:
    with file.open("ab") as writer:
        writer.write(b"one more")


@pytest.mark.parametrize("towards", list(Towards))
def test_a_line_cut_anywhere_leaves_one_package_and_the_same_end(
    world: World, towards: Towards
) -> None:
    letters_on_paper(world, a_letter(world, 3))
    world.leaving()
    chance = random.Random(20261126)
    content = (world.settings.packages_folder / PACKAGE).read_bytes()
    with cut_line(world.settings.vendor.port) as line:
        settings = with_vendor(world, port=line.port, known_hosts_file=_known(world, line))
        line.mend()
        assert hand_over_batch(world.database, settings, BATCH, NIGHT)
        whole = line.moved[towards]
        cuts = [*sorted(chance.randrange(whole) for _ in range(12)), whole - 200, whole - 60]

        for after in cuts:
            _not_sent(world)
            line.cut(after, towards)
            try:
                hand_over_batch(world.database, settings, BATCH, NIGHT)
            except TryAgainLater:
                assert hand_over_batch(world.database, settings, BATCH, NIGHT)
            line.mend()

            assert world.batch().status is BatchStatus.HANDED_OVER
            assert (world.inbox / PACKAGE).read_bytes() == content
            assert (world.inbox / f"{PACKAGE}.ok").read_bytes() == an_ok(world)
            assert {file.name for file in world.inbox.iterdir()} == {PACKAGE, f"{PACKAGE}.ok"}
            assert world.open_codes() == []
        faults = line.faults

    world.shop.take_in(NIGHT)
    assert faults >= len(cuts) - 2  # a cut after the last answer is none
    assert collect_acknowledgements(world.database, world.settings, NIGHT).acknowledged == 1


def test_a_line_cut_in_an_answer_leaves_it_for_the_next_look(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.send_all()
    world.shop.take_in(NIGHT)
    with cut_line(world.settings.vendor.port) as line:
        settings = with_vendor(world, port=line.port, known_hosts_file=_known(world, line))
        for after in (2500, 3000, 3400, 3800):
            line.cut(after, Towards.CLIENT)
            with contextlib.suppress(TryAgainLater):
                collect_acknowledgements(world.database, settings, NIGHT)
        line.mend()
        collect_acknowledgements(world.database, settings, NIGHT)

        assert line.faults > 0
    assert world.batch().status is BatchStatus.ACKNOWLEDGED
    assert world.open_codes() == []
    assert list((world.shop.root / "ut/mottak").iterdir()) == []


def test_a_line_that_falls_silent_is_given_up_and_nothing_is_lost(world: World) -> None:
    letters_on_paper(world, a_letter(world))
    world.leaving()
    with cut_line(world.settings.vendor.port) as line:
        settings = with_vendor(
            world, port=line.port, known_hosts_file=_known(world, line), timeout_seconds=0.5
        )
        line.stall(4000)
        with pytest.raises(TryAgainLater):
            hand_over_batch(world.database, settings, BATCH, NIGHT)

        assert line.faults == 1
    assert world.hand_over()


def _known(world: World, line: Line) -> Path:
    """The server's key, as known on the line's port."""
    known = world.settings.vendor.known_hosts_file.read_text(encoding="utf-8")
    file = world.settings.home / "known_hosts_of_the_line"
    file.write_text(known.replace(str(world.settings.vendor.port), str(line.port)), "utf-8")
    return file


def _not_sent(world: World) -> None:
    """Bring the batch back to where it leaves, with nothing of it at the vendor."""
    for file in world.inbox.iterdir():
        file.unlink()
    with transaction(world.database) as tx:
        tx.execute(update(tables.batches).values(status=BatchStatus.HANDING_OVER))
        tx.execute(update(tables.shipments).values(status=Status.ACCEPTED))
