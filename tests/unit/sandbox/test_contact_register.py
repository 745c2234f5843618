"""The contact register's word agrees with what Altinn then does."""

from random import Random
from typing import Any

import pytest
from altinn_letters import Sender
from stand_ins import running_altinn

from flows.sandbox.contact_register import VERDICTS
from flows.sandbox.people import national_number
from flows.sandbox.scenarios import SCENARIOS


def ask(sender: Sender, *numbers: str) -> list[Any]:
    body = {"personidentifikatorer": list(numbers)}
    found: list[Any] = sender.client.post("/rest/v2/personer", json=body).json()["personer"]
    return found


def verdict(person: Any) -> tuple[str, str, str]:
    return person["reservasjon"], person["status"], person["varslingsstatus"]


@pytest.mark.parametrize("contact", VERDICTS)
def test_a_number_chooses_the_verdict(one_sender: Sender, contact: str) -> None:
    scenario = next(name for name, one in SCENARIOS.items() if one.contact == contact)

    (person,) = ask(one_sender, one_sender.someone(scenario))

    assert verdict(person) == VERDICTS[contact]
    assert ("kontaktinformasjon" in person) == (person["status"] == "AKTIV")


def test_who_altinn_finds_reserved_is_reserved_here_and_nobody_else(one_sender: Sender) -> None:
    made = Random(3)
    numbers = [national_number(made) for _ in range(200)]
    said = {one["personidentifikator"]: one["reservasjon"] for one in ask(one_sender, *numbers)}

    refused = {
        number
        for number in numbers
        if one_sender.send(**{"recipients[0]": number}).status_code == 422
    }

    assert refused == {number for number, word in said.items() if word == "JA"}
    assert 2 < len(refused) < 20


def test_most_can_be_notified_and_a_few_cannot() -> None:
    made = Random(4)
    with running_altinn(seed=9) as stand_in:
        sender = Sender(stand_in)
        with sender.client:
            people = ask(sender, *(national_number(made) for _ in range(1000)))

    share = {word: sum(verdict(p) == said for p in people) for word, said in VERDICTS.items()}
    assert share["notifiable"] > 850
    assert all(count > 0 for count in share.values())
    assert {"nb", "nn"} <= {person.get("spraak") for person in people}


def test_an_order_decides(sender: Sender) -> None:
    first, second = sender.someone(), sender.someone()
    sender.altinn.order("contacts", **{first: "not_registered"})
    sender.altinn.set_readers(**{second: "reserved"})

    found = [verdict(person) for person in ask(sender, first, second)]

    assert found == [VERDICTS["not_registered"], VERDICTS["reserved"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"personidentifikatorer": []},
        {"personidentifikatorer": ["01818550029"] * 1001},
        {"personidentifikatorer": ["310000108"]},
        {"personidentifikatorer": "01818550029"},
        [],
    ],
    ids=["nothing", "nobody", "too many", "an organisation", "no list", "no object"],
)
def test_a_wrong_question_is_refused(one_sender: Sender, body: Any) -> None:
    assert one_sender.client.post("/rest/v2/personer", json=body).status_code == 400


def test_it_can_be_down_while_altinn_is_up(sender: Sender) -> None:
    sender.altinn.order("faults", standing=[{"kind": "unavailable", "only": "contacts"}])
    body = {"personidentifikatorer": [sender.someone()]}

    assert sender.client.post("/rest/v2/personer", json=body).status_code == 503
    assert sender.send().status_code == 200


def test_it_needs_a_token(one_sender: Sender) -> None:
    answer = one_sender.client.post("/rest/v2/personer", json={}, headers={"Authorization": ""})

    assert answer.status_code == 401
