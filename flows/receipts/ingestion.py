"""Bring the vendor's answers home, and book what they say, once however often they arrive.

Fetched, kept in the archive, staged (one commit), booked (one commit), and only then put away at
the vendor. Killed in between, the next run finds the file where it was and goes on from there.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from flows.clock import oslo_date
from flows.database import booking, receipts
from flows.database.booking_in_parts import book_all_clear_lines
from flows.database.open_items import OpenItem, raise_item, silence, sound
from flows.database.session import Database, Tx, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.receipt import PRINTED_THOUGH_ENDED, LineState, StagedLine
from flows.domain.vendor_invoice import VendorInvoice
from flows.domain.vendor_profile import VendorProfile
from flows.receipts import returned_mail, vendor_invoice
from flows.receipts.answers import (
    Answer,
    AnswerKind,
    bring_home,
    complete_answers,
    profile_of,
    put_away,
)
from flows.receipts.matching import Matching, Terms, match_lines
from flows.receipts.raw_rows import MAX_BYTES, RefusedFile
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.receipts.returned_mail import ReturnFile
from flows.receipts.suspicion import suspicions
from flows.settings import Settings
from flows.sftp import connect

PRINTED_TWICE: Final = "PRINTED_THOUGH_ENDED"
"""The open item of a batch whose ended package was printed; its subject is the batch id."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BookingCounts:
    """What became of the lines of a file."""

    applied: int = 0
    duplicates: int = 0
    quarantined: int = 0
    refused: int = 0
    """1 when the whole file was refused."""
    known: int = 0
    """1 when the file was booked or refused before, and is only put away."""
    suspect: int = 0
    """1 when the whole file waits for a person."""


def ingest(database: Database, settings: Settings, answer: Answer, now: datetime) -> BookingCounts:
    """Bring one answer home, book it, and put it away at the vendor."""
    with connect(settings.vendor) as server:
        content, wrong = bring_home(server, settings, answer)
        sha256 = hashlib.sha256(content).hexdigest()
        if wrong and not content:
            return _too_large(database, answer, wrong, now)
        with reading(database) as tx:
            state = receipts.file_state(tx, sha256)
            profile = profile_of(tx, settings, answer.name, now)
        counts = BookingCounts(known=1)
        if wrong:
            counts = _refuse(database, profile, answer, sha256, wrong, now)
        elif state is None:
            counts = _take(database, settings, profile, answer, content, now)
        elif state == "STAGED":
            counts = book_file(database, sha256, now)
        put_away(server, answer)
        return counts


def unfinished(database: Database) -> list[str]:
    """Return the SHA-256 of files an earlier run staged and did not book."""
    with reading(database) as tx:
        return [sha256 for sha256, _ in receipts.staged_files(tx)]


def book_file(database: Database, sha256: str, now: datetime) -> BookingCounts:
    """Decide about every staged line of a file and book them.

    One transaction, where the file is not large (flows/database/booking_in_parts.py); a letter's
    status and its cost are always in one.
    """
    with transaction(database) as tx:
        receipts.lock_file(tx, sha256)
        file = receipts.file_row(tx, sha256)
        if file is None or file["state"] != "STAGED":
            return BookingCounts()
        if file["kind"] == AnswerKind.RETURN:
            counts = BookingCounts(*returned_mail.book(tx, sha256, now))
        else:
            counts = _book_receipts(database, tx, file, now)
    log.info("booked file=%s applied=%d", sha256[:12], counts.applied)
    return counts


def look_only(settings: Settings, database: Database, now: datetime) -> Iterator[BookingCounts]:
    """Say for each receipt file at the vendor what booking it would do, and do nothing."""
    with reading(database) as tx:
        profile = profile_on(tx, settings.vendor.profile, oslo_date(now))
    with connect(settings.vendor) as server:
        for answer in complete_answers(server, profile):
            if answer.kind is not AnswerKind.RECEIPT:
                continue
            content = server.read(f"{answer.folder}/{answer.name}", MAX_BYTES)
            with reading(database) as tx:
                own = profile_of(tx, settings, answer.name, now)
                yield _would_be(tx, settings, own, content, now)


def stage_receipts(
    database: Database,
    vendor: str,
    name: str,
    sha256: str,
    read: ReceiptFile,
    now: datetime,
) -> None:
    """Keep a file and its lines, in a transaction of its own."""
    with transaction(database) as tx:
        state = receipts.file_state(tx, sha256)
        if state is None:
            receipts.stage(
                tx,
                sha256=sha256,
                name=name,
                lines=read.lines,
                at=now,
                vendor=vendor,
                filled=read.filled,
            )
        elif state in {"QUARANTINED", "REFUSED"}:  # a person has said: as it is now, book it
            receipts.stage_lines(tx, sha256, read.lines)
            silence(tx, "RECEIPT_FILE_QUARANTINED", [sha256[:12]], now)
            silence(tx, "RECEIPT_REFUSED", [name], now)
            receipts.set_file_state(
                tx,
                sha256,
                "STAGED",
                reason="",
                line_count=len(read.lines),
                filled=dict(read.filled),
            )


def counted(matching: Matching, in_bulk: int = 0) -> BookingCounts:
    """Count what becomes of a file's lines."""
    aside = Counter(line.state for line in matching.set_aside)
    return BookingCounts(
        applied=in_bulk + len(matching.applied),
        duplicates=aside[LineState.DUPLICATE],
        quarantined=aside[LineState.QUARANTINED],
    )


def _take(
    database: Database,
    settings: Settings,
    profile: VendorProfile,
    answer: Answer,
    content: bytes,
    now: datetime,
) -> BookingCounts:
    """Stage and book a file that is new; or refuse it, or leave it to a person."""
    sha256, name = hashlib.sha256(content).hexdigest(), answer.name
    read = _READERS[answer.kind](content, customer=settings.vendor.customer, profile=profile)
    if isinstance(read, RefusedFile):
        return _refuse(database, profile, answer, sha256, read.reason, now)
    if isinstance(read, VendorInvoice):
        return BookingCounts(*vendor_invoice.keep(database, profile, name, sha256, read, now))
    if isinstance(read, ReturnFile):
        returned_mail.stage(database, profile, name, sha256, read, now)
        return book_file(database, sha256, now)
    with reading(database) as tx:
        wrong = suspicions(read, profile, receipts.usual(tx, profile.id))
    if wrong:
        return _leave_to_a_person(database, profile, answer, sha256, "; ".join(wrong), now)
    stage_receipts(database, profile.id, name, sha256, read, now)
    return book_file(database, sha256, now)


class _Reader(Protocol):
    def __call__(
        self, content: bytes, *, customer: str, profile: VendorProfile
    ) -> ReceiptFile | ReturnFile | VendorInvoice | RefusedFile: ...


_READERS: Final[dict[AnswerKind, _Reader]] = {
    AnswerKind.RECEIPT: read_receipt_file,
    AnswerKind.RETURN: returned_mail.read_returns,
    AnswerKind.INVOICE: vendor_invoice.read_invoice,
}


def _book_receipts(
    database: Database, tx: Tx, file: Mapping[str, Any], now: datetime
) -> BookingCounts:
    """Book what is clear all at once, and decide about the rest line by line."""
    sha256 = file["sha256"]
    test_prefix = profile_on(tx, file["vendor"], oslo_date(now)).test_prefix
    bulk = book_all_clear_lines(
        database, tx, sha256, lines=file["line_count"], test_prefix=test_prefix, at=now
    )
    lines = receipts.staged_lines(tx, sha256)
    named = [line.receipt.shipment_id for line in lines if line.receipt is not None]
    terms = Terms(now, test_prefix, sha256)
    matching = match_lines(lines, receipts.sent_pieces(tx, named), terms)
    booking.book(
        tx, sha256, applied=matching.applied, set_aside=matching.set_aside, at=now, bulk=bulk
    )
    counts = counted(matching, bulk.lines)
    if counts.quarantined:
        item = OpenItem(
            "RECEIPT_LINES_QUARANTINED",
            sha256[:12],
            f"{counts.quarantined} receipt lines could not be booked",
            f"look at their reasons: svarut receipts quarantine list --file {sha256[:12]}",
        )
        raise_item(tx, item, now)
        _tell_of_ended(tx, lines, matching, now)
    return counts


def _tell_of_ended(tx: Tx, lines: Sequence[StagedLine], matching: Matching, now: datetime) -> None:
    """Tell of letters that were printed though their package was ended: they may come twice."""
    ended = {one.line for one in matching.set_aside if one.reason.startswith(PRINTED_THOUGH_ENDED)}
    receipts_of = [one.receipt for one in lines if one.line in ended and one.receipt is not None]
    cost: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for each in receipts_of:
        cost[each.batch_id] += each.production_ore + each.postage_ore
        letters[each.batch_id] += 1
    items = [
        OpenItem(
            PRINTED_TWICE,
            batch_id,
            f"{count} letters were printed in a package that was ended, and may be printed twice: "
            f"{cost[batch_id] / 100:.2f} kroner without VAT",
            "ask the vendor to stop the newer one; docs/runbook.md, A package goes wrong",
        )
        for batch_id, count in sorted(letters.items())
    ]
    sound(tx, items, now)


def _would_be(
    tx: Tx, settings: Settings, profile: VendorProfile, content: bytes, now: datetime
) -> BookingCounts:
    sha256 = hashlib.sha256(content).hexdigest()
    if receipts.file_state(tx, sha256) is not None:
        return BookingCounts(known=1)
    read = read_receipt_file(content, customer=settings.vendor.customer, profile=profile)
    if isinstance(read, RefusedFile):
        return BookingCounts(refused=1)
    if suspicions(read, profile, receipts.usual(tx, profile.id)):
        return BookingCounts(suspect=1)
    named = [one.receipt.shipment_id for one in read.lines if one.receipt]
    terms = Terms(now, profile.test_prefix, sha256)
    return counted(match_lines(read.lines, receipts.sent_pieces(tx, named), terms))


def _refuse(
    database: Database,
    profile: VendorProfile,
    answer: Answer,
    sha256: str,
    reason: str,
    now: datetime,
) -> BookingCounts:
    """Keep that a file was refused and tell a person; nothing of it is booked."""
    with transaction(database) as tx:
        new = _keep_unbooked(tx, profile, answer, sha256, "REFUSED", reason, now)
        item = OpenItem(
            "RECEIPT_REFUSED",
            answer.name,
            f"a file of the vendor was refused whole: {reason}",
            "ask the vendor for a right file; the refused one is in the archive and in arkiv/",
        )
        if new:
            sound(tx, [item], now)  # also when an earlier file of that name was seen to
        else:
            raise_item(tx, item, now)
    log.warning("refused file=%s: %s", sha256[:12], reason)
    return BookingCounts(refused=1) if new else BookingCounts(known=1)


def _leave_to_a_person(
    database: Database,
    profile: VendorProfile,
    answer: Answer,
    sha256: str,
    reason: str,
    now: datetime,
) -> BookingCounts:
    """Keep that a file can be read and is not believed; it is booked when a person says so."""
    with transaction(database) as tx:
        _keep_unbooked(tx, profile, answer, sha256, "QUARANTINED", reason, now)
        item = OpenItem(
            "RECEIPT_FILE_QUARANTINED",
            sha256[:12],
            f"a receipt file waits whole: {reason}",
            f"ask the vendor; then svarut receipts quarantine replay {sha256[:12]}, or dismiss",
        )
        raise_item(tx, item, now)
    log.warning("quarantined file=%s: %s", sha256[:12], reason)
    return BookingCounts(suspect=1)


def _keep_unbooked(
    tx: Tx,
    profile: VendorProfile,
    answer: Answer,
    sha256: str,
    state: str,
    reason: str,
    now: datetime,
) -> bool:
    new = receipts.file_state(tx, sha256) is None
    if new:
        receipts.keep_file(
            tx,
            sha256=sha256,
            kind=answer.kind.value,
            vendor=profile.id,
            name=answer.name,
            state=state,
            reason=reason,
            at=now,
        )
    return new


def _too_large(database: Database, answer: Answer, reason: str, now: datetime) -> BookingCounts:
    """Tell a person of a file that is too large to be brought home; it stays where it is."""
    with transaction(database) as tx:
        item = OpenItem(
            "RECEIPT_REFUSED",
            answer.name,
            f"a file of the vendor was refused whole: {reason}",
            "ask the vendor what it is; it lies where they put it",
        )
        raise_item(tx, item, now)
    return BookingCounts(refused=1)
