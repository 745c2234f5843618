"""What our client sends is legal by Altinn's own description; and who watches that is not blind."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from digital_letters import ORGANISATION, PERSON, TENANT, a_digital_letter
from legal_requests import BASE, faults_of, read_form

from flows.dispatch.altinn import Altinn
from flows.dispatch.channel import Attachment, DigitalLetter, Offered, Quarantined, Unknown, Watch
from flows.dispatch.pace import Pace

REFERENCE = "0199d0aa-1f5c-7c0e-9b55-3b1f0c1a7d01"
OPERATIONS = ("upload", "overview", "details", "search", "purge")
HEADERS = {"Accept": "application/json", "User-Agent": "svarut", "Authorization": "Bearer x"}


@pytest.fixture(autouse=True)
def the_description_is_there(shared: Path) -> None:
    """Without it nothing is watched, and these tests say so."""


@pytest.fixture
def sent() -> list[httpx.Request]:
    return []


@pytest.fixture
def channel(sent: list[httpx.Request]) -> Altinn:
    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        sent.append(request)
        first = {"correspondenceId": REFERENCE, "status": "Initialized", "recipient": "x"}
        return httpx.Response(200, json={"correspondences": [first], "ids": [REFERENCE]})

    client = httpx.Client(
        base_url="https://altinn.example", headers=HEADERS, transport=httpx.MockTransport(answer)
    )
    return Altinn(client, Pace(dict.fromkeys(OPERATIONS, 0), 1), lambda _: None, lambda _: None)


LETTERS: dict[str, dict[str, Any]] = {
    "as most are": {},
    "to an organisation": {"recipient_id": ORGANISATION},
    "published later": {"publish_at": datetime(2026, 11, 25, 5, 0, 0, 1999, tzinfo=UTC)},
    "not told about": {"notify": False},
    "confidential": {"confidential": True},
    "in Sami": {"language": "se", "title": "Reive Čáhcesuolus"},
    "with markup": {"title": "# <b>*Svar*</b> på [søknad](https://x.no)", "sender_name": "A_B_C"},
    "with html in its text": {"text": "Hei <script>alert()</script> {{recipientName}}"},
    "with nothing in its title": {"title": "___", "text": ""},
    "with a very long title": {"title": "Vedtak 👍 " * 100, "text": "x" * 40_000},
    "with nothing but markup": {"title": "#", "text": "***", "sender_name": "___"},
    "without documents": {"attachments": []},
}


@pytest.mark.parametrize("changes", LETTERS.values(), ids=list(LETTERS))
def test_every_letter_makes_a_legal_request(
    channel: Altinn, tmp_path: Path, legal_requests: list[str], changes: dict[str, Any]
) -> None:
    said = channel.offer(a_digital_letter(tmp_path, **changes))

    assert said == Offered(REFERENCE)
    assert legal_requests == []


def test_documents_go_with_safe_names_of_their_own_and_their_checksums(
    channel: Altinn, tmp_path: Path, sent: list[httpx.Request]
) -> None:
    letter = a_digital_letter(tmp_path)
    path = letter.attachments[0].fetch()
    names = ["Søknad: del 1.pdf", "søknad: DEL 1.pdf", "con.pdf", "å" * 200 + ".pdf", 'a"b;c.pdf']

    channel.offer(
        a_digital_letter(tmp_path, attachments=[Attachment(n, lambda: path) for n in names])
    )

    files = read_form(sent[0]).files
    assert [name for _, name, _ in files] == [
        "Søknad_ del 1.pdf",
        "søknad_ DEL 1 (2).pdf",
        "_con.pdf",
        "å" * 125 + ".pdf",
        "a_b;c.pdf",
    ]
    assert {content for _, _, content in files} == {path.read_bytes()}


def test_a_letter_says_what_it_is(
    channel: Altinn, tmp_path: Path, sent: list[httpx.Request]
) -> None:
    at = datetime(2026, 11, 25, 5, 0, 0, 1999, tzinfo=UTC)
    letter = a_digital_letter(tmp_path, publish_at=at, confidential=True, language="nn")

    channel.offer(letter)

    fields = read_form(sent[0]).fields
    assert fields["recipients[0]"] == f"urn:altinn:person:identifier-no:{PERSON}"
    assert fields["idempotentKey"] == letter.key
    assert fields["correspondence.requestedPublishTime"] == "2026-11-25T05:00:00.001Z"
    assert fields["correspondence.isConfidential"] == "true"
    assert fields["correspondence.content.language"] == "nn"
    assert fields["correspondence.messageSender"] == letter.sender_name
    assert fields["correspondence.content.messageSummary"].startswith("Du har fått et brev")
    assert fields["correspondence.notification.sendReminder"] == "false"


def test_who_must_not_be_told_is_not(
    channel: Altinn, tmp_path: Path, sent: list[httpx.Request]
) -> None:
    channel.offer(a_digital_letter(tmp_path, notify=False))

    assert not [name for name in read_form(sent[0]).fields if "notification" in name]


NEVER: dict[str, tuple[dict[str, Any], str]] = {
    "a kind of file": ({"attachments": [Attachment("a.exe", Path)]}, "FILE_TYPE_NOT_ALLOWED"),
    "too many": ({"attachments": [Attachment("a.pdf", Path)] * 101}, "TOO_MANY_ATTACHMENTS"),
}


@pytest.mark.parametrize(("changes", "why"), NEVER.values(), ids=list(NEVER))
def test_what_altinn_would_never_take_is_not_sent(
    channel: Altinn, tmp_path: Path, sent: list[httpx.Request], changes: dict[str, Any], why: str
) -> None:
    assert channel.offer(a_digital_letter(tmp_path, **changes)) == Quarantined(why)
    assert sent == []


def test_a_document_that_cannot_be_read_now_may_be_read_later(
    channel: Altinn, tmp_path: Path, sent: list[httpx.Request]
) -> None:
    letter = a_digital_letter(
        tmp_path, attachments=[Attachment("a.pdf", lambda: tmp_path / "away")]
    )

    assert channel.offer(letter) == Unknown("DOCUMENT_UNREADABLE")
    assert sent == []


def test_every_question_is_legal(channel: Altinn, sent: list[httpx.Request]) -> None:
    channel.answer(REFERENCE, TENANT)
    channel.withdraw(REFERENCE, TENANT)
    at = datetime(2026, 11, 25, 5, 0, 0, 1000, tzinfo=UTC)
    for watch in Watch:
        channel.moved(TENANT, at, watch)

    searches = [request.url.params for request in sent if request.url.path == BASE]
    assert {each["status"] for each in searches} == {
        *("Published", "Failed", "Read", "Confirmed", "AttachmentsDownloaded", "PurgedByRecipient"),
    }
    assert {(each["from"], each["to"]) for each in searches} == {
        ("2026-11-25T05:00:00.000Z", "2026-11-25T05:00:00.002Z")
    }


@pytest.mark.parametrize("reference", ["", "..", "x/../y", "0199d0aa", f"{REFERENCE}/purge"])
def test_what_is_no_reference_never_becomes_an_address(
    channel: Altinn, sent: list[httpx.Request], reference: str
) -> None:
    said = channel.answer(reference, TENANT), channel.withdraw(reference, TENANT)

    assert all(isinstance(each, Unknown) for each in said)
    assert sent == []


def changed(letter: DigitalLetter, sent: list[httpx.Request], old: str, new: str) -> list[str]:
    """Return what the watcher says of a request in which some text is another."""
    request = sent[0]
    body = request.read().replace(old.encode(), new.encode())
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    return faults_of(httpx.Request(request.method, request.url, headers=headers, content=body))


ILLEGAL = {
    "an unknown field": ("messageTitle", "messageTitel"),
    "a wrong recipient": (PERSON, "01818550028"),
    "a key that is none": ('name="idempotentKey"', 'name="recipients[1]"'),
    "a title with markup": ("Vedtak om", "*Vedtak* om"),
    "html": ("**vedlegg**", "<b>vedlegg</b>"),
    "a language altinn has not": ("\r\n\r\nnb\r\n", "\r\n\r\nse\r\n"),
    "a channel of no kind": ("EmailPreferred", "Pigeon"),
    "a yes that is none": ("\r\n\r\nfalse\r\n", "\r\n\r\nnei\r\n"),
    "another content": ("%PDF-1.7", "%PDF-1.8"),
    "a file by another name": ('filename="vedtak.pdf"', 'filename="brev.pdf"'),
    "a file of another part": ('name="attachments"', 'name="files"'),
    "a resource with a colon": ("svarut-post", "svarut:post"),
}


@pytest.mark.parametrize(("old", "new"), ILLEGAL.values(), ids=list(ILLEGAL))
def test_the_watcher_is_not_blind(
    channel: Altinn, tmp_path: Path, sent: list[httpx.Request], old: str, new: str
) -> None:
    letter = a_digital_letter(tmp_path)
    channel.offer(letter)

    unchanged, faults = changed(letter, sent, "", ""), changed(letter, sent, old, new)

    assert unchanged == []
    assert faults


QUESTIONS = {
    "no role": f"{BASE}?resourceId=a",
    "as a reader": f"{BASE}?resourceId=a&role=Recipient",
    "an unknown parameter": f"{BASE}?resourceId=a&role=Sender&offset=3",
    "an unknown status": f"{BASE}?resourceId=a&role=Sender&status=Seen",
    "an instant that is none": f"{BASE}?resourceId=a&role=Sender&from=today",
    "a reference that is none": f"{BASE}/17",
    "an operation that is not there": f"{BASE}/{REFERENCE}/status",
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_the_watcher_sees_wrong_questions(question: str) -> None:
    asked = httpx.Request("GET", f"https://altinn.example{question}", headers=HEADERS)

    assert faults_of(asked)


def test_the_watcher_looks_at_headers() -> None:
    address = f"https://altinn.example{BASE}/{REFERENCE}"

    faults = faults_of(httpx.Request("GET", address, headers={**HEADERS, "Accept": "text/html"}))
    no_token = faults_of(
        httpx.Request("GET", address, headers={**HEADERS, "Authorization": "Basic x"})
    )

    assert faults
    assert no_token
