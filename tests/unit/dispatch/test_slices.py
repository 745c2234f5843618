"""Slices, publish instants, and how often the channel is asked."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from builders import MONDAY
from hypothesis import given
from hypothesis import strategies as st

from flows.database.offers import Offer
from flows.dispatch.channel import Tenant
from flows.dispatch.slices import (
    APART,
    SMALLEST,
    ask_again_at,
    one_by_one,
    publish_instants,
    rounds,
)
from flows.domain.shipment import SenderId, ShipmentId

MILLISECOND = timedelta(milliseconds=1)


def an_offer(number: int, *, minute: int | None = 0, resource: str = "post") -> Offer:
    return Offer(
        key=f"key-{number}",
        shipment_id=ShipmentId(str(number)),
        sender_id=SenderId("nordvik"),
        state="PUBLISHED",
        channel_reference=f"ref-{number}",
        asked_at=None,
        resource=resource,
        publish_at=None if minute is None else MONDAY + timedelta(minutes=minute),
    )


@given(
    now=st.datetimes(
        min_value=datetime(2001, 1, 1),  # noqa: DTZ001  -- the zone comes from `timezones`
        max_value=datetime(2999, 12, 31),  # noqa: DTZ001
        timezones=st.just(MONDAY.tzinfo),
    ),
    slices=st.integers(0, 200),
    ahead=st.none() | st.timedeltas(timedelta(seconds=-1), timedelta(seconds=1)),
)
def test_every_slice_has_an_instant_that_no_search_for_another_sees(
    now: datetime, slices: int, ahead: timedelta | None
) -> None:
    last = None if ahead is None else now + ahead

    instants = publish_instants(now, last, slices)

    assert len(instants) == slices
    used = [*([last] if last else []), *instants]
    assert all(later - earlier > MILLISECOND for earlier, later in pairwise(used))


def test_letters_are_published_at_once_and_not_later() -> None:
    instants = publish_instants(MONDAY, MONDAY - timedelta(minutes=10), 112)

    assert instants[-1] == MONDAY
    assert MONDAY - instants[0] == 111 * APART


def test_a_slice_with_many_left_is_swept_and_few_are_asked_about_one_by_one() -> None:
    many = [an_offer(number) for number in range(SMALLEST)]
    few = [an_offer(100 + number, minute=1) for number in range(SMALLEST - 1)]
    of_old = [an_offer(200, minute=None)]

    found = rounds([*few, *many, *of_old])

    assert [(one.publish_at, len(one.offers)) for one in found] == [
        (MONDAY, SMALLEST),
        (None, SMALLEST),
    ]


def test_tenants_are_never_asked_about_together() -> None:
    mixed = [an_offer(number, resource=f"post-{number % 2}") for number in range(40)]

    for found in (rounds(mixed), one_by_one(mixed)):
        assert [(one.tenant, len(one.offers)) for one in found] == [
            (Tenant("post-0"), 20),
            (Tenant("post-1"), 20),
        ]


def test_before_a_batch_is_sealed_every_letter_is_asked_about_by_itself() -> None:
    found = one_by_one([an_offer(number) for number in range(1200)])

    assert {one.publish_at for one in found} == {None}
    assert sum(len(one.offers) for one in found) == 1200


@pytest.mark.parametrize(
    ("asks", "minutes"), [(0, 1), (1, 2), (2, 5), (3, 10), (4, 30), (5, 60), (6, 60), (99, 60)]
)
def test_an_unpublished_letter_is_asked_about_less_and_less_often(asks: int, minutes: int) -> None:
    assert ask_again_at(MONDAY, asks) == MONDAY + timedelta(minutes=minutes)
