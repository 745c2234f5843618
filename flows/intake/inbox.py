"""Take in every complete package of one sender's inbox, and answer each."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.database.open_items import OpenItem, raise_item
from flows.database.session import Database, transaction
from flows.domain.problem import faults
from flows.domain.sender import Sender
from flows.intake.answer import write_answer
from flows.intake.checking import Checked, check
from flows.intake.drop_folder import (
    DONE,
    REJECTED,
    last_touched,
    open_package,
    package_name,
    put_away,
    waiting_packages,
)
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
    for start in range(0, len(letters), CHUNK):
        with work_folder(settings.work_folder, "intake") as work:
            checked = list(_check_all(letters[start : start + CHUNK], work, desk))
            for verdict in register_all(checked, desk):
                if not dry_run:
                    _answer(verdict, desk)
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


def _check_all(packages: Sequence[Path], work: Path, desk: Desk) -> Iterator[Checked]:
    for place, package in enumerate(packages):
        unpacked = work / str(place)
        unpacked.mkdir()
        try:
            age = time.time() - last_touched(package)
            submission = open_package(package, unpacked, max_bytes=desk.settings.max_package_bytes)
            checked = check(package, submission, desk.standard)
        except OSError as fault:
            # Names may be personal, so the log gets the inbox and a number.
            log.warning("left package %s of %s: %s", place, package.parent.name, fault.strerror)
            desk.tally["left"] += 1
            continue
        codes = {each.code for each in checked.problems}
        if age < desk.settings.inbox_settle_seconds and codes & UNFINISHED_SIGNS:
            log.info("left package %s of %s: perhaps unfinished", place, package.parent.name)
            desk.tally["left"] += 1
        else:
            yield checked


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
