"""Make finance's and analysts' reports, from recorded facts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from flows import clock
from flows.database.ledger import enter_charges
from flows.database.session import open_database, reading, snapshot, transaction
from flows.errors import NeedsAPerson
from flows.recorded import recorded
from flows.settings import read_settings
from flows.task_policy import EACH_STEP
from reports.cost_benefit.report import cost_benefit_report
from reports.deliverables import Format, Language, month_named
from reports.export import files
from reports.letter_statistics.report import statistics_report
from reports.month.controls import Agreement
from reports.month.report import month_report as report_of_month


@dataclass(frozen=True)
class ReportSummary:
    """What a month's report says in short."""

    month: str
    letters: int
    net_ore: int
    controls_not_well: int
    sha256: str
    """Of the month's files."""
    files: tuple[str, ...] = ()
    """What was written below the reports' folder; in a dry run, what would be."""


@dataclass(frozen=True)
class StatisticsSummary:
    """What the statistics say in short."""

    month: str
    files: tuple[str, ...]
    """What was written below the reports' folder; in a dry run, what would be."""


@flow(name="reports")
@recorded("reports", create_table_artifact)
def reports(
    month: str | None = None,
    at: datetime | None = None,
    dry_run: bool = False,
    language: Language = Language.BOKMAL,
    file_format: Format = Format.XLSX,
) -> ReportSummary:
    """Write a month's workbook, and two of the twelve months that end with it.

    Those are the cost/benefit model and the statistics. month: `2026-11`, or `last`; left out, the
    one it is.
    """
    wanted = month_named(month, clock.oslo_date(at or clock.now()))
    enter_in_ledger.submit(dry_run).result()
    written = cost_benefit.submit(wanted, dry_run, language, file_format).result()
    written += letter_statistics.submit(wanted, dry_run, language, file_format).result()
    summary = month_report.submit(wanted, dry_run, language, file_format).result()
    return replace(summary, files=(*summary.files, *written))


@flow(name="statistics")
@recorded("statistics", create_table_artifact)
def statistics(
    month: str | None = None,
    at: datetime | None = None,
    dry_run: bool = False,
    language: Language = Language.BOKMAL,
    file_format: Format = Format.XLSX,
) -> StatisticsSummary:
    """Write the statistics of the twelve months that end with a month, as in `reports`."""
    wanted = month_named(month, clock.oslo_date(at or clock.now()))
    written = letter_statistics.submit(wanted, dry_run, language, file_format).result()
    return StatisticsSummary(wanted, written)


@task(**EACH_STEP)
def cost_benefit(
    month: str, dry_run: bool, language: Language, file_format: Format
) -> tuple[str, ...]:
    """Write the cost/benefit workbook, with what was measured until a month's end."""
    settings = read_settings()
    _, before = _bounds(month)
    with open_database(settings.database_url) as database, reading(database) as tx:
        report = cost_benefit_report(tx, before, language)
    return _write(files.contents(report, file_format), dry_run)


@task(**EACH_STEP)
def letter_statistics(
    month: str, dry_run: bool, language: Language, file_format: Format
) -> tuple[str, ...]:
    """Write the statistics of twelve months, as they were known when the last one ended."""
    settings = read_settings()
    first, _ = _bounds(month)
    with open_database(settings.database_url) as database, reading(database) as tx:
        report = statistics_report(tx, first, language)
    return _write(files.contents(report, file_format), dry_run)


@task(**EACH_STEP)
def enter_in_ledger(dry_run: bool) -> int:
    """Enter every charge that the ledger lacks; return how many entries that gave."""
    settings = read_settings()
    if dry_run:
        return 0
    with open_database(settings.database_url) as database, transaction(database) as tx:
        return enter_charges(tx, grace_days=settings.invoice.grace_days)


@task(**EACH_STEP)
def month_report(
    month: str, dry_run: bool, language: Language, file_format: Format
) -> ReportSummary:
    """Read the ledger, hold it against everything else, and write one month's workbook."""
    settings = read_settings()
    first, before = _bounds(month)
    with open_database(settings.database_url) as database, snapshot(database) as tx:
        made = report_of_month(tx, first, before, language)
    contents = files.contents(made.report, file_format)
    letters = made.month.frames["senders"]
    digest = hashlib.sha256(b"".join(contents[name] for name in sorted(contents)))
    return ReportSummary(
        month=month,
        letters=int(letters["letters"].sum()),
        net_ore=int(letters["net_ore"].sum()),
        controls_not_well=sum(one.state is Agreement.WRONG for one in made.controls),
        sha256=digest.hexdigest(),
        files=_write(contents, dry_run),
    )


def _write(contents: Mapping[str, bytes], dry_run: bool) -> tuple[str, ...]:
    """Write files below the reports' folder, unless it is a dry run; return their names."""
    if not dry_run:
        files.write(read_settings().reports_folder, contents)
    return files.in_short(contents)


def _bounds(month: str) -> tuple[date, date]:
    """Return the first day of a month, and of the next."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NeedsAPerson(
            f"{month!r} is no month", where="reports", do="write it as 2026-11, or last"
        ) from None
    following = (first.year + first.month // 12, first.month % 12 + 1)
    return first, date(*following, 1)
