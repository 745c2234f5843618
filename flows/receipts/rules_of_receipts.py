"""What must agree between what we sent and what the vendor says of it: rules B2 to B6, B10-B12."""

from collections.abc import Iterable, Iterator
from typing import Final

from flows.clock import oslo_date
from flows.domain.batch import BatchStatus
from flows.domain.reconciliation import Facts, Found, SentLetter, Unchecked
from flows.domain.status import Status
from flows.domain.working_days import add_working_days, is_working_day
from flows.receipts.today import Today

COVER_SIDES: Final = 1


def pieces_have_receipts(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """B2: every accepted piece has its receipt within the agreed working days."""
    for one in facts.letters:
        waits = one.status is Status.SENT_TO_PRINT and one.batch_status is BatchStatus.ACKNOWLEDGED
        since = one.acknowledged_at or one.handed_over_at
        if (
            waits
            and since is not None
            and today.working_days_since(since) > today.limits.receipt_working_days
        ):
            yield Found(one.batch_id, "no_receipt", letter=one.shipment_id)


def lines_are_about_letters_of_ours(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """B3: every receipt line is about a letter we sent; others are parked and cost nothing.

    One about a package that was ended is told by itself: the letter may come twice.
    """
    for line in facts.set_aside:
        if line.ended_batch:
            yield Found(line.ended_batch, "printed_though_ended", line.ore, line.shipment_id)
        elif line.booked_ore is None:
            yield Found(line.file, "receipt_line_set_aside", line.ore, line.shipment_id)


def receipts_do_not_contradict(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """B4: a second receipt of a letter says what the first said; the newest never wins silently."""
    for line in facts.set_aside:
        if line.booked_ore is not None and not line.ended_batch:
            differs = abs(line.ore - line.booked_ore)
            yield Found(line.shipment_id, "contradicting_receipts", differs, line.shipment_id)


def pages_and_sheets_are_ours(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """B5: the vendor printed the sides and sheets that we sent; a blank back is no side."""
    for one in _answered(facts.letters):
        if one.sheets is None or one.pages is None:
            continue
        if one.pages_black_white + one.pages_colour != _sides(one):
            yield Found(one.batch_id, "other_pages", letter=one.shipment_id)
        if one.sheets_by_machine + one.sheets_by_hand != one.sheets:
            yield Found(one.batch_id, "other_sheets", letter=one.shipment_id)
        if one.pages_colour and not one.colour:
            yield Found(one.batch_id, "colour_not_asked_for", letter=one.shipment_id)
        elif one.colour and one.document_colour_pages not in {None, one.pages_colour}:
            yield Found(one.batch_id, "other_colour_pages", letter=one.shipment_id)


def handling_is_as_planned(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """B6: what a machine should envelope was not enveloped by hand, which costs more."""
    for one in _answered(facts.letters):
        if one.sheets_by_hand and (one.sheets or 0) <= today.limits.machine_sheets:
            yield Found(one.batch_id, "enveloped_by_hand", letter=one.shipment_id)


def posting_is_possible_and_in_time(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """B10: posted after it was handed over, not in the future, on a working day, in time."""
    for one in _answered(facts.letters):
        kind = _posting_fault(one, today)
        if kind:
            yield Found(one.batch_id, kind, letter=one.shipment_id)


def account_codes_come_back(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """B11: the vendor echoes the account code we gave; ours is billed whatever it says."""
    for one in _answered(facts.letters):
        if one.echoed_code != one.account_code:
            yield Found(one.batch_id, "other_account_code", letter=one.shipment_id)


def no_column_empties(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """B12: no file is stopped because a column that used to be filled says nothing any more.

    The columns are counted when a file comes; one that empties keeps the whole file back.
    """
    for file in facts.files:
        if file.quarantined:
            yield Found(file.file, "file_set_aside")
        elif not file.columns_counted:
            yield Unchecked("columns_not_counted", file.file)


def _answered(letters: Iterable[SentLetter]) -> Iterator[SentLetter]:
    return (one for one in letters if one.receipt is not None)


def _sides(one: SentLetter) -> int:
    """Return the sides with something on them: the documents', and the cover's if there is one."""
    return one.document_pages + COVER_SIDES * one.covered


def _posting_fault(one: SentLetter, today: Today) -> str:
    if one.posted_on > today.date or (one.posted_at and one.posted_at > today.now):
        return "posted_in_the_future"
    if not is_working_day(one.posted_on, today.limits.closed):
        return "posted_on_a_closed_day"
    if one.handed_over_at is None:
        return ""
    handed_over_on = oslo_date(one.handed_over_at)
    too_early = one.posted_at is not None and one.posted_at < one.handed_over_at
    if too_early or one.posted_on < handed_over_on:
        return "posted_before_hand_over"
    days, closed = today.limits.posting_working_days, today.limits.closed
    return "posted_late" if one.posted_on > add_working_days(handed_over_on, days, closed) else ""
