"""Every row of what Altinn may say, from the stand-in over real HTTP to what becomes of a letter.

Rows: docs/decisions/0015-what-altinn-says.md.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from digital_letters import ORGANISATION, PERSON, TENANT, a_digital_letter
from pydantic import SecretStr
from stand_ins import AltinnStandIn, running_altinn

from flows.dispatch.altinn import Altinn, _kept_pace, open_altinn
from flows.dispatch.altinn_codes import MEANINGS
from flows.dispatch.channel import (
    KEY_NOT_FOUND,
    ChannelAnswer,
    Offered,
    Quarantined,
    Refusal,
    Refused,
    Stopped,
    Tenant,
    Unknown,
    Watch,
)
from flows.settings import AltinnSettings, Settings

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOON = timedelta(minutes=5)


@pytest.fixture(scope="module")
def everyones() -> Iterator[AltinnStandIn]:
    with running_altinn() as stand_in:
        yield stand_in


@pytest.fixture
def altinn(everyones: AltinnStandIn) -> AltinnStandIn:
    everyones.order("faults", standing=[])
    everyones.set_clock(NOW)
    return everyones


def settings_for(altinn: AltinnStandIn, **changes: Any) -> Settings:
    known = {"url": altinn.url, "token": SecretStr("sandbox"), "timeout_seconds": 5}
    return Settings(altinn=AltinnSettings(**{**known, **changes}))


@pytest.fixture
def channel(altinn: AltinnStandIn) -> Iterator[Altinn]:
    _kept_pace.cache_clear()  # what one test was told, another was not
    with open_altinn(settings_for(altinn)) as opened:
        opened._sleep = lambda _: None
        yield opened


def codes(text: str) -> list[int]:
    """Return codes as the reference writes them: single ones, and from-to."""
    found: list[int] = []
    for part in text.split():
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


ROWS: list[tuple[int, str, Any]] = [
    (422, "1030", Refused(Refusal.RESERVED)),
    (404, "1029", Refused(Refusal.UNKNOWN_RECIPIENT)),
    (400, "1044", Refused(Refusal.LACKS_ROLES)),
    (400, "1002-1006 1008-1009 1016 1019-1023 1033 1035 1037-1039 1042", Quarantined),
    (400, "2004 2008 2010-2013 2017 2021 3000 3002 3004 3006 3017-3019 3022 3024", Quarantined),
    (400, "1018", Unknown),
    (400, "1055 2005 2006 2018", Unknown),
    (400, "1036 4009 4010 1060 1061", Stopped),
    (401, "4001 4006 4007", Stopped),
    (403, "4001", Stopped),
    (451, "2014", Stopped),
    (400, "4002", Stopped),
    (400, "1047", Stopped),
    (500, "1032 2000", Unknown),
    (408, "2022", Unknown),
    (502, "2002", Unknown),
    (500, "1020 1029 1030 1036 9999", Unknown),
    (400, "1999", Quarantined),
]
CASES = [(status, code, said) for status, some, said in ROWS for code in codes(some)]


@pytest.mark.parametrize(("status", "code", "said"), CASES, ids=lambda one: str(one)[:40])
def test_a_code_decides_about_the_letter(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, status: int, code: int, said: Any
) -> None:
    both = {"title": "x", "status": status, "code": f"CORR-{code:05d}", "errorCode": code}
    in_text = {"code": f"CORR-{code:05d}", "detail": None}
    letter = a_digital_letter(tmp_path)

    found = []
    for body in (both, in_text):
        spoilt = {"status": status, "body": json.dumps(body), "only": "upload", "times": 3}
        altinn.order("faults", next=[], standing=[spoilt])
        found.append(channel.offer(letter))

    for outcome in found:
        assert outcome == said if isinstance(said, Refused) else isinstance(outcome, said)
        assert isinstance(outcome, Refused) or str(code) in outcome.why


def test_every_code_of_the_table_is_in_a_row() -> None:
    tested = {code for _, code, _ in CASES} | {1001, 1013, 1014, 1034}

    assert {code for code in MEANINGS if code < 3000 or code >= 4000} <= tested


SHAPES: dict[str, tuple[int, str, Any]] = {
    "faults by field": (
        400,
        '{"title": "x", "errors": {"recipients[0]": ["01818550029"], "01818550029": []}}',
        Quarantined("http 400, no code, recipients[0]"),
    ),
    "a problem without a code": (400, '{"title": "Bad Request", "instance": "null"}', Quarantined),
    "a bare string": (400, '"Something is not right"', Quarantined("http 400, no code")),
    "a gateway's html": (400, "<html>Bad Request</html>", Unknown),
    "nothing": (400, "", Unknown),
    "cut off": (400, '{"errorCode": 10', Unknown),
    "not allowed": (403, "", Stopped),
    "not allowed, in html": (403, "<html>", Stopped),
    "not found by a gateway": (404, "", Unknown),
    "no such method": (405, "", Stopped),
    "our own Accept": (406, "", Stopped),
    "time out": (408, "", Unknown),
    "too large": (413, "<html>", Quarantined),
    "a media type": (415, "", Stopped),
    "a code of another kind": (400, '{"errorCode": "1030", "code": 17}', Quarantined),
    "moved": (302, "", Unknown),
    "a bad gateway": (502, "<html>", Unknown),
    "away": (503, "", Unknown),
    "a time out behind": (504, "", Unknown),
    "no content": (204, "", Unknown),
    "a yes in html": (200, "<html>", Unknown),
}


@pytest.mark.parametrize(("status", "body", "said"), SHAPES.values(), ids=list(SHAPES))
def test_every_shape_of_an_answer_is_survived(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, status: int, body: str, said: Any
) -> None:
    altinn.spoil_next({"status": status, "body": body})

    outcome = channel.offer(a_digital_letter(tmp_path))

    assert isinstance(outcome, said) if isinstance(said, type) else outcome == said


LOST = ["lost", "reset", "truncated", "empty", "reset_upload", "gateway", "upload_fault"]


@pytest.mark.parametrize("kind", LOST)
def test_an_outcome_nobody_knows_is_settled_by_the_same_key(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, kind: str
) -> None:
    letter = a_digital_letter(tmp_path)
    altinn.spoil_next({"kind": kind})

    first, second = channel.offer(letter), channel.offer(letter)

    assert isinstance(first, Unknown)
    assert isinstance(second, Offered)
    assert [each["id"] for each in altinn.mail() if each["idempotentKey"] == letter.key] == [
        second.reference
    ]


def test_an_answer_later_than_we_wait_is_settled_by_the_same_key(
    altinn: AltinnStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = a_digital_letter(tmp_path)
    monkeypatch.setattr("flows.dispatch.altinn.UPLOAD_SECONDS", 0.2)
    altinn.spoil_next({"kind": "slow", "seconds": 1})

    with open_altinn(settings_for(altinn)) as channel:
        first, second = channel.offer(letter), channel.offer(letter)

    assert first == Unknown("ReadTimeout")
    assert isinstance(second, Offered)


@pytest.mark.parametrize("kind", ["unknown_field", "unknown_status", "nulls"])
def test_what_is_new_in_an_answer_does_not_matter(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, kind: str
) -> None:
    letter = a_digital_letter(tmp_path)
    altinn.set_readers(**{letter.shipment_id: "after:1h"})
    altinn.order("faults", standing=[{"kind": kind}])
    said = channel.offer(letter)
    altinn.set_clock(NOW + timedelta(hours=3))

    assert isinstance(said, Offered)
    answer = channel.answer(said.reference, TENANT)

    assert isinstance(answer, ChannelAnswer | Unknown)
    if kind != "nulls":
        assert isinstance(answer, ChannelAnswer)
        assert answer.read_at is not None


def test_a_used_key_that_is_not_found_at_once_is_looked_for_again(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    letter = a_digital_letter(tmp_path)
    first = channel.offer(letter)
    nothing = {"status": 200, "body": '{"ids": []}', "only": "search", "times": 2}
    waited: list[float] = []
    channel._sleep = waited.append
    altinn.spoil_next(nothing)

    again = channel.offer(letter)

    assert again == first
    assert waited == [0, 1, 2]


def test_a_used_key_that_is_never_found_says_so(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    letter = a_digital_letter(tmp_path)
    channel.offer(letter)
    nothing = {"status": 200, "body": '{"ids": []}', "only": "search"}
    altinn.order("faults", standing=[nothing])

    assert channel.offer(letter) == Unknown(KEY_NOT_FOUND)


def test_a_look_up_that_fails_leaves_the_offer_unknown(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    letter = a_digital_letter(tmp_path)
    channel.offer(letter)
    altinn.spoil_next({"status": 503, "only": "search"})

    assert channel.offer(letter) == Unknown("http 503, no code")


def test_who_cannot_be_looked_up_is_asked_for_again_before_everything_stops(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    moment = {"status": 400, "body": '{"errorCode": 4002}', "times": 2}
    altinn.spoil_next(moment)

    assert isinstance(channel.offer(a_digital_letter(tmp_path)), Offered)


@pytest.mark.parametrize("kind", ["busy", "busy_date", "busy_bare"])
def test_told_to_slow_down_we_do_and_the_letter_goes(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, kind: str
) -> None:
    slept: list[float] = []
    channel._pace._sleep = slept.append
    altinn.spoil_next({"kind": kind})

    said = channel.offer(a_digital_letter(tmp_path))

    assert isinstance(said, Offered)
    assert sum(slept) > 0


@pytest.mark.parametrize("says", ["seconds", "date"])
def test_more_calls_than_altinn_takes_slow_down_and_all_letters_go(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, says: str
) -> None:
    altinn.order("limits", upload={"per_minute": 1200, "burst": 2, "says": says})
    letters = [a_digital_letter(tmp_path) for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(channel.offer, letters))
    altinn.order("limits", upload=None)

    assert [each for each in said if not isinstance(each, Offered)] == []


def test_the_same_letter_offered_twice_at_once_is_there_once(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    letter = a_digital_letter(tmp_path)

    with ThreadPoolExecutor(6) as pool:
        said = set(pool.map(channel.offer, [letter] * 6))

    assert len(said) == 1
    assert len([each for each in altinn.mail() if each["idempotentKey"] == letter.key]) == 1


def test_told_to_wait_longer_than_we_do_the_letter_waits_for_the_next_run(
    altinn: AltinnStandIn, tmp_path: Path
) -> None:
    altinn.spoil_next({"status": 429, "retry_after": 3600, "only": "upload"})

    with open_altinn(settings_for(altinn, longest_wait_seconds=1)) as channel:
        said = [channel.offer(a_digital_letter(tmp_path)) for _ in range(3)]
        asked = channel.moved(TENANT, NOW, Watch.READING)

    assert said == [Unknown("no turn within the longest wait")] * 3
    assert isinstance(asked, frozenset)


def test_told_to_slow_down_again_and_again_we_give_up(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    channel._pace._sleep = lambda _: None
    altinn.order("faults", standing=[{"status": 429, "retry_after": 0}])

    assert channel.offer(a_digital_letter(tmp_path)) == Unknown("http 429 again and again")


def test_a_token_that_is_not_accepted_stops_everything(
    altinn: AltinnStandIn, tmp_path: Path
) -> None:
    with open_altinn(settings_for(altinn, token=SecretStr("gal"))) as channel:
        said = channel.offer(a_digital_letter(tmp_path))

    assert said == Stopped("http 401, no code")


def test_reserved_in_an_answer_that_says_yes_is_reserved(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    first = {"correspondenceId": None, "status": "Reserved", "recipient": "x"}
    altinn.spoil_next({"status": 200, "body": json.dumps({"correspondences": [first]})})

    assert channel.offer(a_digital_letter(tmp_path)) == Refused(Refusal.RESERVED)


HABITS = {
    "reserved": (PERSON, "reserved", Refused(Refusal.RESERVED)),
    "unknown": (PERSON, "unknown", Refused(Refusal.UNKNOWN_RECIPIENT)),
    "lacks roles": (ORGANISATION, "no_roles", Refused(Refusal.LACKS_ROLES)),
}


@pytest.mark.parametrize(("number", "habit", "said"), HABITS.values(), ids=list(HABITS))
def test_who_cannot_be_reached_is_refused(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path, number: str, habit: str, said: Refused
) -> None:
    altinn.order("resources", **{"post-fortrolig": {"confidential": True}, "svarut-post": {}})
    letter = a_digital_letter(
        tmp_path, recipient_id=number, tenant=Tenant("post-fortrolig"), confidential=True
    )
    altinn.set_readers(**{letter.shipment_id: habit})

    assert channel.offer(letter) == said


def test_a_resource_that_does_not_exist_stops_its_tenant(
    altinn: AltinnStandIn, channel: Altinn, tmp_path: Path
) -> None:
    altinn.order("resources", **{"svarut-post": {}})
    letter = a_digital_letter(tmp_path, tenant=Tenant("finnes-ikke"))

    said = channel.offer(letter)

    assert said == Stopped("http 400, code 1036")
