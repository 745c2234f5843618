"""Mail in order of its requested publish time, a resource each; and by sender's reference."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Filed(Protocol):
    """What can be filed here."""

    reference: str
    resource: str
    requested_publish: datetime


T = TypeVar("T", bound=Filed)


class SearchIndex(Generic[T]):
    """So that a search looks only at what lies in its window."""

    def __init__(self) -> None:
        """Start empty."""
        self._times: dict[str, list[datetime]] = defaultdict(list)
        self._mail: dict[str, list[T]] = defaultdict(list)
        self._by_reference: dict[tuple[str, str], list[T]] = {}

    def add(self, mail: T) -> None:
        """Put in a correspondence."""
        times = self._times[mail.resource]
        place = bisect_right(times, mail.requested_publish)
        times.insert(place, mail.requested_publish)
        self._mail[mail.resource].insert(place, mail)
        self._by_reference.setdefault((mail.resource, mail.reference), []).append(mail)

    def window(self, resource: str, first: datetime | None, last: datetime | None) -> Iterator[T]:
        """Yield the mail strictly between two instants, the latest first."""
        times, mail = self._times.get(resource, []), self._mail.get(resource, [])
        begin = bisect_right(times, first) if first else 0
        end = bisect_left(times, last) if last else len(times)
        return (mail[place] for place in range(end - 1, begin - 1, -1))

    def referred(self, resource: str, reference: str) -> list[T]:
        """Return the mail with a sender's reference, the latest first."""
        found = self._by_reference.get((resource, reference), [])
        return sorted(found, key=lambda mail: mail.requested_publish, reverse=True)
