"""A letter's days through the whole set-up, by scheduled runs, while much goes wrong.

Monday the letters come in and Altinn is busy and broken; Monday's night is missed, for no worker
runs; when they are back the vendor's server is down; while receipts are fetched the database
restarts; Wednesday's night is killed in the middle.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from days.timetable import Timetable
from days.trial import SFTP, WORKERS, Trial, set_up, wait_for
from sqlalchemy import func, select, text

from flows.clock import OSLO
from flows.database import alarms, follow
from flows.database.open_items import still_open
from flows.database.session import Database, Tx, open_database, reading
from flows.database.tables import batches, offers, receipt_lines, shipments
from flows.domain.batch import BatchStatus
from flows.domain.status import Status
from flows.sandbox.letters import make_letters
from flows.watching.schedules import SCHEDULES

pytestmark = pytest.mark.day

MONDAY, TUESDAY, THURSDAY, FRIDAY = 23, 24, 26, 27
"""Of November 2026: no holidays, so that two working days are two."""

BUSY_AND_BROKEN = ({"kind": "busy"}, {"kind": "krr_down"})
"""Altinn answers 429, then 500."""

LEFT_BATCHES = (BatchStatus.HANDED_OVER, BatchStatus.ACKNOWLEDGED, BatchStatus.SETTLED)


def on(day: int, clock: str) -> datetime:
    """An instant of that week, by Norwegian clocks."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=OSLO).astimezone(UTC)


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with set_up(tmp_path) as running:
        yield running


@pytest.fixture
def database(trial: Trial) -> Iterator[Database]:
    url = trial.environment("svarut.env")["SVARUT_DATABASE_URL"]
    with open_database(url) as opened:
        yield opened


@pytest.fixture
def timetable(trial: Trial) -> Iterator[Timetable]:
    with trial.prefect() as api:
        yield Timetable(api)


def test_no_letter_is_lost_or_printed_twice_in_days_when_everything_breaks(
    trial: Trial, timetable: Timetable, database: Database
) -> None:
    only_nights_are_held_against_their_schedule(trial)
    deployed, files = timetable.as_deployed(), trial.files()
    timetable.take_over()
    make_letters(
        trial.folder / "var/lib/svarut/inbox",
        senders=["nordvik-skole", "nordvik-byggesak"],
        count=24,
        seed=1,
    )

    letters_come_in(trial, timetable)
    altinn_is_busy_and_broken(trial, timetable, database)
    the_night_is_missed_and_the_vendor_is_away(trial, timetable, database)
    promised = deadlines(database)
    the_database_restarts_while_receipts_are_fetched(trial, timetable, database)
    the_night_is_killed(trial, timetable, database)
    what_was_printed_is_booked(trial, timetable, database)
    assert alarms_on(trial, database, on(THURSDAY, "23:00")) == set()
    endings = everything_is_held_against_each_other(timetable)

    programs = trial.programs()
    trial.set_up()  # a second time, which changes nothing but the schedules we have bent
    again = timetable.as_deployed(), trial.files(), trial.programs()
    printed = trial.vendor("state")["printed"]
    offered = Counter(mail["sendersReference"] for mail in trial.altinn("mail")["mail"])
    with reading(database) as tx:
        tally, items = follow.tally(tx), still_open(tx)
    assert tally.adds_up
    assert tally.taken_in == 24
    assert {status for status, count in tally.by_status.items() if count} == {
        Status.READ,
        Status.PRINTED,
        Status.REJECTED,
    }
    assert set(printed.values()) == {1}
    assert len(printed) == tally[Status.PRINTED]
    assert set(offered.values()) == {1}
    assert endings == ["Completed"] * 3, items
    assert promised
    assert promised.items() <= deadlines(database).items()
    assert all(run["auto_scheduled"] for run in timetable.runs())
    assert again == (deployed, files, programs)
    assert {mode for name, (mode, _) in files.items() if name.endswith(".env")} == {0o600}


def only_nights_are_held_against_their_schedule(trial: Trial) -> None:
    """We leap through the days: what should run around the clock would be missed all the time."""
    flows = [flow for flow in SCHEDULES if flow not in {"last-look", "print-batch"}]
    never = "".join(f'{flow} = ""\n' for flow in flows) + 'last-look = "10 1 * * 1-5"\n'
    with (trial.folder / "etc/svarut/svarut.toml").open("a") as file:
        file.write(f"[watch]\ndisk_free_gb = 0\n[watch.schedules]\n{never}")


def alarms_on(trial: Trial, database: Database, at: datetime) -> set[tuple[str, str]]:
    """Let the timer's unit look at everything; return the alarms that are on, and about what."""
    code = trial.once("svarut-watch", "--at", at.isoformat())
    with reading(database) as tx:
        on_now = {(one.alarm.code, one.alarm.subject) for one in alarms.live(tx)}
    assert code == (3 if on_now else 0)
    return on_now


def letters_come_in(trial: Trial, timetable: Timetable) -> None:
    trial.it_is(on(MONDAY, "08:05"))

    assert timetable.ticks(("intake", on(MONDAY, "08:05"))) == ["Completed"]


def altinn_is_busy_and_broken(trial: Trial, timetable: Timetable, database: Database) -> None:
    """Altinn answers 429 and 500: what it did not take is offered by a later run."""
    trial.altinn("faults", next=BUSY_AND_BROKEN)
    at = on(MONDAY, "08:10")
    while not everything_is_offered(database):
        trial.it_is(at)
        timetable.ticks(("dispatch", at))
        at += timedelta(minutes=10)
        assert at < on(MONDAY, "09:30")

    assert trial.altinn("faults", next=())["waiting"] == 0


def the_night_is_missed_and_the_vendor_is_away(
    trial: Trial, timetable: Timetable, database: Database
) -> None:
    """No worker runs at 01:30: the night's runs wait, and go when one is back in the morning.

    The vendor's server is down just then: the run tries again and gets through.
    """
    trial.order("stop", *WORKERS, SFTP)
    morning = on(TUESDAY, "08:00")
    trial.it_is(morning)
    look = timetable.tick("last_look", on(TUESDAY, "01:10"), starts=morning)
    night = timetable.tick("print_batch", on(TUESDAY, "01:30"), starts=morning)
    wait_for(lambda: timetable.is_past(night), "the night's moment to pass")
    assert timetable.is_named(night, "Scheduled", "Late")
    assert alarms_on(trial, database, on(TUESDAY, "07:55")) == {
        ("PRINT_NIGHT_NOT_RUN", "print-batch"),
        ("FLOW_MISSED", "last-look"),
        ("PAPER_NOT_SENT", "letters"),
        ("LETTER_STUCK", "AKSEPTERT"),  # nobody has asked Altinn about them since Monday morning
    }

    trial.order("start", *WORKERS)
    published = timetable.tick("dispatch", morning)
    wait_for(lambda: timetable.tries_again(night), "the vendor to be called in vain")
    trial.order("start", SFTP)

    assert timetable.ends(look, night, published) == ["Completed"] * 3
    assert batches_that_left(database) > 0
    assert alarms_on(trial, database, on(TUESDAY, "08:05")) == set()


def the_database_restarts_while_receipts_are_fetched(
    trial: Trial, timetable: Timetable, database: Database
) -> None:
    """PostgreSQL goes away under a run and under Prefect; a second run meanwhile is dropped."""
    trial.vendor("work", now=on(TUESDAY, "10:01").isoformat())
    trial.freeze(SFTP)
    answers = timetable.tick("acknowledgements", on(TUESDAY, "10:07"))
    receipts = timetable.tick("receipts", on(TUESDAY, "10:15"))
    wait_for(lambda: timetable.is_named(receipts, "Running"), "receipts to be fetched")
    second = timetable.tick("receipts", on(TUESDAY, "11:15"))
    assert timetable.ends(second) == ["Cancelled"]

    before = started_at(database)
    trial.order("restart-database")
    assert started_at(database) > before
    trial.thaw(SFTP)

    timetable.ends(answers, receipts)
    what_was_printed_is_booked(trial, timetable, database, at=on(TUESDAY, "12:15"))


def the_night_is_killed(trial: Trial, timetable: Timetable, database: Database) -> None:
    """A worker is killed in the middle of the night; the second run waited, and takes over."""
    before = batches_that_left(database)
    trial.it_is(on(THURSDAY, "01:10"))
    assert timetable.ticks(("last_look", on(THURSDAY, "01:10"))) == ["Completed"]
    trial.freeze(SFTP)
    killed = timetable.tick("print_batch", on(THURSDAY, "01:30"))
    wait_for(lambda: batches_under_way(database), "letters to lie in batches")
    second = timetable.tick("print_batch", on(THURSDAY, "03:30"))
    wait_for(lambda: timetable.is_named(second, "AwaitingConcurrencySlot"), "the second to wait")
    process = int(timetable.run(killed)["infrastructure_pid"].rpartition(":")[2])

    trial.order("kill", trial.worker_of(process))
    trial.thaw(SFTP)

    assert timetable.ends(killed, second) == ["Crashed", "Completed"]
    assert batches_that_left(database) > before
    assert not batches_under_way(database)
    assert alarms_on(trial, database, on(THURSDAY, "06:00")) == {
        ("ACKNOWLEDGEMENT_MISSING", batch) for batch in batches_of_thursday(database)
    }  # the vendor has slept; that the night was killed needs nobody, for it was taken up


def what_was_printed_is_booked(
    trial: Trial, timetable: Timetable, database: Database, at: datetime | None = None
) -> None:
    """Answers are read and receipts booked, as often as the schedule comes round until all is."""
    if at is None:
        trial.vendor("work", now=on(THURSDAY, "10:01").isoformat())
        trial.it_is(on(THURSDAY, "10:20"))
        at = on(THURSDAY, "10:15")
        timetable.ticks(
            ("acknowledgements", on(THURSDAY, "10:07")),
            ("receipts", at),
            ("dispatch", on(THURSDAY, "10:20")),
        )
    while not everything_printed_is_booked(trial, database):
        at += timedelta(hours=1)
        timetable.ticks(("acknowledgements", at + timedelta(minutes=7)), ("receipts", at))
        assert at < on(FRIDAY, "04:00")


def everything_is_held_against_each_other(timetable: Timetable) -> list[str]:
    return timetable.ticks(
        ("reconcile", on(FRIDAY, "05:00")),
        ("reports", on(FRIDAY, "06:00")),
        ("feeds", on(FRIDAY, "06:03")),
    )


def started_at(database: Database) -> datetime:
    with reading(database) as tx:
        started: datetime = tx.scalars(text("SELECT pg_postmaster_start_time()")).one()
        return started


def everything_is_offered(database: Database) -> bool:
    with reading(database) as tx:
        states = Counter(tx.scalars(select(offers.c.state)))
    return bool(states) and not states["INTENDED"]


def everything_printed_is_booked(trial: Trial, database: Database) -> bool:
    printed = trial.vendor("state")["printed"]
    with reading(database) as tx:
        booked = tx.scalar(select(func.count()).select_from(receipt_lines))
        return booked == len(printed) and not batches_in(tx, BatchStatus.HANDED_OVER)


def batches_that_left(database: Database) -> int:
    with reading(database) as tx:
        return batches_in(tx, *LEFT_BATCHES)


def batches_under_way(database: Database) -> int:
    with reading(database) as tx:
        return batches_in(tx, BatchStatus.RESERVED, BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER)


def batches_of_thursday(database: Database) -> list[str]:
    with reading(database) as tx:
        return list(tx.scalars(select(batches.c.id).where(batches.c.id.like("SVAR-20261126-%"))))


def deadlines(database: Database) -> dict[str, datetime]:
    """When each letter must have been read; told once, whatever the nights do."""
    with reading(database) as tx:
        rows = tx.execute(
            select(shipments.c.id, shipments.c.due_at).where(shipments.c.due_at.is_not(None))
        )
        return {row.id: row.due_at for row in rows}


def batches_in(tx: Tx, *states: BatchStatus) -> int:
    return tx.scalar(select(func.count()).where(batches.c.status.in_(states))) or 0
