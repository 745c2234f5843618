"""One watch: look, decide, keep what is new, tell it, and say that the watch itself ran."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.database import alarms
from flows.database.session import Database, reading, transaction
from flows.domain.alarm import Alarm
from flows.domain.standing import Standing
from flows.errors import NeedsAPerson
from flows.settings import Settings
from flows.watching import metrics, telling, webhook
from flows.watching.looking import look
from flows.watching.news import content_of, news_of
from flows.watching.rules import alarms_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Overview:
    """How everything stands, and which alarms that makes."""

    standing: Standing
    alarms: Sequence[Alarm]
    muted: Sequence[Alarm]
    """Those of the alarms that a person has muted."""

    @property
    def needs_a_person(self) -> bool:
        """Whether any alarm is on that nobody has muted."""
        return len(self.alarms) > len(self.muted)


@dataclass(frozen=True)
class WatchSummary:
    """What one watch did."""

    alarms: int = 0
    """On now, the muted ones among them."""
    muted: int = 0
    raised: int = 0
    ended: int = 0
    messages_taken: int = 0
    messages_not_taken: int = 0
    heartbeat_not_heard: int = 0


def overview(
    database: Database, settings: Settings, now: datetime, *, forecast: bool = True
) -> Overview:
    """Return how everything stands and what alarms that makes. Changes nothing, tells nobody."""
    standing = look(database, settings, now, forecast=forecast)
    found = alarms_of(standing, settings.watch)
    with reading(database) as tx:
        mutes = alarms.mutes(tx, now)
    muted = [one for one in found if any(mute.holds(one, now) for mute in mutes)]
    return Overview(standing, found, muted)


def watch_once(
    database: Database, settings: Settings, now: datetime
) -> tuple[Overview, WatchSummary]:
    """Look at everything and tell what is new.

    What is told is written down with the alarm, in one transaction, and sent after: see
    `telling`. The heartbeat comes last, so that it says all of this was done. Raises NeedsAPerson,
    when all else is done, if the metrics cannot be written.
    """
    seen = overview(database, settings, now)
    channels = telling.channels_of(settings)
    raised, ended = _keep(database, settings, seen, list(channels), now)
    taken, left = telling.send_messages(database, channels, now)
    not_written = _write_metrics(settings, seen)
    unheard = bool(settings.watch.heartbeat_url.get_secret_value()) and not webhook.beat(
        settings.watch
    )
    if not_written is not None:
        raise not_written
    log.info("watched alarms=%d raised=%d ended=%d", len(seen.alarms), raised, ended)
    return seen, WatchSummary(
        alarms=len(seen.alarms),
        muted=len(seen.muted),
        raised=raised,
        ended=ended,
        messages_taken=taken,
        messages_not_taken=left,
        heartbeat_not_heard=int(unheard),
    )


def _write_metrics(settings: Settings, seen: Overview) -> NeedsAPerson | None:
    file = settings.watch.metrics_file
    if file is None:
        return None
    try:
        metrics.write(file, seen.standing, seen.alarms, seen.muted)
    except NeedsAPerson as fault:
        return fault
    return None


def _keep(
    database: Database, settings: Settings, seen: Overview, channels: list[str], now: datetime
) -> tuple[int, int]:
    """Keep the alarms and write down what to tell of them; return how many are new, and ended."""
    with transaction(database) as tx:
        alarms.wait_for_turn(tx)
        live, ended = alarms.keep(tx, seen.alarms, now)
        told = news_of(
            live,
            ended,
            alarms.mutes(tx, now),
            now,
            remind_after=timedelta(hours=settings.watch.remind_hours),
        )
        if told and channels:
            content = content_of(told, runbook_url=settings.watch.runbook_url)
            alarms.write_messages(tx, channels, content, now)
            alarms.mark_told(tx, [one.kept for one in told], now)
    return sum(one.raised_at == now for one in live), len(ended)
