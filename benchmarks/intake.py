"""Intake of many packages of three pages, beside hashing and parsing the same PDFs once.

`make bench`, or `python benchmarks/intake.py PACKAGES...`. Everything is in it: opening, every
check, the print-ready copy, archive, database and answer. Each count runs in a process of its own,
so that its peak memory is its own. Processor time is told apart, since machines are shared.
"""

import hashlib
import io
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pikepdf

from flows.database import schema
from flows.database.senders import all_senders, keep_senders
from flows.database.session import open_database, reading, transaction
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.intake.examining.examiner import shared_examiner
from flows.intake.inbox import take_in
from flows.sandbox.letter_pages import KINDS, letter_pdf
from flows.sandbox.people import somebody
from flows.settings import Settings

MORNING = datetime(2026, 11, 23, 7, tzinfo=UTC)
SENDER = Sender(SenderId("bench"), "Bench", "310000108", ("Gata 1", "0001 Oslo"), digital=False)
PAGES = 3
COUNTS = (1000, 10_000)


@dataclass(frozen=True)
class Run:
    """What one count cost."""

    packages: int
    seconds: float
    processor_seconds: float
    """Of this process and those that look at documents."""
    peak_mb: int
    worker_peak_mb: int
    limit_seconds: float
    """Hashing and parsing the same PDFs once, in one process."""
    accepted: int
    archive_mb: int


def main() -> None:
    """Run each count and print it beside its limit."""
    counts = [int(each) for each in sys.argv[1:]] or list(COUNTS)
    for count in counts:
        with multiprocessing.get_context("spawn").Pool(1) as process:
            run = process.apply(measure, (count,))
        rate, limit = run.packages / run.seconds, run.packages / run.limit_seconds
        print(
            f"{run.packages:6} packages of {PAGES} pages: {rate:5.0f} letters/s, "
            f"{run.processor_seconds / run.packages * 1000:.1f} ms processor a letter "
            f"({2 * run.packages / run.processor_seconds:.0f} letters/s on two free processors), "
            f"{run.seconds / run.limit_seconds:.1f} x hashing and parsing once ({limit:.0f}/s); "
            f"peak {run.peak_mb} MiB, each worker {run.worker_peak_mb} MiB; "
            f"{run.accepted} accepted, archive {run.archive_mb} MB; load {os.getloadavg()[0]:.1f}"
        )


def measure(count: int) -> Run:
    """Take in so many packages in a fresh home."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), test_population=True, inbox_settle_seconds=0)
        inbox = settings.inbox_folder / "bench"
        lay_packages(inbox, count)
        with open_database(settings.database_url) as database:
            schema.upgrade(database)
            with transaction(database) as tx:
                keep_senders(tx, [SENDER])
            with reading(database) as tx:
                sender = all_senders(tx)[SENDER.id]
            limit = hash_and_parse(inbox)
            began, used = time.perf_counter(), processor()
            taken = take_in(inbox, sender, settings=settings, database=database, now=MORNING)
            seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        shared_examiner(settings.examination).close()
        kept = sum(path.stat().st_size for path in settings.archive_folder.rglob("*"))
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return Run(
        count, seconds, processor() - used, peak, worker, limit, taken.accepted, kept // 10**6
    )


def processor() -> float:
    """Return the processor time used so far, here and in ended processes."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def lay_packages(inbox: Path, count: int) -> None:
    """Lay packages of one letter of three pages each; 200 different ones, over and over."""
    inbox.mkdir(parents=True)
    random = Random(7)
    people = [somebody(random) for _ in range(200)]
    letters = [
        letter_pdf(KINDS[number % len(KINDS)], person, f"2026/{number}", PAGES, random)
        for number, person in enumerate(people)
    ]
    for number in range(count):
        person = people[number % len(people)]
        description = {
            "tittel": f"Vedtak {number}",
            "mottaker": {
                "navn": person.name,
                "adresselinje1": "Fjellveien 3",
                "postnummer": person.postcode,
                "poststed": person.place,
                "land": person.country,
            },
            "dokumenter": [{"filnavn": "vedtak.pdf", "mimeType": "application/pdf"}],
            "eksternReferanse": f"SAK-{number}",
        }
        with zipfile.ZipFile(inbox / f"{number:06d}.zip", "w") as package:
            package.writestr("forsendelse.json", json.dumps(description))
            # A comment makes each document another one; the copies of those alike are alike.
            package.writestr("vedtak.pdf", letters[number % len(letters)] + b"%%%d\n" % number)


def hash_and_parse(inbox: Path) -> float:
    """Return how long it takes to hash and parse every document once."""
    began = time.perf_counter()
    for file in sorted(inbox.iterdir()):
        with zipfile.ZipFile(file) as package:
            content = package.read("vedtak.pdf")
        hashlib.sha256(content).hexdigest()
        with pikepdf.open(io.BytesIO(content)) as pdf:
            for page in pdf.pages:
                pikepdf.parse_content_stream(page)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
