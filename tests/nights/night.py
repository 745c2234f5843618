"""One seed's night: struck step by step, then left in peace until nothing changes, then judged."""

import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nights.outcome import outcome_of
from nights.plan import Blow, Conduct, Kind, Plan
from nights.quiet import QuietNight
from nights.shop import OddShop, printed
from nights.steps import MINUTES, let_the_vendor_work, run_step, time_of
from nights.struck import Ending, Limits
from nights.verdict import letters_wrong, outcome_wrong, rubbish_left
from nights.world import NIGHT, World

from flows.database.session import open_database

LATE_MINUTES = 45
"""When the vendor's answers are looked for once more: all are late by then."""


@dataclass
class Report:
    """How a seed's night went."""

    plan: Plan
    wrong: list[str] = field(default_factory=list)
    """What is not as it must be; empty in a good night."""
    endings: Counter[str] = field(default_factory=Counter)
    """How the runs that were struck ended, by how they were struck."""
    told: set[str] = field(default_factory=set)
    """Codes of open items that runs raised before they went well."""
    seconds: float = 0


def a_struck_night(world: World, quiet: QuietNight, plan: Plan) -> Report:
    """Run the night of a plan, and say what is wrong afterwards."""
    report, began = Report(plan), time.perf_counter()
    packages = sorted(quiet.printed.packages)
    victim = packages[min(int(plan.victim * len(packages)), len(packages) - 1)]
    world.put_back(plan.database)
    shop = OddShop(world.server.root, plan.conduct, victim, moves=plan.vendor_moves)
    for step in MINUTES:
        let_the_vendor_work(shop, before=step)
        for blow in plan.blows.get(step, ()):
            watches = step == "print" and plan.vendor_watches
            with shop.watching(time_of("print")) if watches else nullcontext():
                _strike(world, quiet, step, blow, report)
            if watches:
                shop.take_in(time_of("print"))
        _in_peace(world, step, report)
        if step == "print":
            shop.take_in(time_of("print"))
        if step == "answers":
            _answers_come_late(world, shop, report)
        if step == "receipts" and plan.conduct is Conduct.FILE_WRONG:
            shop.write_receipts_anew()
            _in_peace(world, step, report)
    _nothing_changes_any_more(world, report)
    with open_database(world.settings.database_url) as database:
        outcome = outcome_of(database)
    report.wrong += letters_wrong(quiet, plan, victim, printed(shop))
    report.wrong += outcome_wrong(quiet, plan, victim, outcome, report.told)
    report.wrong += rubbish_left(world)
    report.seconds = time.perf_counter() - began
    return report


def _answers_come_late(world: World, shop: OddShop, report: Report) -> None:
    later = NIGHT + timedelta(minutes=LATE_MINUTES)
    _in_peace(world, "answers", report, later)
    shop.settle(later)
    _in_peace(world, "answers", report, later)


def _strike(world: World, quiet: QuietNight, step: str, blow: Blow, report: Report) -> None:
    usual = quiet.steps[step]
    limits = Limits()
    if blow.kind is Kind.POINT:
        limits = Limits(die_at=blow.point)
    elif blow.kind is Kind.MOMENT:
        limits = Limits(die_after_seconds=0.01 + blow.share * usual.seconds)
    elif blow.kind is Kind.LINE:
        break_line = world.line.stall if blow.silent else world.line.cut
        break_line(int(blow.share * usual.carried[blow.towards]), blow.towards)
    elif blow.kind is Kind.DISK_HERE:
        limits = Limits(most_bytes=_room(quiet, blow))
    elif blow.kind is Kind.DISK_THERE:
        world.vendor_has_room(room=False, bytes_left=_room(quiet, blow))
    ended = run_step(world, step, limits)
    world.line.mend()
    world.line.hang_up()
    world.vendor_has_room(room=True)
    report.endings[f"{step}, {blow.kind}: {ended.how}"] += 1
    if (step, blow.kind, ended.how) == ("print", Kind.DISK_THERE, Ending.PERSON):
        report.told.add("VENDOR_TAKES_NOTHING")
    if ended.how is Ending.FAULT:
        report.wrong.append(f"{step}, {blow}: {ended.words[-2000:]}")


def _room(quiet: QuietNight, blow: Blow) -> int:
    """Return how large files may be: small ones fail as often as large ones."""
    return int(quiet.largest_bytes ** (0.3 + 0.7 * blow.share))


def _in_peace(world: World, step: str, report: Report, now: datetime | None = None) -> None:
    ended = run_step(world, step, Limits(), now)
    if ended.how is not Ending.DONE:
        report.wrong.append(f"{step} in peace: {ended.how}: {ended.words[-2000:]}")


def _nothing_changes_any_more(world: World, report: Report) -> None:
    with open_database(world.settings.database_url) as database:
        before = outcome_of(database)
        for step in MINUTES:
            _in_peace(world, step, report, max(time_of(step), NIGHT + timedelta(hours=1)))
        if outcome_of(database) != before:
            report.wrong.append("a second run of every step changed something")
