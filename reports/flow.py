"""Make the month's workbook for finance, from recorded facts."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from flows import clock
from flows.database import facts
from flows.database.session import open_database, reading
from flows.errors import NeedsAPerson
from flows.recorded import recorded
from flows.settings import read_settings
from flows.task_policy import EACH_STEP
from reports import cost
from reports.controls import controls
from reports.cost_benefit.assumptions import read_assumptions
from reports.cost_benefit.basis import read_basis
from reports.cost_benefit.workbook import workbook as cost_benefit_workbook
from reports.letter_facts import read_charges
from reports.whole_file import write_whole
from reports.workbook import Month, workbook


@dataclass(frozen=True)
class ReportSummary:
    """What a month's report says in short."""

    month: str
    letters: int
    net_ore: int
    controls_not_well: int
    file: str
    """Where the workbook lies; empty in a dry run."""
    sha256: str


@flow(name="reports")
@recorded("reports", create_table_artifact)
def reports(
    month: str | None = None,
    at: datetime | None = None,
    dry_run: bool = False,
) -> ReportSummary:
    """Write a month's workbook, and the cost/benefit one of the twelve months that end with it.

    month: `2026-11`; left out, the one it is.
    """
    wanted = month or f"{clock.oslo_date(at or clock.now()):%Y-%m}"
    if not dry_run:
        cost_benefit.submit(wanted).result()
    return month_report.submit(wanted, dry_run).result()


@task(**EACH_STEP)
def cost_benefit(month: str) -> str:
    """Write the cost/benefit workbook, with what was measured until a month's end."""
    settings = read_settings()
    _, before = _bounds(month)
    last = before - timedelta(days=1)
    with open_database(settings.database_url) as database, reading(database) as tx:
        basis = read_basis(tx, before)
    file = settings.reports_folder / f"kost-nytte-{month}.xlsx"
    write_whole(file, cost_benefit_workbook(read_assumptions(last), basis, last))
    return str(file)


@task(**EACH_STEP)
def month_report(month: str, dry_run: bool) -> ReportSummary:
    """Read the facts, reckon, and write one month's workbook."""
    settings = read_settings()
    first, before = _bounds(month)
    with open_database(settings.database_url) as database, reading(database) as tx:
        charges = read_charges(tx, first=first, before=before)
        totals = facts.control_totals(tx)
    letters = cost.by_letter(charges)
    checked = controls(totals, letters, charges)
    last = max(letters["posted_on"], default=first)
    content = workbook(
        Month(
            month=month,
            data_until=f"{last:%d.%m.%Y}",
            senders=cost.by_sender(letters),
            codes=cost.by_account_code(letters),
            letters=letters,
            controls=checked,
        ),
    )
    file = settings.reports_folder / f"print-og-porto-{month}.xlsx"
    if not dry_run:
        write_whole(file, content)
    return ReportSummary(
        month=month,
        letters=len(letters),
        net_ore=int(letters["net_ore"].sum()),
        controls_not_well=sum(1 for control in checked if control.difference),
        file="" if dry_run else str(file),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _bounds(month: str) -> tuple[date, date]:
    """Return the first day of a month, and of the next."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NeedsAPerson(
            f"{month!r} is no month", where="reports", do="write it as 2026-11"
        ) from None
    following = (first.year + first.month // 12, first.month % 12 + 1)
    return first, date(*following, 1)
