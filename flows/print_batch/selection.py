"""Choose which letters go in which batch, and in what order."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby

from flows.domain.batch import BatchId, Candidate, JobClass, PlannedBatch
from flows.domain.sheets import cover_sheets, envelope_for, prints_duplex, sheets_of
from flows.domain.shipment import SenderId


def plan_batches(
    candidates: Sequence[Candidate],
    *,
    customer: str,
    day: date,
    first_run: int,
    letters_per_batch: int,
) -> list[PlannedBatch]:
    """Put letters that run through the vendor's machines together in batches.

    Inside a batch: fewest sheets first, so that the machine is set once for each thickness; then
    by postcode, as the post is sorted. The same candidates, in any order, give the same batches.
    first_run: the number of the first batch; every batch has a run number of its own.
    """
    ordered = sorted(candidates, key=lambda one: (job_class_of(one), *_place_in_batch(one)))
    cuts = [
        (job_class, letters[start : start + letters_per_batch])
        for job_class, group in groupby(ordered, key=job_class_of)
        for letters in [list(group)]
        for start in range(0, len(letters), letters_per_batch)
    ]
    return [
        PlannedBatch(
            BatchId(f"{customer}-{day:%Y%m%d}-{run:02d}-{job_class.code}"),
            job_class,
            tuple(one.id for one in letters),
        )
        for run, (job_class, letters) in enumerate(cuts, start=first_run)
    ]


def within_caps(
    candidates: Sequence[Candidate],
    caps: Mapping[SenderId, int],
    reserved_tonight: Mapping[SenderId, int],
) -> list[Candidate]:
    """Return the candidates that may go tonight: of a sender with a cap, its oldest.

    candidates: oldest first. caps: letters a night of those senders that have a limit.
    reserved_tonight: letters already in tonight's batches, so that a second run adds none.
    """
    left = {sender: cap - reserved_tonight.get(sender, 0) for sender, cap in caps.items()}
    going = []
    for each in candidates:
        if left.get(each.sender_id, 1) <= 0:
            continue
        if each.sender_id in left:
            left[each.sender_id] -= 1
        going.append(each)
    return going


def job_class_of(letter: Candidate) -> JobClass:
    """Return the printer run a letter belongs to."""
    duplex = prints_duplex(letter.pages, asked=letter.duplex)
    return JobClass(envelope_for(sheets_in(letter)), letter.colour, duplex)


def sheets_in(letter: Candidate) -> int:
    """Return the sheets of a letter, its cover among them where it has one."""
    duplex = prints_duplex(letter.pages, asked=letter.duplex)
    cover = cover_sheets(own_address_page=letter.own_address_page)
    return cover + sheets_of(letter.pages, duplex=duplex)


def _place_in_batch(letter: Candidate) -> tuple[int, str, str]:
    return sheets_in(letter), letter.postcode, letter.id
