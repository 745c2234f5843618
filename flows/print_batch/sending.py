"""Take one batch the whole way from reserved to the vendor."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.clock import oslo_date
from flows.database import batches
from flows.database.batches import NOT_PRINTABLE, Batch
from flows.database.open_items import still_open
from flows.database.session import Database, reading
from flows.database.standing_holds import batch_is_held
from flows.database.vendors import profile_on
from flows.domain.batch import NOT_YET_LEAVING, BatchId, BatchStatus
from flows.domain.opening_hours import downtime_at
from flows.errors import NeedsAPerson, TryAgainLater
from flows.object_archive import open_archive
from flows.print_batch.assembling import assemble_batch
from flows.print_batch.transfer import hand_over_batch
from flows.settings import Settings, WorkersSettings
from flows.sftp import OUR_DISK, our_disk_is_full

log = logging.getLogger(__name__)

ATTEMPTS: Final = 5
"""A letter may be read between assembly and hand-over; then both are done once more."""

HELD: Final = "a person holds it"
UNDER_WAY: Final = (BatchStatus.RESERVED, BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER)


@dataclass(frozen=True)
class Sent:
    """How a batch's night ended."""

    job_class: str
    handed_over: bool
    """False: every letter had left it, and it was annulled; or it waits."""
    letters: int = 0
    sheets: int = 0
    waits_for: str = ""
    """The vendor's downtime in which nothing is sent, or a person's hold: a later run sends it."""


def batches_under_way(database: Database) -> list[Batch]:
    """Return the batches that have not reached the vendor, oldest first."""
    with reading(database) as tx:
        return batches.with_status(tx, *UNDER_WAY)


def letters_for_a_person(database: Database) -> int:
    """Return how many letters were left out of a batch and wait for a person."""
    with reading(database) as tx:
        return sum(item.code == NOT_PRINTABLE for item, _ in still_open(tx))


def send_batch(database: Database, settings: Settings, batch_id: BatchId, now: datetime) -> Sent:
    """Assemble a batch and hand it over, from wherever an earlier run left it.

    In the vendor's downtime, and while a person holds it, it is assembled and waits, and letters
    can still leave it.
    Raises TryAgainLater when letters keep leaving it, or the vendor does not answer.
    """
    for _ in range(ATTEMPTS):
        status = assemble(database, settings, batch_id, now)
        if status in NOT_YET_LEAVING and _is_held(database, batch_id):
            log.info("not sent batch=%s: a person holds it", batch_id)
            return Sent(_read(database, batch_id).job_class, False, waits_for=HELD)
        if status in UNDER_WAY and (window := _downtime(database, settings, now)):
            log.info("not sent batch=%s: the vendor receives nothing %s", batch_id, window)
            return Sent(_read(database, batch_id).job_class, False, waits_for=window)
        if status not in UNDER_WAY or hand_over_batch(database, settings, batch_id, now):
            return _ending(database, batch_id)
    raise TryAgainLater("letters keep leaving the batch", where=batch_id)


def assemble(
    database: Database, settings: Settings, batch_id: BatchId, now: datetime
) -> BatchStatus:
    """Make a batch's package if it has none; return the status the batch has then.

    Any process may do it, on any machine that has the database, the archive and the packages.
    Raises what `assemble_batch` raises, and NeedsAPerson when our own disk is full.
    """
    archive = open_archive(settings)
    try:
        return assemble_batch(database, archive, settings, batch_id, now)
    except OSError as fault:
        if fault.errno not in OUR_DISK:
            raise
        raise our_disk_is_full(f"{settings.packages_folder}, {batch_id}") from fault


def for_others(under_way: Sequence[Batch], workers: WorkersSettings) -> list[BatchId]:
    """Return the batches that worker processes should assemble: none, or two and more.

    Starting processes costs seconds: a small night is assembled by the run itself.
    """
    reserved = [batch for batch in under_way if batch.status is BatchStatus.RESERVED]
    few = sum(batch.letters for batch in reserved) < workers.from_letters
    alone = workers.processes == 1 and workers.task_runner == "process_pool"
    return [] if few or alone or len(reserved) == 1 else [batch.id for batch in reserved]


def died_twice(batch_id: BatchId) -> NeedsAPerson:
    """Return the fault of a batch whose worker dies every time."""
    return NeedsAPerson(
        "the process that assembles a batch died twice, the second time with nothing beside it",
        where=batch_id,
        do="look in the machine's log for what ended it: often a lack of memory. Nothing is lost "
        "or sent; smaller batches need less (letters_per_batch), and the next run tries again",
    )


def _downtime(database: Database, settings: Settings, now: datetime) -> str:
    with reading(database) as tx:
        profile = profile_on(tx, settings.vendor.profile, oslo_date(now))
    return downtime_at(now, profile.transport.downtime, profile.calendar)


def _is_held(database: Database, batch_id: BatchId) -> bool:
    with reading(database) as tx:
        return batch_is_held(tx, batch_id)


def _read(database: Database, batch_id: BatchId) -> Batch:
    with reading(database) as tx:
        return batches.read_batch(tx, batch_id)


def _ending(database: Database, batch_id: BatchId) -> Sent:
    batch = _read(database, batch_id)
    if batch.status is BatchStatus.ANNULLED:
        return Sent(batch.job_class, handed_over=False)
    return Sent(batch.job_class, True, batch.letters, batch.sheets or 0)
