"""The month's workbook says what the ledger says, whatever is in it, in every language."""

import hashlib
import io
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from builders import MONDAY, handed_over
from openpyxl import load_workbook
from recalculating import differences
from sqlalchemy import func, select, update
from vendor_writers import OSLO, a_letter, written

from flows.database.ledger import enter_charges
from flows.database.ledger_tables import ledger
from flows.database.prices import keep_price_list
from flows.database.session import Database, open_database, snapshot, transaction
from flows.database.tables import receipt_lines, senders, shipments
from flows.domain.price_list import parse_prices
from flows.domain.shipment import ShipmentId
from flows.domain.vendor_profile import NEUTRAL
from flows.receipts.ingestion import book_file, stage_receipts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.wording import sentences
from reports.deliverables import Format, Language
from reports.export import files
from reports.month.controls import Agreement
from reports.month.report import MonthReport, month_report

pytestmark = pytest.mark.integration

DAY = MONDAY + timedelta(days=8)
LATER = MONDAY + timedelta(days=40)
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
CODES = ("Ab", "aB", "0410", "", "0041.2", "7", "ØKO-1")
INJECTED = "=cmd|' /C calc'!A0"
PRICES = "\n".join(
    f'[[price]]\nsku = "{sku}"\nprice_ore = "{ore}"\nvalid_from = 2026-01-01\n'
    for sku, ore in {
        "PRINT-SH-SIDE": "42.5", "PRINT-FARGE-SIDE": "110", "KONV-AUTO-C5": "45",
        "EKSTRAARK-AUTO": "45", "KONV-MAN": "215", "PORTO-BREV-20G": "1450",
        "PORTO-BREV-50G": "1992",
    }.items()
)  # fmt: skip
WORDS = {language: sentences(f"month_workbook/{language}.toml") for language in Language}


def book(database: Database, lines: list[dict[str, object]], at: datetime) -> None:
    content = written(lines, NEUTRAL)
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile), read
    sha256 = hashlib.sha256(content).hexdigest()
    stage_receipts(database, "default", f"{sha256[:8]}.csv", sha256, read, at)
    book_file(database, sha256, at)


def a_line(number: int, letter: ShipmentId, random: Random, **changes: object) -> dict[str, object]:
    extra = random.randint(0, 4)
    day = datetime(2026, 11, random.randint(25, 30), random.randint(9, 15), tzinfo=OSLO)
    return a_letter(
        number,
        shipment_id=letter,
        pages_black_white=random.randint(1, 9),
        pages_colour=random.choice((0, 0, 0, 2)),
        sheets_by_machine=1 + extra,
        extra_sheets_by_machine=extra,
        weight_grams=random.choice((12, 22, 48, 60)),
        production_ore=random.randint(87, 5_000),
        postage_ore=random.choice((1450, 1992, 2400)),
        posted_at=day,
        **changes,
    )


def a_month(database: Database, count: int, seed: int) -> list[ShipmentId]:
    """November as it may be: odd costs, codes with zeros, corrections in it and after it."""
    random = Random(seed)
    letters = handed_over(database, count)
    with transaction(database) as tx:
        keep_price_list(tx, parse_prices(PRICES))
        tx.execute(update(senders).values(name=INJECTED))
        for code in CODES:
            some = random.sample(letters, count // len(CODES))
            ids = shipments.c.id.in_(some)
            tx.execute(update(shipments).where(ids).values(account_code=code))
    lines = [a_line(n, one, random) for n, one in enumerate(letters, start=1)]
    book(database, lines, DAY)
    enter(database)
    anew = random.sample(range(count), count // 10)
    for at, some in ((DAY + timedelta(hours=1), anew[::2]), (LATER, anew[1::2])):
        posted = at - timedelta(days=2)
        corrected = [
            {**lines[place], "kind": "korreksjon", "postage_ore": 1100, "posted_at": posted}
            if at is LATER
            else {**lines[place], "kind": "korreksjon", "production_ore": 4}
            for place in some
        ]
        if corrected:
            book(database, corrected, at)
    enter(database)
    return letters


def enter(database: Database) -> int:
    with transaction(database) as tx:
        return enter_charges(tx, grace_days=5)


def made(
    database: Database,
    first: date = NOVEMBER,
    before: date = DECEMBER,
    language: Language = Language.BOKMAL,
) -> MonthReport:
    with snapshot(database) as tx:
        return month_report(tx, first, before, language)


def ledger_sum(database: Database, period: str, column: str) -> int:
    with snapshot(database) as tx:
        query = select(func.sum(ledger.c[column])).where(ledger.c.billing_period == period)
        return int(tx.scalar(query) or 0)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, sqlite_with_tables: Path) -> Any:
    """A month of a hundred letters, and its workbook."""
    file = tmp_path_factory.mktemp("month") / "svarut.db"
    file.write_bytes(sqlite_with_tables.read_bytes())
    with open_database(f"sqlite:///{file}") as database:
        a_month(database, 100, 1)
        report = made(database)
        yield database, report, report.report.workbook()


@pytest.mark.parametrize(("kind", "count"), [("sqlite", 2_200), ("postgres", 500)])
def test_every_table_of_ten_thousand_entries_adds_up_to_the_ledger(
    request: pytest.FixtureRequest, kind: str, count: int
) -> None:
    database: Database = request.getfixturevalue(kind)
    a_month(database, count, seed=count)

    november, december = made(database), made(database, DECEMBER, JANUARY)

    assert november.month.entries + december.month.entries > 4.5 * count
    for report, period in ((november, "2026-11"), (december, "2026-12")):
        frames = report.month.frames
        for name in ("net_ore", "vat_ore"):
            column = "billed_ore" if name == "net_ore" else name
            expected = ledger_sum(database, period, column)
            assert {
                int(frames[one][name].sum()) for one in ("consumption", "codes", "senders")
            } == {expected}
        assert int(frames["postage"]["reported_ore"].sum()) == int(
            frames["consumption"]["postage_ore"].sum()
        )
        wrong = [one.name for one in report.controls if one.state is Agreement.WRONG]
        assert wrong == []


def test_a_spreadsheet_program_reckons_the_same(small: Any, tmp_path: Path) -> None:
    _, _, content = small

    assert differences(content, tmp_path) == []


def test_a_regenerated_month_is_byte_equal_whatever_comes_later(small: Any) -> None:
    database, _, content = small

    enter(database)
    again = made(database).report.workbook()

    assert again == content


@pytest.mark.parametrize("language", Language)
def test_ten_sheets_are_written_in_every_language(small: Any, language: Language) -> None:
    database, _, _ = small
    words = WORDS[language]

    opened = load_workbook(io.BytesIO(made(database, language=language).report.workbook()))

    names = "read_me summary consumption codes postage controls items invoices prices files"
    assert opened.sheetnames == [words[f"sheet_{name}"] for name in names.split()]
    tables = [table for sheet in opened for table in sheet.tables.values()]
    assert len(tables) == 10
    assert all(table.autoFilter is not None for table in tables)
    assert not any(sheet.merged_cells.ranges for sheet in opened)


def test_codes_keep_their_zeros_and_text_is_never_a_formula(small: Any) -> None:
    _, _, content = small

    sheet = load_workbook(io.BytesIO(content))[WORDS[Language.BOKMAL]["sheet_codes"]]

    rows = list(sheet.iter_rows(min_row=2, max_row=1 + len(CODES)))
    assert {row[2].value or "" for row in rows} == set(CODES)
    assert {(row[0].value, row[0].data_type) for row in rows} == {(INJECTED, "s")}
    assert {row[2].data_type for row in rows if row[2].value} == {"s"}


def test_what_does_not_agree_is_marked_and_what_is_known_is_explained(small: Any) -> None:
    _, report, _ = small

    states = {one.name: one.state for one in report.controls}

    # Nothing is invoiced: that is a difference, and it is known why.
    assert states["not_invoiced"] is Agreement.EXPLAINED
    assert {state for name, state in states.items() if name != "not_invoiced"} == {Agreement.RIGHT}


def test_a_ledger_that_lacks_a_receipt_does_not_agree(sqlite: Database) -> None:
    letters = handed_over(sqlite, 3)
    random = Random(5)
    book(sqlite, [a_line(1, letters[0], random)], DAY)
    enter(sqlite)
    book(sqlite, [a_line(2, letters[1], random)], DAY + timedelta(hours=1))

    wrong = [one.name for one in made(sqlite).controls if one.state is Agreement.WRONG]

    assert wrong == ["not_entered"]


def test_a_line_that_is_changed_behind_our_back_does_not_agree(sqlite: Database) -> None:
    letters = handed_over(sqlite, 2)
    random = Random(6)
    book(sqlite, [a_line(n, one, random) for n, one in enumerate(letters, start=1)], DAY)
    enter(sqlite)
    with transaction(sqlite) as tx:
        of_one = receipt_lines.c.shipment_id == letters[0]
        tx.execute(update(receipt_lines).where(of_one).values(postage_ore=1))

    wrong = [one.name for one in made(sqlite).controls if one.state is Agreement.WRONG]

    assert "ledger_net_ore" in wrong


def test_postage_is_expected_by_our_own_weight(sqlite: Database) -> None:
    """The letters are 22 g by our own reckoning; the vendor weighed one of them at 12."""
    with transaction(sqlite) as tx:
        keep_price_list(tx, parse_prices(PRICES))
    letters = handed_over(sqlite, 2)
    random = Random(7)
    weighed = {1: (12, 1450), 2: (22, 1992)}
    lines = [
        {**a_line(n, one, random), "weight_grams": weighed[n][0], "postage_ore": weighed[n][1]}
        for n, one in enumerate(letters, start=1)
    ]
    book(sqlite, lines, DAY)
    enter(sqlite)

    rows = made(sqlite).month.frames["postage"].set_index("sku")

    assert list(rows["reported_letters"]) == [1, 1]
    assert list(rows["expected_letters"]) == [0, 2]
    assert list(rows["expected_ore"]) == [0, 2 * 1992]


def test_its_tables_are_written_as_csv_and_parquet_too(small: Any) -> None:
    _, report, _ = small

    written_files = files.contents(report.report, Format.ALL)

    names = {Path(name).stem for name in written_files if name.endswith(".csv")}
    assert names == set(report.month.frames)
    csv = written_files["print-og-porto-2026-11/codes.csv"].decode("utf-8-sig")
    assert ";0041.2;" in csv
    assert f"'{INJECTED}" in csv


def test_a_month_without_letters_has_its_workbook_too(sqlite: Database, tmp_path: Path) -> None:
    report = made(sqlite)

    assert [one.name for one in report.controls if one.state is Agreement.WRONG] == []
    assert load_workbook(io.BytesIO(report.report.workbook())).sheetnames
