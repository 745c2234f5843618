"""Which letters a night reserves, on both databases; and two runs at once on PostgreSQL."""

import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import MONDAY, a_registration, a_sender, notified, on_paper, registered
from sqlalchemy import func, select

from flows.clock import OSLO
from flows.database import holds, offers, tables
from flows.database.batches import NOT_PRINTABLE
from flows.database.open_items import OpenItem, raise_item, still_open
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.database.vendors import keep_profiles
from flows.domain.batch import BatchId
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.vendor_profile import NEUTRAL, Calendar, Selection, VendorProfile
from flows.errors import NeedsAPerson
from flows.print_batch import approving
from flows.print_batch.reserving import reserve_batches, show_night
from flows.settings import Settings

pytestmark = pytest.mark.integration

TUESDAY = datetime(2026, 11, 24, 1, 30, tzinfo=OSLO).astimezone(UTC)
WEDNESDAY, THURSDAY = TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=2)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def letters_on_paper(
    database: Database, count: int, at: datetime = MONDAY, sender: str = "nordvik"
) -> list[ShipmentId]:
    with transaction(database) as tx:
        ids = registered(tx, *(a_registration(sender_id=sender) for _ in range(count)), at=at)
        on_paper(tx, *ids, at=at)
    return ids


def the_vendor_is(
    database: Database, calendar: Calendar = NEUTRAL.calendar, **some: object
) -> None:
    profile = replace(NEUTRAL, calendar=calendar, selection=Selection(**some))  # type: ignore[arg-type]
    keep(database, profile)


def keep(database: Database, profile: VendorProfile) -> None:
    with transaction(database) as tx:
        keep_profiles(tx, [profile])


def reserved(database: Database) -> Mapping[ShipmentId, int]:
    """In how many live batches each letter is."""
    with reading(database) as tx:
        return Counter(tx.scalars(select(tables.pieces.c.shipment_id).where(tables.pieces.c.live)))


def open_items(database: Database) -> dict[str, str]:
    with reading(database) as tx:
        return {item.code: item.subject for item, _ in still_open(tx)}


def test_what_comes_after_the_cut_off_goes_the_next_night(
    database: Database, settings: Settings
) -> None:
    the_vendor_is(database, Calendar(cut_off="17:30"))
    early = letters_on_paper(database, 1, MONDAY + timedelta(hours=8))
    late = letters_on_paper(database, 1, MONDAY + timedelta(hours=9))

    night = show_night(database, settings, TUESDAY)
    reserve_batches(database, settings, TUESDAY)
    first = reserved(database)
    reserve_batches(database, settings, WEDNESDAY)

    assert night.waiting == {"after the cut-off": 1}
    assert list(first) == early
    assert reserved(database) == dict.fromkeys([*early, *late], 1)


def test_a_dry_run_counts_what_is_kept_back_for_a_person(
    database: Database, settings: Settings
) -> None:
    going, held, unprintable = letters_on_paper(database, 3)
    waiting = letters_on_paper(database, 2, sender="sorvik")
    with transaction(database) as tx:
        keep_senders(tx, [a_sender("sorvik", on_hold=True)])
        holds.hold(tx, [held, waiting[0]], by="ON", why="two of them", at=MONDAY)
        raise_item(tx, OpenItem(NOT_PRINTABLE, unprintable, "the address", "mend it"), MONDAY)

    night = show_night(database, settings, TUESDAY)
    reserve_batches(database, settings, TUESDAY)

    assert night.kept_back == {
        ("nordvik", "HELD_BY_A_PERSON"): 1,
        ("nordvik", "LETTER_NOT_PRINTABLE"): 1,
        ("sorvik", "the sender is on hold"): 2,
    }
    assert list(reserved(database)) == [going]


def test_the_letters_of_missed_nights_join_the_next(database: Database, settings: Settings) -> None:
    paper = letters_on_paper(database, 2)
    with transaction(database) as tx:
        unread = registered(tx, a_registration(), a_registration())
        due = (MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))
        sent = [
            offer
            for one, due_at in zip(unread, due, strict=True)
            for offer in notified(tx, one, due_at=due_at)
        ]
        offers.record_asked(tx, [one.key for one in sent], THURSDAY)

    reserve_batches(database, settings, THURSDAY)

    assert reserved(database) == dict.fromkeys([*paper, *unread], 1)


def test_nothing_is_reserved_on_the_vendors_days_off(
    database: Database, settings: Settings
) -> None:
    the_vendor_is(database, Calendar(closed_days=(TUESDAY.astimezone(OSLO).date(),)))
    letters = letters_on_paper(database, 2)

    closed = reserve_batches(database, settings, TUESDAY)
    reserve_batches(database, settings, WEDNESDAY)

    assert closed == []
    assert reserved(database) == dict.fromkeys(letters, 1)


def test_the_letters_of_those_who_print_by_hand_never_go_to_the_vendor(
    database: Database, settings: Settings
) -> None:
    theirs = letters_on_paper(database, 2, sender="sorvik")
    ours = letters_on_paper(database, 1)
    with transaction(database) as tx:
        keep_senders(tx, [a_sender("sorvik", print_vendor="manual")])

    reserve_batches(database, settings, TUESDAY)

    assert list(reserved(database)) == ours
    assert not set(theirs) & set(reserved(database))


def test_a_large_night_waits_for_a_person_and_nothing_is_lost(
    database: Database, settings: Settings
) -> None:
    the_vendor_is(database, approve_above=3)
    letters = letters_on_paper(database, 5)

    for _ in range(2):
        reserve_batches(database, settings, TUESDAY)
    before, waiting = reserved(database), show_night(database, settings, TUESDAY).waiting
    asked = open_items(database)
    with transaction(database) as tx:
        night = approving.night_named(settings, "2026-11-24")
        new = approving.approve(tx, night, by="ON", why="skattelister", at=TUESDAY)
        again = approving.approve(tx, night, by="ON", why="skattelister", at=TUESDAY)
    reserve_batches(database, settings, TUESDAY)

    assert list(before.values()) == [1, 1, 1]
    assert waiting == {"until somebody approves the night": 2}
    assert asked == {"NIGHT_TO_APPROVE": "SVAR-20261124"}
    assert (new, again) == (True, False)
    assert reserved(database) == dict.fromkeys(letters, 1)
    assert open_items(database) == {}


def test_a_night_can_be_approved_before_it_comes_and_only_that_one(
    database: Database, settings: Settings
) -> None:
    the_vendor_is(database, approve_above=1)
    letters = letters_on_paper(database, 3)
    with transaction(database) as tx:
        approving.approve(tx, "SVAR-20261125", by="ON", why="valgkort", at=MONDAY)

    reserve_batches(database, settings, TUESDAY)
    tuesday = reserved(database)
    reserve_batches(database, settings, WEDNESDAY)

    assert len(tuesday) == 1
    assert reserved(database) == dict.fromkeys(letters, 1)
    assert open_items(database) == {}


@pytest.mark.parametrize("text", ["SVAR-20261124", "2026-11-24", "SVAR-20261124-01-C5SHS"])
def test_a_night_is_named_by_its_date_or_a_batch(settings: Settings, text: str) -> None:
    assert approving.night_named(settings, text) == "SVAR-20261124"


@pytest.mark.parametrize("text", ["tonight", "KOMM-20261124", "2026-11"])
def test_what_is_no_night_is_refused(settings: Settings, text: str) -> None:
    with pytest.raises(NeedsAPerson, match="no night"):
        approving.night_named(settings, text)


def test_letters_of_a_class_that_the_vendor_does_not_take_wait_and_are_told(
    database: Database, settings: Settings
) -> None:
    letters = letters_on_paper(database, 2)
    keep(database, replace(NEUTRAL, job_classes=("C4SHS",)))

    reserve_batches(database, settings, TUESDAY)
    told, waited = open_items(database), dict(reserved(database))
    keep(database, NEUTRAL)
    reserve_batches(database, settings, TUESDAY)

    assert (told, waited) == ({"JOB_CLASS_NOT_TAKEN": "C5SHS"}, {})
    assert reserved(database) == dict.fromkeys(letters, 1)
    assert open_items(database) == {}


def test_a_dry_run_shows_the_night_by_class_and_sender_and_touches_nothing(
    database: Database, settings: Settings
) -> None:
    letters_on_paper(database, 2)
    letters_on_paper(database, 1, sender="sorvik")
    before = rows_of(database)

    night = show_night(database, settings, TUESDAY)

    found = {key: (row.letters, row.sheets, sorted(row.unknown)) for key, row in night.rows.items()}
    unknown = ["KONV-AUTO-C5", "EKSTRAARK-AUTO", "PORTO-BREV-50G", "PRINT-SH-SIDE"]
    assert found == {
        ("C5SHS", SenderId("nordvik")): (2, 6, sorted(unknown)),
        ("C5SHS", SenderId("sorvik")): (1, 3, sorted(unknown)),
    }
    assert rows_of(database) == before


def rows_of(database: Database) -> dict[str, int | None]:
    with reading(database) as tx:
        return {
            table.name: tx.scalar(select(func.count()).select_from(table))
            for table in tables.metadata.sorted_tables
        }


def test_two_runs_at_once_reserve_every_letter_once(postgres: Database, settings: Settings) -> None:
    letters = [one for _ in range(3) for one in letters_on_paper(postgres, 40)]
    settings = settings.model_copy(update={"letters_per_batch": 25})
    barrier = threading.Barrier(4)

    def night(_: int) -> list[BatchId]:
        barrier.wait(30)
        return reserve_batches(postgres, settings, TUESDAY)

    with ThreadPoolExecutor(4) as runs:
        made = list(runs.map(night, range(4)))

    assert reserved(postgres) == dict.fromkeys(letters, 1)
    assert len([batch for run in made for batch in run]) == 5


def test_a_letter_somebody_is_changing_is_passed_over_and_joins_the_next_run(
    postgres: Database, settings: Settings
) -> None:
    held, *others = letters_on_paper(postgres, 3)
    shipments = tables.shipments

    with transaction(postgres) as tx:
        tx.execute(select(shipments.c.id).where(shipments.c.id == held).with_for_update())
        reserve_batches(postgres, settings, TUESDAY)
        meanwhile = dict(reserved(postgres))
    reserve_batches(postgres, settings, TUESDAY)

    assert meanwhile == dict.fromkeys(others, 1)
    assert reserved(postgres) == dict.fromkeys([held, *others], 1)
