"""The contact and reservation register (KRR): who is reserved, who can be notified.

Its word agrees with the habits: who Altinn finds reserved is reserved here. Of numbers that play
no scenario, 3 in 100 cannot be notified, 2 are not registered and 1 in 200 has left the register.
"""

import hashlib
import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.sandbox.altinn_mail import MailRoom
from flows.sandbox.altinn_readers import read_habit
from flows.sandbox.scenarios import scenario_of

PATH: Final = "/rest/v2/personer"
MAX_PERSONS: Final = 1000
VERDICTS: Final = {
    "notifiable": ("NEI", "AKTIV", "KAN_VARSLES"),
    "not_notifiable": ("NEI", "AKTIV", "KAN_IKKE_VARSLES"),
    "reserved": ("JA", "AKTIV", "KAN_IKKE_VARSLES"),
    "not_registered": ("NEI", "IKKE_REGISTRERT", "KAN_IKKE_VARSLES"),
    "deleted": ("NEI", "SLETTET", "KAN_IKKE_VARSLES"),
}
"""reservasjon, status, varslingsstatus by class."""

_LANGUAGES: Final = ("nb",) * 84 + ("nn",) * 10 + ("en",) * 4 + ("se",) * 2


async def persons(request: Request) -> Response:
    """POST /rest/v2/personer."""
    room: MailRoom = request.app.state.room
    try:
        said = json.loads(await request.body())
        numbers = said["personidentifikatorer"]
    except (ValueError, KeyError, TypeError):
        return _refused("personidentifikatorer mangler")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= MAX_PERSONS:
        return _refused(f"personidentifikatorer må ha 1 til {MAX_PERSONS} verdier")
    if not all(isinstance(one, str) and len(one) == 11 and one.isdecimal() for one in numbers):
        return _refused("personidentifikatorer må ha 11 siffer")
    return JSONResponse({"personer": [_person(room, number) for number in numbers]})


def verdict_of(room: MailRoom, number: str) -> str:
    """Return a person's class."""
    told = room.contacts.get(number)
    if told:
        return told
    if number in room.habits or not scenario_of(number):
        if read_habit(room.habit_of(number)).fate == "reserved":
            return "reserved"
        return _usual(room.seed, number)
    scenario = scenario_of(number)
    return scenario.contact if scenario else "notifiable"


def _usual(seed: int, number: str) -> str:
    chance = _digest(seed, number)[0] * 256 + _digest(seed, number)[1]
    share = chance / 65536 * 100
    if share < 3:
        return "not_notifiable"
    if share < 5:
        return "not_registered"
    return "deleted" if share < 5.5 else "notifiable"


def _person(room: MailRoom, number: str) -> dict[str, Any]:
    verdict = verdict_of(room, number)
    reserved, status, notifiable = VERDICTS[verdict]
    person: dict[str, Any] = {
        "personidentifikator": number,
        "reservasjon": reserved,
        "status": status,
        "varslingsstatus": notifiable,
    }
    if verdict == "reserved":
        person["reservasjon_oppdatert"] = "2024-02-01T10:00:00+01:00"
    if status == "AKTIV":
        digest = _digest(room.seed, number)
        person["spraak"] = _LANGUAGES[digest[2] * 100 // 256]
        person["spraak_oppdatert"] = "2025-03-01T10:00:00+01:00"
        # Older than 18 months: it must not be used to tell anyone about a decision.
        year = 2026 if verdict == "notifiable" else 2023
        checked = f"{year}-03-01T10:00:00+01:00"
        person["kontaktinformasjon"] = {
            "epostadresse": f"{digest.hex()[:10]}@example.no",
            "epostadresse_oppdatert": checked,
            "epostadresse_sist_verifisert": checked,
        }
    return person


def _digest(seed: int, number: str) -> bytes:
    return hashlib.sha256(f"{seed}/contact/{number}".encode()).digest()


def _refused(why: str) -> Response:
    return JSONResponse({"error": "invalid_request", "error_description": why}, 400)
