"""Take in new letters from every inbox, once each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prefect import flow, task

from flows import clock
from flows.database.senders import all_senders
from flows.database.session import open_database, reading
from flows.domain.shipment import SenderId
from flows.errors import NeedsAPerson
from flows.intake.inbox import SourceSummary, take_in
from flows.settings import read_settings
from flows.task_policy import EACH_STEP


@dataclass(frozen=True)
class IntakeSummary:
    """What all inboxes gave."""

    inboxes: int = 0
    accepted: int = 0
    rejected: int = 0
    answered_again: int = 0
    turned_away: int = 0
    left: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)


@flow(name="intake")
def intake(at: datetime | None = None, dry_run: bool = False) -> IntakeSummary:
    """Take in every complete package of every sender's inbox, and answer each.

    Raises NeedsAPerson when the folder of inboxes is not there.
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
    return _summed([answer.result() for answer in answers])


@task(**EACH_STEP)
def inbox(folder: str, now: datetime, dry_run: bool) -> SourceSummary:
    """Take in one sender's inbox."""
    settings, path = read_settings(), Path(folder)
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            sender = all_senders(tx).get(SenderId(path.name))
        return take_in(path, sender, settings=settings, database=database, now=now, dry_run=dry_run)


def _summed(sources: list[SourceSummary]) -> IntakeSummary:
    counts = ("accepted", "rejected", "answered_again", "turned_away", "left")
    problems: Counter[str] = Counter()
    for source in sources:
        problems.update(source.problems)
    return IntakeSummary(
        inboxes=len(sources),
        problems=dict(problems.most_common()),
        **{name: sum(getattr(source, name) for source in sources) for name in counts},
    )
