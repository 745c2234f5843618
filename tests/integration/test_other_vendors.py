"""Another vendor's files, returned mail and invoices, over real SFTP into the database."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from builders import MONDAY, handed_over
from conftest import ROOT
from servers import SftpServer, asyncssh_server
from sqlalchemy import select

from flows.clock import OSLO
from flows.database import facts, invoices, receipt_quarantine, returns
from flows.database.open_items import still_open
from flows.database.session import Database, reading, transaction
from flows.database.tables import charges, events, receipt_files, shipments
from flows.database.vendors import all_profiles, keep_profiles, profile_on
from flows.domain.returned_mail import ReturnReason
from flows.domain.shipment import ShipmentId
from flows.domain.vendor_profile import NEUTRAL
from flows.domain.vendor_toml import parse_profiles
from flows.errors import NeedsAPerson
from flows.receipts import ingestion, replaying
from flows.receipts.answers import complete_answers, put_away_strays
from flows.receipts.ingestion import BookingCounts
from flows.sandbox import print_shop
from flows.sandbox.print_shop import PrintShop, Taken
from flows.settings import Settings, VendorSettings
from flows.sftp import connect

pytestmark = pytest.mark.integration

NIGHT, DAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)
POSTED = datetime(2026, 11, 25, 14, tzinfo=OSLO)
BATCH = "SVAR-20261124-01-C5SHS"


class Vendor:
    """A print shop behind an SFTP server, and our settings for it."""

    def __init__(self, folder: Path, server: SftpServer, database: Database, dialect: str) -> None:
        self.shop = PrintShop(server.root, "SVAR", dialect)
        self.database = database
        self.settings = Settings(
            home=folder,
            vendor=VendorSettings(
                host=server.host,
                port=server.port,
                user=server.user,
                key_file=server.key_file,
                known_hosts_file=server.known_hosts_file,
                profile="default" if dialect == "neutral" else dialect,
            ),
        )
        text = (ROOT / "templates/examples/vendors.toml").read_text(encoding="utf-8")
        with transaction(database) as tx:
            keep_profiles(tx, parse_profiles(text))

    def posts(self, letters: list[ShipmentId], posted: datetime = POSTED) -> None:
        self.shop._write_receipts([a_taken(n, one) for n, one in enumerate(letters, 1)], posted)

    def answers_are_booked(self, now: datetime = DAY) -> list[BookingCounts]:
        with reading(self.database) as tx:
            profile = profile_on(tx, self.settings.vendor.profile, date(2026, 11, 26))
        with connect(self.settings.vendor) as server:
            put_away_strays(server, profile)
            answers = complete_answers(server, profile)
        return [ingestion.ingest(self.database, self.settings, each, now) for each in answers]


@pytest.fixture(params=print_shop.vendor_files.DIALECTS)
def vendor(request: pytest.FixtureRequest, tmp_path: Path, sqlite: Database) -> object:
    with asyncssh_server(tmp_path / "sftp") as server:
        yield Vendor(tmp_path, server, sqlite, request.param)


@pytest.fixture
def neutral(tmp_path: Path, database: Database) -> object:
    with asyncssh_server(tmp_path / "sftp") as server:
        yield Vendor(tmp_path, server, database, "neutral")


def a_taken(number: int, shipment: str) -> Taken:
    return Taken(BATCH, f"{number:06d}", shipment, "0410", 3, 0, 3, True, 22_000)


def test_a_vendor_of_either_dialect_is_booked_alike_and_once(vendor: Vendor) -> None:
    letters = handed_over(vendor.database, 3)
    vendor.shop.errors = {"duplicate_file", "broken_line", "correction", "unknown_piece"}
    vendor.posts(letters)

    counts = vendor.answers_are_booked()

    assert counts == [BookingCounts(applied=4, quarantined=2), BookingCounts(known=1)]
    assert vendor.answers_are_booked() == []
    with reading(vendor.database) as tx:
        of_day = charges.c.posted_on == date(2026, 11, 25)
        found = tx.execute(select(charges).where(of_day)).mappings().all()
        states = dict(tx.execute(select(receipt_files.c.vendor, receipt_files.c.state)).all())
    assert states == {vendor.settings.vendor.profile: "BOOKED"}
    assert sum(row["net_ore"] for row in found) == 3 * 261 + 2 * 1990 + 9900
    assert sum(row["vat_ore"] for row in found) == 3 * 65 + 2 * 498 + 2475


@pytest.mark.parametrize("error", ["wrong_totals", "wrong_customer"])
def test_a_file_that_does_not_hold_together_is_refused_in_either_dialect(
    vendor: Vendor, error: str
) -> None:
    letters = handed_over(vendor.database, 2)
    vendor.shop.errors = {error}
    vendor.posts(letters)

    assert vendor.answers_are_booked() == [BookingCounts(refused=1)]


@pytest.mark.parametrize("error", ["empty_column", "twelve_hours"])
def test_a_file_not_to_be_believed_waits_until_a_person_replays_it(
    vendor: Vendor, error: str
) -> None:
    letters = handed_over(vendor.database, 30)
    vendor.posts(letters[:25])
    vendor.answers_are_booked()
    vendor.shop.errors = {error}
    # Thirty of them, or a clock says nothing; those booked already are duplicates or wrong.
    vendor.posts(letters, POSTED + timedelta(hours=24))

    counts = vendor.answers_are_booked(DAY + timedelta(days=1))

    assert counts == [BookingCounts(suspect=1)]
    with reading(vendor.database) as tx:
        (one,) = [each for each in receipt_quarantine.waiting(tx) if each.line is None]
        assert [item.code for item, _ in still_open(tx)] == ["RECEIPT_FILE_QUARANTINED"]
    replayed = replaying.replay_file(
        vendor.database,
        vendor.settings,
        one.file_sha256,
        by="ON",
        why="the vendor says so",
        now=DAY + timedelta(days=1),
    )
    with reading(vendor.database) as tx:
        assert [item.code for item, _ in still_open(tx)] == ["RECEIPT_LINES_QUARANTINED"]
    assert replayed.applied == 5
    assert replayed.quarantined == 25


def test_returned_mail_is_an_event_with_its_reason_and_the_letter_stays_printed(
    neutral: Vendor,
) -> None:
    letters = handed_over(neutral.database, 3)
    neutral.posts(letters)
    neutral.answers_are_booked()
    back = datetime(2026, 12, 3, 12, tzinfo=UTC)
    neutral.shop.send_back({letters[0]: "R01", letters[1]: "R05"}, back)

    first = neutral.answers_are_booked(back)
    neutral.shop.send_back({letters[0]: "R09"}, back + timedelta(days=1))
    second = neutral.answers_are_booked(back + timedelta(days=1))

    assert (first, second) == ([BookingCounts(applied=2)], [BookingCounts(duplicates=1)])
    with reading(neutral.database) as tx:
        assert set(tx.scalars(select(shipments.c.status))) == {"PRINTET"}
        found = returns.by_reason(tx, first=date(2026, 12, 1), before=date(2027, 1, 1))
        assert found == {ReturnReason.GONE_AWAY: 1, ReturnReason.REFUSED: 1}
        said = select(events.c.detail).where(events.c.kind == "returned")
        assert {one["reason"] for one in tx.scalars(said)} == {"R01", "R05"}
        assert [(item.code, item.subject) for item, _ in still_open(tx)] == [
            ("RETURNED_MAIL", letters[0])
        ]


def test_a_letter_twice_in_one_list_of_returned_mail_comes_back_once(neutral: Vendor) -> None:
    (letter,) = handed_over(neutral.database, 1)
    rows = ["parti;stykke;forsendelse;årsak;tiltak;dato"]
    rows += [f"{BATCH};1;{letter};{reason};;2026-12-03" for reason in ("R01", "R01", "R09")]
    content = "\n".join(["#svarut-retur;1;SVAR;3", *rows, ""]).encode()
    folder = neutral.shop.root / "ut/retur"
    (folder / "r.csv").write_bytes(content)
    ok = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    (folder / "r.csv.ok").write_text(json.dumps(ok))

    counts = neutral.answers_are_booked()

    assert counts == [BookingCounts(applied=1, duplicates=2)]
    with reading(neutral.database) as tx:
        found = returns.by_reason(tx, first=date(2026, 12, 1), before=date(2027, 1, 1))
    assert found == {ReturnReason.GONE_AWAY: 1}


def test_returned_mail_nobody_sent_waits_for_a_person(neutral: Vendor) -> None:
    letters = handed_over(neutral.database, 1)
    rows = ["parti;stykke;forsendelse;årsak;tiltak;dato"]
    rows += [f"{BATCH};9;{letters[0]};R01;;2026-12-03", f"{BATCH};1;ukjent;R04;;2026-12-03"]
    rows += [f"{BATCH};1;{letters[0]};R77;;2026-12-03"]
    content = "\n".join(["#svarut-retur;1;SVAR;3", *rows, ""]).encode()
    folder = neutral.shop.root / "ut/retur"
    (folder / "r.csv").write_bytes(content)
    ok = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    (folder / "r.csv.ok").write_text(json.dumps(ok))

    assert neutral.answers_are_booked() == [BookingCounts(quarantined=3)]
    with reading(neutral.database) as tx:
        reasons = [one.reason for one in receipt_quarantine.waiting(tx)]
    assert reasons == [
        "batch, piece and shipment do not belong together",
        "no letter has this shipment id",
        "årsak is no reason from R01 to R10",
    ]


def test_an_invoice_that_says_what_we_charged_differs_in_nothing(vendor: Vendor) -> None:
    letters = handed_over(vendor.database, 3)
    vendor.posts(letters)
    vendor.answers_are_booked()
    vendor.shop.invoice("F-1", date(2026, 11, 1), date(2026, 11, 30))

    counts = vendor.answers_are_booked()

    assert counts == [BookingCounts(applied=6)]
    with reading(vendor.database) as tx:
        assert invoices.differences_of(tx, "F-1") == []
        assert still_open(tx) == []


def test_where_an_invoice_differs_is_kept_and_nothing_is_adjusted(neutral: Vendor) -> None:
    letters = handed_over(neutral.database, 3)
    neutral.posts(letters)
    neutral.answers_are_booked()
    neutral.shop.errors = {"wrong_invoice"}
    neutral.shop.invoice("F-1", date(2026, 11, 1), date(2026, 11, 30))
    neutral.answers_are_booked()
    neutral.shop.invoice("F-2", date(2026, 11, 1), date(2026, 11, 30))
    neutral.answers_are_booked()

    with reading(neutral.database) as tx:
        first = [(one.code, one.subject) for one in invoices.differences_of(tx, "F-1")]
        second = {one.code for one in invoices.differences_of(tx, "F-2")}
        assert facts.control_totals(tx)["charges"] == 6
        items = [(item.code, item.subject) for item, _ in still_open(tx)]
    assert first == [
        ("AMOUNT_DIFFERS", f"{letters[0]}:POSTAGE"),
        ("NOT_INVOICED", f"{letters[2]}:POSTAGE"),
        ("NOT_INVOICED", f"{letters[2]}:PRODUCTION"),
    ]
    assert second == {"AMOUNT_DIFFERS", "INVOICED_TWICE"}
    assert items == [("INVOICE_DIFFERS", "F-1"), ("INVOICE_DIFFERS", "F-2")]


def test_an_invoice_number_means_one_invoice(neutral: Vendor) -> None:
    letters = handed_over(neutral.database, 2)
    neutral.posts(letters)
    neutral.answers_are_booked()
    neutral.shop.invoice("F-1", date(2026, 11, 1), date(2026, 11, 30))
    neutral.answers_are_booked()
    neutral.shop.errors = {"wrong_invoice"}
    neutral.shop.invoice("F-1", date(2026, 11, 1), date(2026, 11, 30))

    assert neutral.answers_are_booked() == [BookingCounts(refused=1)]


def test_profiles_are_kept_and_given_back_and_a_days_version_is_found(database: Database) -> None:
    text = (ROOT / "templates/examples/vendors.toml").read_text(encoding="utf-8")
    with transaction(database) as tx:
        keep_profiles(tx, parse_profiles(text))
        keep_profiles(tx, parse_profiles(text))

    with reading(database) as tx:
        assert all_profiles(tx) == parse_profiles(text)
        versions = [
            profile_on(tx, "nordtrykk", day).receipts.version
            for day in (date(2026, 9, 30), date(2026, 10, 1))
        ]
    assert versions == ["2", "3"]


def test_a_file_refused_for_our_wrong_profile_is_replayed_when_that_is_mended(
    neutral: Vendor,
) -> None:
    letters = handed_over(neutral.database, 2)
    wrong = replace(NEUTRAL, receipts=replace(NEUTRAL.receipts, version="2"))
    with transaction(neutral.database) as tx:
        keep_profiles(tx, [wrong])
    neutral.posts(letters)
    refused = neutral.answers_are_booked()
    with reading(neutral.database) as tx:
        (sha256,) = tx.scalars(select(receipt_files.c.sha256))
    replay = (neutral.database, neutral.settings, sha256)

    with pytest.raises(NeedsAPerson, match="refused still"):
        replaying.replay_file(*replay, by="ON", why="too early", now=DAY)
    with transaction(neutral.database) as tx:
        keep_profiles(tx, [NEUTRAL])
    replayed = replaying.replay_file(*replay, by="ON", why="profile mended", now=DAY)

    assert refused == [BookingCounts(refused=1)]
    assert replayed == BookingCounts(applied=2)
    with reading(neutral.database) as tx:
        assert still_open(tx) == []
