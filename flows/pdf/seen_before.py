"""Fonts and pictures that a print file has already, found by comparing their bytes."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

WORTH_COMPARING: Final = 1024
"""Bytes of a font, picture or form from which on a copy of it is looked for."""

_ENDS: Final = 128
"""So many bytes at either end tell most streams of one length apart."""

_LOOKALIKES: Final = 4
"""So many objects with the same ends are compared with."""

_HELD_BYTES: Final = 8 << 20
"""What was found lately is kept in memory: most letters of a sender have the same fonts."""

ReadBack = Callable[[int, int], bytes | memoryview]
"""Return so many bytes of the object that was given this number before."""


@dataclass
class SeenBefore:
    """Large objects that refer to nothing: where each was written first."""

    _numbers: dict[int, int] = field(default_factory=dict)
    _held: dict[int, bytes] = field(default_factory=dict)
    _held_bytes: int = 0

    def number_of(self, body: memoryview, number: int, read_back: ReadBack) -> int:
        """Return the number of the same object where it was written before; else 0, and keep this.

        number: what the object gets if it is new. Every byte is compared.
        """
        first = len(body) << 32 | zlib.crc32(body[-_ENDS:], zlib.crc32(body[:_ENDS]))
        for key in range(first, first + _LOOKALIKES):
            known = self._numbers.setdefault(key, number)
            if known == number:
                return 0
            before = self._held.get(known)
            if before is None:
                before = self._hold(known, bytes(read_back(known, len(body))))
            if before == bytes(body):
                return known
        return 0

    def _hold(self, number: int, body: bytes) -> bytes:
        if self._held_bytes > _HELD_BYTES:
            self._held.clear()
            self._held_bytes = 0
        self._held[number] = body
        self._held_bytes += len(body)
        return body
