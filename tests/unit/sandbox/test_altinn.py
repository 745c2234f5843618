"""The Altinn stand-in answers as the published interface says, over real HTTP."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from stand_ins import AltinnStandIn, running_altinn

from flows.sandbox.people import national_number

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
BASE = "/correspondence/api/v1/correspondence"
PDF = b"%PDF-1.7 brev"
URN = "urn:altinn:person:identifier-no:"
PERSON = f"{URN}01818550029"


@pytest.fixture
def altinn() -> Iterator[AltinnStandIn]:
    with running_altinn() as stand_in:
        stand_in.set_clock(NOW)
        yield stand_in


@pytest.fixture
def client(altinn: AltinnStandIn) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer sandbox", "Accept": "application/json"}
    with httpx.Client(base_url=altinn.url, headers=headers) as opened:
        yield opened


def form(**changes: str) -> dict[str, str]:
    part = "correspondence.content.attachments[0]"
    return {
        "recipients[0]": PERSON,
        "idempotentKey": "5f6c2a0e-7d0b-5c52-8c7a-3f9d5c7b1e10",
        "correspondence.resourceId": "svarut-post",
        "correspondence.sendersReference": "shipment-1",
        "correspondence.content.messageTitle": "Vedtak",
        "correspondence.content.messageBody": "Se vedlegg.",
        f"{part}.fileName": "brev.pdf",
        f"{part}.sendersReference": "1",
        f"{part}.checksum": hashlib.md5(PDF).hexdigest(),
        **{name.replace("__", "."): value for name, value in changes.items()},
    }


def send(client: httpx.Client, **changes: str) -> httpx.Response:
    files = {"attachments": ("brev.pdf", PDF, "application/pdf")}
    return client.post(f"{BASE}/upload", data=form(**changes), files=files)


def sent(client: httpx.Client, **changes: str) -> str:
    answer = send(client, **changes)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["correspondences"][0]["correspondenceId"]
    return found


def test_a_letter_is_published_after_a_while_and_not_before(
    altinn: AltinnStandIn, client: httpx.Client
) -> None:
    altinn.set_readers(**{"shipment-1": "never"})
    letter = sent(client)

    before = client.get(f"{BASE}/{letter}").json()
    altinn.set_clock(NOW + timedelta(minutes=2))
    after = client.get(f"{BASE}/{letter}").json()

    assert (before["status"], before["published"]) == ("ReadyForPublish", None)
    assert (after["status"], after["published"]) == ("Published", "2026-11-23T08:01:30Z")


def test_a_letter_asked_to_wait_waits(altinn: AltinnStandIn, client: httpx.Client) -> None:
    letter = sent(client, correspondence__requestedPublishTime="2026-11-24T05:00:00+00:00")
    altinn.set_clock(NOW + timedelta(hours=2))

    assert client.get(f"{BASE}/{letter}").json()["status"] == "ReadyForPublish"


def test_status_is_the_highest_ever_and_can_hide_a_reading(
    altinn: AltinnStandIn, client: httpx.Client
) -> None:
    altinn.set_readers(**{"shipment-1": "download:1h"})
    letter = sent(client)
    altinn.set_clock(NOW + timedelta(hours=3))

    overview = client.get(f"{BASE}/{letter}").json()
    history = client.get(f"{BASE}/{letter}/details").json()["statusHistory"]

    assert (overview["status"], overview["read"]) == ("AttachmentsDownloaded", None)
    assert [one["status"] for one in history] == [
        "Initialized",
        "ReadyForPublish",
        "Published",
        "AttachmentsDownloaded",
    ]


def test_a_key_makes_one_letter_for_ever(altinn: AltinnStandIn, client: httpx.Client) -> None:
    letter = sent(client)

    again = send(client, correspondence__sendersReference="another")

    key = {"resourceId": "svarut-post", "role": "Sender", "idempotentKey": form()["idempotentKey"]}
    assert (again.status_code, again.json()["errorCode"]) == (409, 1034)
    assert letter not in again.text
    assert client.get(BASE, params=key).json() == {"ids": [letter]}
    assert len(altinn.mail()) == 1


PROBLEMS: dict[str, tuple[dict[str, str], int, int | None]] = {
    "no title": ({"correspondence__content__messageTitle": ""}, 400, None),
    "a title with markup": ({"correspondence__content__messageTitle": "*Viktig*"}, 400, 1002),
    "a title too long": ({"correspondence__content__messageTitle": "x" * 256}, 400, None),
    "no recipient": ({"recipients[0]": "Oline"}, 400, None),
    "two recipients and a key": ({"recipients[1]": PERSON}, 400, 1047),
    "an unknown language": ({"correspondence__content__language": "se"}, 400, 1023),
    "a file that is not described": (
        {"correspondence.content.attachments[0].fileName": "annet.pdf"},
        400,
        1005,
    ),
    "a checksum of something else": (
        {"correspondence.content.attachments[0].checksum": "0" * 32},
        400,
        2008,
    ),
}


@pytest.mark.parametrize(("changes", "status", "code"), PROBLEMS.values(), ids=list(PROBLEMS))
def test_what_altinn_refuses_it_refuses(
    client: httpx.Client, changes: dict[str, str], status: int, code: int | None
) -> None:
    answer = send(client, **changes)

    assert answer.status_code == status
    assert answer.json().get("errorCode") == code


@pytest.mark.parametrize(
    ("habit", "status", "code"), [("reserved", 422, 1030), ("unknown", 404, 1029)]
)
def test_who_cannot_be_reached(
    altinn: AltinnStandIn, client: httpx.Client, habit: str, status: int, code: int
) -> None:
    altinn.set_readers(**{"01818550029": habit})

    answer = send(client)

    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert altinn.mail() == []


def test_a_letter_can_be_taken_back_until_it_is_published(
    altinn: AltinnStandIn, client: httpx.Client
) -> None:
    altinn.set_readers(**{"shipment-1": "stuck"})
    letter = sent(client)

    first = client.delete(f"{BASE}/{letter}/purge")
    second = client.delete(f"{BASE}/{letter}/purge")
    overview = client.get(f"{BASE}/{letter}")
    details = client.get(f"{BASE}/{letter}/details")

    assert first.status_code == 200
    assert second.json()["errorCode"] == 1014
    assert (overview.status_code, overview.json()["errorCode"]) == (404, 1001)
    assert details.json()["status"] == "PurgedByAltinn"


def test_a_published_letter_cannot_be_taken_back(
    altinn: AltinnStandIn, client: httpx.Client
) -> None:
    letter = sent(client)
    altinn.set_clock(NOW + timedelta(minutes=5))

    assert client.delete(f"{BASE}/{letter}/purge").json()["errorCode"] == 1013


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Authorization": "Bearer gal"}, 401), ({"Accept": "text/html"}, 406)],
    ids=["wrong token", "wrong Accept"],
)
def test_the_gate_is_shut(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    answer = client.get(f"{BASE}/x", headers=headers)

    assert answer.status_code == status
    assert answer.content == b""


def test_a_window_is_open_at_neither_end_and_status_is_ever_had(
    altinn: AltinnStandIn, client: httpx.Client
) -> None:
    altinn.set_readers(**{"shipment-1": "after:1h"})
    letter = sent(client)
    altinn.set_clock(NOW + timedelta(hours=3))

    def found(first: datetime, last: datetime, status: str) -> Any:
        window = {"from": first.isoformat(), "to": last.isoformat(), "status": status}
        question = {"resourceId": "svarut-post", "role": "Sender", **window}
        return client.get(BASE, params=question).json()["ids"]

    second = timedelta(seconds=1)
    assert found(NOW - second, NOW + second, "Published") == [letter]
    assert found(NOW - second, NOW + second, "Read") == [letter]
    assert found(NOW - second, NOW + second, "Confirmed") == []
    assert found(NOW, NOW + second, "Read") == []
    assert found(NOW - second, NOW, "Read") == []


def test_readers_have_the_same_habits_in_every_run() -> None:
    def statuses() -> list[str]:
        with running_altinn(seed=4) as stand_in:
            stand_in.set_clock(NOW)
            headers = {"Authorization": "Bearer sandbox", "Accept": "*/*"}
            with httpx.Client(base_url=stand_in.url, headers=headers) as client:
                made = Random(7)
                for number in range(20):
                    changes = {
                        "idempotentKey": str(UUID(int=number + 1)),
                        "recipients[0]": f"{URN}{national_number(made)}",
                    }
                    sent(client, **changes)
            stand_in.set_clock(NOW + timedelta(days=2))
            return [mail["status"] for mail in stand_in.mail()]

    first = statuses()

    assert statuses() == first
    assert {"Read", "Published"} <= set(first)
