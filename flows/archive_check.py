"""Hold the archive against what should be in it: every document is read and hashed again."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from flows.archive import Archive

AT_ONCE = 1000
"""Documents handed to the readers together."""


@dataclass(frozen=True)
class Verified:
    """What was found; each by its SHA-256."""

    read: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    """What is there has other bytes."""
    unknown: tuple[str, ...]
    """It is there, and nothing in the database needs it."""

    @property
    def well(self) -> bool:
        """Whether every document is there as it came."""
        return not self.missing and not self.changed


def verify(
    archive: Archive,
    needed: Iterable[str],
    *,
    readers: int,
    done: Callable[[int], None] = lambda _: None,
) -> Verified:
    """Read every document and hash it again. done: is told how many have been read, as it goes."""
    missing: list[str] = []
    changed: list[str] = []
    read, left = 0, iter(sorted(needed))
    with ThreadPoolExecutor(readers) as threads:
        while some := list(islice(left, AT_ONCE)):
            for sha256, found in zip(some, threads.map(archive.digest_of, some), strict=True):
                if found is None:
                    missing.append(sha256)
                elif found != sha256:
                    changed.append(sha256)
            read += len(some)
            done(read)
    return Verified(read, tuple(missing), tuple(changed), ())


def unknown_in(archive: Archive, known: frozenset[str], *, put_before: float) -> tuple[str, ...]:
    """Return what lies in the archive and is not known; what was put lately is on its way in.

    put_before: seconds since 1970, by the archive's clock.
    """
    return tuple(
        sorted(name for name, put_at in archive.kept() if name not in known and put_at < put_before)
    )
