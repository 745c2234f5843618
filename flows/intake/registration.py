"""Give each submission its id, its archived documents, its first status and its answer.

Every step may be killed and done again: documents are kept by their hash, ids come from the
contents, one transaction registers, and the package leaves the inbox last.
"""

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.archive import Archive
from flows.clock import oslo_date
from flows.database import shipments
from flows.database.open_items import OpenItem, raise_item
from flows.database.postcodes import all_postcodes
from flows.database.session import Database, Tx, reading, transaction
from flows.database.shipments import Registration
from flows.domain.identity import NumberPolicy
from flows.domain.problem import Problem, faults
from flows.domain.sender import Sender
from flows.domain.shipment import ShipmentId
from flows.intake.answer import write_answer
from flows.intake.checking import Checked, check
from flows.intake.drop_folder import (
    DONE,
    REJECTED,
    open_package,
    package_name,
    put_away,
    waiting_packages,
)
from flows.intake.problems import Code, problem
from flows.intake.recognition import Decided, decide
from flows.intake.rules import RULES
from flows.intake.validation import Standard
from flows.settings import Settings

log = logging.getLogger(__name__)

CHUNK: Final = 100
"""Packages registered in one transaction."""


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
    """Packages that could not be read or moved just now; they stay for the next run."""
    problems: Mapping[str, int] = field(default_factory=dict)
    """How often each code was said to a sender of a new letter."""


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
    archive = Archive(settings.archive_folder)
    standard = _standard(sender, settings, database, now)
    tally: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for start in range(0, len(packages), CHUNK):
        with tempfile.TemporaryDirectory(prefix="svarut-intake-") as work:
            some = packages[start : start + CHUNK]
            checked = list(_check_all(some, Path(work), settings, standard, tally))
            decided = list(decide(sender, checked, database, now))
            if not dry_run:
                unkept = _keep(decided, archive)
                tally["left"] += sum(each.reference in unkept for each in checked)
                # Nothing of such a reference: a second copy would be answered with a letter's id
                # that nobody has registered.
                decided = [one for one in decided if one[0].reference not in unkept]
            new = [registration for registration, _, known in decided if known is None]
            for registration in new:
                tally["rejected" if faults(registration.problems) else "accepted"] += 1
                problems.update(each.code for each in registration.problems)
            tally["answered_again"] += len(decided) - len(new)
            if not dry_run:
                with transaction(database) as tx:
                    shipments.register(tx, new, now)
                    _tell_of_held(tx, new, now)
                _answer_all(decided, database, tally)
    return SourceSummary(sender.id, **tally, problems=dict(sorted(problems.items())))


def _standard(sender: Sender, settings: Settings, database: Database, now: datetime) -> Standard:
    with reading(database) as tx:
        register = all_postcodes(tx)
    numbers = NumberPolicy(on=oslo_date(now), synthetic=settings.test_population)
    return Standard(numbers, RULES[sender.rules], register)


def _check_all(
    packages: Sequence[Path],
    work: Path,
    settings: Settings,
    standard: Standard,
    tally: Counter[str],
) -> Iterator[Checked]:
    for place, package in enumerate(packages):
        unpacked = work / str(place)
        unpacked.mkdir()
        try:
            submission = open_package(package, unpacked, max_bytes=settings.max_package_bytes)
            yield check(package, submission, standard)
        except OSError as fault:
            # Names may be personal, so the log gets the inbox and a number.
            log.warning("left package %s of %s: %s", place, package.parent.name, fault.strerror)
            tally["left"] += 1


def _tell_of_held(tx: Tx, new: Sequence[Registration], now: datetime) -> None:
    for each in new:
        if each.shipment is not None and each.shipment.held_for:
            raise_item(
                tx,
                OpenItem(
                    each.shipment.held_for,
                    each.id,
                    "the address reads like one the population register hides; the letter waits",
                    "look at it, then: svarut release, or handle it by hand",
                ),
                now,
            )


def _keep(decided: Sequence[Decided], archive: Archive) -> set[str]:
    """Put the documents of new, accepted letters in the archive, before any row names them.

    Returns the references of letters that could not be kept; they stay for the next run.
    """
    unkept = set()
    for registration, checked, known in decided:
        if registration.shipment is None or known is not None:
            continue
        try:
            kept = all(
                archive.put(checked.submission.files[one.file_name]) == one.sha256
                for one in registration.shipment.documents
            )
        except OSError as fault:
            log.warning("not kept shipment=%s: %s", registration.id, fault.strerror)
            unkept.add(registration.reference)
            continue
        if not kept:
            log.warning("not kept shipment=%s: changed while it was read", registration.id)
            unkept.add(registration.reference)
    return unkept


def _answer_all(
    decided: Sequence[Decided],
    database: Database,
    tally: Counter[str],
) -> None:
    with reading(database) as tx:
        repeated = [known.shipment_id for _, _, known in decided if known is not None]
        first_answers = shipments.problems_of(tx, repeated)
    for registration, each, known in decided:
        shipment_id = known.shipment_id if known else registration.id
        problems = first_answers.get(shipment_id, []) if known else registration.problems
        try:
            _answer(each, shipment_id, problems)
        except OSError as fault:
            log.warning("not answered shipment=%s: %s", shipment_id, fault.strerror)
            tally["left"] += 1
        else:
            log.info("answered shipment=%s problems=%d", shipment_id, len(problems))


def _answer(checked: Checked, shipment_id: ShipmentId, problems: Sequence[Problem]) -> None:
    rejected = bool(faults(problems))
    kept = checked.package.parent / REJECTED if rejected else None
    write_answer(
        checked.package,
        shipment_id=shipment_id,
        reference=checked.given_reference,
        problems=problems,
        copy_to=kept,
    )
    put_away(checked.package, REJECTED if rejected else DONE, shipment_id[:8])


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
