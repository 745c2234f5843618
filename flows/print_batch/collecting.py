"""Fetch the vendor's acknowledgements, keep what they say, and put them away."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from flows.database import batches
from flows.database.attempts import EndedAttempt, ended_by_package, record_late_answer
from flows.database.batches import Batch
from flows.database.open_items import OpenItem, raise_item, reopen
from flows.database.session import Database, reading, transaction
from flows.domain.batch import BatchStatus
from flows.print_batch.acknowledgement import (
    ENDING,
    FOLDER,
    Acknowledgement,
    Verdict,
    judge,
    read_acknowledgement,
)
from flows.settings import Settings
from flows.sftp import RemoteFile, Sftp, connect

log = logging.getLogger(__name__)

ARCHIVE: Final = "arkiv"

LARGEST_BYTES: Final = 1024 * 1024
"""An answer is some hundred bytes; one larger than this is none."""

ANSWERED_WITHIN: Final = timedelta(minutes=30)
"""The vendor's promise: docs/formats/package.md section 6."""

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


def collect_acknowledgements(
    database: Database, settings: Settings, now: datetime
) -> AcknowledgementCounts:
    """Keep every new answer; one that cannot be read never stops the next."""
    with connect(settings.vendor) as server:
        present = {file.name: file for file in server.files_in(FOLDER)}
        answers = [
            file
            for name, file in present.items()
            if name.endswith(ENDING) and f"{name}.ok" in present
        ]
        with reading(database) as tx:
            names = [_package(file) for file in answers]
            known, ended = batches.by_package(tx, names), ended_by_package(tx, names)
        outcomes = Counter(
            _keep_late(database, server, file, ended[_package(file)], now)
            if _package(file) in ended
            else _keep(database, server, file, known.get(_package(file)), now)
            for file in answers
        )
        _put_away_strays(server, present)
    waiting, late = _still_waiting(database, {_package(file) for file in answers}, now)
    return AcknowledgementCounts(
        acknowledged=outcomes[Outcome.ACKNOWLEDGED],
        refused=outcomes[Outcome.REFUSED],
        for_a_person=outcomes[Outcome.FOR_A_PERSON],
        waiting=waiting,
        late=late,
    )


def count_waiting(database: Database, now: datetime) -> AcknowledgementCounts:
    """Return how many packages wait for their answer, without calling the vendor."""
    with reading(database) as tx:
        waiting = batches.with_status(tx, BatchStatus.HANDED_OVER)
    return AcknowledgementCounts(
        waiting=len(waiting), late=sum(_is_late(one, now) for one in waiting)
    )


def _keep(
    database: Database, server: Sftp, file: RemoteFile, batch: Batch | None, now: datetime
) -> Outcome:
    if batch is None:
        item = _item("UNKNOWN", file.name, "an answer about a package we never made")
        return _tell(database, item, now)
    if batch.status not in SAID and batch.status is not BatchStatus.HANDED_OVER:
        return Outcome.EARLY
    answer = _read(server, file)
    if answer is None:
        return _tell_unreadable(database, file, now)
    verdict, says = judge(answer, batch)
    if SAID.get(batch.status) is verdict:
        _put_away(server, file.name)
        return Outcome.KNOWN
    if batch.status in SAID:
        says = f"the vendor answers once more, and otherwise: {verdict.lower()}. {says}"
    if batch.status in SAID or verdict is Verdict.DIFFERS:
        return _tell(database, _item("DIFFERS", batch.id, says), now)
    _record(database, batch, verdict, says, now)
    _put_away(server, file.name)
    return Outcome.ACKNOWLEDGED if verdict is Verdict.ACCEPTED else Outcome.REFUSED


def _keep_late(
    database: Database, server: Sftp, file: RemoteFile, ended: EndedAttempt, now: datetime
) -> Outcome:
    """Keep what the vendor says about a package that was annulled, or sent again since."""
    answer = _read(server, file)
    if answer is None:
        return _tell_unreadable(database, file, now)
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
    _put_away(server, file.name)
    if ended.answer == said or not answer.accepted:
        return Outcome.KNOWN
    log.warning("late answer batch=%s attempt=%d", ended.batch_id, ended.attempt)
    return Outcome.FOR_A_PERSON


def _read(server: Sftp, file: RemoteFile) -> Acknowledgement | None:
    if file.size_bytes > LARGEST_BYTES:
        return None
    path = f"{FOLDER}/{file.name}"
    return read_acknowledgement(server.read(path), server.read(f"{path}.ok"))


def _tell_unreadable(database: Database, file: RemoteFile, now: datetime) -> Outcome:
    return _tell(
        database, _item("UNREADABLE", file.name, "an answer is not what the format says"), now
    )


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
    do = f"look at it in {FOLDER} and ask the vendor; the batch waits, and nothing is sent again"
    return OpenItem(f"ACKNOWLEDGEMENT_{kind}", subject[:255], what, do)


def _still_waiting(database: Database, answered: set[str], now: datetime) -> tuple[int, int]:
    with reading(database) as tx:
        waiting = [
            batch
            for batch in batches.with_status(tx, BatchStatus.HANDED_OVER)
            if batch.package not in answered
        ]
    late = [batch for batch in waiting if _is_late(batch, now)]
    for batch in late:
        _tell(database, _item("MISSING", batch.id, "no answer 30 minutes after hand-over"), now)
    return len(waiting), len(late)


def _is_late(batch: Batch, now: datetime) -> bool:
    return batch.handed_over_at is not None and batch.handed_over_at + ANSWERED_WITHIN < now


def _package(file: RemoteFile) -> str:
    return file.name.removesuffix(ENDING)


def _put_away(server: Sftp, name: str) -> None:
    # The .ok last: an answer without one is not looked at, and would lie there for ever.
    server.move(f"{FOLDER}/{name}", f"{ARCHIVE}/{name}")
    server.move(f"{FOLDER}/{name}.ok", f"{ARCHIVE}/{name}.ok")


def _put_away_strays(server: Sftp, present: Iterable[str]) -> None:
    """Finish what a run began that was stopped between the two moves of `_put_away`."""
    names = set(present)
    for name in sorted(names):
        if name.endswith(f"{ENDING}.ok") and name.removesuffix(".ok") not in names:
            server.move(f"{FOLDER}/{name}", f"{ARCHIVE}/{name}")
