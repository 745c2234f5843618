"""What there is to tell about alarms: once when raised, once when ended, seldom in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.database.alarms import KeptAlarm
from flows.domain.alarm import Mute, News
from flows.watching.rules import RULE_OF


@dataclass(frozen=True)
class Told:
    """One alarm in a message, and what is new about it."""

    news: News
    kept: KeptAlarm


def news_of(
    live: Sequence[KeptAlarm],
    ended: Sequence[KeptAlarm],
    mutes: Sequence[Mute],
    now: datetime,
    *,
    remind_after: timedelta,
) -> list[Told]:
    """Return what to tell now; of what is muted nothing, and of what ended only what was told."""
    raised, still = [], []
    for one in live:
        if is_muted(one, mutes, now):
            continue
        if one.told_at is None:
            raised.append(Told(News.RAISED, one))
        elif now - one.told_at >= remind_after:
            still.append(Told(News.STILL, one))
    over = [
        Told(News.ENDED, one)
        for one in ended
        if one.told_at is not None and not is_muted(one, mutes, now)
    ]
    return [*raised, *still, *over]


def is_muted(one: KeptAlarm, mutes: Sequence[Mute], now: datetime) -> bool:
    """Say whether a person has muted an alarm."""
    return any(mute.holds(one.alarm, now) for mute in mutes)


def content_of(told: Sequence[Told], *, runbook_url: str) -> dict[str, Any]:
    """Return a message as it is kept and as the webhook posts it: docs/watching.md."""
    return {
        "alarms": [
            {
                "news": str(one.news),
                "code": one.kept.alarm.code,
                "subject": one.kept.alarm.subject,
                "says": one.kept.alarm.what,
                "letters": one.kept.alarm.letters,
                "owner": str(RULE_OF[one.kept.alarm.code].owner),
                "clock": RULE_OF[one.kept.alarm.code].clock,
                "since": _iso(one.kept.alarm.since),
                "raised_at": _iso(one.kept.raised_at),
                "runbook": f"{runbook_url}{RULE_OF[one.kept.alarm.code].anchor}",
            }
            for one in told
        ]
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat(timespec="seconds") if instant else None
