"""Tokens kept until shortly before they die, and fetched by one caller at a time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from flows.errors import LetterError

K = TypeVar("K")

EARLY_SECONDS: Final = 60.0
"""A token is dead to us so long before it is to others: Altinn allows no clock to be off."""

REFRESH_AFTER: Final = 0.8
"""Of a token's life; from here on one caller fetches a new one while the others use it."""

FAILURE_SECONDS: Final = 15.0
"""After a failure nobody tries again so soon: callers in a queue would wait for each time-out."""


@dataclass(frozen=True)
class Token:
    """A token as it was given."""

    text: str = field(repr=False)
    lives_seconds: float


@dataclass(frozen=True)
class _Held:
    text: str = field(repr=False)
    refresh_at: float
    dead_at: float


class _Slot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: _Held | None = None
        self.failure: LetterError | None = None
        self.failed_at = 0.0

    def alive(self, now: float) -> _Held | None:
        held = self.held
        return held if held and now < held.dead_at else None


class TokenCache(Generic[K]):
    """Tokens by what they are for; threads may share it."""

    def __init__(self, fetch: Callable[[K], Token], now: Callable[[], float]) -> None:
        """Fetch tokens with a function that raises LetterError when it cannot.

        now: seconds; the clock a token's life is measured by.
        """
        self._fetch, self._now = fetch, now
        self._slots: dict[K, _Slot] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> str:
        """Return a living token.

        Raises what fetching raised, when there is no living one; for a while without trying.
        """
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
        held, now = slot.alive(self._now()), self._now()
        if held and now < held.refresh_at:
            return held.text
        # With a living token nobody waits for whoever is fetching the next one.
        if held is None:
            slot.lock.acquire()
        elif not slot.lock.acquire(blocking=False):
            return held.text
        try:
            return self._refreshed(slot, key)
        finally:
            slot.lock.release()

    def drop(self, key: K, text: str) -> None:
        """Forget a token that was not accepted, unless another has taken its place."""
        with self._lock:
            slot = self._slots.get(key)
            if slot and slot.held and slot.held.text == text:
                slot.held = None

    def _refreshed(self, slot: _Slot, key: K) -> str:
        held, now = slot.alive(self._now()), self._now()
        if held and now < held.refresh_at:
            return held.text
        try:
            if slot.failure and now < slot.failed_at + FAILURE_SECONDS:
                raise _once_more(slot.failure)
            token = self._fetch(key)
        except LetterError as fault:
            if slot.failure is None or now >= slot.failed_at + FAILURE_SECONDS:
                slot.failure, slot.failed_at = fault, now
            if held:
                return held.text
            raise
        slot.failure = None
        early = min(EARLY_SECONDS, token.lives_seconds / 2)
        lives = token.lives_seconds
        slot.held = _Held(
            token.text, now + min(lives * REFRESH_AFTER, lives - early), now + lives - early
        )
        return token.text


def _once_more(fault: LetterError) -> LetterError:
    return type(fault)(fault.what, where=fault.where, do=fault.do)
