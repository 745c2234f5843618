"""How everything stands, counted in both databases; and that it goes by index."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY, a_registration, a_sender, handed_over, notified, on_paper, registered
from sqlalchemy import event, insert, text, update

from flows.database import batches, flow_runs, holds, standing
from flows.database.due import due_for_print
from flows.database.open_items import OpenItem, raise_item
from flows.database.prices import keep_price_list
from flows.database.senders import keep_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.database.tables import batches as batches_table
from flows.database.tables import feeds, receipt_files, receipt_lines
from flows.domain.batch import BatchId, BatchStatus, Envelope, JobClass, PlannedBatch
from flows.domain.flow_run import Ended
from flows.domain.price_list import Price, parse_prices
from flows.domain.problem import Problem
from flows.domain.standing import OpenLetters
from flows.domain.status import Mover, Status
from flows.domain.vendor_profile import Calendar
from flows.settings import Settings
from flows.watch_settings import WatchSettings
from flows.watching.looking import look
from flows.watching.rules import alarms_of
from flows.watching.watching import overview
from flows.wording import TEMPLATES

pytestmark = pytest.mark.integration

THURSDAY = MONDAY + timedelta(days=3)
QUIET = WatchSettings(disk_free_gb=0, schedules={})


def some(found: list[OpenLetters], **like: object) -> int:
    return sum(one.letters for one in found if all(getattr(one, k) == v for k, v in like.items()))


def reserve(tx: Tx, letters: list[str], at: datetime) -> BatchId:
    batch = BatchId("SVAR-20261123-01-C5SHS")
    job_class = JobClass(Envelope.C5, colour=False, duplex=False)
    batches.reserve(tx, [PlannedBatch(batch, job_class, tuple(letters))], at)  # type: ignore[arg-type]
    return batch


def a_file(tx: Tx, name: str, state: str = "BOOKED") -> None:
    tx.execute(
        insert(receipt_files).values(
            sha256=name.ljust(64, "0"), name=name, fetched_at=MONDAY, state=state, line_count=1
        )
    )


def test_open_letters_are_counted_by_what_keeps_them(database: Database) -> None:
    with transaction(database) as tx:
        rejected = a_registration(Problem("X", "y"))
        registered(tx, rejected)
        _, paper, reserved, held, unread, unprintable = registered(
            tx, *(a_registration() for _ in range(6))
        )
        on_paper(tx, paper, reserved, unprintable)
        reserve(tx, [reserved], MONDAY)
        holds.keep_back(tx, [held], "OPERATOR", by=Mover.OPERATOR, why="x", at=MONDAY)
        notified(tx, unread)
        raise_item(tx, OpenItem("LETTER_NOT_PRINTABLE", unprintable, "x", "y"), MONDAY)
        slow = a_registration(sender_id="halden")
        registered(tx, slow)
        keep_senders(tx, [a_sender("halden", on_hold=True, nightly_cap=5)])

    with reading(database) as tx:
        found, ended = standing.open_letters(tx, THURSDAY), standing.ended_letters(tx)

    assert ended == {Status.REJECTED: 1}
    assert sum(one.letters for one in found) == 7
    assert some(found, status=Status.ACCEPTED, route=None, held_for="", capped=False) == 1
    assert some(found, route="PAPER", in_batch=False, not_printable=False) == 1
    assert some(found, route="PAPER", in_batch=True) == 1
    assert some(found, route="PAPER", not_printable=True) == 1
    assert some(found, held_for="OPERATOR") == 1
    assert some(found, sender_on_hold=True, capped=True) == 1
    (late,) = [one for one in found if one.past_due]
    assert (late.status, late.oldest_due) == (Status.NOTIFIED, MONDAY + timedelta(days=2))


def test_batches_are_counted_with_what_has_no_receipt(database: Database) -> None:
    handed_over(database, 3)

    with reading(database) as tx:
        (batch,) = standing.open_batches(tx, lambda _: Calendar(opens="07:00"))

    assert (batch.status, batch.letters, batch.unanswered) == (BatchStatus.ACKNOWLEDGED, 3, 3)
    assert batch.calendar.opens == "07:00"


def test_items_files_lines_and_feeds_are_counted(database: Database) -> None:
    with transaction(database) as tx:
        registered(tx)
        for subject, day in (("a", 0), ("b", 1)):
            item = OpenItem("UNKNOWN_SENDER", subject, "x", "y")
            raise_item(tx, item, MONDAY + timedelta(days=day))
        tx.execute(text("UPDATE open_items SET taken_by = 'KN' WHERE subject = 'a'"))
        a_file(tx, "booked")
        a_file(tx, "staged", "STAGED")
        a_file(tx, "whole", "QUARANTINED")
        for line, state in enumerate(("QUARANTINED", "QUARANTINED", "DISMISSED"), start=1):
            values = {"file_sha256": "booked".ljust(64, "0"), "line": line, "state": state}
            tx.execute(insert(receipt_lines).values(**values))
        tx.execute(insert(feeds).values(sender_id="nordvik", number=1, made_at=MONDAY))

    with reading(database) as tx:
        (items,) = standing.items_by_code(tx)
        quarantined = {one.what: one.count for one in standing.quarantined(tx)}
        undelivered = {one.what: one.count for one in standing.undelivered(tx)}

    assert (items.count, items.untaken) == (2, 1)
    assert (items.oldest, items.oldest_untaken) == (MONDAY, MONDAY + timedelta(days=1))
    assert quarantined == {"receipt lines": 2, "files of the vendor's": 1}
    assert undelivered == {"files of the vendor's not booked": 1, "status feeds": 1}


def test_planted_troubles_and_no_others_are_alarms(database: Database, tmp_path: Path) -> None:
    handed_over(database, 4)
    with transaction(database) as tx:
        _, unread, paper = registered(tx, *(a_registration() for _ in range(3)))
        notified(tx, unread)
        on_paper(tx, paper)
        tx.execute(
            update(batches_table).values(acknowledged_at=MONDAY - timedelta(days=14)),
        )
        a_file(tx, "whole", "QUARANTINED")
        keep_price_list(tx, [Price("PORTO-BREV-50G", Decimal(1990), MONDAY.date())])
        flow_runs.end(
            tx,
            flow_runs.begin(tx, "dispatch", "1", THURSDAY - timedelta(minutes=5)),
            Ended.NEEDS_A_PERSON,
            at=THURSDAY,
            says="the token is not accepted",
        )
        flow_runs.begin(tx, "intake", "1", THURSDAY - timedelta(hours=9))
    never = dict.fromkeys(("intake", "feeds", "last-look", "receipts", "reconcile"), "")
    limits = WatchSettings(
        disk_free_gb=0,
        schedules={
            **never,
            "acknowledgements": "",
            "reports": "",
            "statistics": "",
            "retention": "",
            "watch": "",
        },
    )
    settings = Settings(home=tmp_path, watch=limits)

    found = alarms_of(look(database, settings, THURSDAY), limits)

    assert {(one.code, one.subject, one.letters) for one in found} == {
        ("LETTER_STUCK", "AKSEPTERT", 1),
        ("UNREAD_PAST_DUE", "letters", 1),
        ("PAPER_NOT_SENT", "letters", 1),
        ("RECEIPTS_MISSING", "SVAR-20261124-01-C5SHS", 4),
        ("QUARANTINE_NOT_EMPTY", "files of the vendor's", 0),
        ("PRINT_NIGHT_NOT_RUN", "print-batch", 2),
        ("FLOW_FAILS", "dispatch", 0),
        ("RUN_NEVER_ENDED", "intake", 0),
        *{("PRICE_UNKNOWN", sku, 2) for sku in ("KONV-AUTO-C5", "PRINT-SH-SIDE")},
        ("PRICE_UNKNOWN", "EKSTRAARK-AUTO", 2),
    }


def test_an_empty_database_is_well(database: Database, tmp_path: Path) -> None:
    seen = overview(database, Settings(home=tmp_path, watch=QUIET), THURSDAY)

    assert (list(seen.alarms), seen.needs_a_person) == ([], False)


def test_the_next_night_is_known_before_altinn_is_asked(sqlite: Database, tmp_path: Path) -> None:
    with transaction(sqlite) as tx:
        unread, paper, later = registered(tx, *(a_registration() for _ in range(3)))
        notified(tx, unread)
        notified(tx, later, due_at=THURSDAY + timedelta(days=2))
        on_paper(tx, paper)
        keep_price_list(tx, parse_prices((TEMPLATES / "examples/prices.toml").read_text("utf-8")))

    night = look(sqlite, Settings(home=tmp_path, watch=QUIET), THURSDAY).night

    assert night is not None
    assert night.at == datetime(2026, 11, 27, 0, 30, tzinfo=UTC)
    (one,) = night.classes
    assert (one.letters, one.unknown) == (2, ())
    assert one.net_ore > 0


def test_what_is_due_is_found_without_reading_every_piece(sqlite: Database) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(
        sqlite,
        "before_cursor_execute",
        lambda _conn, _cursor, query, values, *_: asked.append((query, values)),
    )
    with reading(sqlite) as tx:
        due_for_print(tx, now=MONDAY, asked_since=MONDAY)
        query, values = asked[-1]
        plan = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]

    # Each letter looks for itself among the pieces: a scan would be letters times pieces.
    assert [step for step in plan if step.startswith("SCAN")] == []


def test_looking_goes_by_index(sqlite: Database) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(
        sqlite,
        "before_cursor_execute",
        lambda _conn, _cursor, query, values, *_: asked.append((query, values)),
    )
    with reading(sqlite) as tx:
        standing.ended_letters(tx)
        standing.open_letters(tx, MONDAY)
        standing.quarantined(tx)
        flow_runs.histories(tx, ["intake"], MONDAY)
        plans = [
            row[3]
            for query, values in list(asked)
            for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
        ]

    large = ("shipments", "receipt_lines", "flow_runs")
    scans = [one for one in plans if one.startswith("SCAN") and "USING" not in one]
    assert [one for one in scans if any(name in one for name in large)] == []
    assert any("ix_flow_runs" in one for one in plans)
