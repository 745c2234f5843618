"""What goes wrong on order or by number goes wrong as it does at the real one."""

import json
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from altinn_letters import API, BASE, PDF, Sender
from stand_ins import running_altinn

from flows.sandbox.people import national_number

ANSWERS: dict[str, tuple[int, int | None]] = {
    "gateway": (502, None),
    "unavailable": (503, None),
    "krr_down": (500, 1032),
    "registry_down": (500, 2000),
    "upload_fault": (502, 2002),
    "upload_slow": (408, 2022),
    "busy": (429, None),
    "busy_date": (429, None),
    "busy_bare": (429, None),
    "expired": (401, None),
    "bare_string": (400, None),
}


def code(answer: Any) -> int | None:
    try:
        found = answer.json()
    except ValueError:
        return None
    number = found.get("errorCode") if isinstance(found, dict) else None
    return number if isinstance(number, int) else None


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_call_is_refused_on_order_and_nothing_is_made(sender: Sender, kind: str) -> None:
    sender.altinn.spoil_next({"kind": kind})

    answer = sender.send()

    assert (answer.status_code, code(answer)) == ANSWERS[kind]
    assert sender.altinn.mail() == []
    assert sender.send().status_code == 200


def test_when_to_come_again_is_said_in_seconds_as_a_date_or_not_at_all(sender: Sender) -> None:
    sender.altinn.spoil_next(*({"kind": kind} for kind in ("busy", "busy_date", "busy_bare")))

    said = [sender.send().headers.get("Retry-After") for _ in range(3)]

    assert said[0] == "1"
    assert parsedate_to_datetime(said[1] or "").tzinfo is not None
    assert said[2] is None


def test_a_lost_answer_leaves_a_letter_whose_key_finds_it(sender: Sender) -> None:
    key = str(uuid.UUID(int=3))
    sender.altinn.spoil_next({"kind": "reset"})

    with pytest.raises(httpx.TransportError):
        sender.send(idempotentKey=key)

    (mail,) = sender.altinn.mail()
    assert sender.send(idempotentKey=key).status_code == 409
    assert sender.search(idempotentKey=key) == {"ids": [mail["id"]]}


def test_a_connection_reset_half_way_through_an_upload_leaves_nothing(sender: Sender) -> None:
    sender.altinn.spoil_next({"kind": "reset_upload"})
    big = {"attachments": ("brev.pdf", PDF * 1_000_000, "application/pdf")}

    with pytest.raises(httpx.TransportError):
        sender.client.post(f"{BASE}/upload", data=sender.form(), files=big)

    assert sender.altinn.mail() == []


def test_a_slow_answer_comes_after_the_letter_is_made(sender: Sender) -> None:
    sender.altinn.spoil_next({"kind": "slow", "seconds": 1.0})

    with pytest.raises(httpx.ReadTimeout):
        sender.client.post(
            f"{API}/correspondence", json=sender.json(), timeout=httpx.Timeout(5, read=0.2)
        )

    assert len(sender.altinn.mail()) == 1


def test_answers_can_be_empty_or_cut(sender: Sender) -> None:
    sender.altinn.spoil_next({"kind": "empty"}, {"kind": "truncated"})

    empty, cut = sender.send(), sender.send()

    assert (empty.status_code, empty.content) == (200, b"")
    assert cut.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        cut.json()
    assert len(sender.altinn.mail()) == 2


def test_answers_can_hold_what_nobody_has_seen_before(sender: Sender) -> None:
    letter = sender.sent()
    sender.altinn.spoil_next(*({"kind": k} for k in ("unknown_field", "unknown_status", "nulls")))

    field, status, nulls = (sender.overview(letter) for _ in range(3))

    assert field["newSinceYesterday"] == {"some": ["thing"]}
    assert status["status"] == "TeleportedToRecipient"
    assert (nulls["correspondenceId"], nulls["statusText"]) == (letter, None)


def test_a_fault_can_be_for_one_operation_and_stand_until_taken_back(sender: Sender) -> None:
    sender.altinn.order("faults", standing=[{"kind": "unavailable", "only": "search"}])
    searched = [sender.client.get(f"{BASE}?resourceId=a&role=Sender").status_code for _ in "ab"]
    sent = sender.send().status_code
    sender.altinn.order("faults", standing=[])

    assert (searched, sent) == ([503, 503], 200)
    assert sender.search() != {}


def test_a_fault_can_repeat(sender: Sender) -> None:
    sender.altinn.spoil_next({"kind": "krr_down", "times": 2})

    assert [sender.send().status_code for _ in range(3)] == [500, 500, 200]


def test_an_order_nobody_knows_is_refused(sender: Sender) -> None:
    answer = sender.client.post("/sandbox/faults", json={"next": [{"kind": "earthquake"}]})

    assert answer.status_code == 400


FIRST_THEN: dict[str, list[int]] = {
    "krr_down_twice": [500, 500, 200],
    "busy_once": [429, 200],
    "gateway_once": [502, 200],
    "upload_fault_once": [502, 200],
    "lost_answer": [502, 409],
    "truncated_answer": [200, 409],
    "empty_answer": [200, 409],
}


@pytest.mark.parametrize("scenario", FIRST_THEN)
def test_a_number_spoils_the_first_sendings_of_a_letter(one_sender: Sender, scenario: str) -> None:
    form = one_sender.form(**{"recipients[0]": one_sender.someone(scenario)})

    answers = [one_sender.send(**form).status_code for _ in FIRST_THEN[scenario]]

    assert answers == FIRST_THEN[scenario]
    assert len(one_sender.search(idempotentKey=form["idempotentKey"])["ids"]) == 1


@pytest.mark.parametrize("says", ["seconds", "date", "nothing"])
def test_each_operation_takes_so_many_calls_a_minute(says: str) -> None:
    limits = {"search": {"per_minute": 60, "burst": 2, "says": says}}
    with running_altinn(limits=limits) as stand_in:
        sender = Sender(stand_in)
        with sender.client:
            query = f"{BASE}?resourceId=a&role=Sender"
            answers = [sender.client.get(query) for _ in range(3)]
            sent = [sender.send().status_code for _ in range(3)]

    refused = answers[-1]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert ("Retry-After" in refused.headers) == (says != "nothing")
    assert sent == [200, 200, 200]


def test_searches_skip_what_lies_outside_and_tell_a_thousand_at_most(sender: Sender) -> None:
    for _ in range(3):
        people = [national_number(sender.random) for _ in range(500)]
        sender.post("/correspondence", sender.json(*people)).raise_for_status()
    late = sender.json()
    late["correspondence"]["requestedPublishTime"] = "2026-11-24T08:00:00Z"
    last = sender.post("/correspondence", late).json()["correspondences"][0]["correspondenceId"]

    found = sender.search()["ids"]

    assert (len(found), found[0]) == (1000, last)
    assert sender.search(**{"from": "2026-11-24T07:00:00Z"})["ids"] == [last]
    assert len(sender.search(to="2026-11-24T07:00:00Z")["ids"]) == 1000


def test_searches_follow_the_rules_of_the_real_one(sender: Sender) -> None:
    letter = sender.sent("only_fetches", **{"correspondence.sendersReference": "mine"})
    key = sender.altinn.mail()[0]["idempotentKey"]
    sender.later(hours=12)

    assert sender.search(status="Fetched")["ids"] == []
    assert sender.search(status="Published", sendersReference="mine")["ids"] == [letter]
    assert sender.search(status="2")["ids"] == [letter]
    assert sender.search(sendersReference="yours")["ids"] == []
    assert sender.search(role="Recipient")["ids"] == []
    assert sender.search(idempotentKey=key, status="Confirmed")["ids"] == [letter]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"role": "Sender"}, None),
        ({"resourceId": "a"}, None),
        ({"resourceId": "a", "role": "Nobody"}, None),
        ({"resourceId": "a", "role": "Sender", "status": "Lost"}, None),
        ({"resourceId": "a", "role": "Sender", "from": "yesterday"}, None),
        ({"resourceId": "a", "role": "Sender", "idempotentKey": "a"}, None),
        (
            {
                "resourceId": "a",
                "role": "Sender",
                "from": "2026-11-24T00:00:00Z",
                "to": "2026-11-23T00:00:00Z",
            },
            1027,
        ),
    ],
    ids=["no resource", "no role", "role", "status", "from", "key", "backwards"],
)
def test_a_wrong_search_is_refused(
    one_sender: Sender, query: dict[str, str], expected: int | None
) -> None:
    answer = one_sender.client.get(BASE, params=query)

    assert (answer.status_code, code(answer)) == (400, expected)
