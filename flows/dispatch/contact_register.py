"""The contact register: who may be reached digitally, a thousand people a call.

Source: the register's published interface, `POST /rest/v2/personer`. Numbers go over the wire and
nowhere else; of the answer only verdict and language are read.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from flows.bounded_http import PLAIN, bounded
from flows.dispatch.maskinporten import tokens_of
from flows.domain.contact import Contact, Verdict
from flows.domain.sender import LANGUAGES
from flows.errors import NeedsAPerson, TryAgainLater
from flows.settings import Settings

log = logging.getLogger(__name__)

PATH: Final = "/rest/v2/personer"
SCOPE: Final = "krr:global/kontaktinformasjon.read"
AT_ONCE: Final = 1000
CONNECT_SECONDS: Final = 5
PAUSES: Final = (1.0, 4.0)
"""Seconds between tries; after the last of them the register is silent until the next run."""
LONGEST_PAUSE: Final = 30.0

GONE: Final = {"IKKE_REGISTRERT": Contact.NOT_REGISTERED, "SLETTET": Contact.DELETED}
NOTIFIABLE: Final = {
    "KAN_VARSLES": Contact.NOTIFIABLE,
    "KAN_IKKE_VARSLES": Contact.NOT_NOTIFIABLE,
}

_PASSING: Final = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Silence:
    """Nobody was answered about: everybody waits."""

    why: str
    for_a_person: bool = False
    """Waiting will not help: address, token or scope are wrong."""


class ContactRegister:
    """The register, open for calls; made by `open_contact_register`."""

    def __init__(
        self,
        client: httpx.Client,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Use a client that knows the address and carries the token."""
        self._client, self._pause = client, pause

    def look_up(self, numbers: Sequence[str]) -> Mapping[str, Verdict] | Silence:
        """Ask about at most a thousand people; a person without a readable answer is left out."""
        said = self._ask(numbers)
        for pause in PAUSES:
            if not isinstance(said, _Later):
                break
            self._pause(min(max(pause, said.wait_seconds), LONGEST_PAUSE))
            said = self._ask(numbers)
        return Silence(said.why) if isinstance(said, _Later) else said

    def _ask(self, numbers: Sequence[str]) -> "Mapping[str, Verdict] | Silence | _Later":
        try:
            answer = self._client.post(PATH, json={"personidentifikatorer": list(numbers)})
        except (httpx.HTTPError, httpx.InvalidURL, TryAgainLater) as fault:
            return _Later(type(fault).__name__)
        except NeedsAPerson as fault:
            return Silence(str(fault), for_a_person=True)
        status = answer.status_code
        if status in _PASSING or answer.is_server_error:
            return _Later(f"http {status}", _seconds(answer.headers.get("Retry-After", "")))
        if not answer.is_success:
            return Silence(f"http {status}", for_a_person=True)
        found = verdicts(_json(answer))
        return found if found is not None else _Later("the answer cannot be read")


@dataclass(frozen=True)
class _Later:
    """A bad moment."""

    why: str
    wait_seconds: float = 0


@contextmanager
def open_contact_register(settings: Settings) -> Iterator[ContactRegister]:
    """Open the register for calls, as Maskinporten knows us, or with a token that is given."""
    register, tokens = settings.contact_register, tokens_of(settings)
    headers = {"Accept": "application/json", **PLAIN}
    if tokens is None:
        headers["Authorization"] = f"Bearer {register.token.get_secret_value()}"
    with httpx.Client(
        base_url=register.url.rstrip("/"),
        headers=headers,
        auth=tokens.auth(SCOPE) if tokens else None,
        timeout=httpx.Timeout(register.timeout_seconds, connect=CONNECT_SECONDS),
        **bounded(),
    ) as client:
        yield ContactRegister(client)


def verdicts(body: object) -> dict[str, Verdict] | None:
    """Read an answer: number -> verdict. None when it is no answer at all.

    New fields are ignored. A person with a value nobody knows is left out, and so waits: whether
    a letter may go digitally is never guessed.
    """
    people = body.get("personer") if isinstance(body, dict) else None
    if not isinstance(people, list):
        return None
    found = {}
    for person in people:
        number = person.get("personidentifikator") if isinstance(person, dict) else None
        contact = _contact(person) if isinstance(number, str) else None
        if isinstance(number, str) and contact is not None:
            language = person.get("spraak")
            found[number] = Verdict(contact, language if language in LANGUAGES else "")
    return found


def _contact(person: Mapping[str, Any]) -> Contact | None:
    reserved, status = person.get("reservasjon"), person.get("status")
    if reserved == "JA":
        return Contact.RESERVED
    if isinstance(status, str) and status in GONE:
        return GONE[status]
    notifiable = person.get("varslingsstatus")
    if reserved == "NEI" and status == "AKTIV" and isinstance(notifiable, str):
        return NOTIFIABLE.get(notifiable)
    return None


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0


def _json(answer: httpx.Response) -> Any:
    """Return a body, or None when it is no JSON."""
    try:
        return answer.json()
    except ValueError:
        return None
