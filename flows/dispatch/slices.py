"""Slices of offers: each with a publish instant of its own, so that one search returns no other.

The search lists at most a thousand ids, by when they were to be published. Letters that share an
instant with at most 900 others, and with nobody else's, can be asked about in one call.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from flows.database.offers import Offer
from flows.dispatch.channel import Tenant

T = TypeVar("T")

LARGEST: Final = 900
"""Letters with one publish instant, at most; the search is cut at a thousand."""

APART: Final = timedelta(milliseconds=2)
"""Between two instants; a search sees one millisecond to either side of the one it asks for."""

SMALLEST: Final = 6
"""Fewer letters than this are asked about one by one: a sweep costs as many calls."""

ASKED_TOGETHER: Final = 500
"""Letters asked about one by one, between two commits."""

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30, 60))
"""How long an unpublished letter is left alone: after it was offered, then after each asking."""


@dataclass(frozen=True)
class Round:
    """Letters of one tenant that are asked about together, and recorded together."""

    tenant: Tenant
    offers: tuple[Offer, ...]
    publish_at: datetime | None = None
    """The instant whose letters a sweep lists; None: each letter is asked about by itself."""


def publish_instants(now: datetime, last: datetime | None, slices: int) -> list[datetime]:
    """Return an instant for each slice, all different, and later than any used before.

    last: the latest used before. None is after now, unless that is what it takes to be later.
    """
    first = now.replace(microsecond=now.microsecond // 1000 * 1000) - APART * (slices - 1)
    if last is not None:
        first = max(first, last + APART)
    return [first + APART * number for number in range(slices)]


def ask_again_at(now: datetime, asks: int) -> datetime:
    """Return when an unpublished letter is asked about next, having been asked so many times."""
    return now + WAITS[min(asks, len(WAITS) - 1)]


def tenant_of(offer: Offer) -> Tenant:
    """Return in whose name the channel is called about an offer."""
    return Tenant(offer.resource, offer.consumer)


def rounds(offers: Sequence[Offer]) -> list[Round]:
    """Cut offers into rounds: a sweep where enough of a slice is left, otherwise one by one."""
    found = []
    for tenant, of_tenant in by_tenant(offers):
        few: list[Offer] = []
        slices: dict[datetime | None, list[Offer]] = {}
        for offer in of_tenant:
            slices.setdefault(offer.publish_at, []).append(offer)
        for publish_at, of_slice in slices.items():
            if publish_at is None or len(of_slice) < SMALLEST:
                few += of_slice
            else:
                found.append(Round(tenant, tuple(of_slice), publish_at))
        found += [Round(tenant, tuple(some)) for some in cut(few, ASKED_TOGETHER)]
    return found


def one_by_one(offers: Sequence[Offer]) -> list[Round]:
    """Cut offers into rounds in which every letter is asked about by itself."""
    return [
        Round(tenant, tuple(some))
        for tenant, of_tenant in by_tenant(offers)
        for some in cut(of_tenant, ASKED_TOGETHER)
    ]


def by_tenant(offers: Iterable[Offer]) -> list[tuple[Tenant, list[Offer]]]:
    """Return each tenant's offers, in the order they came."""
    found: dict[Tenant, list[Offer]] = {}
    for offer in offers:
        found.setdefault(tenant_of(offer), []).append(offer)
    return list(found.items())


def cut(things: Sequence[T], size: int) -> Iterator[list[T]]:
    """Cut a list into parts of at most a size."""
    for start in range(0, len(things), size):
        yield list(things[start : start + size])
