"""Give each letter its id, its archived documents and its first status.

Every step may be killed and done again: documents are kept by their hash, ids come from the
contents, and one transaction registers.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from flows.archive import Archive
from flows.clock import oslo_date
from flows.database import shipments
from flows.database.open_items import OpenItem, raise_item
from flows.database.postcodes import all_postcodes
from flows.database.session import Database, Tx, reading, transaction
from flows.database.shipments import Registration
from flows.database.vendors import profile_on
from flows.domain.identity import NumberPolicy
from flows.domain.problem import Problem, faults
from flows.domain.sender import MANUAL, Sender
from flows.domain.shipment import ShipmentId
from flows.errors import NeedsAPerson
from flows.intake.checking import Checked
from flows.intake.examining.examiner import Examiner, shared_examiner
from flows.intake.examining.limits import DEFAULT_LIMITS, VendorLimits
from flows.intake.malware import Scanner, open_scanner
from flows.intake.recognition import Decided, decide
from flows.intake.rules import RULES
from flows.intake.validation import Standard
from flows.object_archive import open_archive
from flows.settings import Settings

KEPT_AT_ONCE: Final = 16
"""Letters whose documents are written to the archive together."""

log = logging.getLogger(__name__)


@dataclass
class Desk:
    """What a sender's letters are registered with, and how often each thing came of it."""

    sender: Sender
    settings: Settings
    database: Database
    archive: Archive
    standard: Standard
    examiner: Examiner
    scanner: Scanner | None
    """None where settings name none."""
    now: datetime
    dry_run: bool = False
    """Check everything, change nothing."""
    tally: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Verdict:
    """What a sender is told about one letter."""

    checked: Checked
    shipment_id: ShipmentId
    problems: Sequence[Problem]
    """Of the first answer, when the letter came before."""
    again: bool
    """The same letter once more."""


def open_desk(
    sender: Sender,
    settings: Settings,
    database: Database,
    now: datetime,
    *,
    dry_run: bool = False,
) -> Desk:
    """Lay out what one sender's letters are checked against and kept in."""
    with reading(database) as tx:
        register, limits = all_postcodes(tx), _limits(tx, sender, settings, now)
    standard = Standard(
        NumberPolicy(on=oslo_date(now), synthetic=settings.test_population),
        RULES[sender.rules],
        register,
        own_address=sender.own_address_page,
        limits=limits,
    )
    archive, examiner = open_archive(settings), shared_examiner(settings.examination)
    scanner = open_scanner(settings.malware)
    return Desk(sender, settings, database, archive, standard, examiner, scanner, now, dry_run)


def _limits(tx: Tx, sender: Sender, settings: Settings, now: datetime) -> VendorLimits:
    """Return what the vendor who prints a sender's letters takes, as its profile is today."""
    if sender.print_vendor == MANUAL:
        return DEFAULT_LIMITS
    try:
        paper = profile_on(tx, settings.vendor.profile, oslo_date(now)).paper
    except NeedsAPerson:  # the print night tells of it; letters are taken in meanwhile
        return DEFAULT_LIMITS
    return replace(DEFAULT_LIMITS, max_sheets=paper.most_sheets)


def register_all(checked: Sequence[Checked], desk: Desk) -> list[Verdict]:
    """Register new letters in one transaction; return what to tell the sender about each.

    A letter whose documents could not be kept just now is left out, for the next run.
    """
    decided = list(decide(desk.sender, checked, desk.database, desk.now))
    if not desk.dry_run:
        unkept = _keep(decided, desk.archive)
        desk.tally["left"] += sum(each.reference in unkept for each in checked)
        # Nothing of such a reference: a second copy would be answered with a letter's id
        # that nobody has registered.
        decided = [one for one in decided if one[0].reference not in unkept]
    new = [registration for registration, _, known in decided if known is None]
    for registration in new:
        desk.tally["rejected" if faults(registration.problems) else "accepted"] += 1
        desk.problems.update(each.code for each in registration.problems)
    desk.tally["answered_again"] += len(decided) - len(new)
    if not desk.dry_run:
        with transaction(desk.database) as tx:
            shipments.register(tx, new, desk.now)
            _tell_of_held(tx, new, desk.now)
    return _verdicts(decided, desk.database)


def _verdicts(decided: Sequence[Decided], database: Database) -> list[Verdict]:
    with reading(database) as tx:
        repeated = [known.shipment_id for _, _, known in decided if known is not None]
        first_answers = shipments.problems_of(tx, repeated)
    return [
        Verdict(checked, known.shipment_id, first_answers.get(known.shipment_id, []), again=True)
        if known
        else Verdict(checked, registration.id, registration.problems, again=False)
        for registration, checked, known in decided
    ]


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
    new = [
        (registration, checked)
        for registration, checked, known in decided
        if registration.shipment is not None and known is None
    ]
    # The disk confirms many files in the time of one, when they come together.
    with ThreadPoolExecutor(KEPT_AT_ONCE) as threads:
        kept = threads.map(lambda each: _is_kept(each[0], each[1], archive), new)
        return {
            registration.reference
            for (registration, _), is_kept in zip(new, kept, strict=True)
            if not is_kept
        }


def _is_kept(registration: Registration, checked: Checked, archive: Archive) -> bool:
    """Keep a letter's documents as they came, and their copies for print; False where it failed."""
    documents = registration.shipment.documents if registration.shipment else ()
    try:
        for one in documents:
            found = archive.put(checked.submission.files[one.file_name]) == one.sha256
            if found and one.print_sha256 is not None:
                found = archive.put(checked.copies[one.file_name]) == one.print_sha256
            if not found:
                log.warning("not kept shipment=%s: changed while it was read", registration.id)
                return False
    except OSError as fault:
        log.warning("not kept shipment=%s: %s", registration.id, fault.strerror)
        return False
    return True
