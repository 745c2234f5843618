"""The night's look at a real database: what is kept, what closes, what a second look changes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY, a_document, a_registration, notified, on_paper, registered
from command_line import run_svarut
from receipt_lines import BATCH, a_file, a_line
from sqlalchemy import delete, insert, select, update
from typer.testing import CliRunner

from flows.archive import Archive
from flows.cli import EXIT_CODES, app
from flows.database import batches, follow, item_history, offers, receipts
from flows.database.ledger import enter_charges
from flows.database.ledger_tables import ledger
from flows.database.open_items import OpenItem, raise_item, still_open
from flows.database.prices import keep_price_list
from flows.database.reconciled import read_facts
from flows.database.session import Database, reading, transaction
from flows.database.tables import (
    batches as batch_table,
)
from flows.database.tables import (
    charges,
    documents,
    events,
    open_item_acts,
    open_items,
    receipt_lines,
    shipments,
)
from flows.domain.batch import (
    Assembled,
    BatchId,
    BatchStatus,
    Envelope,
    JobClass,
    PlacedPiece,
    PlannedBatch,
)
from flows.domain.price_list import parse_prices
from flows.domain.reconciliation import ClosedAs, Limits
from flows.domain.shipment import ShipmentId
from flows.errors import NeedsAPerson
from flows.receipts import ingestion
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.receipts.reconciliation import reconcile
from flows.receipts.reconciling import Reconciled, look, look_and_keep
from flows.receipts.today import Today
from flows.settings import Settings
from flows.wording import TEMPLATES

pytestmark = pytest.mark.integration

NIGHT = datetime(2026, 11, 24, 0, 40, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
THURSDAY = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
TUESDAY_AFTER = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
FILE = "SVAR-20261125-001.csv"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@dataclass(frozen=True)
class Sent:
    """Letters in a batch, and the SHA-256 of the file that receipts them."""

    letters: list[ShipmentId]
    file: str


def handed_over(database: Database, count: int, *, number: int = 1) -> list[ShipmentId]:
    """Bring letters of two sides to SENT_TO_PRINT in one acknowledged batch of three sheets."""
    batch = BatchId(f"SVAR-20261124-{number:02d}-C5SHS")
    with transaction(database) as tx:
        letters = registered(
            tx, *(a_registration(account_code="0410") for _ in range(count)), at=MONDAY
        )
        on_paper(tx, *letters)
        job_class = JobClass(Envelope.C5, colour=False, duplex=False)
        batches.reserve(tx, [PlannedBatch(batch, job_class, tuple(letters))], NIGHT)
        placed = tuple(PlacedPiece(n, 3 * n - 2, 3, 3, 21970) for n in range(1, count + 1))
        made = Assembled(f"{batch}-f1.zip", "ab" * 32, 9, placed)
        assert batches.record_assembled(tx, batch, made, NIGHT)
        batches.begin_hand_over(tx, batch, NIGHT)
        batches.record_handed_over(tx, batch, NIGHT)
        batches.record_acknowledged(
            tx, batch, accepted=True, reason="", at=NIGHT + timedelta(minutes=20)
        )
    return letters


def receipted(
    database: Database, settings: Settings, *lines: dict[str, str], name: str = FILE
) -> str:
    """Book a receipt file that lies in the archive; return its SHA-256."""
    content = a_file(*lines)
    (settings.home / name).write_bytes(content)
    sha256 = Archive(settings.archive_folder).put(settings.home / name)
    assert sha256 == hashlib.sha256(content).hexdigest()
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile)
    with transaction(database) as tx:
        receipts.stage(tx, sha256=sha256, name=name, lines=read.lines, at=WEDNESDAY)
    ingestion.book_file(database, sha256, WEDNESDAY)
    with transaction(database) as tx:
        enter_charges(tx, grace_days=5)
    return sha256


def lines_for(letters: list[ShipmentId], **changes: object) -> list[dict[str, str]]:
    return [a_line(stykke=n, forsendelse=one, **changes) for n, one in enumerate(letters, start=1)]


def a_settled_world(database: Database, settings: Settings, count: int = 3) -> Sent:
    """Prices, letters on paper that are receipted, one read and one rejected: all agrees."""
    prices = (TEMPLATES / "examples/prices.toml").read_text(encoding="utf-8")
    with transaction(database) as tx:
        keep_price_list(tx, parse_prices(prices))
    letters = handed_over(database, count)
    file = receipted(database, settings, *lines_for(letters))
    with transaction(database) as tx:
        (one,) = registered(tx, a_registration(), at=MONDAY)
        (offer,) = notified(tx, one)
        offers.record_reads(tx, [(offer, MONDAY + timedelta(hours=2))], MONDAY)
    return Sent(letters, file)


def told(found: Reconciled) -> set[str]:
    return {one.rule for result in found.results for one in result.differences}


def everything(database: Database) -> dict[str, list[Any]]:
    with reading(database) as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(select(table)).all()]
            for table in (open_items, open_item_acts, shipments, charges, batch_table)
        }


def test_where_all_agrees_nothing_is_kept_and_the_report_says_so(
    database: Database, settings: Settings
) -> None:
    a_settled_world(database, settings)

    found = look_and_keep(database, settings, TUESDAY_AFTER)

    assert told(found) == set()
    assert found.identity.holds
    assert found.identity.taken_in == 4
    assert found.needs_a_person == 0
    report = Path(found.file).read_text(encoding="utf-8-sig")
    assert "lest 1 + printet 3 + avvist 0 + ikke levert 0" in report
    assert "Avvik" not in report
    with reading(database) as tx:
        assert still_open(tx) == []


def no_receipt(tx: Any, sent: Sent) -> None:
    """As if the line had never come: the letter waits, and nothing is charged."""
    one = sent.letters[0]
    tx.execute(delete(ledger).where(ledger.c.shipment_id == one))
    tx.execute(delete(receipt_lines).where(receipt_lines.c.shipment_id == one))
    tx.execute(delete(events).where(events.c.shipment_id == one, events.c.to_status == "PRINTET"))
    tx.execute(update(shipments).where(shipments.c.id == one).values(status="SENDT_PRINT"))
    tx.execute(update(batch_table).values(status=BatchStatus.ACKNOWLEDGED))


def a_lost_receipt(tx: Any, sent: Sent) -> None:
    """The letter is printed, and what said so is gone."""
    one = sent.letters[0]
    tx.execute(delete(ledger).where(ledger.c.shipment_id == one))
    tx.execute(delete(receipt_lines).where(receipt_lines.c.shipment_id == one))


def a_lost_charge(tx: Any, sent: Sent) -> None:
    of_one = receipt_lines.c.shipment_id == sent.letters[0]
    tx.execute(update(receipt_lines).where(of_one).values(booked_on=None))


def a_lost_acknowledgement(tx: Any, _sent: Sent) -> None:
    tx.execute(update(batch_table).values(status=BatchStatus.HANDED_OVER, acknowledged_at=None))


def a_lost_event(tx: Any, sent: Sent) -> None:
    of_one = events.c.shipment_id == sent.letters[0]
    tx.execute(delete(events).where(of_one, events.c.to_status == "PRINTET"))


def a_status_changed_in_silence(tx: Any, sent: Sent) -> None:
    of_one = shipments.c.id == sent.letters[0]
    tx.execute(update(shipments).where(of_one).values(status="MANUELT_HANDTERT"))


def a_charge_taken_back_by_anothers_line(tx: Any, sent: Sent) -> None:
    first, second = (
        select(receipt_lines.c.line).where(receipt_lines.c.shipment_id == one)
        for one in sent.letters[:2]
    )
    taken = {"takes_back_file": sent.file, "takes_back_line": tx.scalar(first)}
    of_other = receipt_lines.c.line == tx.scalar(second)
    tx.execute(update(receipt_lines).where(of_other).values(**taken))


def a_changed_amount(tx: Any, sent: Sent) -> None:
    of_one = receipt_lines.c.shipment_id == sent.letters[0]
    tx.execute(update(receipt_lines).where(of_one).values(postage_ore=1991))


def a_page_more(tx: Any, sent: Sent) -> None:
    of_one = documents.c.shipment_id == sent.letters[0]
    tx.execute(update(documents).where(of_one).values(pages=4))


MUTANTS: dict[Callable[[Any, Sent], None], set[str]] = {
    no_receipt: {"B2"},
    a_lost_receipt: {"D1"},
    a_lost_charge: {"C3"},
    a_lost_acknowledgement: {"B1"},
    a_lost_event: {"D1"},
    a_status_changed_in_silence: {"D1"},
    a_charge_taken_back_by_anothers_line: {"C3"},
    a_changed_amount: {"B9", "C3"},
    a_page_more: {"B5"},
}


def test_taking_one_thing_away_is_told_by_exactly_its_rule(
    database: Database, settings: Settings
) -> None:
    sent = a_settled_world(database, settings)

    found = {mutant.__name__: told_of_mutant(database, sent, mutant) for mutant in MUTANTS}

    assert found == {mutant.__name__: rules for mutant, rules in MUTANTS.items()}
    assert told(look(database, settings, TUESDAY_AFTER)) == set()


def told_of_mutant(database: Database, sent: Sent, mutant: Callable[[Any, Sent], None]) -> set[str]:
    """Change the world, look, and put it back as it was."""
    with database.connect() as tx:
        mutant(tx, sent)
        facts = read_facts(tx, now=TUESDAY_AFTER, looked_back_days=120)
        tx.rollback()
    results = reconcile(facts, Today(TUESDAY_AFTER, Limits()))
    return {one.rule for result in results for one in result.differences}


def test_a_file_that_is_not_in_the_archive_any_more_is_told(
    sqlite: Database, settings: Settings
) -> None:
    sent = a_settled_world(sqlite, settings)
    kept = Archive(settings.archive_folder).path_of(sent.file)
    kept.chmod(0o600)
    kept.write_bytes(b"something else")

    assert told(look(sqlite, settings, TUESDAY_AFTER)) == {"D3"}


def test_a_second_look_changes_nothing_and_writes_the_same_report(
    database: Database, settings: Settings
) -> None:
    handed_over(database, 3)
    first = look_and_keep(database, settings, TUESDAY_AFTER)
    before = everything(database)
    report = {file.name: file.read_bytes() for file in settings.reports_folder.iterdir()}

    second = look_and_keep(database, settings, TUESDAY_AFTER)

    assert (first.raised, second.raised) == (1, 0)
    assert everything(database) == before
    assert {file.name: file.read_bytes() for file in settings.reports_folder.iterdir()} == report


def test_a_look_only_keeps_and_writes_nothing(sqlite: Database, settings: Settings) -> None:
    handed_over(sqlite, 3)
    before = everything(sqlite)

    found = look(sqlite, settings, TUESDAY_AFTER)

    assert told(found) == {"B2"}
    assert everything(sqlite) == before
    assert not settings.reports_folder.exists()


def test_an_item_grows_closes_itself_and_opens_again(
    database: Database, settings: Settings
) -> None:
    letters = handed_over(database, 2)
    look_and_keep(database, settings, TUESDAY_AFTER)
    receipted(database, settings, *lines_for(letters)[:1])
    look_and_keep(database, settings, TUESDAY_AFTER + timedelta(days=1))
    receipted(database, settings, *lines_for(letters)[1:], name="b.csv")
    look_and_keep(database, settings, TUESDAY_AFTER + timedelta(days=2))

    with reading(database) as tx:
        item = item_history.kept_items(tx, ["B2"])["B2", BATCH]
        acts = item_history.acts_of(tx, "B2", BATCH)
    assert item.counts == {"no_receipt": 1}
    assert item.first_seen_at == TUESDAY_AFTER
    assert item.closed_as == ClosedAs.GONE
    assert [(act, by) for _, act, by, _ in acts] == [
        ("raised", "reconciliation"),
        ("gone", "reconciliation"),
    ]


def test_what_a_person_does_with_an_item_is_kept_and_asks_for_nobody_else(
    database: Database, settings: Settings
) -> None:
    handed_over(database, 2)
    assert look_and_keep(database, settings, TUESDAY_AFTER).needs_a_person == 1

    with transaction(database) as tx:
        item_history.take_item(tx, "B2", BATCH, by="KN", why="ringt trykkeriet", at=TUESDAY_AFTER)
    taken = look_and_keep(database, settings, TUESDAY_AFTER + timedelta(days=1))
    three_weeks_on = look_and_keep(database, settings, TUESDAY_AFTER + timedelta(days=21))

    assert taken.needs_a_person == 0
    assert three_weeks_on.needs_a_person == 1
    avvik = settings.reports_folder / "avstemming-2026-12-02-avvik.csv"
    rows = avvik.read_text(encoding="utf-8-sig").splitlines()
    assert "B2;Brev uten kvittering: 2;SVAR-20261124-01-C5SHS" in rows[1]
    assert ";1;0-2;Leverandørkontakt;KN;ringt trykkeriet;Etterlys" in rows[1]


def test_what_is_closed_as_corrected_and_is_not_opens_again_with_every_act_kept(
    database: Database, settings: Settings
) -> None:
    handed_over(database, 2)
    look_and_keep(database, settings, TUESDAY_AFTER)
    with transaction(database) as tx:
        item_history.close_item(
            tx, "B2", BATCH, ClosedAs.CORRECTED, by="KN", why="kom i dag", at=TUESDAY_AFTER
        )

    found = look_and_keep(database, settings, TUESDAY_AFTER + timedelta(days=1))

    assert found.raised == 1
    with reading(database) as tx:
        acts = [(act, by) for _, act, by, _ in item_history.acts_of(tx, "B2", BATCH)]
        assert len(still_open(tx)) == 1
    assert acts == [
        ("raised", "reconciliation"),
        ("closed", "KN"),
        ("reopened", "reconciliation"),
    ]


def test_what_is_accepted_stays_closed(sqlite: Database, settings: Settings) -> None:
    handed_over(sqlite, 2)
    look_and_keep(sqlite, settings, TUESDAY_AFTER)
    with transaction(sqlite) as tx:
        item_history.close_item(
            tx, "B2", BATCH, ClosedAs.ACCEPTED, by="KN", why="tapt i brann", at=TUESDAY_AFTER
        )

    found = look_and_keep(sqlite, settings, TUESDAY_AFTER + timedelta(days=1))

    assert (found.raised, found.needs_a_person) == (0, 0)


def test_what_the_print_flow_told_of_closes_when_it_is_not_so_any_more(
    sqlite: Database, settings: Settings
) -> None:
    letters = handed_over(sqlite, 1)
    receipted(sqlite, settings, *lines_for(letters))
    with transaction(sqlite) as tx:
        raise_item(tx, OpenItem("ACKNOWLEDGEMENT_MISSING", BATCH, "no answer", "ask"), NIGHT)
        raise_item(tx, OpenItem("UNKNOWN_SENDER", "ukjent", "packages", "find out"), NIGHT)

    found = look_and_keep(sqlite, settings, TUESDAY_AFTER)

    assert found.gone == 1
    assert found.needs_a_person == 1
    with reading(sqlite) as tx:
        assert [item.code for item, _ in still_open(tx)] == ["UNKNOWN_SENDER"]


def test_parked_and_contradicting_lines_are_told_apart(
    database: Database, settings: Settings
) -> None:
    letters = handed_over(database, 2)
    lines = lines_for(letters)
    other = {**lines[0], "porto": "25,00"}
    foreign = a_line(forsendelse="00000000-0000-4000-8000-999999999999")
    file = receipted(database, settings, *lines, other, foreign)

    found = look_and_keep(database, settings, TUESDAY_AFTER)

    kept = {(one.kept.code, one.kept.subject): one.kept.ore for one in found.items}
    assert kept["RECEIPT_LINES_QUARANTINED", file[:12]] == 261 + 1990
    assert kept["B4", letters[0]] == 2500 - 1990


def test_a_settled_batch_of_long_ago_is_looked_at_only_while_something_is_open(
    sqlite: Database, settings: Settings
) -> None:
    sent = a_settled_world(sqlite, settings)
    with transaction(sqlite) as tx:
        a_lost_charge(tx, sent)
    long_after = TUESDAY_AFTER + timedelta(days=200)

    unknown_then = told(look(sqlite, settings, long_after))
    look_and_keep(sqlite, settings, TUESDAY_AFTER)
    still_known = look_and_keep(sqlite, settings, long_after)

    assert unknown_then == set()
    assert told(still_known) == {"C3"}


def test_a_closed_item_and_an_unknown_one_cannot_be_taken(
    sqlite: Database, settings: Settings
) -> None:
    handed_over(sqlite, 1)
    look_and_keep(sqlite, settings, TUESDAY_AFTER)
    with transaction(sqlite) as tx:
        item_history.close_item(
            tx, "B2", BATCH, ClosedAs.EXPLAINED, by="KN", why="x", at=TUESDAY_AFTER
        )

    with pytest.raises(NeedsAPerson, match="is closed"), transaction(sqlite) as tx:
        item_history.take_item(tx, "B2", BATCH, by="KN", why="", at=TUESDAY_AFTER)
    with pytest.raises(NeedsAPerson, match="no item"), transaction(sqlite) as tx:
        item_history.comment_item(tx, "B2", "nothing", by="KN", why="x", at=TUESDAY_AFTER)


def test_the_tally_and_the_identity_say_the_same(sqlite: Database, settings: Settings) -> None:
    a_settled_world(sqlite, settings)
    handed_over(sqlite, 2, number=2)

    found = look(sqlite, settings, THURSDAY)

    with reading(sqlite) as tx:
        tally = follow.tally(tx)
    assert found.identity.taken_in == tally.taken_in
    assert found.identity.open == tally.open == 2
    assert all(count == tally[status] for status, count in found.identity.parts.items())


def test_documents_left_out_of_print_are_no_expected_pages(
    sqlite: Database, settings: Settings
) -> None:
    with transaction(sqlite) as tx:
        keep_price_list(tx, [])
    letters = handed_over(sqlite, 1)
    receipted(sqlite, settings, *lines_for(letters))
    extra = a_document(position=2, pages=9)
    with transaction(sqlite) as tx:
        tx.execute(
            insert(documents).values(
                shipment_id=letters[0],
                position=2,
                file_name=extra.file_name,
                sha256=extra.sha256,
                size_bytes=1,
                pages=9,
                excluded_from_print=True,
                giro_pages=[],
            ),
        )

    assert told(look(sqlite, settings, TUESDAY_AFTER)) == set()


def test_the_command_shows_what_it_found_ends_with_3_and_a_person_takes_it(
    sqlite: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_over(sqlite, 2)
    monkeypatch.setenv("SVARUT_HOME", str(settings.home))

    run = run_svarut("run", "reconcile", "--at", "2026-12-01T05:00")
    take = CliRunner().invoke(app, ["items", "take", "B2", BATCH, "--by", "KN", "--why", "[ringt]"])
    shown = CliRunner().invoke(app, ["items", "list", "--code", "B2", "--subject", BATCH])

    assert run.returncode == EXIT_CODES[NeedsAPerson]
    assert "no receipt: 2" in run.stdout
    assert "1 items wait for a person" in run.stderr
    assert take.exit_code == 0, take.output
    assert "taken by KN" in shown.output
    assert "taken by KN  [ringt]" in shown.output
