"""Take in every complete package of one sender's inbox, and answer each."""

import logging
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from flows.database.open_items import OpenItem, raise_item
from flows.database.session import Database, transaction
from flows.domain.problem import faults
from flows.domain.sender import Sender
from flows.intake import pictures
from flows.intake.answer import write_answer
from flows.intake.checking import Begun, Checked, Looks, ahead, begin, finish
from flows.intake.drop_folder import (
    DONE,
    REJECTED,
    last_touched,
    package_name,
    put_away,
    waiting_packages,
)
from flows.intake.opening import open_at
from flows.intake.problems import Code, problem
from flows.intake.registration import Desk, Verdict, open_desk, register_all
from flows.intake.spreadsheet_run import is_run, take_in_run
from flows.settings import Settings
from flows.workspace import work_folder

log = logging.getLogger(__name__)

CHUNK: Final = 100
"""Packages registered in one transaction."""

COUNTS: Final = ("accepted", "rejected", "answered_again", "turned_away", "left")
"""The counts of a SourceSummary."""

UNFINISHED_SIGNS: Final = frozenset(
    {
        Code.PACKAGE_DAMAGED,
        Code.METADATA_MISSING,
        Code.METADATA_NOT_JSON,
        Code.FILE_MISSING,
        Code.PDF_UNREADABLE,
        Code.PDF_MENDED,
    },
)
"""What a package looks like that its sender is still writing under its final name."""


@dataclass(frozen=True)
class SourceSummary:
    """What one sender's inbox gave."""

    sender: str
    accepted: int = 0
    rejected: int = 0
    answered_again: int = 0
    """Packages that were the same letter once more."""
    turned_away: int = 0
    """Packages in an inbox that belongs to no sender."""
    left: int = 0
    """Packages that could not be read or moved just now, or seem unfinished; they stay."""
    problems: Mapping[str, int] = field(default_factory=dict)
    """How often each code was said to a sender of a new letter."""


def summed(sender: str, parts: Iterable[SourceSummary]) -> SourceSummary:
    """Add up what several parts of a source gave."""
    counts: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for part in parts:
        counts.update({name: getattr(part, name) for name in COUNTS})
        problems.update(part.problems)
    return SourceSummary(sender, **counts, problems=dict(problems.most_common()))


def take_in(
    inbox: Path,
    sender: Sender | None,
    *,
    settings: Settings,
    database: Database,
    now: datetime,
    dry_run: bool = False,
) -> SourceSummary:
    """Take in every complete package of one inbox; one bad package never stops the others.

    sender: None when the inbox belongs to nobody we know.
    dry_run: check everything, change nothing.
    """
    packages = waiting_packages(inbox)
    if sender is None:
        return _turn_away(inbox, packages, database, now, dry_run=dry_run)
    desk = open_desk(sender, settings, database, now, dry_run=dry_run)
    runs = [package for package in packages if is_run(package)]
    letters = [package for package in packages if package not in set(runs)]
    with work_folder(settings.work_folder, "intake") as work:
        looked_at = _check_all(letters, work, desk)
        while some := list(islice(looked_at, CHUNK)):
            checked = [each for each, _ in some if each is not None]
            for verdict in register_all(checked, desk):
                if not dry_run:
                    _answer(verdict, desk)
            for _, unpacked in some:
                shutil.rmtree(unpacked)  # what is kept is in the archive by now
    for package in runs:
        if _may_be_unfinished(package, desk):
            desk.tally["left"] += 1
        else:
            take_in_run(package, desk)
    return SourceSummary(sender.id, **desk.tally, problems=dict(sorted(desk.problems.items())))


def _may_be_unfinished(run: Path, desk: Desk) -> bool:
    """Say whether files may still be coming to a run's folder; a run can wait until none does."""
    if not run.is_dir():
        return False  # a zip that can be opened has its end
    try:
        return time.time() - last_touched(run) < desk.settings.inbox_settle_seconds
    except OSError:
        return True


@dataclass(frozen=True)
class _Opened:
    """A package whose documents are being looked at."""

    place: int
    folder: Path
    age: float
    begun: Begun | None
    """None where it could not be opened just now."""


def _check_all(
    packages: Sequence[Path], work: Path, desk: Desk
) -> Iterator[tuple[Checked | None, Path]]:
    """Give each package, looked at, and its folder to remove; None for one that is left alone."""
    for each in ahead(_open(place, package, work, desk) for place, package in enumerate(packages)):
        yield _finish(each, desk), each.folder


def _open(place: int, package: Path, work: Path, desk: Desk) -> _Opened:
    folder = work / str(place)
    folder.mkdir()
    try:
        age = time.time() - last_touched(package)
        submission = open_at(desk, package, folder)
        begun = begin(package, submission, desk.standard, Looks(desk.examiner, folder))
    except OSError as fault:
        _leave(place, package, fault.strerror or "", desk)
        return _Opened(place, folder, 0, None)
    return _Opened(place, folder, age, begun)


def _finish(opened: _Opened, desk: Desk) -> Checked | None:
    if opened.begun is None:
        return None
    package = opened.begun.package
    try:
        checked = finish(opened.begun, desk.standard)
    except OSError as fault:
        _leave(opened.place, package, fault.strerror or "", desk)
        return None
    codes = {each.code for each in checked.problems}
    if opened.age < desk.settings.inbox_settle_seconds and codes & UNFINISHED_SIGNS:
        _leave(opened.place, package, "perhaps unfinished", desk)
        return None
    return checked


def _leave(place: int, package: Path, why: str, desk: Desk) -> None:
    # Names may be personal, so the log gets the inbox and a number.
    log.warning("left package %s of %s: %s", place, package.parent.name, why)
    desk.tally["left"] += 1


def _answer(verdict: Verdict, desk: Desk) -> None:
    package, rejected = verdict.checked.package, bool(faults(verdict.problems))
    try:
        write_answer(
            package,
            shipment_id=verdict.shipment_id,
            reference=verdict.checked.given_reference,
            problems=verdict.problems,
            copy_to=package.parent / REJECTED if rejected else None,
        )
        if rejected:
            folders = (package.parent, package.parent / REJECTED)
            name = package_name(package)
            pictures.draw(verdict.checked, verdict.problems, desk.examiner, name, folders)
        put_away(package, REJECTED if rejected else DONE, verdict.shipment_id[:8])
    except OSError as fault:
        log.warning("not answered shipment=%s: %s", verdict.shipment_id, fault.strerror)
        desk.tally["left"] += 1
    else:
        count = len(verdict.problems)
        log.info("answered shipment=%s problems=%d", verdict.shipment_id, count)


def _turn_away(
    inbox: Path,
    packages: Sequence[Path],
    database: Database,
    now: datetime,
    *,
    dry_run: bool,
) -> SourceSummary:
    """Answer packages in an inbox that belongs to nobody; keep them, and tell a person."""
    if packages and not dry_run:
        with transaction(database) as tx:
            raise_item(
                tx,
                OpenItem(
                    "UNKNOWN_SENDER",
                    inbox.name,
                    "packages came in an inbox that belongs to no sender; they are kept in .avvist",
                    "find out who writes there; import the sender and let it send again",
                ),
                now,
            )
    left = 0
    for place, package in enumerate(packages if not dry_run else ()):
        refused = [problem(Code.UNKNOWN_SENDER, package_name(package))]
        try:
            write_answer(
                package,
                shipment_id=None,
                reference=None,
                problems=refused,
                copy_to=inbox / REJECTED,
            )
            put_away(package, REJECTED, now.strftime("%Y%m%dT%H%M%S"))
        except OSError as fault:
            log.warning("left package %s of %s: %s", place, inbox.name, fault.strerror)
            left += 1
    return SourceSummary(inbox.name, turned_away=len(packages) - left, left=left)
