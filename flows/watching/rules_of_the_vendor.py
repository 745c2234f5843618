"""When the vendor, or what goes to it and comes from it, is late; by the vendor's calendar."""

from collections.abc import Iterator
from typing import Final

from flows.clock import oslo_date
from flows.domain.batch import BatchStatus
from flows.domain.opening_hours import answer_due
from flows.domain.standing import OpenBatch, Standing
from flows.domain.working_days import add_working_days
from flows.watch_settings import WatchSettings
from flows.watching.found import Found, hours_since, since_then

HELD_IN_QUARANTINE: Final = "OFFER_QUARANTINED"
"""Why letters are held that Altinn would never accept."""

UNDER_WAY: Final = frozenset(
    {
        BatchStatus.RESERVED,
        BatchStatus.ASSEMBLED,
        BatchStatus.HANDING_OVER,
        BatchStatus.REFUSED,
    }
)
"""States in which a batch waits for us."""


def batches_that_stand_still(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find a batch that has been made and has not left, or that the vendor has refused."""
    for batch in standing.batches:
        old = hours_since(batch.status_at, standing.now) > limits.batch_hours
        if batch.status in UNDER_WAY and old:
            what = f"the batch is {batch.status}, {since_then(batch.status_at)}"
            yield Found(batch.id, what, batch.letters, batch.status_at)


def acknowledgements_that_are_missing(
    standing: Standing, _limits: WatchSettings
) -> Iterator[Found]:
    """Find a package that nobody has acknowledged within the vendor's minutes, in its hours."""
    for batch in standing.batches:
        if acknowledgement_is_late(batch, standing) and batch.handed_over_at is not None:
            what = f"the package has had no answer, {since_then(batch.handed_over_at)}"
            yield Found(batch.id, what, batch.letters, batch.handed_over_at)


def receipts_that_are_missing(standing: Standing, _limits: WatchSettings) -> Iterator[Found]:
    """Find letters of an acknowledged batch without a receipt after the vendor's working days."""
    for batch in standing.batches:
        if receipts_are_late(batch, standing):
            since = batch.acknowledged_at or batch.status_at
            what = f"{batch.unanswered} of {batch.letters} letters have no receipt"
            yield Found(batch.id, f"{what}, {since_then(since)}", batch.unanswered, since)


def quarantines_that_are_not_empty(standing: Standing, _limits: WatchSettings) -> Iterator[Found]:
    """Find lines, files and letters that wait for a person's word."""
    for one in standing.quarantined:
        then = f", {since_then(one.oldest)}" if one.oldest else ""
        yield Found(one.what, f"{one.count} {one.what} wait{then}", 0, one.oldest)
    letters = [one for one in standing.letters if one.held_for == HELD_IN_QUARANTINE]
    if letters:
        count, oldest = sum(one.letters for one in letters), min(one.oldest for one in letters)
        what = f"{count} letters that Altinn does not accept wait, {since_then(oldest)}"
        yield Found("letters for Altinn", what, count, oldest)


def deliveries_that_stand_still(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find what has come from the vendor and is not booked, and what senders have not been told."""
    for one in standing.undelivered:
        if one.oldest and hours_since(one.oldest, standing.now) > limits.answer_hours:
            what = f"{one.count} {one.what} wait, {since_then(one.oldest)}"
            yield Found(one.what, what, 0, one.oldest)


def acknowledgement_is_late(batch: OpenBatch, standing: Standing) -> bool:
    """Say whether the vendor should have answered about a package by now."""
    return (
        batch.status is BatchStatus.HANDED_OVER
        and batch.handed_over_at is not None
        and answer_due(batch.handed_over_at, batch.calendar) < standing.now
    )


def receipts_are_late(batch: OpenBatch, standing: Standing) -> bool:
    """Say whether the vendor should have receipted every letter of a batch by now."""
    if batch.status is not BatchStatus.ACKNOWLEDGED or not batch.unanswered:
        return False
    calendar = batch.calendar
    since = oslo_date(batch.acknowledged_at or batch.status_at)
    days, closed = calendar.receipts_within_working_days, frozenset(calendar.closed_days)
    return oslo_date(standing.now) > add_working_days(since, days, closed)
