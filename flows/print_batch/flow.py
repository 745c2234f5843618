"""Print the letters that are due, and read the vendor's answers."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from prefect import flow, task
from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows import clock
from flows.database import holds
from flows.database.batches import Batch
from flows.database.session import open_database
from flows.domain.batch import BatchId, BatchStatus
from flows.errors import ImpossibleState, LetterError, NeedsAPerson, TryAgainLater
from flows.log_lines import with_ids
from flows.print_batch import by_hand, collecting, reserving, sending
from flows.print_batch.collecting import AcknowledgementCounts
from flows.print_batch.sending import Sent
from flows.recorded import recorded
from flows.settings import Settings, read_settings
from flows.task_policy import EACH_STEP
from flows.task_workers import WorkerDiedError, alone, in_workers

log = logging.getLogger(__name__)

GRAVEST_FIRST: Final[tuple[type[LetterError], ...]] = (ImpossibleState, NeedsAPerson)


@dataclass(frozen=True)
class PrintSummary:
    """What one print night did; in a dry run, what it would reserve and send."""

    reserved: int = 0
    """New batches."""
    handed_over: int = 0
    """Batches, those that an earlier run left half-way among them."""
    annulled: int = 0
    """Batches that every letter had left."""
    waiting: int = 0
    """Batches that are ready while the vendor receives nothing, or a person holds them; a later run
    sends them."""
    letters: Mapping[str, int] = field(default_factory=dict)
    """By job class."""
    sheets: Mapping[str, int] = field(default_factory=dict)
    """By job class, the covers among them."""
    not_printable: int = 0
    """Letters that wait for a person, from this night and before: see the open items."""


@flow(name="print-batch")
@recorded("print-batch", create_table_artifact)
def print_batch(at: datetime | None = None, dry_run: bool = False) -> PrintSummary:
    """Reserve what is due, and take every batch that is under way to the vendor.

    A batch that cannot go does not stop the next; the gravest fault is raised at the end.
    """
    settings, now = read_settings(), at or clock.now()
    with open_database(settings.database_url) as database:
        if dry_run:
            night = reserving.show_night(database, settings, now)
            return PrintSummary(night.batches, letters=night.letters, sheets=night.sheets)
        holds.end_those_over(database, now)
        by_hand.tell_of_old(database, now)
        reserved = reserving.reserve_batches(database, settings, now)
        endings = _send_each(settings, sending.batches_under_way(database), at)
        return _summary(len(reserved), endings, sending.letters_for_a_person(database))


@flow(name="acknowledgements")
@recorded("acknowledgements", create_table_artifact)
def acknowledgements(at: datetime | None = None, dry_run: bool = False) -> AcknowledgementCounts:
    """Keep what the vendor has answered about packages."""
    if dry_run:
        settings = read_settings()
        with open_database(settings.database_url) as database:
            return collecting.count_waiting(database, settings, at or clock.now())
    return collect(at or clock.now())


@task(**EACH_STEP)
def assemble(batch_id: BatchId, now: datetime) -> BatchStatus:
    """Assemble one package, in whatever process this is."""
    settings = read_settings()
    with with_ids(batch=batch_id), open_database(settings.database_url) as database:
        return sending.assemble(database, settings, batch_id, now)


@task(**EACH_STEP)
def send(batch_id: BatchId, now: datetime) -> Sent:
    """Assemble one package and hand it over."""
    settings = read_settings()
    with with_ids(batch=batch_id), open_database(settings.database_url) as database:
        return sending.send_batch(database, settings, batch_id, now)


@task(**EACH_STEP)
def collect(now: datetime) -> AcknowledgementCounts:
    """Fetch the answers that are there."""
    settings = read_settings()
    with open_database(settings.database_url) as database:
        return collecting.collect_acknowledgements(database, settings, now)


class Progress:
    """How far a night has come, shown in Prefect where there is a server; it stops nothing."""

    def __init__(self, batches: int) -> None:
        self._batches = batches if os.environ.get("PREFECT_API_URL") else 0
        self._artifact: Any = None

    def show(self, done: int) -> None:
        """Show how many of the batches have been dealt with."""
        if not self._batches:
            return
        says, percent = f"{done} of {self._batches} batches", 100 * done / self._batches
        try:
            if self._artifact is None:
                self._artifact = create_progress_artifact(
                    percent, key="print-night", description=says
                )
            else:
                update_progress_artifact(self._artifact, percent, description=says)
        except (httpx.HTTPError, OSError) as fault:
            log.warning("not shown: %s", type(fault).__name__)


def _send_each(settings: Settings, under_way: Sequence[Batch], at: datetime | None) -> list[Sent]:
    """Send one batch after the other, in order: there is one line. Many are assembled meanwhile.

    The clock is asked for each: a long night may run into the vendor's downtime.
    """
    endings: list[Sent] = []
    faults: list[LetterError] = []
    with _assembled_by_others(settings, under_way, at) as wait_for:
        progress = Progress(len(under_way))
        for sent, batch in enumerate(under_way):
            progress.show(sent)
            try:
                wait_for(batch.id)
                endings.append(send(batch.id, at or clock.now()))
            except LetterError as fault:
                log.warning("not sent batch=%s: %s", batch.id, fault)
                faults.append(fault)
        progress.show(len(under_way))
    if faults:
        raise min(faults, key=_gravity)
    return endings


@contextmanager
def _assembled_by_others(
    settings: Settings, under_way: Sequence[Batch], at: datetime | None
) -> Iterator[Callable[[BatchId], None]]:
    """Have packages assembled by worker processes, where that pays; give a way to wait for one.

    What nobody else assembles is assembled right before it is sent.
    """
    many = sending.for_others(under_way, settings.workers)
    calls = {one: {"batch_id": one, "now": at or clock.now()} for one in many}
    if not calls:
        yield lambda _: None
        return

    def wait_for(batch_id: BatchId) -> None:
        if batch_id not in calls:
            return
        try:
            try:
                result_of(batch_id)
            except WorkerDiedError:
                log.warning("assembled once more, alone: its worker died batch=%s", batch_id)
                alone(assemble, calls[batch_id])
        except WorkerDiedError as fault:
            raise sending.died_twice(batch_id) from fault

    with ExitStack() as stack:
        try:
            result_of = stack.enter_context(in_workers(assemble, calls, settings.workers))
        except TryAgainLater as fault:  # a late night is better than none
            log.warning("assembled here, one after the other: %s", fault)
            yield lambda _: None
        else:
            yield wait_for


def _gravity(fault: LetterError) -> int:
    """Return 0 for our own mistakes, then what needs a person, then what needs only time."""
    return next((n for n, kind in enumerate(GRAVEST_FIRST) if isinstance(fault, kind)), 2)


def _summary(reserved: int, endings: Sequence[Sent], not_printable: int) -> PrintSummary:
    letters: Counter[str] = Counter()
    sheets: Counter[str] = Counter()
    for one in endings:
        if one.handed_over:
            letters[one.job_class] += one.letters
            sheets[one.job_class] += one.sheets
    return PrintSummary(
        reserved=reserved,
        handed_over=sum(one.handed_over for one in endings),
        annulled=sum(not one.handed_over and not one.waits_for for one in endings),
        waiting=sum(bool(one.waits_for) for one in endings),
        letters=dict(letters),
        sheets=dict(sheets),
        not_printable=not_printable,
    )
