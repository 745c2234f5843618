"""What ended long ago loses its names and documents, and nothing else does, killed or not."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY, a_document, a_recipient, a_registration, notified, on_paper, registered
from servers import SftpServer
from sqlalchemy import insert, select, update
from sqlalchemy.engine.default import DefaultDialect

from flows import clock
from flows.archive import Archive
from flows.database import holds, tables
from flows.database.open_items import OpenItem, raise_item
from flows.database.session import Database, reading, transaction
from flows.database.shipments import known_submissions, move, problems_of
from flows.domain.postal_address import PostalAddress
from flows.domain.problem import Problem
from flows.domain.shipment import Document, ShipmentId
from flows.domain.status import Mover, Status
from flows.intake.retention import RetentionSummary, names_a_field, remove_old
from flows.settings import InboxServerSettings, Settings

pytestmark = pytest.mark.integration

LATER = MONDAY + timedelta(days=93)
"""Three months and a day after MONDAY."""

LONG_AGO = time.time() - 30 * 24 * 3600
ADDRESS = PostalAddress("Svarkontoret", ("Gate 1",), "8900", "Brønnøysund")


class Kept:
    """Letters with real documents in an archive."""

    def __init__(self, home: Path, database: Database) -> None:
        self.home, self.database = home, database
        self.settings = Settings(home=home)
        self.archive = Archive(self.settings.archive_folder)

    def document(self, content: bytes, position: int = 1, **changes: object) -> Document:
        file = self.home / "document"
        file.write_bytes(content)
        sha256 = self.archive.put(file)
        os.utime(self.archive.path_of(sha256), (LONG_AGO, LONG_AGO))
        return a_document(position, content=content, **changes)

    def letter(self, *documents: Document, **changes: object) -> ShipmentId:
        with transaction(self.database) as tx:
            [letter] = registered(tx, a_registration(documents=documents, **changes))
        return letter

    def read_letter(self, *documents: Document, **changes: object) -> ShipmentId:
        letter = self.letter(*documents, **changes)
        with transaction(self.database) as tx:
            notified(tx, letter)
            move(tx, [letter], Status.READ, by=Mover.DISPATCH, at=MONDAY)
        return letter

    def run(self, at: datetime = LATER, *, dry_run: bool = False) -> RetentionSummary:
        return remove_old(self.database, self.settings, at, dry_run=dry_run)

    def files(self) -> set[bytes]:
        return {
            path.read_bytes() for path in self.settings.archive_folder.rglob("*") if path.is_file()
        }

    def cleared(self) -> set[ShipmentId]:
        shipments = tables.shipments.c
        with reading(self.database) as tx:
            return set(tx.scalars(select(shipments.id).where(shipments.cleared_at.is_not(None))))

    def everything_written(self) -> str:
        with reading(self.database) as tx:
            return "\n".join(
                str(tuple(row))
                for table in tables.metadata.sorted_tables
                if table.name != "senders"
                for row in tx.execute(select(table))
            )


@pytest.fixture
def kept(tmp_path: Path, database: Database) -> Kept:
    return Kept(tmp_path, database)


def test_nothing_personal_is_left_and_what_is_counted_stays(kept: Kept) -> None:
    recipient = a_recipient(
        reply_to=ADDRESS, records={"metadataForImport": {"tittel": "Barnevernssak"}}
    )
    letter = kept.read_letter(
        kept.document(b"original", pages=3, file_name="vedtak-oline.pdf"), recipient=recipient
    )
    with transaction(kept.database) as tx:
        print_copy = kept.document(b"for print").sha256
        tx.execute(update(tables.documents).values(print_sha256=print_copy, colour_pages=1))

    summary = kept.run()

    assert (summary.letters, summary.documents) == (1, 2)
    assert kept.cleared() == {letter}
    assert kept.files() == set()
    written = kept.everything_written()
    for personal in ("Oline", "oline", "Fjellveien", "01818550029", "skoleskyss", "Svarkontoret"):
        assert personal not in written
    assert "Barnevernssak" not in written
    with reading(kept.database) as tx:
        row = tx.execute(select(tables.documents)).mappings().one()
        statuses = list(tx.scalars(select(tables.events.c.to_status).order_by(tables.events.c.id)))
    assert (row["pages"], row["colour_pages"]) == (3, 1)
    assert [one for one in statuses if one] == ["MOTTATT", "AKSEPTERT", "VARSLET", "LEST"]


def test_a_letter_is_kept_for_three_whole_months(kept: Kept) -> None:
    kept.read_letter(kept.document(b"one"))

    assert kept.run(MONDAY + timedelta(days=92)).letters == 0
    assert kept.files() == {b"one"}
    assert kept.run(MONDAY + timedelta(days=93)).letters == 1


def test_letters_that_have_not_ended_or_wait_for_a_person_are_never_touched(kept: Kept) -> None:
    document = kept.document(b"one")
    waiting = kept.letter(document)
    unread = kept.letter(document)
    held = kept.letter(document)
    printing = kept.letter(document)
    asked_about = kept.read_letter(document)
    ended = kept.read_letter(document)
    with transaction(kept.database) as tx:
        notified(tx, unread)
        holds.hold(tx, [held], by="Kari", why="prøve", at=MONDAY)
        on_paper(tx, printing)
        move(tx, [printing], Status.SENT_TO_PRINT, by=Mover.PRINT_BATCH, at=MONDAY)
        raise_item(tx, OpenItem("LETTER_NOT_PRINTABLE", asked_about, "what", "do"), MONDAY)

    kept.run(MONDAY + timedelta(days=2000))

    assert kept.cleared() == {ended}
    assert kept.files() == {b"one"}
    assert waiting not in kept.cleared()


def test_a_closed_case_lets_its_letter_go(kept: Kept) -> None:
    letter = kept.read_letter(kept.document(b"one"))
    with transaction(kept.database) as tx:
        raise_item(tx, OpenItem("LETTER_NOT_PRINTABLE", letter, "what", "do"), MONDAY)
        tx.execute(update(tables.open_items).values(closed_at=MONDAY))

    kept.run()

    assert kept.cleared() == {letter}


@pytest.mark.parametrize("status", ["RESERVED", "ASSEMBLED", "HANDING_OVER", "SETTLED"])
def test_a_letter_whose_package_may_be_made_again_is_kept(kept: Kept, status: str) -> None:
    letter = kept.read_letter(kept.document(b"one"))
    with transaction(kept.database) as tx:
        batch = {"id": "SVAR-1", "job_class": "A", "status": status, "status_at": MONDAY}
        tx.execute(
            insert(tables.batches), [{**batch, "created_at": MONDAY, "attempt": 1, "letters": 1}]
        )
        piece = {"batch_id": "SVAR-1", "number": 1, "shipment_id": letter, "live": True}
        tx.execute(insert(tables.pieces), [piece])

    kept.run()

    assert (letter in kept.cleared()) == (status == "SETTLED")


def test_a_document_that_a_living_letter_or_a_receipt_needs_is_kept(kept: Kept) -> None:
    guidance, receipt = kept.document(b"klageveiledning"), kept.document(b"receipts", 2)
    gone = kept.document(b"vedtak", 3)
    kept.read_letter(guidance, receipt, gone)
    kept.letter(guidance)
    with transaction(kept.database) as tx:
        row = {"sha256": receipt.sha256, "name": "k.csv", "fetched_at": MONDAY, "state": "BOOKED"}
        tx.execute(insert(tables.receipt_files), [{**row, "line_count": 0}])

    assert kept.run().documents == 1
    assert kept.files() == {b"klageveiledning", b"receipts"}


def test_a_document_goes_with_the_last_letter_that_needs_it(kept: Kept) -> None:
    guidance = kept.document(b"klageveiledning")
    kept.read_letter(guidance)
    other = kept.letter(guidance)
    kept.run()
    with transaction(kept.database) as tx:
        notified(tx, other, at=LATER)
        move(tx, [other], Status.READ, by=Mover.DISPATCH, at=LATER)

    assert kept.run(LATER + timedelta(days=10)).documents == 0
    assert kept.run(LATER + timedelta(days=100)).documents == 1
    assert kept.files() == set()


def test_a_document_put_again_just_now_is_left_for_the_letter_about_to_name_it(kept: Kept) -> None:
    kept.read_letter(kept.document(b"one"))
    file = kept.home / "document"
    file.write_bytes(b"one")
    kept.archive.put(file)  # an intake at work: its letter is not registered yet

    assert kept.run().documents == 0
    assert kept.files() == {b"one"}


def test_a_rejected_letter_gets_its_first_answer_again_without_file_names(kept: Kept) -> None:
    registration = a_registration(
        Problem("PDF_PASSORD", "vedtak-oline.pdf"),
        Problem("FELT_MANGLER", "dokumenter[2].mimeType"),
        Problem("POSTNUMMER_MANGLER", "mottaker.postnummer"),
    )
    with transaction(kept.database) as tx:
        registered(tx, registration)

    kept.run()

    with reading(kept.database) as tx:
        key = (registration.sender_id, registration.reference)
        [known] = known_submissions(tx, [key])[key]
        answer = problems_of(tx, [registration.id])[registration.id]
    assert known.contents_sha256 == registration.contents_sha256
    assert [(one.code, one.field) for one in answer] == [
        ("PDF_PASSORD", "(slettet)"),
        ("FELT_MANGLER", "dokumenter[2].mimeType"),
        ("POSTNUMMER_MANGLER", "mottaker.postnummer"),
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("mottaker", True),
        ("svarSendesTil.digitalId", True),
        ("lenker[1]", True),
        ("forsendelse.json", True),
        ("utsending.xlsx", True),
        ("sider", True),
        ("vedtak.pdf", False),
        ("Oline Prøve 01818550029.pdf", False),
        ("(slettet)", False),
    ],
)
def test_fields_are_told_from_files(text: str, field: bool) -> None:
    assert names_a_field(text) == field


def test_a_dry_run_counts_and_changes_nothing(kept: Kept) -> None:
    kept.read_letter(kept.document(b"one"), kept.document(b"two", 2))
    before = kept.everything_written()

    dry = kept.run(dry_run=True)

    assert (dry.letters, dry.documents) == (1, 2)
    assert kept.everything_written() == before
    assert kept.files() == {b"one", b"two"}
    assert kept.run() == dry


def test_old_packages_and_answers_go_and_new_ones_stay(kept: Kept) -> None:
    inbox, packages = kept.settings.inbox_folder / "nordvik", kept.settings.packages_folder
    names = (
        ".ferdig/a.zip",
        ".avvist/b/vedtak.pdf",
        ".status/status-00000001.json",
        "a.kvittering.json",
        "c.zip.part",
    )
    for name in (*names, "waiting.zip"):
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(b"x")
    packages.mkdir()
    with transaction(kept.database) as tx:
        for name, status in (("old.zip", "SETTLED"), ("sent.zip", "HANDED_OVER")):
            (packages / name).write_bytes(b"x")
            row = {"id": name, "job_class": "A", "status": status, "status_at": MONDAY}
            row |= {"created_at": MONDAY, "attempt": 1, "letters": 1, "package": name}
            tx.execute(insert(tables.batches), [row])
    outside = kept.home / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_bytes(b"x")
    (inbox / ".ferdig" / "link").symlink_to(outside)

    # They were put there today, whatever the packages themselves say of their age.
    os.utime(inbox / ".ferdig" / "a.zip", (LONG_AGO, LONG_AGO))
    today = max(clock.now(), LATER)
    assert kept.run(clock.now()).inbox_files == 0
    summary = kept.run(today + timedelta(days=100))

    assert (summary.inbox_files, summary.packages) == (6, 1)
    assert [path.name for path in inbox.rglob("*") if path.is_file()] == ["waiting.zip"]
    assert [path.name for path in packages.iterdir()] == ["sent.zip"]
    assert (outside / "kept.txt").exists()


def test_what_lies_on_the_inbox_server_goes_too(
    tmp_path: Path, sqlite: Database, sftp_server: SftpServer
) -> None:
    kept = Kept(tmp_path, sqlite)
    kept.settings = kept.settings.model_copy(
        update={
            "inbox_server": InboxServerSettings(
                host=sftp_server.host,
                port=sftp_server.port,
                user=sftp_server.user,
                key_file=sftp_server.key_file,
                known_hosts_file=sftp_server.known_hosts_file,
                folder="inbox",
            )
        }
    )
    kept.letter(kept.document(b"one"))
    folder = sftp_server.root / "inbox" / "nordvik"
    for name in (".ferdig/a/vedtak.pdf", ".avvist/b.zip", "b.kvittering.json", "waiting.zip"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")

    assert kept.run(clock.now()).inbox_files == 0
    assert kept.run(clock.now() + timedelta(days=100)).inbox_files == 3
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["waiting.zip"]


class Stopped(BaseException):
    """The process is gone: nothing catches it."""


@contextmanager
def stopping_at(point: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stop before or after the n-th commit, rename or deletion."""
    passed = 0

    def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            raise Stopped

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            pass_point()
            result = function(*arguments, **options)
            pass_point()
            return result

        return wrapper

    with monkeypatch.context() as patched:
        for owner, name in ((DefaultDialect, "do_commit"), (Path, "rename"), (Path, "unlink")):
            patched.setattr(owner, name, watched(getattr(owner, name)))
        yield


def test_stopped_anywhere_the_next_run_removes_what_is_left(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = kept.document(b"living", 3)
    kept.letter(living)
    stopped = 0
    for point in range(1, 60):
        first, second = f"a{point}".encode(), f"b{point}".encode()
        letter = kept.read_letter(kept.document(first), kept.document(second, 2), living)
        try:
            with stopping_at(point, monkeypatch):
                kept.run()
        except Stopped:
            stopped += 1

        kept.run()

        assert letter in kept.cleared()
        assert kept.files() == {b"living"}, f"point {point}"
        with reading(kept.database) as tx:
            documents = tables.documents.c
            hashes = set(
                tx.scalars(select(documents.sha256).where(documents.shipment_id == letter))
            )
        assert hashes == {""}
        if stopped < point:
            break

    assert 8 <= stopped < 59
