"""What a vendor says a second time, and what a person does about it, in both databases."""

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from builders import MONDAY, handed_over
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from vendor_writers import a_letter, written

from flows.archive import Archive
from flows.database import (
    booking,
    booking_in_parts,
    facts,
    receipt_quarantine,
    receipts,
    retention,
)
from flows.database.open_items import still_open
from flows.database.session import Database, open_database, reading, transaction
from flows.database.tables import charges, events, receipt_lines, shipments
from flows.domain.shipment import ShipmentId
from flows.domain.vendor_profile import NEUTRAL
from flows.errors import NeedsAPerson
from flows.receipts import replaying
from flows.receipts.ingestion import BookingCounts, book_file, stage_receipts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.settings import Settings

pytestmark = pytest.mark.integration

NIGHT, DAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)
LATER = DAY + timedelta(days=30)
BATCH = "SVAR-20261124-01-C5SHS"


def said(letters: Iterable[ShipmentId], **changes: object) -> list[dict[str, object]]:
    return [a_letter(n, shipment_id=one, **changes) for n, one in enumerate(letters, start=1)]


def book(database: Database, lines: list[dict[str, object]], at: object = DAY) -> BookingCounts:
    content = written(lines, NEUTRAL)
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile), read
    sha256 = hashlib.sha256(content).hexdigest()
    stage_receipts(database, "default", "a.csv", sha256, read, at)  # type: ignore[arg-type]
    return book_file(database, sha256, at)  # type: ignore[arg-type]


def sums(database: Database) -> dict[str, int]:
    with reading(database) as tx:
        rows = tx.execute(select(charges.c.kind, func.sum(charges.c.net_ore)).group_by("kind"))
        return {kind: int(net) for kind, net in rows}


def states(database: Database) -> dict[str, int]:
    with reading(database) as tx:
        rows = tx.execute(select(receipt_lines.c.state, func.count()).group_by("state"))
        return {str(state): count for state, count in rows}


def test_a_correction_reverses_the_old_charges_and_books_the_new(database: Database) -> None:
    letters = handed_over(database, 2)
    book(database, said(letters))

    counts = book(database, said(letters[:1], postage_ore=1400, kind="korreksjon"), LATER)

    assert counts == BookingCounts(applied=1)
    assert sums(database) == {"PRODUCTION": 2 * 260, "POSTAGE": 1992 + 1400}
    assert states(database) == {"APPLIED": 2, "REVERSED": 1}
    with reading(database) as tx:
        rows = tx.execute(
            select(charges).where(charges.c.shipment_id == letters[0], charges.c.kind == "POSTAGE")
        ).all()
        kinds = list(tx.scalars(select(events.c.kind).where(events.c.shipment_id == letters[0])))
    assert sorted((row.charge_class, row.net_ore, row.vat_ore) for row in rows) == [
        ("CHARGE", 1400, 350),
        ("CHARGE", 1992, 498),
        ("REVERSAL", -1992, -498),
    ]
    # What is taken back counts where it was counted, and says when it was booked.
    assert {row.posted_on for row in rows} == {DAY.date() - timedelta(days=1)}
    assert {row.booked_on for row in rows if row.net_ore != 1992} == {LATER.date()}
    assert "receipt_corrected" in kinds


def test_a_letter_cleared_long_ago_is_still_corrected(database: Database) -> None:
    letters = handed_over(database, 1)
    book(database, said(letters))
    long_after = DAY + timedelta(days=150)
    with transaction(database) as tx:
        retention.clear(tx, letters, is_field=bool, at=long_after)

    counts = book(
        database, said(letters, postage_ore=1400, kind="korreksjon"), long_after + timedelta(days=1)
    )

    assert counts == BookingCounts(applied=1)
    assert sums(database) == {"PRODUCTION": 260, "POSTAGE": 1400}


def test_a_month_with_a_correction_has_the_letter_once_with_what_is_in_force(
    database: Database,
) -> None:
    letters = handed_over(database, 1)
    book(database, said(letters))
    book(database, said(letters, postage_ore=1400, weight_grams=19, kind="korreksjon"), LATER)

    with reading(database) as tx:
        rows = tx.execute(select(charges.c.kind, func.sum(charges.c.net_ore)).group_by("kind"))
        assert dict(rows.all()) == {"POSTAGE": 1400, "PRODUCTION": 260}
        totals = facts.control_totals(tx)

    assert (totals["lines:APPLIED"], totals["charges"], totals["charged_letters"]) == (1, 2, 1)


def test_a_reversal_takes_the_charges_back_and_the_letter_stays_printed(
    database: Database,
) -> None:
    letters = handed_over(database, 1)
    book(database, said(letters))

    counts = book(database, said(letters, kind="tilbakeføring"), LATER)
    again = book(database, said(letters, kind="tilbakeføring", product="B"), LATER)

    assert (counts, again) == (BookingCounts(applied=1), BookingCounts(duplicates=1))
    assert sums(database) == {"PRODUCTION": 0, "POSTAGE": 0}
    with reading(database) as tx:
        assert list(tx.scalars(select(shipments.c.status))) == ["PRINTET"]
        assert facts.control_totals(tx)["charges"] == 0


def test_a_receipt_its_correction_and_a_second_correction_may_stand_in_one_file(
    database: Database,
) -> None:
    letters = handed_over(database, 1)
    lines = [
        *said(letters, postage_ore=1400, kind="korreksjon"),
        *said(letters),
        *said(letters, postage_ore=1200, kind="korreksjon"),
    ]

    counts = book(database, lines)

    assert counts == BookingCounts(applied=3)
    assert sums(database) == {"PRODUCTION": 260, "POSTAGE": 1200}
    assert states(database) == {"APPLIED": 1, "REVERSED": 2}


def test_a_changed_line_waits_and_a_person_makes_it_a_correction(database: Database) -> None:
    letters = handed_over(database, 1)
    book(database, said(letters))
    counts = book(database, said(letters, postage_ore=1400), LATER)
    with reading(database) as tx:
        (one,) = receipt_quarantine.waiting(tx)
    line = one.line or 0

    replaying.fix_line(
        database, one.file_sha256, line, {"kind": "CORRECTION"}, by="ON", why="phoned", now=LATER
    )
    replayed = replaying.replay_lines(
        database, one.file_sha256, [line], by="ON", why="phoned", now=LATER
    )
    again = replaying.replay_lines(
        database, one.file_sha256, [line], by="ON", why="phoned", now=LATER
    )

    assert counts == BookingCounts(quarantined=1)
    assert (replayed, again) == (BookingCounts(applied=1), BookingCounts())
    assert sums(database) == {"PRODUCTION": 260, "POSTAGE": 1400}
    with reading(database) as tx:
        done = receipt_quarantine.done_with(tx, one.file_sha256, line)
        assert [(each.kind, each.actor, each.why) for each in done][:2] == [
            ("fixed", "ON", "phoned"),
            ("replayed", "ON", "phoned"),
        ]
        assert done[0].detail == {"kind": ["RECEIPT", "CORRECTION"]}
        assert still_open(tx) == []


def test_an_unreadable_line_is_corrected_and_replayed(database: Database) -> None:
    letters = handed_over(database, 2)
    lines = said(letters)
    lines[1] |= {"weight_grams": "tolv", "piece_number": "to"}
    book(database, lines)
    with reading(database) as tx:
        (one,) = receipt_quarantine.waiting(tx)
    place = (database, one.file_sha256, one.line or 0)

    early = replaying.replay_lines(*place[:2], [place[2]], by="ON", why="?", now=DAY)
    replaying.fix_line(*place, {"weight_grams": "22"}, by="ON", why="weighed", now=DAY)
    half = replaying.replay_lines(*place[:2], [place[2]], by="ON", why="?", now=DAY)
    replaying.fix_line(*place, {"piece_number": "2"}, by="ON", why="looked", now=DAY)
    whole = replaying.replay_lines(*place[:2], [], by="ON", why="now whole", now=DAY)

    assert early == half == BookingCounts(quarantined=1)
    assert whole == BookingCounts(applied=1)
    assert sums(database) == {"PRODUCTION": 2 * 260, "POSTAGE": 2 * 1992}


def test_a_fix_that_makes_no_sense_changes_nothing_and_says_everything(sqlite: Database) -> None:
    letters = handed_over(sqlite, 1)
    book(sqlite, said(letters, batch_id="X"))
    with reading(sqlite) as tx:
        (one,) = receipt_quarantine.waiting(tx)
    changes = {"vekt": "1", "weight_grams": "tolv", "posted_at": "2026-11-25T10:00", "kind": "X"}

    with pytest.raises(NeedsAPerson) as raised:
        replaying.fix_line(
            sqlite, one.file_sha256, one.line or 0, changes, by="ON", why="", now=DAY
        )

    assert all(name in raised.value.what for name in changes)


def test_a_dismissed_line_is_never_booked(database: Database) -> None:
    letters = handed_over(database, 1)
    book(database, said(letters, batch_id="TEST-1"))
    with reading(database) as tx:
        (one,) = receipt_quarantine.waiting(tx)
    place = (database, one.file_sha256, [one.line or 0])

    gone = replaying.dismiss(*place, by="ON", why="a test", now=DAY)
    again = replaying.dismiss(*place, by="ON", why="a test", now=DAY)

    assert (gone, again) == (1, 0)
    assert states(database) == {"DISMISSED": 1}
    assert replaying.replay_lines(*place, by="ON", why="", now=DAY) == BookingCounts()
    with reading(database) as tx:
        assert still_open(tx) == []


def test_a_file_whose_cost_vanished_waits_whole_until_a_person_says_so(
    sqlite: Database, tmp_path: Path
) -> None:
    letters = handed_over(sqlite, 3)
    settings = Settings(home=tmp_path)
    content = written(said(letters, production_ore=0), NEUTRAL)
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile)
    kept = tmp_path / "file"
    kept.write_bytes(content)
    sha256 = Archive(settings.archive_folder).put(kept)
    with transaction(sqlite) as tx:
        receipts.keep_file(
            tx, sha256=sha256, name="a.csv", state="QUARANTINED", reason="cost is gone", at=DAY
        )

    counts = replaying.replay_file(sqlite, settings, sha256, by="ON", why="a gift", now=DAY)

    assert counts == BookingCounts(applied=3)
    assert sums(sqlite) == {"PRODUCTION": 0, "POSTAGE": 3 * 1992}
    with reading(sqlite) as tx:
        assert [one.kind for one in receipt_quarantine.done_with(tx, sha256, None)] == ["replayed"]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


LINES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.fixed_dictionaries(
            {},
            optional={
                "kind": st.sampled_from(["", "korreksjon", "tilbakeføring"]),
                "batch_id": st.sampled_from([BATCH, "X", "TEST-1"]),
                "piece_number": st.integers(1, 4),
                "postage_ore": st.sampled_from([1992, 1400]),
                "weight_grams": st.sampled_from([22, "tolv"]),
                "posted_at": st.sampled_from([a_letter()["posted_at"], NIGHT, LATER]),
            },
        ),
    ),
    min_size=1,
    max_size=10,
)


@given(LINES)
@given_settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_booked_in_bulk_is_what_is_decided_line_by_line(
    scratch: Path, sqlite_with_tables: Path, chosen: list[tuple[int, Mapping[str, object]]]
) -> None:
    found = []
    for bulk in (True, False):
        file = scratch / f"{bulk}.db"
        shutil.copy(sqlite_with_tables, file)
        with open_database(f"sqlite:///{file}") as database:
            letters = handed_over(database, 3)
            unknown = ShipmentId("00000000-0000-4000-8000-999999999999")
            known = [*letters, unknown]
            lines = [
                {**a_letter(number + 1, shipment_id=known[number]), **changes}
                for number, changes in chosen
            ]
            original = booking_in_parts.book_clear_lines
            if not bulk:
                booking_in_parts.book_clear_lines = lambda *_, **__: booking.BookedInBulk(0, ())
            try:
                book(database, lines)
            finally:
                booking_in_parts.book_clear_lines = original
            found.append(_ended(database, known))

    assert found[0] == found[1]


def _ended(database: Database, letters: list[ShipmentId]) -> object:
    place = {one: number for number, one in enumerate(letters)}
    with reading(database) as tx:
        lines = tx.execute(
            select(receipt_lines.c.line, receipt_lines.c.state).order_by(receipt_lines.c.line)
        )
        cost_rows = tx.execute(
            select(
                charges.c.line, charges.c.kind, charges.c.charge_class, charges.c.net_ore,
                charges.c.vat_ore, charges.c.posted_on, charges.c.booked_on,
                charges.c.account_code, charges.c.shipment_id,
            )
        )  # fmt: skip
        status = tx.execute(select(shipments.c.id, shipments.c.status))
        happened = tx.execute(
            select(events.c.shipment_id, events.c.kind, events.c.to_status, events.c.detail)
        )
        return (
            [tuple(row) for row in lines],
            sorted((*row[:-1], place[row[-1]]) for row in cost_rows),
            sorted((place[one], state) for one, state in status),
            sorted(
                (place[row[0]], row[1], str(row[2]), row[3].get("receipt", "").partition(":")[2])
                for row in happened
                if row[1] != "reserved"
            ),
        )
