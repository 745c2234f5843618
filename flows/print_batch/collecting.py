"""Fetch the vendor's acknowledgements, keep what they say, and put them away."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from flows.clock import oslo_date
from flows.database import batches
from flows.database.attempts import EndedAttempt, ended_by_package, record_late_answer
from flows.database.batches import Batch
from flows.database.open_items import OpenItem, is_open, raise_item, reopen, silence
from flows.database.session import Database, Tx, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.batch import BatchStatus
from flows.domain.opening_hours import answer_due
from flows.domain.vendor_profile import Transport, VendorProfile
from flows.print_batch import approvals, stopping
from flows.print_batch.acknowledgement import (
    Acknowledgement,
    Verdict,
    judge,
    read_acknowledgement,
)
from flows.print_batch.answer_files import (
    Place,
    complete,
    present_in,
    put_away,
    put_away_strays,
    read_both,
)
from flows.print_batch.transfer import profile_of
from flows.settings import Settings
from flows.sftp import RemoteFile, Sftp, connect

log = logging.getLogger(__name__)

SAID: Final = {
    BatchStatus.ACKNOWLEDGED: Verdict.ACCEPTED,
    BatchStatus.SETTLED: Verdict.ACCEPTED,
    BatchStatus.REFUSED: Verdict.REFUSED,
}
"""What the vendor has answered already about a batch with such a status."""


class Outcome(StrEnum):
    """What became of one answer."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    FOR_A_PERSON = "for_a_person"
    KNOWN = "known"
    """An earlier run kept it and was stopped before it put the file away."""
    EARLY = "early"
    """We have not written down that the package arrived: the print flow does that first."""


@dataclass(frozen=True)
class AcknowledgementCounts:
    """What one look at the vendor's answers gave."""

    acknowledged: int = 0
    refused: int = 0
    for_a_person: int = 0
    """Answers that cannot be read, or contradict what we sent."""
    waiting: int = 0
    """Packages that have no answer yet."""
    late: int = 0
    """Of those, the ones that should have had it."""
    approved: int = 0
    """Packages whose pieces the vendor has decided about."""
    stop_lists: int = 0
    """Sent to the vendor now."""
    stop_answers: int = 0
    """Lists the vendor has answered."""


def collect_acknowledgements(
    database: Database, settings: Settings, now: datetime
) -> AcknowledgementCounts:
    """Keep every new answer; one that cannot be read never stops the next."""
    outcomes: Counter[Outcome] = Counter()
    answered: set[str] = set()
    with connect(settings.vendor) as server:
        sent = stopping.send_stop_lists(database, server, settings, now)
        ways = _ways(database, settings, now)
        for place in dict.fromkeys(map(_of_acknowledgements, ways)):
            answered |= _collect_from(database, server, place, now, outcomes)
        places = list(dict.fromkeys(map(_of_approvals, ways)))
        pieces = approvals.collect_approvals(database, server, settings, places, now)
        stopped = stopping.collect_stop_answers(database, server, settings, now)
    waiting, late = _still_waiting(database, settings, answered, now)
    return AcknowledgementCounts(
        acknowledged=outcomes[Outcome.ACKNOWLEDGED],
        refused=outcomes[Outcome.REFUSED],
        for_a_person=outcomes[Outcome.FOR_A_PERSON]
        + pieces[approvals.Outcome.FOR_A_PERSON]
        + stopped[stopping.Outcome.FOR_A_PERSON],
        waiting=waiting,
        late=late,
        approved=pieces[approvals.Outcome.KEPT],
        stop_lists=sent,
        stop_answers=stopped[stopping.Outcome.KEPT],
    )


def _ways(database: Database, settings: Settings, now: datetime) -> list[Transport]:
    """Return how answers lie at the vendor: today, and when what is at the vendor was made."""
    with reading(database) as tx:
        there = batches.with_status(tx, BatchStatus.HANDED_OVER, BatchStatus.ACKNOWLEDGED)
        days = {oslo_date(one.created_at) for one in there} | {oslo_date(now)}
        return [profile_on(tx, settings.vendor.profile, day).transport for day in sorted(days)]


def _of_acknowledgements(way: Transport) -> Place:
    return Place(way.acknowledgements_folder, way.acknowledgement_names, way.archive_folder)


def _of_approvals(way: Transport) -> Place:
    return Place(way.approvals_folder, way.approval_names, way.archive_folder)


def _collect_from(
    database: Database, server: Sftp, place: Place, now: datetime, outcomes: Counter[Outcome]
) -> set[str]:
    """Keep the answers of one folder; return the packages they are about."""
    present = present_in(server, place)
    answers = complete(place, present)
    with reading(database) as tx:
        names = list(answers)
        known, ended = batches.by_package(tx, names), ended_by_package(tx, names)
    outcomes.update(
        _keep_late(database, server, place, file, ended[package], now)
        if package in ended
        else _keep(database, server, place, file, known.get(package), now)
        for package, file in answers.items()
    )
    put_away_strays(server, place, present)
    return set(answers)


def count_waiting(database: Database, settings: Settings, now: datetime) -> AcknowledgementCounts:
    """Return how many packages wait for their answer, without calling the vendor."""
    with reading(database) as tx:
        waiting = batches.with_status(tx, BatchStatus.HANDED_OVER)
        profiles = _profiles(tx, settings, waiting)
    late = sum(_is_late(one, by, now) for one, by in zip(waiting, profiles, strict=True))
    return AcknowledgementCounts(waiting=len(waiting), late=late)


def _keep(
    database: Database,
    server: Sftp,
    place: Place,
    file: RemoteFile,
    batch: Batch | None,
    now: datetime,
) -> Outcome:
    if batch is None:
        item = _item("UNKNOWN", file.name, "an answer about a package we never made")
        return _tell(database, item, now)
    if batch.status not in SAID and batch.status is not BatchStatus.HANDED_OVER:
        return Outcome.EARLY
    answer = _read(server, place, file)
    if answer is None:
        return _tell_unreadable(database, file, now)
    verdict, says = judge(answer, batch)
    _settle_unreadable(database, file, now)
    if SAID.get(batch.status) is verdict:
        put_away(server, place, file.name)
        return Outcome.KNOWN
    if batch.status in SAID:
        says = f"the vendor answers once more, and otherwise: {verdict.lower()}. {says}"
    if batch.status in SAID or verdict is Verdict.DIFFERS:
        return _tell(database, _item("DIFFERS", batch.id, says), now)
    _record(database, batch, verdict, says, now)
    put_away(server, place, file.name)
    return Outcome.ACKNOWLEDGED if verdict is Verdict.ACCEPTED else Outcome.REFUSED


def _keep_late(
    database: Database,
    server: Sftp,
    place: Place,
    file: RemoteFile,
    ended: EndedAttempt,
    now: datetime,
) -> Outcome:
    """Keep what the vendor says about a package that was annulled, or sent again since."""
    answer = _read(server, place, file)
    if answer is None:
        return _tell_unreadable(database, file, now)
    _settle_unreadable(database, file, now)
    said = Verdict.ACCEPTED if answer.accepted else Verdict.REFUSED
    with transaction(database) as tx:
        if ended.answer != said:
            record_late_answer(tx, ended, said, now)
            if answer.accepted:
                what = (
                    f"the vendor has taken in {ended.package}, which was ended: it may be printed"
                )
                item = _item("LATE", ended.batch_id, what)
                if not raise_item(tx, item, now):
                    reopen(tx, item)
    put_away(server, place, file.name)
    if ended.answer == said or not answer.accepted:
        return Outcome.KNOWN
    log.warning("late answer batch=%s attempt=%d", ended.batch_id, ended.attempt)
    return Outcome.FOR_A_PERSON


def _read(server: Sftp, place: Place, file: RemoteFile) -> Acknowledgement | None:
    return read_acknowledgement(*read_both(server, place, file))


def _tell_unreadable(database: Database, file: RemoteFile, now: datetime) -> Outcome:
    return _tell(
        database, _item("UNREADABLE", file.name, "an answer is not what the format says"), now
    )


def _settle_unreadable(database: Database, file: RemoteFile, now: datetime) -> None:
    """Close what was told of a file that could not be read: it can be now."""
    with reading(database) as tx:
        told = is_open(tx, "ACKNOWLEDGEMENT_UNREADABLE", file.name[:255])
    if told:
        with transaction(database) as tx:
            silence(tx, "ACKNOWLEDGEMENT_UNREADABLE", [file.name[:255]], now)


def _record(database: Database, batch: Batch, verdict: Verdict, says: str, now: datetime) -> None:
    accepted = verdict is Verdict.ACCEPTED
    with transaction(database) as tx:
        batches.record_acknowledged(tx, batch.id, accepted=accepted, reason=says, at=now)
        if not accepted:
            do = "find out why; annul the batch with the vendor's word, then its letters go again"
            item = OpenItem("PACKAGE_REFUSED", batch.id, says, do)
            if not raise_item(tx, item, now):
                reopen(tx, item)  # an earlier attempt of it was refused too
    log.info("answer batch=%s accepted=%s", batch.id, accepted)


def _tell(database: Database, item: OpenItem, now: datetime) -> Outcome:
    with transaction(database) as tx:
        new = raise_item(tx, item, now)
    if new:
        log.warning("open item code=%s subject=%s", item.code, item.subject)
    return Outcome.FOR_A_PERSON


def _item(kind: str, subject: str, what: str) -> OpenItem:
    do = "look at the answers there and ask the vendor; the batch waits, and nothing is sent again"
    return OpenItem(f"ACKNOWLEDGEMENT_{kind}", subject[:255], what, do)


def _still_waiting(
    database: Database, settings: Settings, answered: set[str], now: datetime
) -> tuple[int, int]:
    with reading(database) as tx:
        waiting = [
            batch
            for batch in batches.with_status(tx, BatchStatus.HANDED_OVER)
            if batch.package not in answered
        ]
        profiles = _profiles(tx, settings, waiting)
    late = [(one, by) for one, by in zip(waiting, profiles, strict=True) if _is_late(one, by, now)]
    for batch, profile in late:
        minutes = profile.calendar.acknowledge_within_minutes
        what = f"no answer {minutes} minutes of the vendor's hours after hand-over"
        _tell(database, _item("MISSING", batch.id, what), now)
    return len(waiting), len(late)


def _profiles(tx: Tx, settings: Settings, waiting: Iterable[Batch]) -> list[VendorProfile]:
    return [profile_of(tx, settings, batch) for batch in waiting]


def _is_late(batch: Batch, profile: VendorProfile, now: datetime) -> bool:
    sent_at = batch.handed_over_at
    return sent_at is not None and answer_due(sent_at, profile.calendar) < now
