"""How fast we call: so many calls a minute for each operation, and slower when told so."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from flows import clock

LEAST_SECONDS: Final = 1.0
"""Nobody who is told to slow down comes again at once, whatever the header says."""

BACK_OFF_SECONDS: Final = 5.0
"""How long to keep quiet after a 429 that does not say; doubled by each that follows closely."""

SLOWEST: Final = 5
"""So many times the pace is halved, at most."""

GENTLE_SECONDS: Final = 0.05
"""Between two calls of an operation without a limit of its own, once it was told to slow down."""

TOGETHER_SECONDS: Final = 1.0

CALM_SECONDS: Final = 60.0
"""A minute without a 429, and the pace is doubled again."""


@dataclass
class _Lane:
    """One operation's turn-taking."""

    between: float
    """Seconds between two calls, as set."""
    next_at: float = 0.0
    told_at: float = 0.0
    """When it last changed how slow it is."""
    halved: int = 0
    times_told: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def spacing(self, now: float) -> float:
        """Return the seconds between two calls at present."""
        while self.halved and now - self.told_at >= CALM_SECONDS:
            self.halved -= 1
            self.told_at += CALM_SECONDS
        return (self.between or GENTLE_SECONDS) * 2**self.halved if self.halved else self.between


class Pace:
    """Turns for everyone who calls, kept for each operation; threads may share it."""

    def __init__(
        self,
        per_minute: Mapping[str, int],
        longest_wait_seconds: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], datetime] = clock.now,
    ) -> None:
        """Keep so many calls a minute by operation, each of which is named; 0: no limit."""
        self._lanes = {
            name: _Lane(60.0 / calls if calls else 0.0) for name, calls in per_minute.items()
        }
        self._longest = longest_wait_seconds
        self._now, self._sleep, self._wall = now, sleep, wall

    def turn(self, operation: str) -> bool:
        """Wait for a turn. False: it would take longer than anyone should wait.

        Who is waiting when a pause is called goes back in line behind it.
        """
        lane = self._lanes[operation]
        asked = self._now()
        while True:
            with lane.lock:
                now = self._now()
                at = max(now, lane.next_at)
                if at - asked > self._longest:
                    return False
                lane.next_at = at + lane.spacing(now)
                told = lane.times_told
            if at > now:
                self._sleep(at - now)
            with lane.lock:
                if lane.times_told == told:
                    return True

    def slow_down(self, operation: str, retry_after: str | None) -> float:
        """Pause an operation for everyone, as a 429 asks; return for how many seconds.

        retry_after: its header: seconds, an HTTP date, or nothing we can read.
        """
        lane = self._lanes[operation]
        with lane.lock:
            now = self._now()
            lane.spacing(now)
            seconds = self._asked(retry_after)
            if seconds is None:
                seconds = BACK_OFF_SECONDS * 2**lane.halved
            # Calls under way together are told together, and slow down once.
            if now - lane.told_at > TOGETHER_SECONDS or not lane.halved:
                lane.halved = min(lane.halved + 1, SLOWEST)
            lane.told_at = now
            lane.next_at = max(lane.next_at, now + seconds)
            lane.times_told += 1
        return seconds

    def _asked(self, retry_after: str | None) -> float | None:
        text = (retry_after or "").strip()
        if text.isascii() and text.isdigit():
            return max(float(text[:9]), LEAST_SECONDS)
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - self._wall()).total_seconds()
        return max(seconds, LEAST_SECONDS)
