"""Work that kills itself: run in a process of its own, dead at the n-th point where it matters.

A point is the moment before and the moment after each database commit, each rename on this disk,
each change at the SFTP server, and each call to Altinn. The work itself knows nothing of it.
"""

import os
import signal
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import paramiko
from sqlalchemy.engine.default import DefaultDialect

from flows.database import attempts, batches, receipt_quarantine
from flows.database.attempts import TheWord
from flows.database.senders import all_senders
from flows.database.session import open_database, reading, transaction
from flows.dispatch import choosing, following, offering, withdrawing
from flows.dispatch.altinn import open_altinn
from flows.dispatch.channel import Watch
from flows.domain.batch import AT_THE_VENDOR, BatchStatus
from flows.domain.vendor_profile import NEUTRAL
from flows.intake.inbox import take_in
from flows.intake.status_feed import deliver_feeds, make_feeds
from flows.print_batch import by_hand, collecting, resending
from flows.print_batch.reserving import reserve_batches
from flows.print_batch.sending import batches_under_way, send_batch
from flows.receipts import ingestion, reconciling, replaying
from flows.receipts.answers import complete_answers, put_away_strays
from flows.settings import Settings
from flows.sftp import connect

WHERE_IT_MATTERS: tuple[tuple[Any, str], ...] = (
    (DefaultDialect, "do_commit"),
    (os, "rename"),
    (os, "replace"),
    (paramiko.SFTPClient, "put"),
    (paramiko.SFTPClient, "rename"),
    (paramiko.SFTPClient, "posix_rename"),
    (httpx.Client, "send"),
)


def run(work: str, settings: Settings, now: datetime, die_at: int) -> int:
    """Do the work and die at a point; 0 never dies. Return how many points there were."""
    passed = 0

    def point() -> None:
        nonlocal passed
        passed += 1
        if passed == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(*arguments: Any, **options: Any) -> Any:
            point()
            result = function(*arguments, **options)
            point()
            return result

        return wrapper

    for owner, name in WHERE_IT_MATTERS:
        setattr(owner, name, watched(getattr(owner, name)))
    WORKS[work](settings, now)
    return passed


def take_in_everything(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            senders = {str(name): sender for name, sender in all_senders(tx).items()}
        for inbox in sorted(settings.inbox_folder.iterdir()):
            take_in(inbox, senders.get(inbox.name), settings=settings, database=database, now=now)


def tell_the_senders(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database:
        make_feeds(database, now)
        deliver_feeds(database, settings, now)


def offer_everything(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        choosing.route_letters(database, now)
        offering.write_down_intents(database, altinn.name, settings, now)
        offering.offer_everything(database, altinn, settings, now)


def follow_and_take_back(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database, open_altinn(settings) as altinn:
        waiting = following.unpublished(database, now)
        following.follow(database, altinn, waiting, Watch.PUBLICATION, now, parallel_calls=1)
        out = following.unread(database, now)
        following.follow(database, altinn, out, Watch.READING, now, parallel_calls=1)
        late = withdrawing.stuck(database, now)
        withdrawing.withdraw(database, altinn, late, now, parallel_calls=1)


def print_the_night(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database:
        reserve_batches(database, settings, now)
        for batch in batches_under_way(database):
            send_batch(database, settings, batch.id, now)


def collect_the_answers(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database:
        collecting.collect_acknowledgements(database, settings, now)


def annul_what_is_there(settings: Settings, now: datetime) -> None:
    """A person annuls every batch the vendor has; after a kill the person asks again."""
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            known = batches.with_status(tx, *BatchStatus)
        for batch in known:
            with transaction(database) as tx:
                attempts.annul(tx, batch.id, TheWord("phoned", "ON"), now)


def send_everything_again(settings: Settings, now: datetime) -> None:
    """A person has every first package sent again; after a kill, those that are left."""
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            first = [one for one in batches.with_status(tx, *AT_THE_VENDOR) if one.attempt == 1]
        for batch in first:
            with transaction(database) as tx:
                resending.resend(tx, batch.id, vendor_said="phoned", by="ON", at=now)


def print_by_hand(settings: Settings, now: datetime) -> None:
    """A person prints each sender's files, and says that they lie in their envelopes."""
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            senders = sorted(all_senders(tx))
        for sender in senders:
            by_hand.print_by_hand(database, settings, sender, now)
            by_hand.confirm(database, settings, sender, now.date(), {}, by="KA", now=now)


def book_the_receipts(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database:
        for sha256 in ingestion.unfinished(database):
            ingestion.book_file(database, sha256, now)
        with connect(settings.vendor) as server:
            put_away_strays(server, NEUTRAL)
            answers = complete_answers(server, NEUTRAL)
        for answer in answers:
            ingestion.ingest(database, settings, answer, now)


def replay_what_waits(settings: Settings, now: datetime) -> None:
    """A person corrects what waited and replays it; after a kill the person asks again."""
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            waiting = receipt_quarantine.waiting(tx)
        for one in waiting:
            place = (database, one.file_sha256, one.line or 0)
            if "other figures" in one.reason:
                correction = {"kind": "CORRECTION"}
                replaying.fix_line(*place, correction, by="ON", why="phoned", now=now)
            replaying.replay_lines(*place[:2], [place[2]], by="ON", why="phoned", now=now)


def reconcile_the_night(settings: Settings, now: datetime) -> None:
    with open_database(settings.database_url) as database:
        reconciling.look_and_keep(database, settings, now)


WORKS: dict[str, Callable[[Settings, datetime], None]] = {
    "intake": take_in_everything,
    "feeds": tell_the_senders,
    "dispatch": offer_everything,
    "follow": follow_and_take_back,
    "print": print_the_night,
    "answers": collect_the_answers,
    "approvals": collect_the_answers,
    "stop": collect_the_answers,
    "stopped": collect_the_answers,
    "annul": annul_what_is_there,
    "resend": send_everything_again,
    "by hand": print_by_hand,
    "receipts": book_the_receipts,
    "replay": replay_what_waits,
    "reconcile": reconcile_the_night,
}


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every finished file below a folder, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (path.name.startswith(".") and path.name.endswith(".part"))
    }
