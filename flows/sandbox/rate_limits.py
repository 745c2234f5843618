"""How many calls a minute each operation takes, told or not told when to come again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from typing import Any

from starlette.responses import Response


@dataclass
class Bucket:
    """A token bucket."""

    per_minute: float
    burst: float
    says: str = "seconds"
    """Retry-After as `seconds`, as a `date`, or `nothing`."""
    left: float = field(init=False)
    filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Start full."""
        self.left, self.filled_at = self.burst, 0.0

    def wait(self, now: float) -> float:
        """Take one, or return how many seconds until there is one."""
        self.left = min(self.burst, self.left + (now - self.filled_at) * self.per_minute / 60)
        self.filled_at = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) * 60 / self.per_minute


class Limits:
    """Buckets by operation, in real time: a client's calls are real however the clock is moved."""

    def __init__(self, orders: dict[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        """Start with orders: by operation, `{per_minute, burst?, says?}`."""
        self._clock = clock
        self.buckets: dict[str, Bucket] = {}
        self.refused: dict[str, int] = {}
        """How many calls were too many, by operation."""
        self.set(orders)

    def set(self, orders: dict[str, Any]) -> None:
        """Set the limits of some operations; null takes one away."""
        for operation, order in orders.items():
            self.buckets.pop(operation, None)
            if order is not None:
                pace = float(order["per_minute"])
                burst = float(order.get("burst", max(1.0, pace / 60)))
                self.buckets[operation] = Bucket(pace, burst, order.get("says", "seconds"))

    def refusal(self, operation: str) -> Response | None:
        """Return 429 for a call too many."""
        bucket = self.buckets.get(operation)
        wait = bucket.wait(self._clock()) if bucket else 0.0
        if bucket is None or wait <= 0:
            return None
        self.refused[operation] = self.refused.get(operation, 0) + 1
        at = datetime.now(UTC) + timedelta(seconds=ceil(wait))
        said = {"seconds": str(ceil(wait)), "date": format_datetime(at, usegmt=True)}
        told = said.get(bucket.says)
        return Response(status_code=429, headers={"Retry-After": told} if told else None)
