"""What is wrong after a night: at the vendor, in our books, on our disk. Nothing, in a good one."""

from collections import Counter
from collections.abc import Mapping
from itertools import islice

from nights.outcome import BATCH_LEFT, NOT_PRINTED, Outcome, items_expected
from nights.plan import Conduct, Plan
from nights.quiet import QuietNight
from nights.shop import Printed
from nights.world import World

from flows.archive import Archive


def letters_wrong(quiet: QuietNight, plan: Plan, victim: str, found: Printed) -> list[str]:
    """Hold the vendor's shelves and books against the letters: each once, none lost."""
    letters = set(quiet.outcome.statuses)
    kept_back = quiet.letters_of[victim] if plan.conduct in NOT_PRINTED else frozenset()
    wanted = Counter(letters - kept_back)
    wrong = []
    if found.letters != wanted:
        lost, double = wanted - found.letters, found.letters - wanted
        wrong.append(f"{len(lost)} letters lost, {len(double)} printed too often")
    if found.handed_over != Counter(letters):
        wrong.append("a letter is in no handed-over package, or in two")
    if found.packages != quiet.printed.packages:
        wrong.append("other packages, or other bytes in them, than in the night without faults")
    if found.rubbish:
        wrong.append(f"left at the vendor: {found.rubbish}")
    return wrong


def outcome_wrong(
    quiet: QuietNight, plan: Plan, victim: str, found: Outcome, told: set[str]
) -> list[str]:
    """Hold our books against those of the night without faults."""
    wanted, batch, wrong = quiet.outcome, victim.rpartition("-f")[0], []
    apart = {f"batch {batch}", *(f"letter {one}" for one in quiet.letters_of[victim])}
    odd = plan.conduct in BATCH_LEFT
    differing = [
        about
        for about in sorted({*wanted.rows, *found.rows})
        if wanted.rows.get(about) != found.rows.get(about) and not (odd and about in apart)
    ]
    if differing:
        first = differing[0]
        pair = [sorted(set(a) - set(b)) for a, b in _both_ways(wanted.rows, found.rows, first)]
        wrong.append(f"{len(differing)} other than without faults, {first}: {pair}")
    statuses = wanted.statuses | dict.fromkeys(
        quiet.letters_of[victim] if plan.conduct in NOT_PRINTED else (), "SENDT_PRINT"
    )
    if found.statuses != statuses:
        wrong.append(f"statuses: {Counter(found.statuses.values())}")
    batches = wanted.batches | ({batch: BATCH_LEFT[plan.conduct]} if odd else {})
    if found.batches != batches:
        wrong.append(f"batches: {found.batches}")
    printed = sum(status == "PRINTET" for status in statuses.values())
    lines = {"APPLIED": printed} | ({"DUPLICATE": 1} if plan.conduct is Conduct.LINE_TWICE else {})
    if found.lines != lines:
        wrong.append(f"receipt lines: {found.lines}, expected {lines}")
    left, gone = items_expected(plan.conduct, victim)
    if found.open_items != wanted.open_items | left:
        wrong.append(f"open: {sorted(found.open_items ^ (wanted.open_items | left))}")
    closed = {code for code, _ in found.closed_items - wanted.closed_items}
    if closed != gone | told:
        wrong.append(f"opened and closed: {sorted(closed)}, expected {sorted(gone | told)}")
    return wrong


def _both_ways(one: Mapping[str, object], two: Mapping[str, object], about: str) -> list[list]:
    a, b = list(one.get(about, [])), list(two.get(about, []))  # type: ignore[call-overload]
    return [[a, b], [b, a]]


def rubbish_left(world: World) -> list[str]:
    """Look for what killed runs have left on our disk that the next did not sweep."""
    settings = world.settings
    # What a killed run was putting in is removed by the flow `retention`, a day later.
    Archive(settings.archive_folder).sweep(older_than=float("inf"))
    left = [
        path.relative_to(settings.home)
        for folder in (settings.packages_folder, settings.work_folder, settings.archive_folder)
        if folder.exists()
        for path in folder.rglob("*")
        if path.name.startswith(".") or (folder == settings.work_folder)
    ]
    return [f"left on our disk: {[str(path) for path in islice(left, 5)]}"] if left else []
