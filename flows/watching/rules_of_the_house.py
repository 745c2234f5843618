"""When what the work needs runs out: prices, keys, room on disks, ways to tell a person."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from flows.clock import oslo_date
from flows.domain.standing import Standing
from flows.print_batch.expected import ABROAD, TOO_HEAVY
from flows.watch_settings import WatchSettings
from flows.watching.found import Found, hours_since, since_then

GIGABYTE: Final = 1024**3

NEVER_PRICED: Final = frozenset({ABROAD, TOO_HEAVY})
"""What no price list has: said in every forecast, and no news."""


def prices(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find what tonight's letters need and has no price, and prices that end with none to come."""
    night = standing.night
    if night is not None:
        for article in sorted({each for one in night.classes for each in one.unknown}):
            if article not in NEVER_PRICED:
                count = sum(one.letters for one in night.classes if article in one.unknown)
                what = f"no price on {night.posted_on}, and letters of tonight need it"
                yield Found(article, what, count)
    if standing.prices is not None:
        today = oslo_date(standing.now)
        then = today + timedelta(days=limits.price_days)
        ending = standing.prices.known_on(today) - standing.prices.known_on(then)
        if ending:
            what = f"{len(ending)} articles have no price on {then}: {', '.join(sorted(ending))}"
            yield Found("price list", what)


def keys_and_certificates(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find what is about to end, has ended, or cannot be read."""
    for one in standing.expiries:
        if one.fault:
            yield Found(one.name, one.fault)
        elif one.ends_at is not None:
            days = (one.ends_at - standing.now) / timedelta(days=1)
            if days <= limits.expiry_days:
                how = "ended" if days <= 0 else "ends"
                yield Found(one.name, f"it {how} {one.ends_at:%F %R}Z", 0, one.ends_at)


def disks(standing: Standing, limits: WatchSettings) -> Iterator[Found]:
    """Find disks without the room that a night needs."""
    for one in standing.disks:
        if one.free_bytes < limits.disk_free_gb * GIGABYTE:
            yield Found(one.name, f"{one.free_bytes / GIGABYTE:.1f} GB are free")


def ways_to_tell(standing: Standing, _limits: WatchSettings) -> Iterator[Found]:
    """Find ways of telling a person that do not work; told by the others."""
    for one in standing.channels:
        then = f"{since_then(one.oldest)} ({hours_since(one.oldest, standing.now):.1f} hours)"
        yield Found(one.channel, f"{one.messages} messages not taken, {then}: {one.fault}")
