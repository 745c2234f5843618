"""Charges come into the ledger once, whatever is run how often, in both databases."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from builders import MONDAY, a_registration, handed_over, notified, registered
from sqlalchemy import func, select, update
from vendor_writers import a_letter, written

from flows.database.ledger import enter_charges
from flows.database.ledger_tables import ledger
from flows.database.offers import record_reads
from flows.database.prices import keep_price_list
from flows.database.reconciled_money import ledger_gaps
from flows.database.session import Database, reading, transaction
from flows.database.tables import charges
from flows.database.used_articles import articles_used
from flows.domain.price_list import parse_prices
from flows.domain.shipment import ShipmentId
from flows.domain.vendor_profile import NEUTRAL
from flows.receipts.ingestion import book_file, stage_receipts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from reports.cost_benefit.basis import read_basis

pytestmark = pytest.mark.integration

DAY = MONDAY + timedelta(days=3)
NEXT_DAY = f"{MONDAY + timedelta(days=1):%Y-%m-%d}"
LATER = DAY + timedelta(days=30)
PRICES = "\n".join(
    f'[[price]]\nsku = "{sku}"\nprice_ore = "{ore}"\nvalid_from = 2026-01-01\n'
    for sku, ore in {
        "PRINT-SH-SIDE": "42",
        "KONV-AUTO-C5": "45",
        "EKSTRAARK-AUTO": "45",
        "PORTO-BREV-20G": "1992",
        "PORTO-BREV-50G": "2500",
    }.items()
)


def book(database: Database, letters: list[ShipmentId], at: Any = DAY, **changes: object) -> None:
    lines = [a_letter(n, shipment_id=one, **changes) for n, one in enumerate(letters, start=1)]
    content = written(lines, NEUTRAL)
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile), read
    sha256 = hashlib.sha256(content).hexdigest()
    stage_receipts(database, "default", "a.csv", sha256, read, at)
    book_file(database, sha256, at)


def enter(database: Database) -> int:
    with transaction(database) as tx:
        return enter_charges(tx, grace_days=5)


def sums(database: Database, table: Any, column: str) -> dict[tuple[str, str], int]:
    keys = (table.c.shipment_id, table.c.kind)
    with reading(database) as tx:
        rows = tx.execute(select(*keys, func.sum(table.c[column])).group_by(*keys))
        return {(shipment, kind): int(total) for shipment, kind, total in rows}


def test_every_charge_is_entered_once_and_adds_up(database: Database) -> None:
    with transaction(database) as tx:
        keep_price_list(tx, parse_prices(PRICES))
    book(database, handed_over(database, 3))

    first, second = enter(database), enter(database)

    assert (first > 6, second) == (True, 0)
    assert sums(database, ledger, "billed_ore") == sums(database, charges, "net_ore")
    assert sums(database, ledger, "vat_ore") == sums(database, charges, "vat_ore")


def test_a_correction_takes_back_article_for_article_and_says_when_it_is_billed(
    database: Database,
) -> None:
    with transaction(database) as tx:
        keep_price_list(tx, parse_prices(PRICES))
    letters = handed_over(database, 2)
    book(database, letters)
    enter(database)

    book(database, letters[:1], LATER, postage_ore=1400, kind="korreksjon")
    enter(database)

    assert sums(database, ledger, "billed_ore") == sums(database, charges, "net_ore")
    with reading(database) as tx:
        rows = tx.execute(
            select(ledger).where(ledger.c.shipment_id == letters[0], ledger.c.kind == "POSTAGE")
        ).all()
    assert sorted((row.entry_class, row.billing_period, row.billed_ore) for row in rows) == [
        ("CORRECTION", "2026-12", -1992),
        ("FIRST", "2026-11", 1992),
        ("FIRST", "2026-12", 1400),
    ]
    # What the first was and what takes it back differ in nothing but the sign.
    quantities = dict.fromkeys((row.sku for row in rows), 0)
    for row in rows:
        quantities[row.sku] += row.quantity
    assert set(quantities.values()) == {1}


def test_a_correction_that_comes_before_the_ledger_is_made_is_entered_whole(
    database: Database,
) -> None:
    letters = handed_over(database, 1)
    book(database, letters)
    book(database, letters, LATER, postage_ore=1400, kind="korreksjon")

    enter(database)

    assert sums(database, ledger, "billed_ore") == sums(database, charges, "net_ore")
    assert enter(database) == 0


def test_what_was_measured_is_counted_by_month_and_sender(database: Database) -> None:
    book(database, handed_over(database, 3))

    with reading(database) as tx:
        basis = read_basis(tx, date(2027, 1, 1))

    assert [(one.month, one.printed) for one in basis.months] == [("2026-11", 3), ("2026-12", 0)]
    assert basis.months[0].production_ore + basis.months[0].postage_ore == 3 * (260 + 1992)
    assert [(one.sender, one.printed) for one in basis.senders] == [("Nordvik kommune", 3)]


def test_what_digital_letters_cost_is_counted_by_the_prices_of_their_days(
    database: Database,
) -> None:
    paper = 'sku = "PRINT-SH-SIDE"\nprice_ore = "42"\nvalid_from = 2026-01-01'
    digital = 'sku = "DIGITAL-SENDT"\nprice_ore = "{ore}"\nvalid_from = {first}{ends}'
    prices = (
        paper,
        digital.format(ore="15", first="2026-01-01", ends=f"\nvalid_to = {NEXT_DAY}"),
        digital.format(ore="20", first=NEXT_DAY, ends=""),
        'sku = "DIGITAL-LEST"\nprice_ore = "80"\nvalid_from = 2026-01-01',
    )
    with transaction(database) as tx:
        letters = registered(tx, *(a_registration() for _ in range(3)))
        keep_price_list(tx, parse_prices("".join(f"[[price]]\n{one}\n" for one in prices)))
        early = notified(tx, *letters[:2])
        notified(tx, letters[2], at=MONDAY + timedelta(days=1))
        record_reads(tx, [(early[0], MONDAY + timedelta(hours=3))], MONDAY + timedelta(days=2))

    with reading(database) as tx:
        basis = read_basis(tx, date(2026, 12, 1))

    assert [(one.month, one.digital_ore) for one in basis.months] == [("2026-11", 15 * 2 + 20 + 80)]


def test_of_a_corrected_letter_what_is_in_force_is_measured_once(database: Database) -> None:
    letters = handed_over(database, 2)
    book(database, letters)
    with reading(database) as tx:
        before = read_basis(tx, date(2027, 1, 1))

    book(database, letters[:1], LATER, postage_ore=1400, kind="korreksjon")

    with reading(database) as tx:
        after = read_basis(tx, date(2027, 1, 1))
    assert after.months[0].postage_ore == 1992 + 1400
    assert after.months[0].sheets == before.months[0].sheets
    assert after.months[0].production_ore == before.months[0].production_ore


def test_another_price_list_is_tried_on_what_is_in_force(database: Database) -> None:
    letters = handed_over(database, 3)
    book(database, letters)
    book(database, letters[:1], LATER, weight_grams=18, kind="korreksjon")

    with reading(database) as tx:
        used = list(articles_used(tx, first=date(2026, 11, 1), before=date(2026, 12, 1)))
        other_month = list(articles_used(tx, first=date(2026, 10, 1), before=date(2026, 11, 1)))

    assert sorted((one.letters, one.articles["PRINT-SH-SIDE"]) for one in used) == [(1, 3), (2, 3)]
    assert sum(one.letters for one in used if "PORTO-BREV-20G" in one.articles) == 1
    assert other_month == []


def test_the_reconciliation_sees_what_the_ledger_lacks_and_what_differs(
    database: Database,
) -> None:
    letters = handed_over(database, 3)
    book(database, letters[:2])
    enter(database)
    book(database, letters[2:], DAY + timedelta(hours=1), piece_number=3)
    with transaction(database) as tx:
        of_one = (ledger.c.shipment_id == letters[0]) & (ledger.c.kind == "POSTAGE")
        tx.execute(update(ledger).where(of_one).values(billed_ore=1))

    with reading(database) as tx:
        gaps = ledger_gaps(tx, MONDAY.date())
        nothing = ledger_gaps(tx, LATER.date())

    told = {(gap.shipment_id, gap.charged_ore, gap.entered, gap.entered_ore) for gap in gaps}
    assert told == {
        (letters[0], 1992, True, 1),
        (letters[2], 1992, False, 0),
        (letters[2], 260, False, 0),
    }
    assert nothing == []
