"""Senders who print by hand: every letter in one file, none twice, none that was read, in both
databases."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from builders import (
    MONDAY,
    a_document,
    a_recipient,
    a_registration,
    a_sender,
    notified,
    on_paper,
    registered,
)
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from flows.archive import Archive
from flows.database import facts, follow, hand_print, holds, offers
from flows.database.open_items import still_open
from flows.database.reconciled import read_facts
from flows.database.senders import all_senders, keep_senders
from flows.database.session import Database, reading, transaction
from flows.database.tables import shipments
from flows.domain.sender import MANUAL
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.errors import NeedsAPerson
from flows.print_batch import by_hand
from flows.print_batch.reserving import reserve_batches
from flows.settings import Settings

pytestmark = pytest.mark.integration

NIGHT = MONDAY + timedelta(days=3)
DAY = NIGHT.date()


class House:
    """A sender that prints its own letters."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings
        self.archive = Archive(settings.archive_folder)

    def letters(self, count: int, pages: int = 1, *, digital: bool = False) -> list[ShipmentId]:
        file = self.settings.home / f"letter-{pages}.pdf"
        canvas = Canvas(str(file), invariant=1)
        for _ in range(pages):
            canvas.drawString(100, 500, "Vedtak")
            canvas.showPage()
        canvas.save()
        document = a_document(1, pages, sha256=self.archive.put(file))
        made = [
            a_registration(documents=(document,), recipient=a_recipient(), duplex=pages > 1)
            for _ in range(count)
        ]
        with transaction(self.database) as tx:
            ids = registered(tx, *made)
            keep_senders(tx, [a_sender(print_vendor=MANUAL)])
            if digital:
                self.offers = notified(tx, *ids, due_at=NIGHT - timedelta(hours=1))
                asked = [one.key for one in self.offers]
                offers.record_asked(tx, asked, NIGHT - timedelta(minutes=5))
            else:
                on_paper(tx, *ids)
        return ids

    def print(self) -> list[Path]:
        made = by_hand.print_by_hand(self.database, self.settings, "nordvik", NIGHT)
        return list(made.values())

    def confirm(self, **leave_out: set[int]) -> int:
        named = {name.replace("_", "-"): numbers for name, numbers in leave_out.items()}
        counts = by_hand.confirm(
            self.database, self.settings, "nordvik", DAY, named, by="KA", now=NIGHT
        )
        return sum(counts.values())

    def statuses(self) -> list[str]:
        with reading(self.database) as tx:
            return list(tx.scalars(select(shipments.c.status).order_by(shipments.c.id)))

    def jobs(self) -> list[hand_print.HandJob]:
        with reading(self.database) as tx:
            return hand_print.jobs(tx, confirmed=True)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, Settings(home=tmp_path))


def pages_of(file: Path) -> list[str]:
    pdf = pdfium.PdfDocument(file)
    texts = [page.get_textpage().get_text_bounded() for page in pdf]
    pdf.close()
    return texts


def test_letters_are_printed_confirmed_and_printed_in_our_books(house: House) -> None:
    house.letters(3)

    (file,) = house.print()
    pages = pages_of(file)
    done = house.confirm()

    assert len(pages) == 6
    assert "SVARH-20261126-01-C5SHS" in pages[0]
    assert done == 3
    assert house.statuses() == [Status.PRINTED] * 3
    assert not file.exists()
    assert [(job.confirmed_by, job.live) for job in house.jobs()] == [("KA", 3)]
    with reading(house.database) as tx:
        assert follow.tally(tx).adds_up
        assert facts.control_totals(tx)["printed_by_hand"] == 3
        assert read_facts(tx, now=NIGHT + timedelta(days=9), looked_back_days=90).unproved == []


def test_each_way_of_printing_has_a_file_of_its_own(house: House) -> None:
    house.letters(1)
    house.letters(2, pages=2)

    files = house.print()

    assert [file.stem[-5:] for file in files] == ["C5SHD", "C5SHS"]
    assert [len(pages_of(file)) for file in files] == [8, 2]


def test_printing_again_makes_the_same_file_and_no_second_place(house: House) -> None:
    house.letters(2)
    (file,) = house.print()
    content = file.read_bytes()
    file.unlink()

    (again,) = house.print()

    assert again.read_bytes() == content
    assert len(house.jobs()) == 1
    assert file.stat().st_mode & 0o777 == 0o600


def test_confirming_again_changes_nothing(house: House) -> None:
    house.letters(2)
    house.print()
    house.confirm()

    assert house.confirm() == 0
    assert house.statuses() == [Status.PRINTED] * 2


def test_a_letter_that_went_wrong_is_printed_with_the_next(house: House) -> None:
    house.letters(3)
    house.print()

    done = house.confirm(SVARH_20261126_01_C5SHS={2})
    (again,) = house.print()

    assert done == 2
    assert again.stem == "SVARH-20261126-02-C5SHS"
    assert len(pages_of(again)) == 2


def test_a_number_that_is_in_no_file_confirms_nothing(house: House) -> None:
    house.letters(1)
    house.print()

    with pytest.raises(NeedsAPerson, match="no letter has number 7"):
        house.confirm(SVARH_20261126_01_C5SHS={1, 7})

    assert house.statuses() == [Status.ACCEPTED]


def test_a_letter_read_after_its_file_was_made_is_not_sent(house: House) -> None:
    house.letters(2, digital=True)
    house.print()
    with transaction(house.database) as tx:
        offers.record_reads(tx, [(house.offers[0], NIGHT)], NIGHT)

    waiting = by_hand.look(house.database, NIGHT)
    done = house.confirm()

    (job,) = waiting.jobs
    (number,) = job.left["READ"]
    assert (job.live, number in {1, 2}) == (1, True)
    assert done == 1
    assert sorted(house.statuses()) == [Status.READ, Status.PRINTED]


def test_no_vendor_prints_what_a_sender_prints_whoever_prints_now(house: House) -> None:
    house.letters(2)
    house.print()
    with transaction(house.database) as tx:
        senders = [replace(one, print_vendor="default") for one in all_senders(tx).values()]
        keep_senders(tx, senders)

    assert reserve_batches(house.database, house.settings, NIGHT) == []
    assert house.confirm() == 2


def test_letters_of_a_sender_that_takes_a_vendor_go_there_when_no_file_has_them(
    house: House,
) -> None:
    house.letters(2)
    with transaction(house.database) as tx:
        senders = [replace(one, print_vendor="default") for one in all_senders(tx).values()]
        keep_senders(tx, senders)

    assert len(reserve_batches(house.database, house.settings, NIGHT)) == 1
    with pytest.raises(NeedsAPerson, match="does not print by hand"):
        house.print()


def test_a_letter_that_waits_more_than_seven_days_asks_for_a_person(house: House) -> None:
    house.letters(1)
    house.print()
    items: list[set[str]] = []

    for days in (6, 8):
        by_hand.tell_of_old(house.database, MONDAY + timedelta(days=days))
        with reading(house.database) as tx:
            items.append({item.code for item, _ in still_open(tx)})
    house.confirm()
    by_hand.tell_of_old(house.database, MONDAY + timedelta(days=9))

    assert items == [set(), {by_hand.WAITS}]
    with reading(house.database) as tx:
        assert still_open(tx) == []


def test_a_letter_that_cannot_be_printed_is_left_out_and_told(house: House) -> None:
    first, _ = house.letters(2)
    with transaction(house.database) as tx:
        tx.execute(shipments.update().where(shipments.c.id == first).values(own_address_page=False))
        tx.exec_driver_sql(
            f"UPDATE recipients SET name = 'Oline \u4e2d' WHERE shipment_id IN ('{first}')"
        )

    (file,) = house.print()

    assert len(pages_of(file)) == 2
    with reading(house.database) as tx:
        assert [item.code for item, _ in still_open(tx)] == ["LETTER_NOT_PRINTABLE"]
    assert house.confirm() == 1


def test_a_letter_in_a_file_is_not_held_or_handled_behind_its_printers_back(house: House) -> None:
    (letter,) = house.letters(1)
    house.print()

    with (
        transaction(house.database) as tx,
        pytest.raises(NeedsAPerson, match="in a file that its sender prints"),
    ):
        holds.hold(tx, [letter], by="KA", why="x", at=NIGHT)


def test_a_sender_that_is_not_there_is_told(house: House) -> None:
    with pytest.raises(NeedsAPerson, match="there is no such sender"):
        house.print()
