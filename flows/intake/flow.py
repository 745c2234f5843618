"""Take in new letters from every inbox, once each; tell senders of them; remove what is old."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from flows import clock
from flows.database import feeds as told
from flows.database.senders import all_senders
from flows.database.session import open_database, reading
from flows.domain.shipment import SenderId
from flows.errors import NeedsAPerson
from flows.intake import retention as keeping
from flows.intake import sftp_inbox, status_feed
from flows.intake.inbox import COUNTS, SourceSummary, summed, take_in
from flows.recorded import recorded
from flows.settings import read_settings
from flows.task_policy import EACH_STEP


@dataclass(frozen=True)
class IntakeSummary:
    """What all inboxes gave: letters, and packages turned away or left; codes and how often."""

    inboxes: int
    accepted: int
    rejected: int
    answered_again: int
    turned_away: int
    left: int
    problems: Mapping[str, int]


@flow(name="intake")
@recorded("intake", create_table_artifact)
def intake(at: datetime | None = None, dry_run: bool = False) -> IntakeSummary:
    """Take in every complete package of every sender's inbox, here and on the inbox server.

    Raises NeedsAPerson when the folder of inboxes is not there. When the server cannot be
    reached, what lies here is taken in first.
    """
    settings, now = read_settings(), at or clock.now()
    if not settings.inbox_folder.is_dir():
        raise NeedsAPerson(
            "the folder of inboxes is not there",
            where=f"setting inbox_folder, {settings.inbox_folder}",
            do="make it, or mend the setting; then: svarut run intake",
        )
    inboxes = [
        folder
        for folder in sorted(settings.inbox_folder.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
    ]
    answers = [inbox.submit(str(folder), now, dry_run) for folder in inboxes]
    here = [answer.result() for answer in answers]
    there = [remote_inbox(name, now, dry_run) for name in sftp_inbox.sender_folders(settings)]
    whole = summed("all", [*here, *there])
    counts = {name: getattr(whole, name) for name in COUNTS}
    return IntakeSummary(len(here) + len(there), **counts, problems=whole.problems)


@task(**EACH_STEP)
def inbox(folder: str, now: datetime, dry_run: bool) -> SourceSummary:
    """Take in one sender's inbox."""
    settings, path = read_settings(), Path(folder)
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            sender = all_senders(tx).get(SenderId(path.name))
        return take_in(path, sender, settings=settings, database=database, now=now, dry_run=dry_run)


@task(**EACH_STEP)
def remote_inbox(name: str, now: datetime, dry_run: bool) -> SourceSummary:
    """Take in one sender's folder on the inbox server."""
    settings = read_settings()
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            sender = all_senders(tx).get(SenderId(name))
        return sftp_inbox.take_in_remote(
            name, sender, settings=settings, database=database, now=now, dry_run=dry_run
        )


@dataclass(frozen=True)
class FeedsSummary:
    """What senders were told; in a dry run, how many moves no feed has told them yet."""

    made: int
    delivered: int
    moves_not_told: int


@flow(name="feeds")
@recorded("feeds", create_table_artifact)
def feeds(at: datetime | None = None, dry_run: bool = False) -> FeedsSummary:
    """Write each sender's status feed: every move of its letters since last time.

    A flow of its own and not the end of `intake`, since letters move at all hours and a source
    that cannot be reached must not keep senders from hearing of the others.
    """
    now = at or clock.now()
    made, delivered = (0, 0) if dry_run else (make(now), deliver(now))
    with open_database(read_settings().database_url) as database, reading(database) as tx:
        return FeedsSummary(made, delivered, told.count_not_told(tx))


@task(**EACH_STEP)
def make(now: datetime) -> int:
    """Put every move that has not been told in a feed."""
    with open_database(read_settings().database_url) as database:
        return status_feed.make_feeds(database, now)


@task(**EACH_STEP)
def deliver(now: datetime) -> int:
    """Write feeds where their senders find them."""
    settings = read_settings()
    with open_database(settings.database_url) as database:
        return status_feed.deliver_feeds(database, settings, now)


@flow(name="retention")
@recorded("retention", create_table_artifact)
def retention(at: datetime | None = None, dry_run: bool = False) -> keeping.RetentionSummary:
    """Delete documents and what is personal of letters that ended `retention_months` ago.

    What intake has kept, intake removes: archive, inboxes and rows. Billing and counts stay.
    """
    return remove_old(at or clock.now(), dry_run)


@task(**EACH_STEP)
def remove_old(now: datetime, dry_run: bool) -> keeping.RetentionSummary:
    """Remove it, or count it."""
    settings = read_settings()
    with open_database(settings.database_url) as database:
        return keeping.remove_old(database, settings, now, dry_run=dry_run)
