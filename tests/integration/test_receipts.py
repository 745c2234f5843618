"""Receipt files over real SFTP, into both databases: once, however often they come."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY, handed_over
from receipt_lines import BATCH, a_file, a_line
from servers import SftpServer
from sqlalchemy import select

from flows.archive import Archive
from flows.database import batches, booking_in_parts, facts, follow, receipts
from flows.database.booking import BookedInBulk, Part
from flows.database.open_items import silence, still_open
from flows.database.session import Database, reading, transaction
from flows.database.tables import charges
from flows.domain.batch import (
    BatchId,
    BatchStatus,
)
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.domain.vendor_profile import NEUTRAL
from flows.receipts import ingestion
from flows.receipts.answers import complete_answers, put_away_strays
from flows.receipts.ingestion import BookingCounts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.settings import Settings, VendorSettings
from flows.sftp import connect

pytestmark = pytest.mark.integration

NIGHT, DAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)


@pytest.fixture
def settings(tmp_path: Path, sftp_server: SftpServer) -> Settings:
    for folder in ("inn", "ut/mottak", "ut/kvittering", "arkiv"):
        (sftp_server.root / folder).mkdir(parents=True)
    return Settings(
        home=tmp_path,
        vendor=VendorSettings(
            host=sftp_server.host,
            port=sftp_server.port,
            user=sftp_server.user,
            key_file=sftp_server.key_file,
            known_hosts_file=sftp_server.known_hosts_file,
        ),
    )


def lay(server: SftpServer, name: str, content: bytes, *, ok: bytes | None = None) -> None:
    folder = server.root / "ut/kvittering"
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    promised = json.dumps({"sha256": digest, "size_bytes": len(content)}).encode()
    (folder / f"{name}.ok").write_bytes(promised if ok is None else ok)


def ingest_all(database: Database, settings: Settings) -> list[BookingCounts]:
    with connect(settings.vendor) as server:
        put_away_strays(server, NEUTRAL)
        answers = complete_answers(server, NEUTRAL)
    return [ingestion.ingest(database, settings, each, DAY) for each in answers]


def lines_for(letters: list[ShipmentId]) -> list[dict[str, str]]:
    return [a_line(stykke=n, forsendelse=one) for n, one in enumerate(letters, start=1)]


def test_receipts_settle_letters_charges_and_batch(
    sqlite: Database, settings: Settings, sftp_server: SftpServer
) -> None:
    letters = handed_over(sqlite, 3)
    content = a_file(*lines_for(letters))
    lay(sftp_server, "SVAR-20261125-001.csv", content)

    counts = ingest_all(sqlite, settings)

    assert counts == [BookingCounts(applied=3)]
    with reading(sqlite) as tx:
        assert follow.tally(tx)[Status.PRINTED] == 3
        assert batches.read_batch(tx, BatchId(BATCH)).status is BatchStatus.SETTLED
        assert facts.control_totals(tx)["charges"] == 6
    sha256 = hashlib.sha256(content).hexdigest()
    assert Archive(settings.archive_folder).path_of(sha256).read_bytes() == content
    assert list((sftp_server.root / "ut/kvittering").iterdir()) == []
    assert len(list((sftp_server.root / "arkiv").iterdir())) == 2


def test_the_same_file_under_another_name_changes_nothing(
    sqlite: Database, settings: Settings, sftp_server: SftpServer
) -> None:
    letters = handed_over(sqlite, 2)
    content = a_file(*lines_for(letters))
    lay(sftp_server, "SVAR-20261125-001.csv", content)
    ingest_all(sqlite, settings)
    lay(sftp_server, "SVAR-20261125-002.csv", content)

    again = ingest_all(sqlite, settings)

    assert again == [BookingCounts(known=1)]
    with reading(sqlite) as tx:
        assert facts.control_totals(tx)["charges"] == 4


def test_one_bad_line_never_stops_the_others_and_a_person_is_told(
    sqlite: Database, settings: Settings, sftp_server: SftpServer
) -> None:
    letters = handed_over(sqlite, 2)
    good = lines_for(letters)
    bad = [
        a_line(vekt_gram="tolv"),
        a_line(forsendelse="00000000-0000-4000-8000-999999999999"),
        good[0],
    ]
    lay(sftp_server, "a.csv", a_file(*good, *bad))

    counts = ingest_all(sqlite, settings)

    assert counts == [BookingCounts(applied=2, duplicates=1, quarantined=2)]
    with reading(sqlite) as tx:
        assert receipts.quarantined(tx) == 2
        assert [item.code for item, _ in still_open(tx)] == ["RECEIPT_LINES_QUARANTINED"]


@pytest.mark.parametrize("how", ["wrong totals", "wrong ok", "ok is no json"])
def test_a_file_that_does_not_hold_together_is_refused_kept_and_told(
    sqlite: Database, settings: Settings, sftp_server: SftpServer, how: str
) -> None:
    letters = handed_over(sqlite, 1)
    wrong = a_file(*lines_for(letters), totals=(9, "0,00", "0,00"))
    right = a_file(*lines_for(letters))
    if how == "wrong totals":
        lay(sftp_server, "a.csv", wrong)
    else:
        ok = b"{}" if how == "wrong ok" else b"ferdig"
        lay(sftp_server, "a.csv", right, ok=ok)

    first, second = ingest_all(sqlite, settings), ingest_all(sqlite, settings)

    assert first == [BookingCounts(refused=1)]
    assert second == []
    assert (sftp_server.root / "arkiv/a.csv").exists()
    with reading(sqlite) as tx:
        assert follow.tally(tx)[Status.SENT_TO_PRINT] == 1
        assert [item.code for item, _ in still_open(tx)] == ["RECEIPT_REFUSED"]


def test_another_bad_file_under_a_name_that_was_seen_to_is_told_again(
    sqlite: Database, settings: Settings, sftp_server: SftpServer
) -> None:
    letters = handed_over(sqlite, 1)
    lay(sftp_server, "a.csv", a_file(*lines_for(letters), totals=(9, "0,00", "0,00")))
    ingest_all(sqlite, settings)
    with transaction(sqlite) as tx:
        silence(tx, "RECEIPT_REFUSED", ["a.csv"], DAY)
    lay(sftp_server, "a.csv", a_file(*lines_for(letters), totals=(8, "0,00", "0,00")))

    again = ingest_all(sqlite, settings)

    assert again == [BookingCounts(refused=1)]
    with reading(sqlite) as tx:
        assert [item.code for item, _ in still_open(tx)] == ["RECEIPT_REFUSED"]


def test_a_file_without_its_ok_is_left_alone(
    sqlite: Database, settings: Settings, sftp_server: SftpServer
) -> None:
    handed_over(sqlite, 1)
    (sftp_server.root / "ut/kvittering/a.csv").write_bytes(b"#svarut-kvittering;1;SV")

    assert ingest_all(sqlite, settings) == []


def test_a_dry_run_says_what_would_happen_and_writes_nothing(
    sqlite: Database, settings: Settings, sftp_server: SftpServer
) -> None:
    letters = handed_over(sqlite, 2)
    lay(sftp_server, "a.csv", a_file(*lines_for(letters)))

    looked = list(ingestion.look_only(settings, sqlite, DAY))

    assert looked == [BookingCounts(applied=2)]
    with reading(sqlite) as tx:
        assert follow.tally(tx)[Status.PRINTED] == 0
    assert (sftp_server.root / "ut/kvittering/a.csv").exists()


def test_booking_is_the_same_in_both_databases(database: Database) -> None:
    letters = handed_over(database, 4)
    content = a_file(*lines_for(letters), a_line(forsendelse="ukjent"))
    from_file = read_receipt_file(content, customer="SVAR")
    assert isinstance(from_file, ReceiptFile)
    with transaction(database) as tx:
        receipts.stage(tx, sha256="ab" * 32, name="a", lines=from_file.lines, at=DAY)

    counts = ingestion.book_file(database, "ab" * 32, DAY)
    again = ingestion.book_file(database, "ab" * 32, DAY)

    assert counts == BookingCounts(applied=4, quarantined=1)
    assert again == BookingCounts()
    with reading(database) as tx:
        assert sum(tx.scalars(select(charges.c.net_ore))) == 4 * (261 + 1990)


def test_a_batch_whose_receipts_come_before_its_acknowledgement_is_closed_by_that(
    database: Database,
) -> None:
    # Two workers may fetch them side by side; a batch left open would keep its package for ever.
    letters = handed_over(database, 2, acknowledged=False)
    from_file = read_receipt_file(a_file(*lines_for(letters)), customer="SVAR")
    assert isinstance(from_file, ReceiptFile)
    with transaction(database) as tx:
        receipts.stage(tx, sha256="ab" * 32, name="a", lines=from_file.lines, at=DAY)
    ingestion.book_file(database, "ab" * 32, DAY)

    with transaction(database) as tx:
        batches.record_acknowledged(tx, BatchId(BATCH), accepted=True, reason="", at=DAY)

    with reading(database) as tx:
        assert batches.read_batch(tx, BatchId(BATCH)).status is BatchStatus.SETTLED


def a_staged_file(database: Database, letters: int) -> str:
    """A file with two lines for its first letter and one for each other, ready to be booked."""
    lines = lines_for(handed_over(database, letters))
    read = read_receipt_file(a_file(*lines, {**lines[0], "vekt_gram": "23"}), customer="SVAR")
    assert isinstance(read, ReceiptFile)
    with transaction(database) as tx:
        receipts.stage(tx, sha256="ab" * 32, name="a", lines=read.lines, at=DAY)
    return "ab" * 32


def test_a_large_file_is_booked_over_several_connections_as_over_one(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_in_parts, "FROM_LINES", 1)
    file = a_staged_file(postgres, 5)

    counts = ingestion.book_file(postgres, file, DAY)

    assert (counts.applied, counts.duplicates + counts.quarantined) == (5, 1)
    assert ingestion.book_file(postgres, file, DAY) == BookingCounts()
    with reading(postgres) as tx:
        assert follow.tally(tx)[Status.PRINTED] == 5
        assert sum(tx.scalars(select(charges.c.net_ore))) == 5 * (261 + 1990)
        assert batches.read_batch(tx, BatchId(BATCH)).status is BatchStatus.SETTLED


def test_what_a_stopped_run_left_of_a_large_file_is_booked_by_the_next(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_in_parts, "FROM_LINES", 1)
    file = a_staged_file(postgres, 5)
    whole = booking_in_parts.book_clear_lines

    def stops(*given: Any, part: Part, **named: Any) -> BookedInBulk:
        booked = whole(*given, part=part, **named)
        if part.number:
            raise ConnectionAbortedError
        return booked

    monkeypatch.setattr(booking_in_parts, "book_clear_lines", stops)
    with pytest.raises(ConnectionAbortedError):
        ingestion.book_file(postgres, file, DAY)
    with reading(postgres) as tx:
        printed = follow.tally(tx)[Status.PRINTED]
        assert 0 < printed < 5
        assert len(list(tx.scalars(select(charges.c.line)))) == 2 * printed
        assert receipts.file_state(tx, file) == "STAGED"
    monkeypatch.setattr(booking_in_parts, "book_clear_lines", whole)

    ingestion.book_file(postgres, file, DAY)

    with reading(postgres) as tx:
        assert follow.tally(tx)[Status.PRINTED] == 5
        assert sum(tx.scalars(select(charges.c.net_ore))) == 5 * (261 + 1990)
        assert receipts.file_state(tx, file) == "BOOKED"


@pytest.mark.parametrize(
    ("posted", "day"),
    [
        ("2026-11-30T22:59:59+00:00", date(2026, 11, 30)),
        ("2026-11-30T23:00:00+00:00", date(2026, 12, 1)),
        ("2027-06-30T21:59:59+00:00", date(2027, 6, 30)),
        ("2027-06-30T22:00:00+00:00", date(2027, 7, 1)),
    ],
    ids=["winter, before", "winter, at midnight", "summer, before", "summer, at midnight"],
)
def test_a_charge_is_of_the_norwegian_day_on_which_the_letter_was_posted(
    database: Database, posted: str, day: date
) -> None:
    letters = handed_over(database, 2)
    rows = [a_line(**{**line, "postlagt": posted}) for line in lines_for(letters)]
    content = a_file(*rows)
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile)
    sha256, later = hashlib.sha256(content).hexdigest(), DAY + timedelta(days=300)
    ingestion.stage_receipts(database, "default", "a.csv", sha256, read, later)

    ingestion.book_file(database, sha256, later)

    with reading(database) as tx:
        assert set(tx.scalars(select(charges.c.posted_on))) == {day}
