"""Look at everything once: the database, the next night, disks and keys."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from flows.clock import oslo_date
from flows.database import flow_runs, standing
from flows.database.prices import read_price_list
from flows.database.session import Database, reading
from flows.database.vendors import profile_on
from flows.domain.standing import ChannelTrouble, Disk, Forecast, Night, Standing
from flows.domain.vendor_profile import Calendar
from flows.print_batch import reserving
from flows.settings import Settings
from flows.watching.keys import expiries
from flows.watching.rules_of_runs import PRINT_NIGHT
from flows.watching.schedules import SCHEDULES, next_tick, schedules_here

HEARTBEAT: Final = "heartbeat"
NOT_HEARD: Final = "heartbeat_not_heard"
"""What a watch counts when nobody answered its heartbeat."""


def look(
    database: Database, settings: Settings, now: datetime, *, forecast: bool = True
) -> Standing:
    """Return how everything stands. Changes nothing.

    forecast: look also at the letters of the next print night, one by one: what takes longest.
    """
    schedules = schedules_here(settings.watch.schedules)
    with reading(database) as tx:

        @cache
        def calendar_on(at: datetime) -> Calendar:
            return profile_on(tx, settings.vendor.profile, oslo_date(at)).calendar

        # The flow that watches begins before it looks, so it always knows of itself.
        runs = flow_runs.histories(tx, SCHEDULES, now)
        found = Standing(
            now=now,
            ended=standing.ended_letters(tx),
            letters=standing.open_letters(tx, now),
            batches=standing.open_batches(tx, calendar_on),
            items=standing.items_by_code(tx),
            quarantined=standing.quarantined(tx),
            undelivered=standing.undelivered(tx),
            runs=runs,
            watched_since=flow_runs.first_known(tx),
            schedules=schedules,
            channels=standing.channel_troubles(tx, now),
            calendar=calendar_on(now),
            prices=read_price_list(tx),
            disks=_disks(settings),
            expiries=expiries(settings),
        )
    night = _night(database, settings, now, schedules) if forecast else None
    return replace(found, night=night, channels=[*found.channels, *_unheard(found)])


def _night(
    database: Database, settings: Settings, now: datetime, schedules: dict[str, str]
) -> Night | None:
    """Return the night that comes, as it would be if nobody read anything more."""
    if PRINT_NIGHT not in schedules:
        return None
    at = next_tick(schedules[PRINT_NIGHT], now)
    night = reserving.show_night(database, settings, at, as_if_asked=True)
    cost: Counter[str] = Counter()
    unknown: dict[str, set[str]] = {}
    for (job_class, _), row in night.rows.items():
        cost[job_class] += row.net_ore
        unknown.setdefault(job_class, set()).update(row.unknown)
    return Night(
        at,
        night.posted_on,
        [
            Forecast(one, count, night.sheets[one], cost[one], tuple(sorted(unknown[one])))
            for one, count in night.letters.items()
        ],
        night.waiting,
    )


def _disks(settings: Settings) -> list[Disk]:
    """Return the disks that our folders are on, each once, by the settings that name them."""
    names: dict[int, list[str]] = {}
    free: dict[int, int] = {}
    for name, folder in _folders(settings):
        there = _existing(folder)
        device = there.stat().st_dev
        names.setdefault(device, []).append(name)
        free[device] = shutil.disk_usage(there).free
    return [Disk(", ".join(names[one]), free[one]) for one in names]


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "home", settings.home
    for name in type(settings).model_fields:
        if name.endswith("_folder"):
            yield name, getattr(settings, name)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _unheard(found: Standing) -> Iterator[ChannelTrouble]:
    """Say that nobody answered the last watch's heartbeat: as it counted itself."""
    last = next((one.last_ended for one in found.runs if one.flow == "watch"), None)
    if last is not None and last.counts.get(NOT_HEARD):
        yield ChannelTrouble(HEARTBEAT, 1, last.started_at, "no answer")
