"""Take one batch the whole way from reserved to the vendor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.archive import Archive
from flows.database import batches
from flows.database.batches import NOT_PRINTABLE, Batch
from flows.database.open_items import still_open
from flows.database.session import Database, reading
from flows.domain.batch import BatchId, BatchStatus
from flows.errors import TryAgainLater
from flows.print_batch.assembling import assemble_batch
from flows.print_batch.transfer import hand_over_batch
from flows.settings import Settings

ATTEMPTS: Final = 5
"""A letter may be read between assembly and hand-over; then both are done once more."""

UNDER_WAY: Final = (BatchStatus.RESERVED, BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER)


@dataclass(frozen=True)
class Sent:
    """How a batch's night ended."""

    job_class: str
    handed_over: bool
    """False: every letter had left it, and it was annulled."""
    letters: int = 0
    sheets: int = 0


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

    Raises TryAgainLater when letters keep leaving it, or the vendor does not answer.
    """
    archive = Archive(settings.archive_folder)
    for _ in range(ATTEMPTS):
        status = assemble_batch(database, archive, settings, batch_id, now)
        if status not in UNDER_WAY or hand_over_batch(database, settings, batch_id, now):
            return _ending(database, batch_id)
    raise TryAgainLater("letters keep leaving the batch", where=batch_id)


def _ending(database: Database, batch_id: BatchId) -> Sent:
    with reading(database) as tx:
        batch = batches.read_batch(tx, batch_id)
    if batch.status is BatchStatus.ANNULLED:
        return Sent(batch.job_class, handed_over=False)
    return Sent(batch.job_class, True, batch.letters, batch.sheets or 0)
