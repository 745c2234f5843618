"""Print files for senders who print by hand: made, counted, confirmed; no vendor is involved."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from flows import clock
from flows.database import batches, due, hand_print
from flows.database.batches import NOT_PRINTABLE, Batch
from flows.database.hand_print import HandJob
from flows.database.open_items import OpenItem, raise_item, reopen, silence_all_but, sound
from flows.database.senders import all_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.domain.batch import BatchId, BatchStatus, Candidate, Envelope, JobClass, Letter, Piece
from flows.domain.sender import MANUAL
from flows.domain.sheets import prints_duplex
from flows.domain.shipment import SenderId, ShipmentId
from flows.errors import NeedsAPerson
from flows.object_archive import open_archive
from flows.print_batch.assembling import Desk, join, lay_ready, look_at_covers
from flows.print_batch.logo import logos_of
from flows.print_batch.selection import sheets_in
from flows.settings import Settings
from flows.workspace import work_folder

log = logging.getLogger(__name__)

WAITS: Final = "MANUAL_PRINT_WAITS"
BY_HAND: Final = "H"
"""After the customer's code, so that no mark looks like a vendor's."""
PATIENCE: Final = timedelta(days=7)
"""A letter that has waited longer for its sender's printer asks for a person (SvarUt's rule)."""


@dataclass(frozen=True)
class Queue:
    """A sender's letters that wait to be printed by hand, of one kind of printing."""

    sender_id: SenderId
    job_class: str
    letters: int
    sheets: int
    oldest: datetime


@dataclass(frozen=True)
class ByHand:
    """All that waits with senders who print by hand."""

    queues: tuple[Queue, ...]
    """Letters in no print file yet."""
    jobs: tuple[HandJob, ...]
    """Print files that nobody has confirmed."""
    overdue: Mapping[SenderId, int]
    """Days that the oldest letter has waited, of senders where that is too long."""


def look(database: Database, now: datetime, *, sender_id: str = "") -> ByHand:
    """Return what waits, and change nothing."""
    with reading(database) as tx:
        return _look(tx, now, sender_id)


def tell_of_old(database: Database, now: datetime) -> int:
    """Raise an open item for each sender whose letters wait too long; return how many."""
    with transaction(database) as tx:
        overdue = _look(tx, now, "").overdue
        items = [
            OpenItem(
                WAITS,
                sender_id,
                f"the oldest letter that is printed by hand has waited {days} days",
                f"svarut manual list --sender {sender_id}; print and confirm, or ask the sender",
            )
            for sender_id, days in sorted(overdue.items())
        ]
        sound(tx, items, now)
        silence_all_but(tx, WAITS, [item.subject for item in items], now)
    return len(items)


def print_by_hand(
    database: Database, settings: Settings, sender_id: str, now: datetime
) -> dict[HandJob, Path]:
    """Put a sender's letters in print files, and make every file that is not there; return them.

    A run that was stopped is finished by the next, and two at once make each letter's place once.
    Raises NeedsAPerson when the sender's letters are a vendor's to print.
    """
    with transaction(database) as tx:
        _must_print_by_hand(tx, sender_id)
        due.wait_for_turn(tx)
        found = due.claim(tx, now=now, asked_since=_asked_since(settings, now), by_hand=True)
        letters = [one for one in found if one.sender_id == sender_id]
        _make_jobs(tx, letters, sender_id, settings.vendor.customer, now)
    files: dict[HandJob, Path] = {}
    with reading(database) as tx:
        unconfirmed = hand_print.jobs(tx, sender_id=sender_id)
    for job in unconfirmed:
        file = file_of(settings, job)
        if not job.live or not (file.is_file() or _make_file(database, settings, job, file, now)):
            continue
        files[job] = file
    _sweep(database, settings, sender_id)
    return files


def confirm(
    database: Database,
    settings: Settings,
    sender_id: str,
    day: date,
    leave_out: Mapping[str, Collection[int]],
    *,
    by: str,
    now: datetime,
) -> dict[HandJob, int]:
    """Say that a day's print files lie in their envelopes; return how many letters of each.

    leave_out: by job id, the numbers that went wrong; they are due again. The files are deleted.
    Raises NeedsAPerson when the sender has no such file, or a number is in none.
    """
    with transaction(database) as tx:
        found = hand_print.jobs(tx, sender_id=sender_id, day=day, confirmed=True)
        if not found:
            raise NeedsAPerson(
                f"no print file of {day:%d.%m.%Y}",
                where=f"sender {sender_id}",
                do=f"list them: svarut manual list --sender {sender_id}",
            )
        for job_id, numbers in leave_out.items():
            made = hand_print.all_numbers_of(tx, job_id)
            strays = sorted(set(numbers) - made.keys())
            if strays:
                raise NeedsAPerson(
                    f"no letter has number {', '.join(map(str, strays))}",
                    where=job_id,
                    do="write the numbers as they stand beside the mark; nothing was confirmed",
                )
        counts = {
            job: hand_print.confirm(tx, job, leave_out.get(job.id, ()), by=by, at=now)
            for job in found
        }
    for job, count in counts.items():
        if count:
            log.info("printed by hand job=%s letters=%d", job.id, count)
    _sweep(database, settings, sender_id)
    return counts


def file_of(settings: Settings, job: HandJob) -> Path:
    """Return where a job's print file lies."""
    return settings.by_hand_folder / job.sender_id / f"{job.id}.pdf"


def _look(tx: Tx, now: datetime, sender_id: str) -> ByHand:
    jobs = tuple(one for one in hand_print.jobs(tx, sender_id=sender_id) if one.live)
    grouped: dict[tuple[SenderId, str], list[Candidate]] = defaultdict(list)
    for one in due.due_for_print(tx, now=now, asked_since=None, by_hand=True):
        if not sender_id or one.sender_id == sender_id:
            grouped[one.sender_id, _kind_of(one).code].append(one)
    since = due.waiting_since(tx, [one.id for group in grouped.values() for one in group])
    queues = tuple(
        Queue(
            sender,
            job_class,
            len(group),
            sum(map(sheets_in, group)),
            min(since[one.id] for one in group),
        )
        for (sender, job_class), group in sorted(grouped.items())
    )
    oldest: dict[SenderId, datetime] = {}
    for sender, when in [
        *((queue.sender_id, queue.oldest) for queue in queues),
        *((job.sender_id, job.oldest) for job in jobs if job.oldest),
    ]:
        oldest[sender] = min(when, oldest.get(sender, when))
    overdue = {who: (now - when).days for who, when in oldest.items() if now - when > PATIENCE}
    return ByHand(queues, jobs, overdue)


def _asked_since(settings: Settings, now: datetime) -> datetime:
    return now - timedelta(minutes=settings.read_check_max_age_minutes)


def _must_print_by_hand(tx: Tx, sender_id: str) -> None:
    sender = all_senders(tx).get(SenderId(sender_id))
    waiting = hand_print.jobs(tx, sender_id=sender_id)
    if sender is None:
        raise NeedsAPerson(
            "there is no such sender",
            where=f"sender {sender_id}",
            do="list their ids: svarut senders export",
        )
    if sender.print_vendor != MANUAL and not waiting:
        raise NeedsAPerson(
            "the sender does not print by hand",
            where=f"sender {sender_id}",
            do='print_vendor = "manual" says so: docs/senders.md',
        )


def _make_jobs(
    tx: Tx, letters: Sequence[Candidate], sender_id: str, customer: str, now: datetime
) -> None:
    """Make a job for each way of printing: one-sided or two-sided, black and white or colour."""
    grouped: dict[str, list[ShipmentId]] = defaultdict(list)
    for one in letters:
        grouped[_kind_of(one).code].append(one.id)
    day = clock.oslo_date(now)
    first = hand_print.jobs_of_day(tx, day) + 1
    for run, (code, ids) in enumerate(sorted(grouped.items()), start=first):
        job_id = f"{customer}{BY_HAND}-{day:%Y%m%d}-{run:02d}-{code}"
        hand_print.make_job(tx, job_id, SenderId(sender_id), day, code, ids, now)
        log.info("to be printed by hand job=%s letters=%d", job_id, len(ids))


def _kind_of(letter: Candidate) -> JobClass:
    """Return how a printer must be set for a letter; the envelope is chosen by whoever packs."""
    duplex = prints_duplex(letter.documents, asked=letter.duplex)
    return JobClass(Envelope.C5, colour=letter.colour, duplex=duplex)


def _make_file(
    database: Database, settings: Settings, job: HandJob, file: Path, now: datetime
) -> bool:
    """Make a job's print file, whole or not at all; False when no letter is left in it."""
    archive = open_archive(settings)
    batch = _as_batch(job)
    with work_folder(settings.work_folder, "byhand") as folder:
        with reading(database) as tx:
            letters, senders = _letters(tx, job), all_senders(tx)
        desk = lay_ready(batch, letters, senders, archive, folder)
        if desk.unprintable:
            with transaction(database) as tx:
                _set_aside(tx, desk, now)
        if not desk.letters:
            return False
        logos = logos_of(settings.logos_folder, sorted({one.sender_id for one in desk.letters}))
        printed = join(desk, JobClass.of_code(job.job_class), logos, folder)
        look_at_covers(desk, printed)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = file.with_name(f".{file.name}.part")
        part.write_bytes(printed.file.read_bytes())
        part.chmod(0o600)
        part.replace(file)
    return True


def _letters(tx: Tx, job: HandJob) -> list[Letter]:
    numbered = hand_print.numbers_of(tx, job.id)
    return batches.read_letters(
        tx, [Piece(BatchId(job.id), number, one) for number, one in numbered.items()]
    )


def _as_batch(job: HandJob) -> Batch:
    """Return what laying ready must know of a job: its name, its class, and its day."""
    return Batch(
        id=BatchId(job.id),
        job_class=job.job_class,
        status=BatchStatus.RESERVED,
        attempt=1,
        created_at=job.made_at,
        letters=job.live,
        pages=None,
        sheets=None,
        package=None,
        package_sha256=None,
        package_size_bytes=None,
        handed_over_at=None,
    )


def _set_aside(tx: Tx, desk: Desk, now: datetime) -> None:
    """Take letters that cannot be printed out of their job, and tell a person of each."""
    hand_print.leave(tx, desk.unprintable.keys(), hand_print.NOT_PRINTABLE)
    for one, reason in sorted(desk.unprintable.items()):
        item = OpenItem(
            NOT_PRINTABLE,
            one,
            reason,
            "mend what is wrong and close this: the letter is due again. Or handle it by hand",
        )
        if not raise_item(tx, item, now):
            reopen(tx, item)


def _sweep(database: Database, settings: Settings, sender_id: str) -> None:
    """Delete the print files of jobs that are done: confirmed, or left by every letter."""
    with reading(database) as tx:
        needed = {
            file_of(settings, job) for job in hand_print.jobs(tx, sender_id=sender_id) if job.live
        }
    folder = settings.by_hand_folder / sender_id
    for file in folder.iterdir() if folder.is_dir() else ():
        if file not in needed:
            file.unlink(missing_ok=True)
