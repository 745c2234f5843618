"""When the vendor's answers are late: by the hours of the profile of the day each was made."""

from dataclasses import replace
from datetime import datetime

from flows.clock import oslo_date
from flows.database.session import Tx
from flows.database.vendors import profile_on
from flows.domain.batch import BatchStatus, StopState
from flows.domain.opening_hours import answer_due
from flows.domain.reconciliation import AskedStop, Facts, SentBatch
from flows.domain.vendor_profile import Calendar


def with_due_answers(tx: Tx, vendor: str, facts: Facts) -> Facts:
    """Say of each package and stop that waits for an answer when that is late."""

    def calendar_on(made_at: datetime) -> Calendar:
        return profile_on(tx, vendor, oslo_date(made_at)).calendar

    def of_batch(batch: SentBatch) -> SentBatch:
        if batch.status is not BatchStatus.HANDED_OVER or batch.handed_over_at is None:
            return batch
        due = answer_due(batch.handed_over_at, calendar_on(batch.created_at))
        return replace(batch, answer_due_at=due)

    def of_stop(stop: AskedStop) -> AskedStop:
        made_at, sent_at = stop.list_made_at, stop.list_sent_at
        if stop.state is not StopState.SENT or made_at is None or sent_at is None:
            return stop
        calendar = calendar_on(made_at)
        due = answer_due(sent_at, calendar, calendar.stop_within_minutes)
        return replace(stop, answer_due_at=due)

    return replace(
        facts,
        batches=[of_batch(one) for one in facts.batches],
        stops=[of_stop(one) for one in facts.stops],
    )
