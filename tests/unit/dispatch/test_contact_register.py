"""What the contact register may answer, and that nothing of it is ever guessed."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.dispatch.contact_register import ContactRegister, Silence, verdicts
from flows.domain.contact import Contact, Verdict

PERSON = {
    "personidentifikator": "01818550029",
    "reservasjon": "NEI",
    "status": "AKTIV",
    "varslingsstatus": "KAN_VARSLES",
    "spraak": "nn",
}

ANSWERS = {
    "notifiable": ({}, Verdict(Contact.NOTIFIABLE, "nn")),
    "not notifiable": (
        {"varslingsstatus": "KAN_IKKE_VARSLES"},
        Verdict(Contact.NOT_NOTIFIABLE, "nn"),
    ),
    "reserved": ({"reservasjon": "JA"}, Verdict(Contact.RESERVED, "nn")),
    "reserved, all else unknown": (
        {"reservasjon": "JA", "status": "NYTT", "varslingsstatus": None},
        Verdict(Contact.RESERVED, "nn"),
    ),
    "not registered": (
        {"status": "IKKE_REGISTRERT", "varslingsstatus": "KAN_IKKE_VARSLES", "spraak": None},
        Verdict(Contact.NOT_REGISTERED),
    ),
    "deleted": ({"status": "SLETTET", "varslingsstatus": None}, Verdict(Contact.DELETED, "nn")),
    "a language nobody has": ({"spraak": "tlh"}, Verdict(Contact.NOTIFIABLE)),
    "a new field": ({"noe_nytt": {"a": [1]}}, Verdict(Contact.NOTIFIABLE, "nn")),
    "a new status": ({"status": "SPERRET"}, None),
    "a new way of notifying": ({"varslingsstatus": "KANSKJE"}, None),
    "no reservation said": ({"reservasjon": None}, None),
    "nothing said of notifying": ({"varslingsstatus": None}, None),
}


@pytest.mark.parametrize(("changes", "expected"), ANSWERS.values(), ids=list(ANSWERS))
def test_an_answer_is_a_verdict_or_none(
    changes: dict[str, object], expected: Verdict | None
) -> None:
    found = verdicts({"personer": [{**PERSON, **changes}]})

    assert found == ({} if expected is None else {"01818550029": expected})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PEOPLE = st.fixed_dictionaries(
    {},
    optional={
        name: ANYTHING | st.sampled_from(["JA", "NEI", "AKTIV", "SLETTET", "KAN_VARSLES", "nb"])
        for name in PERSON
    },
)


@given(ANYTHING | st.fixed_dictionaries({"personer": st.lists(PEOPLE | ANYTHING, max_size=4)}))
def test_whatever_is_answered_nothing_breaks_and_nobody_is_guessed_about(body: object) -> None:
    found = verdicts(body)

    people = body.get("personer") if isinstance(body, dict) else None
    if not isinstance(people, list):
        assert found is None
        return
    assert found is not None
    for number, verdict in found.items():
        said = [one for one in people if isinstance(one, dict)]
        (*_, last) = [one for one in said if one.get("personidentifikator") == number]
        assert verdict.contact is not Contact.NOTIFIABLE or last["reservasjon"] == "NEI"


def register(*answers: httpx.Response | Exception) -> tuple[ContactRegister, list[float]]:
    waiting: Iterator[Any] = iter(answers)
    paused: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        said = next(waiting)
        if isinstance(said, Exception):
            raise said
        found: httpx.Response = said
        return found

    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://register")
    return ContactRegister(client, paused.append), paused


GOOD: Callable[[], httpx.Response] = lambda: httpx.Response(200, json={"personer": [PERSON]})  # noqa: E731

BAD_MOMENTS = {
    "no line": lambda: httpx.ConnectError("no"),
    "too slow": lambda: httpx.ReadTimeout("slow"),
    "down": lambda: httpx.Response(503),
    "gateway in html": lambda: httpx.Response(502, text="<html>"),
    "too many": lambda: httpx.Response(429, headers={"Retry-After": "7"}),
    "an empty yes": lambda: httpx.Response(200),
    "a yes in html": lambda: httpx.Response(200, text="<html>"),
}


@pytest.mark.parametrize("moment", BAD_MOMENTS.values(), ids=list(BAD_MOMENTS))
def test_a_bad_moment_is_waited_out(moment: Callable[[], Any]) -> None:
    asked, paused = register(moment(), moment(), GOOD())

    said = asked.look_up(["01818550029"])

    assert said == {"01818550029": Verdict(Contact.NOTIFIABLE, "nn")}
    assert len(paused) == 2


@pytest.mark.parametrize("moment", BAD_MOMENTS.values(), ids=list(BAD_MOMENTS))
def test_a_register_that_stays_away_is_silent_until_the_next_run(
    moment: Callable[[], Any],
) -> None:
    asked, paused = register(moment(), moment(), moment())

    said = asked.look_up(["01818550029"])

    assert isinstance(said, Silence)
    assert not said.for_a_person
    assert len(paused) == 2


def test_the_register_is_given_the_time_it_asks_for() -> None:
    asked, paused = register(BAD_MOMENTS["too many"](), GOOD())

    asked.look_up(["01818550029"])

    assert paused == [7]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_for_a_person_and_not_tried_again(status: int) -> None:
    asked, paused = register(httpx.Response(status))

    assert asked.look_up(["01818550029"]) == Silence(f"http {status}", for_a_person=True)
    assert paused == []
