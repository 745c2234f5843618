"""How letters went is counted from what was recorded, and a month that is over stays as it was."""

import hashlib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from builders import MONDAY, a_registration, handed_over, notified, registered
from vendor_writers import a_letter, written

from flows.database import shipments
from flows.database.offers import Offer, close_unread, record_reads
from flows.database.session import Database, reading, transaction
from flows.database.shipments import note_each
from flows.domain.problem import Problem
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Mover, Status
from flows.domain.vendor_profile import NEUTRAL
from flows.receipts.ingestion import book_file, stage_receipts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from reports import flow
from reports.deliverables import Format, Language
from reports.letter_statistics.history import read_history
from reports.letter_statistics.tables import Tables, tables_of

pytestmark = pytest.mark.integration

NOVEMBER = date(2026, 11, 1)
DECEMBER = MONDAY + timedelta(days=10)


def tables(database: Database, month: date = NOVEMBER) -> Tables:
    with reading(database) as tx:
        return tables_of(read_history(tx, month))


def digital_letters(database: Database) -> list[ShipmentId]:
    """Four letters of two types, published on Monday morning, due two days later."""
    letters = [
        a_registration(shipment_type="vedtak", sender_id="nordvik"),
        a_registration(shipment_type="vedtak", sender_id="nordvik"),
        a_registration(shipment_type="faktura", sender_id="nordvik"),
        a_registration(shipment_type="faktura", sender_id="nordvik", digital_only=True),
    ]
    with transaction(database) as tx:
        ids = registered(tx, *letters)
        notified(tx, *ids)
    return ids


def read(database: Database, letter: ShipmentId, at: datetime, *, recorded: datetime) -> None:
    with transaction(database) as tx:
        key = f"key-{letter[-12:]}"
        offer = Offer(key, letter, SenderId("nordvik"), "PUBLISHED", "ref", None)
        record_reads(tx, [(offer, at)], recorded)


def printed(database: Database, count: int, *, at: datetime) -> list[ShipmentId]:
    letters = handed_over(database, count)
    lines = [a_letter(n, shipment_id=one) for n, one in enumerate(letters, start=1)]
    content = written(lines, NEUTRAL)
    parsed = read_receipt_file(content, customer="SVAR")
    assert isinstance(parsed, ReceiptFile), parsed
    sha256 = hashlib.sha256(content).hexdigest()
    stage_receipts(database, "default", "a.csv", sha256, parsed, at)
    book_file(database, sha256, at)
    return letters


def row(found: Tables, table: str, **where: object) -> dict[str, object]:
    """The one row of a table in which some columns have these values."""
    frame = found[table]
    for column, value in where.items():
        frame = frame[frame[column] == value]
    (only,) = frame.to_dict("records")
    return only


def test_digital_letters_are_counted_by_reading_and_deadline(database: Database) -> None:
    first, second, _, digital_only = digital_letters(database)
    read(database, first, MONDAY + timedelta(hours=3), recorded=MONDAY + timedelta(hours=4))
    read(database, second, MONDAY + timedelta(hours=5), recorded=MONDAY + timedelta(hours=6))
    with transaction(database) as tx:
        close_unread(tx, now=MONDAY + timedelta(days=3))
    read(database, digital_only, MONDAY + timedelta(days=4), recorded=MONDAY + timedelta(days=4))

    found = tables(database)

    month = row(found, "reading", month="2026-11")
    assert (month["published"], month["decided"], month["read"], month["in_time"]) == (4, 4, 3, 2)
    assert (month["read_share"], month["in_time_share"]) == (0.75, 0.5)
    assert month["hours_median"] == 5
    vedtak = row(found, "types", type="vedtak")
    assert (vedtak["digital"], vedtak["under_way"], vedtak["digital_share"]) == (2, 0, 1.0)
    assert row(found, "types", type="faktura")["under_way"] == 1
    assert row(found, "reading_hours", hours_from=1.0)["read"] == 1
    assert row(found, "reading_hours", hours_from=72.0)["read"] == 1


def test_what_was_recorded_after_a_month_does_not_change_it(database: Database) -> None:
    first, second, *_ = digital_letters(database)
    before = tables(database)

    read(database, first, MONDAY + timedelta(hours=3), recorded=DECEMBER)
    with transaction(database) as tx:
        shipments.move(tx, [second], Status.MANUALLY_HANDLED, by=Mover.OPERATOR, at=DECEMBER)

    after, later = tables(database), tables(database, date(2026, 12, 1))
    assert all(before[name].equals(after[name]) for name in before)
    assert row(after, "statuses", month="2026-11")["VARSLET"] == 4
    then = row(later, "statuses", month="2026-11")
    assert (then["VARSLET"], then["LEST"], then["MANUELT_HANDTERT"]) == (2, 1, 1)
    assert row(later, "statuses", month="2026-12")["letters"] == 0


def test_printed_letters_are_counted_by_their_way_to_the_doormat(database: Database) -> None:
    letters = printed(database, 4, at=MONDAY + timedelta(days=3))
    with transaction(database) as tx:
        said = {"reason": "R01", "action": "RETURNED", "returned_on": "2026-11-28"}
        note_each(
            tx,
            [(letters[0], "returned", said)],
            actor="receipts",
            at=MONDAY + timedelta(days=5),
        )

    found = tables(database)

    posted = row(found, "posting", month="2026-11")
    assert (posted["posted"], posted["at_once"], posted["after_digital"]) == (4, 4, 0)
    assert 1 < float(str(posted["days_median"])) < 3
    sender = row(found, "senders", sender="Nordvik kommune")
    assert (sender["paper"], sender["returned"], sender["returned_share"]) == (4, 1, 0.25)
    assert row(found, "returns", reason="R01")["share"] == 1.0


def test_a_rejected_letter_counts_once_at_each_of_its_reasons(database: Database) -> None:
    with transaction(database) as tx:
        registered(
            tx,
            a_registration(
                Problem("PDF_TOM", "a.pdf"),
                Problem("PDF_TOM", "b.pdf"),
                Problem("FIL_MANGLER", "c.pdf"),
                Problem("PDF_SKRIPT", "d.pdf", note=True),
            ),
            a_registration(Problem("PDF_SKRIPT", "d.pdf", note=True)),
        )

    found = tables(database)

    assert found["rejections"][["code", "letters", "share"]].to_dict("records") == [
        {"code": "FIL_MANGLER", "letters": 1, "share": 1.0},
        {"code": "PDF_TOM", "letters": 1, "share": 1.0},
    ]
    assert row(found, "statuses", month="2026-11")["AVVIST"] == 1


def test_every_table_has_all_letters(database: Database) -> None:
    digital_letters(database)
    printed(database, 3, at=MONDAY + timedelta(days=3))

    found = tables(database)

    sums = {name: int(found[name]["letters"].sum()) for name in ("months", "senders", "types")}
    sums |= {name: int(found[name]["letters"].sum()) for name in ("statuses", "letters")}
    assert set(sums.values()) == {7}
    assert set(found["letters"]["channel"]) == {"under_way", "paper"}


def test_a_database_without_letters_has_empty_tables(database: Database) -> None:
    found = tables(database)

    assert row(found, "months", month="2026-11")["letters"] == 0
    assert found["letters"].empty
    assert found["senders"].empty


def test_a_dry_run_names_what_would_be_written_and_writes_nothing(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARUT_HOME", str(tmp_path))
    monkeypatch.setenv("SVARUT_DATABASE_URL", str(sqlite.url))
    digital_letters(sqlite)

    dry = flow.letter_statistics.fn("2026-11", True, Language.ENGLISH, Format.ALL)
    empty = not (tmp_path / "reports-out").exists()
    wet = flow.letter_statistics.fn("2026-11", False, Language.ENGLISH, Format.ALL)

    assert empty
    assert dry == wet
    assert dry == (
        "statistikk-2026-11-en.xlsx",
        "statistikk-2026-11-en/*.csv (12)",
        "statistikk-2026-11/*.parquet (12)",
    )
    assert len(list((tmp_path / "reports-out").rglob("*.*"))) == 25


def test_a_month_that_is_over_is_written_again_byte_for_byte(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARUT_HOME", str(tmp_path))
    monkeypatch.setenv("SVARUT_DATABASE_URL", str(sqlite.url))
    first, *_ = digital_letters(sqlite)
    paper, *_ = printed(sqlite, 2, at=MONDAY + timedelta(days=3))
    folder = tmp_path / "reports-out"

    def written_files() -> dict[Path, bytes]:
        flow.letter_statistics.fn("2026-11", False, Language.BOKMAL, Format.ALL)
        return {file: file.read_bytes() for file in folder.rglob("*.*")}

    before = written_files()
    read(sqlite, first, MONDAY + timedelta(hours=3), recorded=DECEMBER)
    with transaction(sqlite) as tx:
        note_each(tx, [(paper, "returned", {"reason": "R01"})], actor="receipts", at=DECEMBER)
    after = written_files()

    assert {file.name for file in before if before[file] != after[file]} == set()
