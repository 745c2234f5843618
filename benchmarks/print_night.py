"""A whole print night, from selection to the last `.ok`, with each step's share.

`make bench`, or `python benchmarks/print_night.py LETTERS`. SQLite, and the sandbox's SFTP server
in a process of its own. The letters are in the database and the archive before the clock starts.
"""

import asyncio
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from assembly import NIGHT, SENDER, a_letter, make_letters

from flows.database import batches, schema, shipments
from flows.database.senders import keep_senders
from flows.database.session import Database, open_database, transaction
from flows.database.shipments import Registration
from flows.domain.shipment import Route, Shipment
from flows.domain.status import Status
from flows.print_batch import assembling, sending
from flows.print_batch.reserving import reserve_batches
from flows.sandbox.print_vendor import USER, listen, prepare_login
from flows.settings import Settings, VendorSettings

COUNT = 10_000
STEPS = (
    (sending, "hand_over_batch", "hand over: send, .ok, record"),
    (assembling, "_read", "read a batch's letters"),
    (assembling, "lay_ready", "lay out covers, copy documents"),
    (assembling, "join", "draw covers, place pages, recount"),
    (assembling, "check_covers", "look at covers"),
    (assembling, "contents_of", "manifests and job ticket"),
    (assembling, "write_package", "zip and hash"),
    (batches, "record_assembled", "record what was assembled"),
)

took: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])


def main() -> None:
    """Run the night and print each step's share."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        letters = Path(os.environ.get("SVARUT_BENCH_LETTERS", home / "letters"))
        made = make_letters(letters, count)
        (home / "archive").symlink_to(letters / "archive")
        port, stop = vendor(home / "vendor")
        settings = Settings(
            home=home,
            test_population=True,
            vendor=VendorSettings(
                host="127.0.0.1",
                port=port,
                user=USER,
                key_file=home / "vendor/keys/client_ed25519",
                known_hosts_file=home / "vendor/keys/known_hosts",
            ),
        )
        for module, function, words in STEPS:
            setattr(module, function, timed(words, getattr(module, function)))
        with open_database(settings.database_url) as database:
            schema.upgrade(database)
            register(database, made)
            night = timed("in all", run_night)
            sent = night(database, settings)
        stop()
        packages = sorted((home / "vendor/sftp/inn").glob("*.zip"))
        ready = len(list((home / "vendor/sftp/inn").glob("*.ok")))
    tell(count, sent, len(packages), ready)


def run_night(database: Database, settings: Settings) -> int:
    """Select, assemble and hand over every letter; return how many."""
    timed("select and reserve", reserve_batches)(database, settings, NIGHT)
    under_way = sending.batches_under_way(database)
    return sum(sending.send_batch(database, settings, one.id, NIGHT).letters for one in under_way)


def timed(words: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, with its time noted."""

    def measured(*arguments: Any, **named: Any) -> Any:
        wall, processor = time.perf_counter(), time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            took[words][0] += time.perf_counter() - wall
            took[words][1] += time.process_time() - processor

    return measured


def tell(count: int, sent: int, packages: int, ready: int) -> None:
    """Print the shares."""
    whole, processor = took.pop("in all")
    took["all else"] = [
        whole - sum(each[0] for each in took.values()),
        processor - sum(each[1] for each in took.values()),
    ]
    print(f"{count} letters, {sent} handed over in {packages} packages, {ready} with .ok")
    for words, (wall, cpu) in sorted(took.items(), key=lambda one: -one[1][0]):
        print(
            f"{words:36} {wall:6.2f} s  {wall / whole:5.1%}   processor {cpu:6.2f} s"
            f"  {cpu / count * 1e6:5.0f} us a letter"
        )
    print(
        f"in all {whole:.2f} s, {count / whole:.0f} letters/s, processor {processor:.2f} s, peak "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB, "
        f"load {os.getloadavg()[0]:.1f}"
    )


def register(database: Database, made: list[tuple[str, int, int]]) -> None:
    """Put the letters in the database, due for print."""
    letters = [a_letter(number, one) for number, one in enumerate(made, 1)]
    registrations = [
        Registration(
            id=letter.piece.shipment_id,
            sender_id=SENDER.id,
            reference=str(letter.piece.number),
            contents_sha256=f"{letter.piece.number:064x}",
            shipment=Shipment(
                id=letter.piece.shipment_id,
                sender_id=SENDER.id,
                reference=str(letter.piece.number),
                status=Status.ACCEPTED,
                recipient=letter.recipient,
                documents=letter.documents,
                duplex=True,
            ),
            problems=(),
        )
        for letter in letters
    ]
    at = NIGHT - timedelta(days=1)
    with transaction(database) as tx:
        keep_senders(tx, [SENDER])
        shipments.register(tx, registrations, at)
        ids = [one.id for one in registrations]
        shipments.record_routes(tx, [(one, Route.PAPER, "NO_DIGITAL_ID") for one in ids], at)


def vendor(folder: Path) -> tuple[int, Callable[[], None]]:
    """Run the sandbox's SFTP server; return its port, and what stops it."""
    (folder / "sftp" / "inn").mkdir(parents=True)
    login = prepare_login(folder)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(folder, theirs), daemon=True)
    server.start()
    port = ours.recv()
    public = (folder / "keys/host_ed25519.pub").read_text().strip()
    login.known_hosts.write_text(f"[127.0.0.1]:{port} {public}\n")
    return port, server.terminate


def _serve(folder: Path, pipe: Any) -> None:
    async def serve() -> None:
        acceptor = await listen(folder / "sftp", prepare_login(folder), 0)
        pipe.send(acceptor.get_port())
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
