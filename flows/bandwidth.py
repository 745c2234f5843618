"""How fast we send: no more bytes a second than the line is ours for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Bandwidth:
    """A bucket that fills with so many bytes a second and holds one second's; 0: no limit."""

    bytes_per_second: int = 0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin with a full bucket."""
        self._left, self._at = float(self.bytes_per_second), self.now()

    def take(self, size_bytes: int) -> None:
        """Wait until these bytes may be sent."""
        if not self.bytes_per_second:
            return
        now = self.now()
        filled = self._left + (now - self._at) * self.bytes_per_second
        self._left, self._at = min(filled, self.bytes_per_second) - size_bytes, now
        if self._left < 0:
            self.sleep(-self._left / self.bytes_per_second)
