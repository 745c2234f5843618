"""Bring home the vendor's receipts, settle what they answer, and look whether all agrees."""

from dataclasses import dataclass
from datetime import datetime

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from flows import clock
from flows.clock import oslo_date
from flows.database.session import open_database, reading
from flows.database.vendors import profile_on
from flows.receipts import ingestion, reconciling
from flows.receipts.answers import Answer, complete_answers, put_away_strays
from flows.receipts.ingestion import BookingCounts
from flows.receipts.reconciling import DifferencesNeedAPerson, Reconciled
from flows.recorded import recorded
from flows.settings import read_settings
from flows.sftp import connect
from flows.task_policy import EACH_STEP


@dataclass(frozen=True)
class ReceiptsSummary:
    """What all receipt files led to."""

    files: int = 0
    applied: int = 0
    duplicates: int = 0
    quarantined: int = 0
    refused_files: int = 0
    suspect_files: int = 0


@flow(name="receipts")
@recorded("receipts", create_table_artifact)
def receipts(at: datetime | None = None, dry_run: bool = False) -> ReceiptsSummary:
    """Book every answer that lies complete at the vendor, and what an earlier run left."""
    settings, now = read_settings(), at or clock.now()
    with open_database(settings.database_url) as database:
        if dry_run:
            return _summed(list(ingestion.look_only(settings, database, now)))
        left = [ingestion.book_file(database, one, now) for one in ingestion.unfinished(database)]
        with reading(database) as tx:
            profile = profile_on(tx, settings.vendor.profile, oslo_date(now))
    with connect(settings.vendor) as server:
        put_away_strays(server, profile)
        answers = complete_answers(server, profile)
    # One after the other: a correction must not overtake what it corrects.
    return _summed(left + [book.submit(answer, now).result() for answer in answers])


@task(**EACH_STEP)
def book(answer: Answer, now: datetime) -> BookingCounts:
    """Bring one answer home and book it."""
    settings = read_settings()
    with open_database(settings.database_url) as database:
        return ingestion.ingest(database, settings, answer, now)


@flow(name="reconcile")
@recorded("reconcile", create_table_artifact)
def reconcile(at: datetime | None = None, dry_run: bool = False) -> Reconciled:
    """Hold what we sent, what the vendor says and what is billed against each other.

    Raises DifferencesNeedAPerson, when all is written, if somebody must see to something.
    """
    settings, now = read_settings(), at or clock.now()
    with open_database(settings.database_url) as database:
        if dry_run:
            return reconciling.look(database, settings, now)
    found = look_and_keep(now)
    if found.needs_a_person:
        raise DifferencesNeedAPerson(found)
    return found


@task(**EACH_STEP)
def look_and_keep(now: datetime) -> Reconciled:
    """Look at everything, keep what became of the items, and write the report."""
    settings = read_settings()
    with open_database(settings.database_url) as database:
        return reconciling.look_and_keep(database, settings, now)


def _summed(files: list[BookingCounts]) -> ReceiptsSummary:
    return ReceiptsSummary(
        files=len(files),
        applied=sum(one.applied for one in files),
        duplicates=sum(one.duplicates for one in files),
        quarantined=sum(one.quarantined for one in files),
        refused_files=sum(one.refused for one in files),
        suspect_files=sum(one.suspect for one in files),
    )
