"""Make the drafts of last month's invoices; a person does the rest."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from prefect import flow, task
from prefect.artifacts import create_table_artifact

from flows import clock
from flows.database.session import open_database
from flows.recorded import recorded
from flows.settings import read_settings
from flows.task_policy import EACH_STEP
from reports.invoicing.issuing import draft_month


@dataclass(frozen=True)
class DraftsSummary:
    """What lies there for a person to approve."""

    month: str
    drafts: int = 0
    unusual: int = 0
    """Those that a person must look at."""
    net_ore: int = 0


@flow(name="drafts")
@recorded("drafts", create_table_artifact)
def drafts(at: datetime | None = None, dry_run: bool = False) -> DraftsSummary:
    """Make last month's drafts anew. Where nobody invoices (no seller is set), nothing."""
    now = at or clock.now()
    month = f"{clock.oslo_date(now).replace(day=1) - timedelta(days=1):%Y-%m}"
    if not read_settings().invoice.seller_organisation_number:
        return DraftsSummary(month)
    return make_drafts.submit(month, now, dry_run).result()


@task(**EACH_STEP)
def make_drafts(month: str, now: datetime, dry_run: bool) -> DraftsSummary:
    """Enter new charges in the ledger, and put what is not invoiced on drafts."""
    settings = read_settings()
    with open_database(settings.database_url) as database:
        made = draft_month(database, settings, month, now, dry_run=dry_run)
    return DraftsSummary(
        month, len(made), sum(bool(one.unusual) for one in made), sum(one.net_ore for one in made)
    )
