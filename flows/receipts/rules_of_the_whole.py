"""That no letter and no file is lost: rules D1 to D3."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from flows.domain.reconciliation import Facts, Found, ReturnedLetter, Unchecked
from flows.domain.status import FIRST
from flows.receipts.today import Today

IDLE_WORKING_DAYS: Final = 1
"""Every flow runs several times a working day: what nobody has taken up in a whole one stands."""


def no_letter_is_lost(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """D1: read + printed + rejected + otherwise closed + open = all, for each sender.

    Each letter's last event and its status must say the same, or a letter has come or gone in
    silence: what entered a status and has not left it is what has it. And a letter that is read
    was seen to be read, one that is printed has a receipt or somebody's word.
    """
    for bucket in facts.buckets:
        missing = bucket.entered - bucket.left - bucket.letters
        for _ in range(abs(missing)):
            yield Found(bucket.sender_id, "letters_do_not_add_up")
    for one in facts.unproved:
        yield Found(one.sender_id, "status_without_its_reason", letter=one.shipment_id)
    for idle in facts.idle:
        if today.working_days_since(idle.since) > IDLE_WORKING_DAYS:
            yield Found(idle.sender_id, "stands_still", letter=idle.shipment_id)


def mail_does_not_come_back(facts: Facts, today: Today) -> Iterator[Found | Unchecked]:
    """D2: few of a sender's letters come back, and none to the same address again."""
    posted = Counter(one.sender_id for one in facts.letters if one.receipt is not None)
    posted_ids = {one.shipment_id for one in facts.letters if one.receipt is not None}
    back = Counter(one.sender_id for one in facts.returned if one.shipment_id in posted_ids)
    for sender, count in back.items():
        enough = posted[sender] >= today.limits.least_letters
        if enough and count * 100 > posted[sender] * today.limits.return_percent:
            yield Found(sender, "many_returned")
    of_address: dict[str, list[ReturnedLetter]] = defaultdict(list)
    for one in facts.returned:
        of_address[one.address].append(one)
    for letters in of_address.values():
        first, *again = sorted(letters, key=lambda one: (one.returned_on, one.shipment_id))
        for one in again:
            yield Found(first.shipment_id, "address_returned_again", letter=one.shipment_id)


def files_are_kept(facts: Facts, _today: Today) -> Iterator[Found | Unchecked]:
    """D3: every receipt file lies in the archive as it came."""
    yield Unchecked("reports_not_recorded")
    for file in facts.files:
        if file.kept_well is None:
            yield Unchecked("archive_not_looked_at", file.file)
        elif not file.kept_well:
            yield Found(file.file, "file_is_not_kept")


def taken_in(facts: Facts) -> int:
    """Return how many letters ever came, by the event that begins every walk."""
    return sum(bucket.entered for bucket in facts.buckets if bucket.status is FIRST)
