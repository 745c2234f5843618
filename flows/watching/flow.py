"""See how everything stands, and tell a person what is not as it should be."""

import logging
import os
from collections.abc import Sequence
from datetime import datetime

import httpx
from prefect import flow
from prefect.artifacts import create_table_artifact

from flows import clock
from flows.database.session import open_database
from flows.recorded import recorded
from flows.settings import read_settings
from flows.watching.overview import Part, parts_of
from flows.watching.watching import Overview, WatchSummary, overview, watch_once

log = logging.getLogger(__name__)


@flow(name="watch")
@recorded("watch", create_table_artifact)
def watch(at: datetime | None = None, dry_run: bool = False) -> WatchSummary:
    """Look at everything, keep the alarms that it makes, and tell those that are new.

    It ends well however many alarms are on: they are told, and shown as tables. dry_run: tells
    nobody and keeps nothing.
    """
    settings, now = read_settings(), at or clock.now()
    with open_database(settings.database_url) as database:
        if dry_run:
            seen = overview(database, settings, now)
            return WatchSummary(alarms=len(seen.alarms), muted=len(seen.muted))
        seen, summary = watch_once(database, settings, now)
    if os.environ.get("PREFECT_API_URL"):
        show(seen)
    return summary


def show(seen: Overview) -> None:
    """Show the overview in Prefect, a table a part."""
    for part in parts_of(seen.standing, seen.alarms, seen.muted):
        key = "status-" + "-".join(part.title.partition(" of ")[0].split()).replace("'", "")
        try:
            create_table_artifact(table=table_of(part), key=key, description=part.title)
        except (httpx.HTTPError, OSError) as fault:
            log.warning("not shown part=%s: %s", key, type(fault).__name__)


def table_of(part: Part) -> list[dict[str, str]]:
    """Return a part as Prefect's tables have it."""
    rows: Sequence[Sequence[str]] = part.rows
    return [dict(zip(part.headings, row, strict=True)) for row in rows]
