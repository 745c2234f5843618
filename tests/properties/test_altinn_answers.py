"""Whatever Altinn answers, the client says one of the things a channel may say."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from answers_of_altinn import SHAPES, answers, operation_of
from digital_letters import TENANT, a_digital_letter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.dispatch.altinn import Altinn
from flows.dispatch.channel import (
    ChannelAnswer,
    DigitalLetter,
    Offered,
    Outcome,
    Quarantined,
    Refused,
    Stopped,
    Unknown,
    Watch,
)
from flows.dispatch.pace import Pace

REFERENCE = "0199d0aa-1f5c-7c0e-9b55-3b1f0c1a7d01"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MANY = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

pytestmark = pytest.mark.usefixtures("shared")


@pytest.fixture(scope="module")
def letter() -> Iterator[DigitalLetter]:
    with tempfile.TemporaryDirectory() as folder:
        yield a_digital_letter(Path(folder))


class BadDay:
    """An Altinn that answers each operation as the example says, and round again."""

    def __init__(self, answers: Mapping[str, list[Any]]) -> None:
        self.answers, self.now, self.asked = answers, 0.0, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answers = self.answers[operation_of(request)]
        answer = answers[self.asked % len(answers)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @classmethod
    def always(cls, answer: httpx.Response) -> "BadDay":
        return cls({operation: [answer] for operation in SHAPES})

    def said(self) -> list[bytes]:
        every = [each for some in self.answers.values() for each in some]
        return [each.content for each in every if isinstance(each, httpx.Response)]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def altinn(self) -> Altinn:
        client = httpx.Client(
            base_url="https://altinn.example",
            headers={
                "Accept": "application/json",
                "User-Agent": "svarut",
                "Authorization": "Bearer x",
            },
            transport=httpx.MockTransport(self),
        )
        pace = Pace(
            dict.fromkeys(SHAPES, 0),
            120,
            now=lambda: self.now,
            sleep=self.sleep,
            wall=lambda: NOW + timedelta(seconds=self.now),
        )
        return Altinn(client, pace, lambda _: None, self.sleep)


FAULTS = [
    httpx.ReadTimeout("x"),
    httpx.ConnectError("x"),
    httpx.RemoteProtocolError("x"),
    httpx.DecodingError("x"),
]


@st.composite
def days(draw: st.DrawFn, *operations: str) -> BadDay:
    said: dict[str, list[Any]] = {}
    for operation in operations:
        one = answers(operation, REFERENCE)
        fault = st.sampled_from(FAULTS)
        said[operation] = draw(st.lists(one | one | one | one | fault, min_size=1, max_size=3))
    return BadDay(said)


@MANY
@given(day=days("upload", "search"))
def test_an_offer_ends_in_an_outcome(letter: DigitalLetter, day: BadDay) -> None:
    said = day.altinn().offer(letter)

    assert isinstance(said, Outcome)
    if isinstance(said, Offered):
        assert is_uuid(said.reference)
    if isinstance(said, Refused):
        words = (b"1029", b"1030", b"1044", b"Reserved")
        assert any(word in each for each in day.said() for word in words)
    if isinstance(said, Quarantined | Stopped | Unknown):
        assert is_harmless(said.why)
    assert day.asked <= 60


@MANY
@given(day=days("overview", "details"))
def test_a_question_ends_in_an_answer(day: BadDay) -> None:
    said = day.altinn().answer(REFERENCE, TENANT)

    assert isinstance(said, ChannelAnswer | Stopped | Unknown)
    if isinstance(said, ChannelAnswer):
        for at in (said.published_at, said.read_at):
            assert at is None or (at.tzinfo is UTC and 2000 <= at.year < 2200)
        assert said.refusal is None or said.published_at is None
        assert said.read_at is None or said.published_at is not None


@MANY
@given(day=days("search"), watch=st.sampled_from(Watch))
def test_a_search_ends_in_references_or_in_nobody_knows(day: BadDay, watch: Watch) -> None:
    said = day.altinn().moved(TENANT, NOW, watch)

    assert isinstance(said, frozenset | Stopped | Unknown)
    if isinstance(said, frozenset):
        assert all(is_uuid(each) for each in said)


@MANY
@given(day=days("purge", "details"))
def test_a_withdrawal_ends_in_yes_no_or_nobody_knows(day: BadDay) -> None:
    said = day.altinn().withdraw(REFERENCE, TENANT)

    assert isinstance(said, bool | Stopped | Unknown)
    if said is True:
        assert any(proves_withdrawal(each) for each in day.said())


@pytest.mark.parametrize("ids", [1000, 1001])
def test_a_full_window_is_never_taken_for_all_there_is(ids: int) -> None:
    found = [f"0199d0aa-1f5c-7c0e-9b55-{place:012d}" for place in range(ids)]
    day = BadDay.always(httpx.Response(200, json={"ids": found}))

    assert isinstance(day.altinn().moved(TENANT, NOW, Watch.READING), Unknown)


def test_a_window_almost_full_is_all_there_is() -> None:
    found = [f"0199d0aa-1f5c-7c0e-9b55-{place:012d}" for place in range(999)]
    day = BadDay.always(httpx.Response(200, json={"ids": found}))

    assert day.altinn().moved(TENANT, NOW, Watch.READING) == frozenset(found)


GOOD_ANSWERS: dict[str, tuple[Callable[[Altinn, DigitalLetter], Any], bytes]] = {
    "offer": (lambda altinn, letter: altinn.offer(letter), b""),
    "answer": (lambda altinn, _: altinn.answer(REFERENCE, TENANT), b"{}"),
    "moved": (lambda altinn, _: altinn.moved(TENANT, NOW, Watch.READING), b'{"ids": null}'),
    "withdraw": (lambda altinn, _: altinn.withdraw(REFERENCE, TENANT), b'"another"'),
}


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"ids": ["a', b"[]", b"null", None])
@pytest.mark.parametrize("call", list(GOOD_ANSWERS))
def test_a_yes_without_its_content_is_no_yes(
    letter: DigitalLetter, call: str, content: bytes | None
) -> None:
    ask, own = GOOD_ANSWERS[call]
    day = BadDay.always(httpx.Response(200, content=own if content is None else content))

    assert isinstance(ask(day.altinn(), letter), Unknown)


def proves_withdrawal(content: bytes) -> bool:
    return content.strip() == f'"{REFERENCE}"'.encode() or b"PurgedByAltinn" in content


def is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def is_harmless(why: str) -> bool:
    """Whether nothing of a body is in it but codes and names of fields."""
    return len(why) < 500 and why.isprintable()
