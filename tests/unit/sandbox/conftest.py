"""A stand-in and a sender at it."""

from collections.abc import Iterator

import pytest
from altinn_letters import NOW, Sender
from stand_ins import running_altinn


@pytest.fixture
def sender() -> Iterator[Sender]:
    with running_altinn() as stand_in:
        stand_in.set_clock(NOW)
        made = Sender(stand_in)
        with made.client:
            yield made


@pytest.fixture(scope="module")
def one_sender() -> Iterator[Sender]:
    """The same for a whole file: for what leaves nothing behind."""
    with running_altinn() as stand_in:
        stand_in.set_clock(NOW)
        made = Sender(stand_in)
        with made.client:
            yield made
