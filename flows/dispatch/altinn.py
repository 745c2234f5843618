"""The Altinn channel: letters as correspondence, through Altinn 3's Correspondence API."""

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Final

import httpx

from flows.dispatch.channel import (
    ChannelAnswer,
    DigitalLetter,
    Offered,
    Refusal,
    Refused,
    Unknown,
)
from flows.domain.identity import ORGANISATION_DIGITS
from flows.errors import NeedsAPerson
from flows.settings import AltinnSettings

log = logging.getLogger(__name__)

BASE: Final = "/correspondence/api/v1/correspondence"
MAX_TITLE: Final = 255
CONNECT_SECONDS: Final = 5
UPLOAD_SECONDS: Final = 300

REFUSALS: Final[Mapping[int, Refusal]] = {
    1030: Refusal.RESERVED,
    1029: Refusal.UNKNOWN_RECIPIENT,
    1044: Refusal.LACKS_ROLES,
}
"""Error codes that mean: this recipient, never in this channel."""

SETUP_FAULTS: Final = frozenset({1036, 1060, 1061, 4001, 4006, 4007, 4009, 4010, 2014})
"""Error codes that mean: nothing of this sender can be offered until a person mends it."""

KEY_USED: Final = 1034
GONE: Final = 1001
PASSING: Final = frozenset({1018, 1032, 2000, 2002, 2022, 4002})
"""Error codes of a bad moment: offered again with the same key."""

READ_BY: Final = frozenset({"Read", "Confirmed", "Replied", "AttachmentsDownloaded", "Forwarded"})
"""Statuses in a history that mean the recipient has had the letter. The single `status` is the
highest number ever reached, so it can hide each of these, and is never asked whether it is Read."""

UNREAD: Final = frozenset({"Initialized", "ReadyForPublish", "Published", "Fetched"})
PRESENT: Final = UNREAD | READ_BY | {"Archived"}

_MARKUP: Final = re.compile(r"[*_<>#`\[\]\\|~^]+")


class Altinn:
    """Altinn, open for calls; made by `open_altinn`."""

    name = "altinn"

    def __init__(self, client: httpx.Client) -> None:
        """Use a client that knows the address and carries the token."""
        self._client = client

    def offer(self, letter: DigitalLetter) -> Offered | Refused | Unknown:
        """Offer a letter: one call, one recipient, always with its key."""
        with ExitStack() as stack:
            files = [
                (
                    "attachments",
                    (each.file_name, stack.enter_context(each.path.open("rb")), "application/pdf"),
                )
                for each in letter.attachments
            ]
            try:
                answer = self._client.post(
                    f"{BASE}/upload",
                    data=_form(letter),
                    files=files,
                    timeout=httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS),
                )
            except httpx.HTTPError as fault:
                return Unknown(type(fault).__name__)
        code = _error_code(answer)
        if code == KEY_USED:
            return self._adopt(letter)
        if answer.is_success:
            reference = _first_id(_json(answer), "correspondences", "correspondenceId")
            return Offered(reference) if reference else Unknown("no id in the answer")
        return _refusal(answer, code)

    def answer(self, reference: str) -> ChannelAnswer | Unknown:
        """Ask what became of a letter: the cheap overview, and the history only where it must."""
        overview = self._get(f"{BASE}/{reference}")
        if isinstance(overview, Unknown):
            return overview
        if overview.get("gone"):
            return self._after_purge(reference)
        status = str(overview.get("status", ""))
        published_at = _instant(overview.get("published"))
        read_at = _instant(overview.get("read"))
        if status in {"Failed", "Reserved"}:
            reserved = "reserv" in str(overview.get("statusText", "")).lower()
            reason = Refusal.RESERVED if reserved else Refusal.PUBLICATION_FAILED
            return ChannelAnswer(published_at, read_at, reason)
        if read_at is None and status not in UNREAD:
            return self._from_history(reference, published_at)
        return ChannelAnswer(published_at, read_at)

    def _adopt(self, letter: DigitalLetter) -> Offered | Unknown:
        """Find the correspondence an earlier call with this key made; its answer was lost."""
        found = self._get(
            BASE,
            {"resourceId": letter.resource, "role": "Sender", "idempotentKey": letter.key},
        )
        if isinstance(found, Unknown):
            return found
        ids = found.get("ids")
        if isinstance(ids, list) and ids:
            log.info("adopted shipment=%s ref=%s", letter.shipment_id, ids[0])
            return Offered(str(ids[0]))
        return Unknown("the key is used, but not to be found yet")

    def _from_history(
        self,
        reference: str,
        published_at: datetime | None,
    ) -> ChannelAnswer | Unknown:
        details = self._get(f"{BASE}/{reference}/details")
        if isinstance(details, Unknown):
            return details
        history = details.get("statusHistory")
        events = history if isinstance(history, list) else []
        seen = [
            _instant(event.get("statusChanged"))
            for event in events
            if isinstance(event, dict) and event.get("status") in READ_BY
        ]
        read = sorted(instant for instant in seen if instant is not None)
        return ChannelAnswer(
            published_at or _instant(details.get("published")),
            read[0] if read else None,
        )

    def _after_purge(self, reference: str) -> ChannelAnswer | Unknown:
        """Settle a letter that is gone: the recipient threw it away, or it was withdrawn.

        Thrown away is delivered: it was in the recipient's hands. DESIGN: docs/decisions/0013.
        """
        details = self._get(f"{BASE}/{reference}/details")
        if isinstance(details, Unknown):
            return details
        history = details.get("statusHistory")
        for event in history if isinstance(history, list) else []:
            if isinstance(event, dict) and event.get("status") == "PurgedByRecipient":
                thrown = _instant(event.get("statusChanged"))
                return ChannelAnswer(_instant(details.get("published")) or thrown, thrown)
        return ChannelAnswer(refusal=Refusal.WITHDRAWN)

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | Unknown:
        try:
            answer = self._client.get(path, params=query)
        except httpx.HTTPError as fault:
            return Unknown(type(fault).__name__)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {"gone": True}
        if answer.is_success:
            body = _json(answer)
            return body if isinstance(body, dict) else Unknown("an answer that is no object")
        outcome = _refusal(answer, _error_code(answer))
        return outcome if isinstance(outcome, Unknown) else Unknown(f"http {answer.status_code}")


@contextmanager
def open_altinn(settings: AltinnSettings) -> Iterator[Altinn]:
    """Open Altinn for calls."""
    token = settings.token.get_secret_value()
    with httpx.Client(
        base_url=settings.url.rstrip("/"),
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=httpx.Timeout(settings.timeout_seconds, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=settings.parallel_calls),
    ) as client:
        yield Altinn(client)


def plain_title(title: str) -> str:
    """Return a title Altinn accepts as plain text: no Markdown, one line, at most 255 characters.

    Altinn checks by a round trip through Markdown, in which these characters change.
    """
    tidy = " ".join(_MARKUP.sub(" ", title).replace("{{", " ").replace("}}", " ").split())
    return (tidy or "Brev")[:MAX_TITLE].rstrip()


def recipient_urn(number: str) -> str:
    """Return a person's or an organisation's number as Altinn names it."""
    kind = "organization" if len(number) == ORGANISATION_DIGITS else "person"
    return f"urn:altinn:{kind}:identifier-no:{number}"


def _form(letter: DigitalLetter) -> dict[str, str]:
    fields = {
        "recipients[0]": recipient_urn(letter.recipient_id),
        "idempotentKey": letter.key,
        "correspondence.resourceId": letter.resource,
        "correspondence.sendersReference": letter.shipment_id,
        "correspondence.messageSender": letter.sender_name[:MAX_TITLE],
        "correspondence.content.language": "nb",
        "correspondence.content.messageTitle": plain_title(letter.title),
        "correspondence.content.messageSummary": plain_title(letter.title),
        "correspondence.content.messageBody": letter.text,
        "correspondence.isConfirmationNeeded": "false",
        "correspondence.ignoreReservation": "false",
        "correspondence.notification.notificationTemplate": "GenericAltinnMessage",
        "correspondence.notification.notificationChannel": "EmailPreferred",
        # Altinn's reminder comes after seven days; ours goes on paper after two.
        "correspondence.notification.sendReminder": "false",
    }
    for place, each in enumerate(letter.attachments):
        with each.path.open("rb") as reader:
            md5 = hashlib.file_digest(reader, _md5).hexdigest()
        part = f"correspondence.content.attachments[{place}]"
        fields[f"{part}.fileName"] = each.file_name
        fields[f"{part}.sendersReference"] = f"{letter.shipment_id}-{place + 1}"
        fields[f"{part}.checksum"] = md5
        fields[f"{part}.isEncrypted"] = "false"
    return fields


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)  # the API's checksum, against damage on the way


def _refusal(answer: httpx.Response, code: int | None) -> Refused | Unknown:
    status = answer.status_code
    reason = REFUSALS.get(code or 0)
    if reason is not None:
        return Refused(reason)
    if code in PASSING or status == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
        return Unknown(f"http {status}, code {code}")
    if code in SETUP_FAULTS or status in {401, 403, 406, 451}:
        raise NeedsAPerson(
            f"Altinn refuses us: http {status}, code {code}",
            where=f"altinn {answer.url.host}",
            do="check the token, its scopes and the resource: svarut doctor",
        )
    if status in {408, 409}:
        return Unknown(f"http {status}, code {code}")
    return Refused(Refusal.INVALID_CONTENT)


def _error_code(answer: httpx.Response) -> int | None:
    """Return the numeric code of a problem, in whichever of its shapes it comes."""
    if not answer.is_error:
        return None
    body = _json(answer)
    if not isinstance(body, dict):
        return None
    code = body.get("errorCode")
    if isinstance(code, int):
        return code
    match = re.fullmatch(r"CORR-0*(\d+)", str(body.get("code", "")))
    return int(match[1]) if match else None


def _json(answer: httpx.Response) -> Any:
    """Return a body, or None when it is no JSON: a gateway answers in HTML, or not at all."""
    try:
        return answer.json()
    except ValueError:
        return None


def _first_id(body: Any, items: str, name: str) -> str | None:
    found = body.get(items) if isinstance(body, dict) else None
    first = found[0] if isinstance(found, list) and found else None
    reference = first.get(name) if isinstance(first, dict) else None
    return str(reference) if reference else None


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
