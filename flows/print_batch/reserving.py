"""Reserve tonight's letters in batches."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from flows import clock
from flows.database import batches
from flows.database.senders import all_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.domain.batch import BatchId, Candidate, PlannedBatch
from flows.domain.sender import MANUAL
from flows.print_batch.selection import plan_batches, sheets_in, within_caps
from flows.settings import Settings

log = logging.getLogger(__name__)


def reserve_batches(database: Database, settings: Settings, now: datetime) -> list[BatchId]:
    """Put every letter that is due in a batch; return the new batches' ids."""
    with transaction(database) as tx:
        planned = plan_night(tx, settings, now)
        batches.reserve(tx, planned, now)
    for batch in planned:
        log.info("reserved batch=%s letters=%d", batch.id, len(batch.shipment_ids))
    return [batch.id for batch in planned]


@dataclass(frozen=True)
class Night:
    """What a print night would send, by job class."""

    batches: int
    letters: Mapping[str, int]
    sheets: Mapping[str, int]


def show_night(database: Database, settings: Settings, now: datetime) -> Night:
    """Return what would be reserved now, and reserve nothing."""
    with reading(database) as tx:
        planned = plan_night(tx, settings, now)
        due = {one.id: one for one in _due(tx, settings, now)}
    letters: Counter[str] = Counter()
    sheets: Counter[str] = Counter()
    for batch in planned:
        letters[batch.job_class.code] += len(batch.shipment_ids)
        sheets[batch.job_class.code] += sum(sheets_in(due[one]) for one in batch.shipment_ids)
    return Night(len(planned), dict(letters), dict(sheets))


def plan_night(tx: Tx, settings: Settings, now: datetime) -> list[PlannedBatch]:
    """Return the batches of the letters that are due at `now`."""
    day, customer = clock.oslo_date(now), settings.vendor.customer
    return plan_batches(
        _due(tx, settings, now),
        customer=customer,
        day=day,
        first_run=batches.runs_on(tx, f"{customer}-{day:%Y%m%d}-") + 1,
        letters_per_batch=settings.letters_per_batch,
    )


def _due(tx: Tx, settings: Settings, now: datetime) -> list[Candidate]:
    asked_since = now - timedelta(minutes=settings.read_check_max_age_minutes)
    due = batches.due_for_print(tx, now=now, asked_since=asked_since)
    senders = all_senders(tx)
    caps = {one.id: one.nightly_cap for one in senders.values() if one.nightly_cap}
    at_vendor = [one for one in due if senders[one.sender_id].print_vendor != MANUAL]
    midnight = datetime.combine(clock.oslo_date(now), time(), tzinfo=clock.OSLO)
    return within_caps(at_vendor, caps, batches.reserved_since(tx, midnight))
