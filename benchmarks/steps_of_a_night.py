"""Each step of a night beside the cost of its unavoidable part, in one run, as ratios.

`make bench`, or `python benchmarks/steps_of_a_night.py LETTERS`. Wall times differ between machines
and hours; the ratios are what to compare. Intake is held against copying and hashing the same
bytes, assembly against copying the same package to disk, receipts against writing as many rows.
"""

import hashlib
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.archive import Archive
from flows.database import batches, receipts, schema
from flows.database.senders import all_senders, keep_senders
from flows.database.session import open_database, reading, transaction
from flows.dispatch import offering
from flows.domain.batch import BatchStatus
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.intake.inbox import take_in
from flows.print_batch.assembling import assemble_batch
from flows.print_batch.reserving import reserve_batches
from flows.receipts.ingestion import book_file
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.sandbox.letters import make_letters
from flows.sandbox.print_shop import PrintShop
from flows.settings import Settings

MORNING = datetime(2026, 11, 23, 7, tzinfo=UTC)
NEXT_NOON = MORNING + timedelta(days=1, hours=6)
SENDER = Sender(SenderId("bench"), "Bench", "310000108", ("Gata 1", "0001 Oslo"), digital=False)

CAT = "cat and fsync the same packages"

took: dict[str, float] = {}


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Measure a part, by its wall time."""
    began = time.perf_counter()
    yield
    took[name] = time.perf_counter() - began


def main() -> None:
    """Run the steps and print each beside its limit."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(
            home=home, test_population=True, letters_per_batch=count, inbox_settle_seconds=0
        )
        made = make_letters(
            settings.inbox_folder, senders=["bench"], count=count, seed=7, faulty=False
        )
        pages = sum(letter.pages for letter in made)
        with open_database(settings.database_url) as database:
            schema.upgrade(database)
            with transaction(database) as tx:
                keep_senders(tx, [SENDER])
                sender = all_senders(tx)[SENDER.id]
            inbox = settings.inbox_folder / "bench"
            with timed("copy and hash the same bytes"):
                copied = copy_and_hash(inbox, home / "copied")
            with timed("intake"):
                take_in(inbox, sender, settings=settings, database=database, now=MORNING)
            with timed("routing"):
                offering.route_letters(database, MORNING)
            with timed("selection"):
                names = reserve_batches(database, settings, MORNING + timedelta(days=1))
            archive = Archive(settings.archive_folder)
            with timed("assembly"):
                for name in names:
                    assemble_batch(database, archive, settings, name, MORNING)
            packages = sorted(settings.packages_folder.glob("*.zip"))
            with timed(CAT):
                written = cat(packages, home / "cat")
            with timed("hand-over, recorded"), transaction(database) as tx:
                for batch in batches.with_status(tx, BatchStatus.ASSEMBLED):
                    batches.begin_hand_over(tx, batch.id, MORNING)
                    batches.record_handed_over(tx, batch.id, MORNING)
            content = receipts_of(home, packages)
            with timed("receipts"):
                sha256 = hashlib.sha256(content).hexdigest()
                read = read_receipt_file(content, customer="SVAR")
                assert isinstance(read, ReceiptFile)
                with transaction(database) as tx:
                    receipts.stage(tx, sha256=sha256, name="b", lines=read.lines, at=MORNING)
                book_file(database, sha256, NEXT_NOON)
            with timed("write as many rows"):
                rows(home / "rows.db", len(read.lines))
            with reading(database) as tx:
                settled = len(batches.with_status(tx, BatchStatus.HANDED_OVER))
    print(f"{count} letters, {pages} pages, {copied / 1e6:.0f} MB in, {written / 1e6:.0f} MB out")
    for name, seconds in took.items():
        print(f"{name:<34}{seconds:8.2f} s {count / seconds:10.0f} letters/s")
    print(f"intake / copying and hashing      {ratio('intake', 'copy and hash the same bytes')}")
    print(
        f"assembly / cat and fsync          {ratio('assembly', 'cat and fsync the same packages')}"
    )
    print(f"receipts / writing as many rows   {ratio('receipts', 'write as many rows')}")
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB, "
        f"{len(names)} batches, {settled} handed over"
    )


def ratio(step: str, limit: str) -> str:
    """Return how many times as long a step takes as its unavoidable part."""
    return f"{took[step] / took[limit]:6.1f} x"


def copy_and_hash(source: Path, target: Path) -> int:
    """Copy every file below a folder, synced, and hash it; return the bytes."""
    target.mkdir()
    total = 0
    for number, file in enumerate(sorted(path for path in source.rglob("*") if path.is_file())):
        content = file.read_bytes()
        hashlib.sha256(content).hexdigest()
        with (target / str(number)).open("wb") as writer:
            writer.write(content)
            writer.flush()
            os.fsync(writer.fileno())
        total += len(content)
    return total


def cat(files: list[Path], target: Path) -> int:
    """Write the files one after the other to a disk that confirms it; return the bytes."""
    with target.open("wb") as writer:
        for file in files:
            with file.open("rb") as reader:
                while block := reader.read(1 << 20):
                    writer.write(block)
        writer.flush()
        os.fsync(writer.fileno())
    return target.stat().st_size


def receipts_of(home: Path, packages: list[Path]) -> bytes:
    """Let the print shop print the packages; return its receipt file."""
    shop = PrintShop(home / "shop" / "sftp", "SVAR")
    for package in packages:
        content = package.read_bytes()
        (shop.root / "inn" / package.name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        ok = f'{{"sha256": "{digest}", "size_bytes": {len(content)}, "letters": 0}}'
        (shop.root / "inn" / f"{package.name}.ok").write_text(ok)
    shop.take_in(MORNING)
    shop.print_and_post(MORNING + timedelta(days=1, hours=5))
    return next((shop.root / "ut/kvittering").glob("*.csv")).read_bytes()


def rows(file: Path, count: int) -> None:
    """Write what receipts must write: a line, an event, two charges, and a changed status each."""
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA journal_mode = WAL")
        for table in ("line", "event", "charge"):
            database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, a, b, c, d, e, f)")
        values = [(n, "a" * 36, "b" * 20, n, n, n, n) for n in range(2 * count)]
        for table, factor in (("line", 1), ("event", 1), ("charge", 2)):
            database.executemany(
                f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?)", values[: factor * count]
            )
        database.executemany("UPDATE line SET a = ? WHERE id = ?", [("c", n) for n in range(count)])


if __name__ == "__main__":
    main()
