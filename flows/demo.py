"""One command, the whole way: letters from inboxes to finance's workbook, three simulated days."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flows import screen
from flows.clock import OSLO
from flows.database import follow, schema
from flows.database.open_items import still_open
from flows.database.prices import keep_price_list
from flows.database.senders import all_senders, keep_senders
from flows.database.session import open_database, reading, transaction
from flows.demo_invoice import ACCESS_POINT, SELLER, invoice_one
from flows.domain.price_list import parse_prices
from flows.domain.sender import parse_senders
from flows.domain.status import Status
from flows.errors import ImpossibleState, NeedsAPerson
from flows.local_prefect import flows_run_here
from flows.receipts.reconciling import DifferencesNeedAPerson, Reconciled
from flows.sandbox import print_vendor
from flows.sandbox.letters import MadeLetter, letters_from_folder, make_letters
from flows.settings import SETTINGS_FILE, Settings, read_settings
from flows.wording import TEMPLATES

MONDAY: Final = datetime(2026, 11, 23, 8, 0, tzinfo=OSLO)
"""When the demo's first day begins; a week without holidays, so that two working days are two."""

MARK: Final = ".made-by-svarut-demo"
"""Only a folder with this file in it is ever emptied."""

TOKEN: Final = "sandbox"  # noqa: S105  -- the stand-in's, on this machine only
START_SECONDS: Final = 60

INTAKE, FEEDS = "flows.intake.flow:intake", "flows.intake.flow:feeds"
DISPATCH = "flows.dispatch.flow:dispatch"
LAST_LOOK, PRINT = "flows.dispatch.flow:last_look", "flows.print_batch.flow:print_batch"
ANSWERS, RECEIPTS = "flows.print_batch.flow:acknowledgements", "flows.receipts.flow:receipts"
RECONCILE, REPORTS = "flows.receipts.flow:reconcile", "reports.flow:reports"
INVOICES = "reports.invoicing.flow:drafts"
VENDOR = "vendor"


@dataclass(frozen=True)
class Step:
    """One thing that happens at a simulated time."""

    day: int
    """1 is Monday."""
    clock: str
    """Oslo time, `08:00`."""
    flow: str
    """`module:flow`, or VENDOR for the vendor's own work."""
    says: str

    @property
    def at(self) -> datetime:
        """The instant it happens."""
        hour, minute = self.clock.split(":")
        day = MONDAY + timedelta(days=self.day - 1)
        return day.replace(hour=int(hour), minute=int(minute)).astimezone(UTC)


STEPS: Final = (
    Step(1, "08:00", INTAKE, "take in what lies in the inboxes"),
    Step(1, "08:10", DISPATCH, "offer the letters in Altinn"),
    Step(1, "08:20", DISPATCH, "published: the clock starts"),
    Step(1, "18:00", DISPATCH, "who has read?"),
    Step(2, "01:10", LAST_LOOK, "ask once more about tonight's letters"),
    Step(2, "01:30", PRINT, "letters that cannot go digitally"),
    Step(2, "02:00", VENDOR, "the vendor takes the packages in"),
    Step(2, "02:22", ANSWERS, "and acknowledges them"),
    Step(2, "18:00", DISPATCH, "who has read?"),
    Step(3, "12:00", VENDOR, "the vendor prints, envelopes and posts"),
    Step(3, "12:15", RECEIPTS, "book the receipts"),
    Step(3, "18:00", DISPATCH, "who has read?"),
    Step(4, "01:10", LAST_LOOK, "two working days are over: ask once more"),
    Step(4, "01:30", PRINT, "the unread letters go on paper"),
    Step(4, "02:00", VENDOR, "the vendor takes the packages in"),
    Step(4, "02:22", ANSWERS, "and acknowledges them"),
    Step(4, "18:00", DISPATCH, "digital-only letters past their deadline"),
    Step(5, "12:00", VENDOR, "the vendor prints, envelopes and posts"),
    Step(5, "12:15", RECEIPTS, "book the receipts"),
    Step(5, "12:20", RECONCILE, "hold everything against each other"),
    Step(5, "12:25", FEEDS, "tell the senders every move"),
    Step(15, "06:30", INVOICES, "draft the month's invoices; one goes out"),
    Step(15, "07:00", REPORTS, "write finance's workbook"),
)
"""Monday morning to Friday noon: three days in Altinn, then the paper; and when the late receipts
are over, the invoices."""

OFFICE: Final = frozenset({INVOICES, REPORTS})
"""What needs neither Altinn nor the vendor, and happens in the month after."""

AGAIN: Final = tuple(
    Step(15 if flow in OFFICE else 5, "13:00", flow, "once more")
    for flow in (
        INTAKE,
        DISPATCH,
        LAST_LOOK,
        PRINT,
        VENDOR,
        ANSWERS,
        RECEIPTS,
        RECONCILE,
        FEEDS,
        INVOICES,
        REPORTS,
    )
)
"""Every step a second time: nothing may change."""


@dataclass
class World:
    """The settings, the running stand-ins, and what has been seen."""

    settings: Settings
    altinn: str
    """The stand-in's address."""
    vendor: str
    """The address of the vendor's control."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall seconds by flow."""
    reconciled: Reconciled | None = None
    """What the last reconciliation found."""


def run_demo(folder: Path, *, count: int, own_letters: Path | None, seed: int) -> bool:
    """Run the demo in a folder and show what happened; say whether every letter is accounted for.

    count: letters to make up, ignored with own_letters, a folder of PDFs.
    Raises NeedsAPerson when the folder holds something no demo made.
    """
    started = time.monotonic()
    folder = _emptied(folder.absolute())
    with ExitStack() as stack:
        world = stack.enter_context(_world(folder, seed))
        made = _fill_inboxes(world.settings, count, own_letters, seed)
        screen.console().print(f"{len(made)} packages lie in {_short(world.settings.inbox_folder)}")
        stack.enter_context(flows_run_here(folder / ".prefect"))
        _walk(world, STEPS)
        before = _state(world)
        _walk(world, AGAIN, title="every step once more")
        after = _state(world)
    if own_letters is not None:
        screen.show_counts("verdict by file", dict(_verdicts(world.settings, made)))
    return _show_result(world, before, after, seconds=time.monotonic() - started)


def _emptied(folder: Path) -> Path:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise NeedsAPerson(
                "the folder holds something that no demo made",
                where=str(folder),
                do="choose another: svarut demo --folder DIR",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return folder


@contextmanager
def _world(folder: Path, seed: int) -> Iterator[World]:
    """Start the stand-ins as processes of their own, write the settings, make the database."""
    shop = folder / "vendor"
    login = print_vendor.prepare_login(shop)
    with ExitStack() as stack:
        altinn = stack.enter_context(
            _process("sandbox", "altinn", "--port", "0", "--seed", str(seed)),
        )
        vendor = stack.enter_context(
            _process("sandbox", "vendor", str(shop), "--port=0", "--control-port=0", "--every=0"),
        )
        addresses = re.findall(r"\w+://[\d.]+:\d+", f"{altinn} {vendor}")
        port = int(addresses[1].rpartition(":")[2])
        settings_file = folder / "svarut.toml"
        settings_file.write_text(_settings(folder, addresses[0], port, login), encoding="utf-8")
        os.environ[SETTINGS_FILE] = str(settings_file)
        for name in ("ALTINN", "CONTACT_REGISTER"):
            os.environ[f"SVARUT_{name}__TOKEN"] = TOKEN
        settings = read_settings()
        with open_database(settings.database_url) as database:
            schema.upgrade(database)
            with transaction(database) as tx:
                keep_senders(tx, parse_senders(_example("senders.toml")))
                keep_price_list(tx, parse_prices(_example("prices.toml")))
        yield World(settings, addresses[0], addresses[2])


def _settings(folder: Path, altinn: str, port: int, login: print_vendor.Login) -> str:
    return f"""\
# Written by svarut demo. The tokens are in the environment: SVARUT_ALTINN__TOKEN={TOKEN} and
# SVARUT_CONTACT_REGISTER__TOKEN={TOKEN}
home = "{folder}"
test_population = true
letters_per_batch = 100
inbox_settle_seconds = 0  # the letters lie there whole

[altinn]
url = "{altinn}"

[contact_register]
url = "{altinn}"

[vendor]
port = {port}
key_file = "{login.client_key}"
known_hosts_file = "{login.known_hosts}"
{SELLER}"""


@contextmanager
def _process(*arguments: str) -> Iterator[str]:
    """Run a stand-in in a process of its own; give the line in which it says where it is."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        try:
            if "listening on" not in line:
                raise ImpossibleState(f"the stand-in {arguments[1]} did not start", where="demo")
            yield line
        finally:
            process.terminate()


def _example(name: str) -> str:
    return (TEMPLATES / "examples" / name).read_text(encoding="utf-8")


def _fill_inboxes(
    settings: Settings,
    count: int,
    own_letters: Path | None,
    seed: int,
) -> list[MadeLetter]:
    with open_database(settings.database_url) as database, reading(database) as tx:
        senders = list(all_senders(tx))
    if own_letters is not None:
        return letters_from_folder(settings.inbox_folder, senders[0], own_letters, seed)
    return make_letters(settings.inbox_folder, senders=senders, count=count, seed=seed)


def _verdicts(settings: Settings, made: Sequence[MadeLetter]) -> Iterator[tuple[str, str]]:
    """Say what became of each file of one's own, from the answers a sender would read."""
    for letter in made:
        answer = settings.inbox_folder / letter.sender / f"{letter.name}.kvittering.json"
        said = json.loads(answer.read_text(encoding="utf-8"))
        problems = [problem["tekst"] for problem in said["problemer"]]
        yield letter.kind, " ".join([said["status"], *problems[:1]])


def _walk(world: World, steps: tuple[Step, ...], title: str = "the days") -> None:
    """Let the steps happen, and show each as it does."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=screen.console()) as progress:
        bar = progress.add_task(title, total=len(steps))
        for step in steps:
            began = time.monotonic()
            answer = _happens(world, step)
            took = time.monotonic() - began
            world.seconds[step.flow] = world.seconds.get(step.flow, 0) + took
            if steps is STEPS:
                progress.console.print(_told(step, answer, took), markup=False, highlight=False)
            progress.advance(bar)


def _happens(world: World, step: Step) -> Any:
    now = {"now": step.at.isoformat()}
    if step.flow == VENDOR:
        return _ordered(f"{world.vendor}/sandbox/work", now)
    if step.flow not in OFFICE:
        _ordered(f"{world.altinn}/sandbox/clock", now)
    module, _, name = step.flow.partition(":")
    options = {"month": "last"} if step.flow == REPORTS else {}
    try:
        answer = getattr(import_module(module), name)(at=step.at, **options)
    except DifferencesNeedAPerson as told:
        answer = told.reconciled
    if step.flow == INVOICES:
        answer = invoice_one(world.settings, answer.month, step.at)
    if isinstance(answer, Reconciled):
        world.reconciled = answer
    return answer


def _ordered(address: str, order: Mapping[str, str]) -> Any:
    return httpx.post(address, json=order, timeout=START_SECONDS * 2).raise_for_status().json()


def _told(step: Step, answer: Any, took: float) -> str:
    names = getattr(answer, "__dataclass_fields__", None)
    counts = {name: getattr(answer, name) for name in names} if names else dict(answer)
    shown = ", ".join(
        f"{name.replace('_', ' ')} {value}"
        for name, value in counts.items()
        if isinstance(value, int) and value
    )
    when = step.at.astimezone(OSLO).strftime("%a %H:%M")
    return f"{when}  {step.says:<40} {took:5.1f} s  {shown}"


@dataclass(frozen=True)
class State:
    """All that a second run must not change."""

    tally: follow.Tally
    totals: Mapping[str, int]
    printed: Mapping[str, int]
    """How many times the vendor printed each letter."""
    workbooks: Mapping[str, bytes]
    told: Mapping[str, bytes]
    """The files in which senders read their letters' moves."""


def _state(world: World) -> State:
    settings = world.settings
    with open_database(settings.database_url) as database, reading(database) as tx:
        tally, totals = follow.tally(tx), follow.row_counts(tx)
    state = httpx.get(f"{world.vendor}/sandbox/state").raise_for_status().json()
    workbooks = {file.name: file.read_bytes() for file in settings.reports_folder.glob("*.xlsx")}
    feeds = settings.inbox_folder.glob("*/.status/*.json")
    told = {f"{file.parts[-3]}/{file.name}": file.read_bytes() for file in feeds}
    return State(tally, totals, state["printed"], workbooks, told)


def _show_result(world: World, state: State, after: State, *, seconds: float) -> bool:
    out, tally = screen.console(), state.tally
    screen.show_tally(tally)
    with open_database(world.settings.database_url) as database, reading(database) as tx:
        reasons, items = follow.rejection_reasons(tx), still_open(tx)
    screen.show_counts("rejected, by reason", reasons)
    screen.show_counts(
        "what waits for a person", {f"{item.code} {item.subject}": item.action for item, _ in items}
    )
    screen.show_counts(
        "seconds by step",
        {name.rpartition(":")[2]: f"{took:.1f}" for name, took in world.seconds.items()},
    )
    out.print("what to open:")
    for what, path in _things_to_open(world.settings):
        out.print(f"  {what:<14} {_short(path)}", markup=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    out.print(f"{seconds:.0f} s in all, at most {peak} MiB of memory", markup=False)
    faults = [*_faults(state, after), *_differences(world.reconciled)]
    for fault in faults:
        out.print(f"NOT WELL: {fault}", markup=False)
    if not faults:
        out.print("every letter is accounted for, none was printed twice, all that was sent, ")
        out.print("receipted and charged agrees, a second run of every step changed nothing")
    return not faults


def _faults(state: State, after: State) -> list[str]:
    """Return what must never be, and is."""
    tally = state.tally
    printed = {one: times for one, times in state.printed.items() if times != 1}
    checks = {
        f"{tally.taken_in} letters came, {sum(tally.by_status.values())} are somewhere": (
            not tally.adds_up
        ),
        f"{len(printed)} letters were printed more than once": bool(printed),
        f"{len(state.printed)} letters were printed, {tally[Status.PRINTED]} have a receipt": (
            len(state.printed) != tally[Status.PRINTED]
        ),
        f"{tally[Status.SENT_TO_PRINT]} letters wait for a receipt": tally[Status.SENT_TO_PRINT]
        > 0,
        **{
            f"a second run changed the {name}": getattr(state, name) != getattr(after, name)
            for name in ("tally", "totals", "printed", "workbooks", "told")
        },
        "no workbook was written": not state.workbooks,
    }
    return [fault for fault, found in checks.items() if found]


def _differences(found: Reconciled | None) -> list[str]:
    """Return the rules of the reconciliation that something does not agree with."""
    if found is None:
        return ["nothing was reconciled"]
    rules = [result.rule.code for result in found.results if result.differences]
    return [f"the reconciliation found differences: {', '.join(rules)}"] if rules else []


def _things_to_open(settings: Settings) -> Iterator[tuple[str, Path]]:
    look = settings.home / "to-open"
    look.mkdir(exist_ok=True)
    packages = sorted(settings.packages_folder.glob("*.zip"), key=lambda file: file.stat().st_size)
    if packages:
        with zipfile.ZipFile(packages[-1]) as package:
            for name in package.namelist():
                if name.endswith(".pdf") or name.startswith("manifest"):
                    target = look / f"{packages[-1].stem}-{Path(name).name}"
                    target.write_bytes(package.read(name))
                    yield ("batch" if name.endswith(".pdf") else "manifest"), target
    for file in sorted((settings.home / "vendor").rglob("*.csv"))[:1]:
        yield "receipt file", Path(shutil.copy(file, look))
    for file in sorted(settings.reports_folder.glob("*.xlsx")):
        yield "workbook", file
    for file in sorted(settings.reports_folder.glob("avstemming-????-??-??.csv")):
        yield "reconciliation", file
    for file in sorted((settings.home / ACCESS_POINT).glob("*")):
        yield "an invoice", file
    for file in sorted(settings.inbox_folder.glob("*/.avvist/*.kvittering.json"))[:1]:
        yield "an answer", Path(shutil.copy(file, look))
    for file in sorted(settings.inbox_folder.glob("*/.status/*.json"))[:1]:
        yield "a status file", Path(shutil.copy(file, look))
    yield "settings", settings.home / "svarut.toml"


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
