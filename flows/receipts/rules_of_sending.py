"""What must agree on our side before and when letters leave: rules A1 to A4, and B1."""

from collections.abc import Iterator
from typing import Final

from flows.domain.batch import BatchStatus, StopState
from flows.domain.reconciliation import Facts, Found, SentBatch, Unchecked
from flows.receipts.today import Today

UNDER_WAY: Final = frozenset(
    {BatchStatus.RESERVED, BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER},
)
LEFT_US: Final = frozenset(
    {
        BatchStatus.HANDED_OVER,
        BatchStatus.ACKNOWLEDGED,
        BatchStatus.REFUSED,
        BatchStatus.SETTLED,
    },
)


def due_letters_are_in_a_batch(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """A1: a letter due for print is in a live batch, or something keeps it back.

    Raised when a whole working day, and so a print night, has gone by.
    """
    for one in facts.waiting:
        patience = today.limits.capped_working_days if one.capped else 1
        if today.working_days_since(one.since) >= patience:
            yield Found(one.sender_id, "due_and_in_no_batch", letter=one.shipment_id)
    for batch in facts.batches:
        if batch.status in UNDER_WAY and today.working_days_since(batch.created_at) >= 1:
            yield Found(batch.id, "batch_has_not_left")


def totals_are_those_of_the_pieces(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """A2: what a batch says of letters, pages and sheets is the sum of its package's pieces.

    That these are what the print file holds is counted again before a package may leave.
    """
    for batch in facts.batches:
        said = (batch.letters, batch.pages, batch.sheets)
        counted = (batch.packed_letters, batch.packed_pages, batch.packed_sheets)
        if batch.status in LEFT_US and (said != counted or not batch.package_sha256):
            yield Found(batch.id, "totals_differ_from_pieces")


def withdrawn_letters_are_not_printed(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """A3: no letter goes on paper that was read before it left, or that somebody has stopped.

    Every wish to stop one is sent and answered, and what the vendor stopped has no receipt.
    """
    for stop in facts.stops:
        if stop.state is StopState.CONTRADICTED:
            yield Found(stop.shipment_id, "printed_though_stopped", letter=stop.shipment_id)
        if stop.state is StopState.ASKED and today.working_days_since(stop.asked_at) >= 1:
            yield Found(stop.batch_id, "stop_not_sent", letter=stop.shipment_id)
        if stop.answer_due_at is not None and stop.answer_due_at < today.now:
            yield Found(stop.list_name, "stop_not_answered", letter=stop.shipment_id)
    for one in facts.letters:
        if one.read_at and one.handed_over_at and one.read_at < one.handed_over_at:
            cost = one.production_ore + one.postage_ore if one.receipt else None
            yield Found(one.batch_id, "read_before_hand_over", cost, one.shipment_id)


def nothing_goes_twice(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """A4: no letter is in two live batches; none comes again within two days."""
    for one in facts.letters:
        if one.live_pieces > 1:
            yield Found(one.shipment_id, "in_two_live_batches", letter=one.shipment_id)
    for repeat in facts.repeats:
        if repeat.apart <= today.limits.repeated_within:
            yield Found(repeat.first, "same_letter_again", letter=repeat.again)


def packages_are_answered(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """B1: the vendor answers about each package in time, and about what we sent."""
    for batch in facts.batches:
        if batch.status is BatchStatus.REFUSED:
            yield Found(batch.id, "package_refused")
        elif batch.status is BatchStatus.HANDED_OVER and batch.answer_differs:
            yield Found(batch.id, "answer_differs")
        elif batch.status is BatchStatus.HANDED_OVER and _is_late(batch, today):
            yield Found(batch.id, "no_answer")


def _is_late(batch: SentBatch, today: Today) -> bool:
    return batch.answer_due_at is not None and batch.answer_due_at < today.now
