"""What the Altinn stand-in says became of letters, and that they can be taken back in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from digital_letters import TENANT, a_digital_letter
from pydantic import SecretStr
from stand_ins import AltinnStandIn, running_altinn

from flows.dispatch.altinn import Altinn, open_altinn
from flows.dispatch.channel import ChannelAnswer, Offered, Refusal, Stopped, Unknown, Watch
from flows.settings import AltinnSettings, Settings

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=8)
NOBODYS = "0199d0aa-1f5c-7c0e-9b55-3b1f0c1a7d01"


@pytest.fixture
def altinn() -> Iterator[AltinnStandIn]:
    with running_altinn() as stand_in:
        stand_in.set_clock(NOW)
        yield stand_in


@pytest.fixture
def channel(altinn: AltinnStandIn) -> Iterator[Altinn]:
    known = AltinnSettings(url=altinn.url, token=SecretStr("sandbox"), timeout_seconds=5)
    with open_altinn(Settings(altinn=known)) as opened:
        yield opened


def offered(
    altinn: AltinnStandIn,
    channel: Altinn,
    folder: Path,
    habit: str,
    publish_at: datetime | None = None,
) -> str:
    letter = a_digital_letter(folder, publish_at=publish_at)
    altinn.set_readers(**{letter.shipment_id: habit})
    said = channel.offer(letter)
    assert isinstance(said, Offered)
    return said.reference


def asked(channel: Altinn, reference: str) -> ChannelAnswer:
    said = channel.answer(reference, TENANT)
    assert isinstance(said, ChannelAnswer)
    return said


READING = {
    "opened": ("after:2h", 2),
    "confirmed unopened": ("confirm:3h", 3),
    "downloaded unopened": ("download:3h", 3),
    "opened, then downloaded": ("after:2h+download:3h", 2),
    "opened, then thrown away": ("after:2h+purge:5h", 2),
    "thrown away unopened": ("purge:3h", 3),
    "passed on": ("forward:4h", 4),
    "answered": ("reply:1h", 1),
}


@pytest.mark.parametrize(("habit", "hours"), READING.values(), ids=list(READING))
def test_a_letter_somebody_has_had_in_hand_is_read_from_then(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, habit: str, hours: int
) -> None:
    reference = offered(altinn, channel, tmp_path, habit)
    altinn.set_clock(LATER)

    said = asked(channel, reference)

    assert said.published_at is not None
    assert said.refusal is None
    assert said.read_at == said.published_at + timedelta(hours=hours)


@pytest.mark.parametrize("habit", ["never", "fetched:2h"])
def test_a_letter_nobody_opened_is_published_and_unread(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, habit: str
) -> None:
    reference = offered(altinn, channel, tmp_path, habit)
    altinn.set_clock(LATER)

    said = asked(channel, reference)

    assert said.published_at is not None
    assert (said.read_at, said.refusal) == (None, None)


FAILURES = {
    "reserved meanwhile": ("reserved_later", Refusal.RESERVED),
    "not in the register": ("not_in_register", Refusal.UNKNOWN_RECIPIENT),
    "malware": ("malware", Refusal.PUBLICATION_FAILED),
    "something else": ("fails", None),
}


@pytest.mark.parametrize(("habit", "reason"), FAILURES.values(), ids=list(FAILURES))
def test_a_letter_that_was_never_published_says_why(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, habit: str, reason: Refusal | None
) -> None:
    reference = offered(altinn, channel, tmp_path, habit)
    altinn.set_clock(LATER)

    said = asked(channel, reference)

    assert said.published_at is None
    assert said.refusal is not None
    assert reason in {None, said.refusal}


def test_a_letter_is_not_published_before_its_instant(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    reference = offered(altinn, channel, tmp_path, "never", publish_at=NOW + timedelta(hours=4))

    altinn.set_clock(NOW + timedelta(hours=3))
    before = asked(channel, reference)
    altinn.set_clock(LATER)
    after = asked(channel, reference)

    assert before == ChannelAnswer()
    assert after.published_at is not None


def test_a_search_finds_those_of_one_instant_that_have_moved(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    at = NOW + timedelta(minutes=10, microseconds=123456)
    next_at = at + timedelta(milliseconds=1)
    readers = ["after:1h", "confirm:1h", "download:1h", "purge:1h", "after:1h+purge:2h"]
    habits = [*readers, "never", "fetched:1h", "fails"]
    here = {habit: offered(altinn, channel, tmp_path, habit, at) for habit in habits}
    offered(altinn, channel, tmp_path, "after:1h", next_at)
    altinn.set_clock(LATER)

    read = channel.moved(TENANT, at, Watch.READING)
    out = channel.moved(TENANT, at, Watch.PUBLICATION)

    assert read == {here[habit] for habit in readers}
    assert out == set(here.values())


def test_a_search_finds_nobody_before_anything_has_happened(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    at = NOW + timedelta(hours=1)
    offered(altinn, channel, tmp_path, "after:1h", at)

    assert channel.moved(TENANT, at, Watch.PUBLICATION) == frozenset()


@pytest.mark.parametrize("status", ["Published", "Failed"])
def test_a_search_that_fails_in_part_is_worth_nothing(
    altinn: AltinnStandIn, channel: Altinn, status: str
) -> None:
    good = {"status": 200, "body": '{"ids": []}', "only": "search"}
    bad = {"status": 503, "only": "search"}
    altinn.spoil_next(*([bad, good] if status == "Published" else [good, bad]))

    assert channel.moved(TENANT, NOW, Watch.PUBLICATION) == Unknown("http 503, no code")


def test_a_letter_taken_back_in_time_is_never_seen(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    reference = offered(altinn, channel, tmp_path, "stuck")

    first = channel.withdraw(reference, TENANT)
    again = channel.withdraw(reference, TENANT)
    altinn.set_clock(LATER)

    assert (first, again) == (True, True)
    assert asked(channel, reference) == ChannelAnswer(refusal=Refusal.WITHDRAWN)


@pytest.mark.parametrize("habit", ["never", "after:1h", "purge:1h", "races"])
def test_a_letter_that_was_published_cannot_be_taken_back(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, habit: str
) -> None:
    reference = offered(altinn, channel, tmp_path, habit)
    altinn.set_clock(LATER)

    assert channel.withdraw(reference, TENANT) is False


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated", "empty"])
def test_a_lost_answer_about_taking_back_is_settled_by_asking_again(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, kind: str
) -> None:
    reference = offered(altinn, channel, tmp_path, "stuck")
    altinn.spoil_next({"kind": kind, "only": "purge"})

    first, second = channel.withdraw(reference, TENANT), channel.withdraw(reference, TENANT)

    assert first is True or isinstance(first, Unknown)
    assert second is True


def test_a_letter_altinn_has_never_had_is_nobodys_guess(channel: Altinn) -> None:
    answer, back = channel.answer(NOBODYS, TENANT), channel.withdraw(NOBODYS, TENANT)

    assert isinstance(answer, Unknown)
    assert isinstance(back, Unknown)


def test_not_being_let_in_stops_and_is_no_answer(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    reference = offered(altinn, channel, tmp_path, "never")
    altinn.order("faults", standing=[{"status": 403}])

    said = [
        channel.answer(reference, TENANT),
        channel.moved(TENANT, NOW, Watch.READING),
        channel.withdraw(reference, TENANT),
    ]

    assert said == [Stopped("http 403, no code")] * 3
