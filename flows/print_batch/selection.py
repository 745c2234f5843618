"""Choose which letters go in which batch, and in what order."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from flows.domain.batch import BatchId, Candidate, JobClass, PlannedBatch
from flows.domain.country import is_domestic
from flows.domain.sheets import envelope_for, prints_duplex, sheets_of
from flows.domain.shipment import SenderId
from flows.domain.vendor_profile import NEUTRAL, Selection, VendorProfile


def plan_batches(
    candidates: Sequence[Candidate],
    *,
    customer: str,
    day: date,
    first_run: int,
    letters_per_batch: int,
    profile: VendorProfile = NEUTRAL,
) -> list[PlannedBatch]:
    """Put letters that run through the vendor's machines together in batches.

    Inside a batch: fewest sheets first, so that the machine is set once for each thickness; then
    by postcode, as the post is sorted. Or sender by sender, where the profile says so. The same
    candidates, in any order, give the same batches.
    first_run: the number of the first batch; every batch has a run number of its own.
    """
    place = _PLACES[profile.selection.order]
    classed = [(job_class_of(one, profile), one) for one in candidates]
    classed.sort(key=lambda each: (each[0], *place(each[1])))
    cuts = [
        (job_class, letters)
        for job_class, group in groupby(classed, key=lambda each: each[0])
        for letters in _cut((one for _, one in group), profile.selection, letters_per_batch)
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


def job_class_of(letter: Candidate, profile: VendorProfile = NEUTRAL) -> JobClass:
    """Return the printer run a letter belongs to: envelope, colour, sides, postage product."""
    duplex = prints_duplex(letter.documents, asked=letter.duplex)
    envelope = envelope_for(sheets_in(letter), c5_sheets=profile.paper.c5_sheets)
    product = "" if is_domestic(letter.country) else profile.selection.product_abroad
    return JobClass(envelope, letter.colour, duplex, product)


def taken_by(profile: VendorProfile, letter: Candidate) -> bool:
    """Say whether the vendor takes letters of this job class."""
    return not profile.job_classes or job_class_of(letter, profile).code in profile.job_classes


def sheets_in(letter: Candidate) -> int:
    """Return the sheets of a letter, its cover among them where it has one."""
    duplex = prints_duplex(letter.documents, asked=letter.duplex)
    return sheets_of(letter.documents, cover=not letter.own_address_page, duplex=duplex)


def _cut(
    letters: Iterable[Candidate], selection: Selection, letters_per_batch: int
) -> Iterator[list[Candidate]]:
    """Cut letters, in order, where the next would pass a limit; one above it goes by itself."""
    limits = (
        min(selection.letters or letters_per_batch, letters_per_batch),
        selection.sheets,
        selection.size_bytes,
    )
    batch: list[Candidate] = []
    filled = (0, 0, 0)
    for one in letters:
        measures = zip(filled, (1, sheets_in(one), one.size_bytes), strict=True)
        wanted = tuple(have + more for have, more in measures)
        if batch and any(
            limit and want > limit for want, limit in zip(wanted, limits, strict=True)
        ):
            yield batch
            batch, wanted = [], (1, sheets_in(one), one.size_bytes)
        batch.append(one)
        filled = (wanted[0], wanted[1], wanted[2])
    if batch:
        yield batch


_PLACES: Final[Mapping[str, Callable[[Candidate], tuple[int | str, ...]]]] = {
    "sheets": lambda one: (sheets_in(one), one.postcode, one.id),
    "sender": lambda one: (one.sender_id, sheets_in(one), one.postcode, one.id),
}
"""Where a letter stands in its batch, by the policy of the vendor's profile."""
