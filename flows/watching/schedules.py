"""When each flow should run: what a missed run is held against."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from cronsim import CronSim

from flows.clock import OSLO
from flows.domain.flow_run import FlowHistory

SCHEDULES: Final[Mapping[str, str]] = {
    "intake": "*/5 6-22 * * *",
    "feeds": "3-59/5 * * * *",
    "dispatch": "*/10 * * * *",
    "last-look": "10 1,3 * * 1-5",
    "print-batch": "30 1,3 * * 1-5",
    "acknowledgements": "7,22,37,52 * * * *",
    "receipts": "15 * * * *",
    "reconcile": "0 5 * * 1-5",
    "reports": "0 6 * * 1-5",
    "statistics": "45 5 * * *",
    "drafts": "30 6 7 * *",
    "retention": "40 4 * * *",
    "watch": "5-59/10 * * * *",
}
"""As prefect.yaml has them, which is not there where svarut is installed; a test compares.

Of a flow with several schedules the first, the one that runs most often.
"""


def schedules_here(changed: Mapping[str, str]) -> dict[str, str]:
    """Return the schedules with an installation's own; flows that never run here are left out."""
    return {flow: cron for flow, cron in {**SCHEDULES, **changed}.items() if cron}


def last_tick(cron: str, until: datetime) -> datetime:
    """Return the last time a schedule said to run, up to and including an instant.

    On Norway's clock: in the hour that is skipped nothing is missed, in the one that comes twice
    nothing is expected twice.
    """
    # What it counts back from is not among the ticks, so it begins a moment later.
    ticks = CronSim(cron, _the_next_minute(until).astimezone(OSLO), reverse=True)
    return next(ticks).astimezone(UTC)


def next_tick(cron: str, after: datetime) -> datetime:
    """Return the first time after an instant when a schedule says to run."""
    return next(CronSim(cron, after.astimezone(OSLO))).astimezone(UTC)


def missed(
    history: FlowHistory, cron: str, *, until: datetime, watched_since: datetime | None
) -> datetime | None:
    """Return the tick that no run answered, None when none was missed.

    until: ticks after this may still be answered. watched_since: earlier ones say nothing. A tick
    that finds the flow still running is answered by that run.
    """
    tick = last_tick(cron, until)
    if watched_since is None or tick < watched_since:
        return None
    last = history.last
    if last is None:
        return tick
    still_ran = last.ended_at is None or last.ended_at >= tick
    return None if last.started_at >= tick or still_ran else tick


def _the_next_minute(instant: datetime) -> datetime:
    return instant.replace(second=59, microsecond=999999)
