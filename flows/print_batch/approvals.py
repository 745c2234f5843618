"""Fetch the vendor's word on the pieces of its packages, and keep it once."""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

from flows.clock import oslo_date
from flows.database import approvals, batches
from flows.database.approvals import Decided
from flows.database.attempts import LATE, EndedAttempt, ended_by_package
from flows.database.batch_states import lock_batch
from flows.database.batches import Batch
from flows.database.open_items import OpenItem, silence
from flows.database.session import Database, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.batch import BatchId, BatchStatus
from flows.domain.opening_hours import answer_due
from flows.print_batch.answer_files import (
    Place,
    complete,
    present_in,
    put_away,
    put_away_strays,
    read_both,
)
from flows.print_batch.approval import Approval, read_approval, why_not
from flows.print_batch.refusal import in_words
from flows.print_batch.telling import tell_of_file
from flows.settings import Settings
from flows.sftp import RemoteFile, Sftp

log = logging.getLogger(__name__)

MOST_FINDINGS: Final = 5
"""A person reads so many of one piece; all are in `svarut batch show`."""


class Outcome(Enum):
    """What became of one answer."""

    KEPT = auto()
    KNOWN = auto()
    EARLY = auto()
    """The package has not been acknowledged; the answer waits for that."""
    FOR_A_PERSON = auto()


def collect_approvals(
    database: Database,
    server: Sftp,
    settings: Settings,
    places: Sequence[Place],
    now: datetime,
) -> Counter[Outcome]:
    """Keep every new answer; one that cannot be read never stops the next."""
    outcomes: Counter[Outcome] = Counter()
    for place in places:
        present = present_in(server, place)
        answers = complete(place, present)
        with reading(database) as tx:
            known = batches.by_package(tx, list(answers))
            ended = ended_by_package(tx, list(answers))
        for package, file in answers.items():
            about = ended.get(package) or known.get(package)
            outcomes[_keep(database, server, place, file, about, now)] += 1
        put_away_strays(server, place, present)
    _tell_of_missing(database, settings, now)
    return outcomes


def _keep(
    database: Database,
    server: Sftp,
    place: Place,
    file: RemoteFile,
    about: Batch | EndedAttempt | None,
    now: datetime,
) -> Outcome:
    content, ok = read_both(server, place, file)
    answer = read_approval(content, ok)
    item = _why_a_person(database, file, about, answer)
    if item is not None:
        decided = tell_of_file(database, item, hashlib.sha256(content).hexdigest(), now)
        if decided:
            put_away(server, place, file.name)
        return Outcome.KNOWN if decided else Outcome.FOR_A_PERSON
    if about is None or answer is None:
        return Outcome.FOR_A_PERSON
    outcome = _record(database, about, answer, file, now)
    if outcome is not Outcome.EARLY:
        put_away(server, place, file.name)
    return outcome


def _why_a_person(
    database: Database,
    file: RemoteFile,
    about: Batch | EndedAttempt | None,
    answer: Approval | None,
) -> OpenItem | None:
    """Return what a person must be told of an answer; None: it can be kept, or is early."""
    if about is None:
        return _item("APPROVAL_UNKNOWN", file.name, "a word on the pieces of no package of ours")
    if answer is None:
        return _item("APPROVAL_UNREADABLE", file.name, "not a word on pieces, or its .ok is wrong")
    with reading(database) as tx:
        before = approvals.approval_meaning(tx, _id_of(about), about.attempt)
    if before == answer.meaning_sha256:
        return None
    if isinstance(about, EndedAttempt):
        what = f"the vendor decides about pieces of attempt {about.attempt}, which was ended"
        return _item(LATE, about.batch_id, what)
    if about.status not in {
        BatchStatus.HANDED_OVER,
        BatchStatus.ACKNOWLEDGED,
        BatchStatus.SETTLED,
    }:
        what = f"the vendor decides about pieces of a batch that is {about.status}"
        return _item("APPROVAL_DIFFERS", about.id, what)
    if before is not None:
        wrong = "the vendor decides once more about the pieces, and otherwise"
    else:
        with reading(database) as tx:
            wrong = why_not(answer, about, approvals.pieces_in_package(tx, about))
    return _item("APPROVAL_DIFFERS", about.id, wrong) if wrong else None


def _record(
    database: Database,
    about: Batch | EndedAttempt,
    answer: Approval,
    file: RemoteFile,
    now: datetime,
) -> Outcome:
    """Keep what an answer says, in one transaction; EARLY when the next look must judge it."""
    findings = answer.findings
    said = Decided(answer.decided, answer.approved, findings, answer.meaning_sha256)
    with transaction(database) as tx:
        lock_batch(tx, _id_of(about))
        batch = batches.read_batch(tx, _id_of(about))
        silence(tx, "APPROVAL_UNREADABLE", [file.name[:255]], now)
        if approvals.approval_meaning(tx, batch.id, answer.attempt) is not None:
            return Outcome.KNOWN
        moved = (batch.status, batch.attempt) not in {
            (BatchStatus.ACKNOWLEDGED, answer.attempt),
            (BatchStatus.SETTLED, answer.attempt),
        }
        if moved or why_not(answer, batch, approvals.pieces_in_package(tx, batch)):
            return Outcome.EARLY
        for settled in ("APPROVAL_MISSING", "APPROVAL_DIFFERS"):
            silence(tx, settled, [batch.id], now)
        approvals.record_approval(tx, batch, said, _words(findings), now)
    log.info("approved batch=%s letters=%d refused=%d", batch.id, said.approved, len(findings))
    return Outcome.KEPT


def _id_of(about: Batch | EndedAttempt) -> BatchId:
    return about.batch_id if isinstance(about, EndedAttempt) else about.id


def _words(findings: Mapping[int, Sequence[Mapping[str, Any]]]) -> dict[int, str]:
    return {
        number: "; ".join(in_words(one) for one in some[:MOST_FINDINGS])
        + (f"; and {len(some) - MOST_FINDINGS} more" if len(some) > MOST_FINDINGS else "")
        for number, some in findings.items()
    }


def _tell_of_missing(database: Database, settings: Settings, now: datetime) -> None:
    """Tell of packages whose pieces should have been decided about, by the vendor's hours."""
    with reading(database) as tx:
        waiting = [
            (batch_id, sent_at, profile_on(tx, settings.vendor.profile, oslo_date(made)).calendar)
            for batch_id, made, sent_at in approvals.unapproved(tx)
        ]
    for batch_id, sent_at, calendar in waiting:
        minutes = calendar.approve_within_minutes
        if minutes and answer_due(sent_at, calendar, minutes) < now:
            what = f"no word on its pieces {minutes} minutes of the vendor's hours after hand-over"
            tell_of_file(database, _item("APPROVAL_MISSING", batch_id, what), "", now)


def _item(code: str, subject: str, what: str) -> OpenItem:
    do = "look at the answers there and ask the vendor; nothing was kept, and nothing is sent again"
    return OpenItem(code, subject[:255], what, do)
