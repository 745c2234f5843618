"""Several recipients at once, shared attachments, and what recipients do through the API."""

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from altinn_letters import API, BASE, PDF, URN, Sender

from flows.sandbox.scenarios import organisation_for

FILE = {"resourceId": "svarut-post", "fileName": "brev.pdf", "sendersReference": "1"}
OCTETS = {"Content-Type": "application/octet-stream"}


def shared(sender: Sender, **changes: Any) -> str:
    """An attachment, uploaded."""
    found: str = sender.post("/attachment", {**FILE, **changes}).json()
    upload(sender, found).raise_for_status()
    return found


def upload(sender: Sender, attachment: str, content: bytes = PDF) -> Any:
    url = f"{API}/attachment/{attachment}/upload"
    return sender.client.post(url, content=content, headers=OCTETS)


def code(answer: Any) -> tuple[int, int | None]:
    return answer.status_code, answer.json().get("errorCode")


def test_one_reserved_of_several_is_reserved_and_fails_later(sender: Sender) -> None:
    people = sender.someone(), sender.someone("reserved")

    made = sender.post("/correspondence", sender.json(*people)).json()["correspondences"]
    sender.later(hours=1)

    assert [one["status"] for one in made] == ["ReadyForPublish", "Reserved"]
    assert [one["recipient"] for one in made] == [f"{URN}{person}" for person in people]
    letter = made[1]["correspondenceId"]
    assert sender.history(letter) == ["Initialized", "Reserved", "Failed"]
    assert "reserved" in sender.overview(letter)["statusText"]


def test_one_unknown_of_several_fails_them_all_and_is_named(sender: Sender) -> None:
    unknown = sender.someone("unknown")

    answer = sender.post("/correspondence", sender.json(sender.someone(), unknown))

    assert code(answer) == (404, 1029)
    assert answer.json()["detail"].endswith(f"{URN}{unknown}")
    assert sender.altinn.mail() == []


def test_a_reservation_can_be_ignored(sender: Sender) -> None:
    ignored = {"correspondence.ignoreReservation": "true"}
    letter = sender.sent("reserved", **ignored)
    sender.later(hours=1)

    assert sender.overview(letter)["status"] == "Published"


def test_confidential_mail_needs_roles(sender: Sender) -> None:
    organisation = f"0192:{organisation_for('lacks_roles', sender.random)}"

    answer = sender.send(**{"recipients[0]": organisation, "correspondence.isConfidential": "true"})

    assert code(answer) == (400, 1044)


def test_a_shared_attachment_is_used_once_it_is_scanned(sender: Sender) -> None:
    attachment = shared(sender)
    wanted = sender.json(existingAttachments=[attachment])

    early = sender.post("/correspondence", wanted)
    sender.later(minutes=2)
    fine = sender.post("/correspondence", wanted)

    assert code(early) == (400, 1018)
    assert fine.json()["attachmentIds"] == [attachment]
    overview = sender.client.get(f"{API}/attachment/{attachment}").json()
    assert overview["status"] == "Published"
    assert overview["checksum"] == hashlib.md5(PDF).hexdigest()
    assert overview["correspondenceIds"] == [fine.json()["correspondences"][0]["correspondenceId"]]


def test_an_attachment_soon_gone_is_not_attached(sender: Sender) -> None:
    attachment = shared(sender, expirationInDays=1)
    wanted = sender.json(existingAttachments=[attachment])

    sender.later(hours=17)
    fresh = sender.post("/correspondence", wanted)
    sender.later(hours=19)
    stale = sender.post("/correspondence", wanted)
    sender.later(hours=25)
    gone = sender.post("/correspondence", wanted)

    assert [code(one) for one in (fresh, stale, gone)] == [(200, None), (400, 1055), (400, 2018)]


def test_an_attachment_with_malware_fails(sender: Sender) -> None:
    attachment = shared(sender, fileName="malware.pdf")
    sender.later(minutes=2)

    details = sender.client.get(f"{API}/attachment/{attachment}/details").json()
    answer = sender.post("/correspondence", sender.json(existingAttachments=[attachment]))

    assert [one["status"] for one in details["statusHistory"]] == [
        "Initialized",
        "UploadProcessing",
        "Failed",
    ]
    assert code(answer) == (400, 1018)


def test_attachments_are_refused_when_wrong(sender: Sender) -> None:
    checked = sender.post("/attachment", {**FILE, "checksum": "0" * 32}).json()
    used = shared(sender)
    nobody = str(uuid.UUID(int=7))

    assert code(upload(sender, checked)) == (400, 2008)
    assert code(upload(sender, checked, b"")) == (400, 2004)
    assert code(upload(sender, used)) == (400, 2005)
    assert code(upload(sender, nobody)) == (404, 2001)
    answer = sender.post("/correspondence", sender.json(existingAttachments=[nobody]))
    assert code(answer) == (400, 1007)


def test_an_attachment_can_be_purged_until_a_letter_has_it(sender: Sender) -> None:
    linked, free = shared(sender), shared(sender)
    sender.later(minutes=2)
    sender.post("/correspondence", sender.json(existingAttachments=[linked])).raise_for_status()

    def purge(attachment: str) -> Any:
        return sender.client.delete(f"{API}/attachment/{attachment}")

    assert code(purge(linked)) == (400, 2007)
    assert purge(free).json()["status"] == "Purged"
    assert code(purge(free)) == (400, 2006)
    answer = sender.post("/correspondence", sender.json(existingAttachments=[free]))
    assert code(answer) == (400, 2006)


def test_the_same_key_at_the_same_time_makes_one_letter(sender: Sender) -> None:
    form = {"recipients[0]": sender.someone(), "idempotentKey": str(uuid.UUID(int=5))}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sender.send(**form).status_code, range(8)))

    assert sorted(answers) == [200, *[409] * 7]


@pytest.mark.parametrize("scenario", ["stuck", "fails"])
def test_a_key_survives_purge_and_failure(sender: Sender, scenario: str) -> None:
    key = str(uuid.UUID(int=6))
    letter = sender.sent(scenario, idempotentKey=key)
    sender.later(hours=1)
    sender.client.delete(f"{BASE}/{letter}/purge").raise_for_status()

    again = sender.send(idempotentKey=key)

    assert code(again) == (409, 1034)
    assert sender.search(idempotentKey=key) == {"ids": [letter]}


def test_recipients_act_through_the_api(sender: Sender) -> None:
    answer = sender.send().json()
    letter, attachment = (
        answer["correspondences"][0]["correspondenceId"],
        answer["attachmentIds"][0],
    )
    early = sender.client.post(f"{BASE}/{letter}/confirm")
    sender.later(hours=1)

    text = sender.client.get(f"{BASE}/{letter}/content", headers={"Accept": "*/*"})
    sender.client.post(f"{BASE}/{letter}/confirm").raise_for_status()
    part = f"{BASE}/{letter}/attachment/{attachment}/download"
    sender.client.get(part, headers={"Accept": "*/*"}).raise_for_status()
    forwarded = sender.client.post(f"{BASE}/{letter}/forward", json={"forwardTo": "x"})

    assert code(early) == (404, 1001)
    assert text.text == "Se vedlegg."
    assert forwarded.status_code == 400
    assert sender.history(letter)[2:] == [
        "Published",
        "Fetched",
        "Read",
        "Confirmed",
        "AttachmentsDownloaded",
    ]


def test_registered_resources_have_owners(sender: Sender) -> None:
    sender.altinn.order("resources", ours={"owner": "310000108"}, app={"type": "AltinnApp"})

    def sent(resource: str) -> Any:
        return code(sender.send(**{"correspondence.resourceId": resource}))

    assert sent("ours") == sent("urn:altinn:resource:ours") == (200, None)
    assert sent("svarut-post") == (400, 1036)
    assert sent("app") == (400, 4010)
