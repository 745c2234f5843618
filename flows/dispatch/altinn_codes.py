"""What Altinn's error codes mean for a letter: the table, and how a code is found in an answer.

Facts: docs/decisions/0015-what-altinn-says.md. A code not listed is judged by its http status.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import httpx

from flows.dispatch.channel import Quarantined, Refusal, Refused, Stopped, Unknown


class Means(StrEnum):
    """What an error is to us."""

    RESERVED = "RESERVED"
    """Print now; the next two as well."""
    UNKNOWN_RECIPIENT = "UNKNOWN_RECIPIENT"
    LACKS_ROLES = "LACKS_ROLES"
    KEY_USED = "KEY_USED"
    """Altinn has this letter: look it up by its key, and adopt it."""
    CONTENT = "CONTENT"
    """This letter, never: a person looks at it."""
    SET_UP = "SET_UP"
    """Nothing of this tenant, until a person mends it."""
    OUR_MISTAKE = "OUR_MISTAKE"
    """The way we call is wrong; it would be for every letter, so everything stops."""
    PARTY_LOOKUP = "PARTY_LOOKUP"
    """A few times more, and then as SET_UP."""
    NOT_SCANNED = "NOT_SCANNED"
    """Offered again by the next run, when the scan has had its time; the same key."""
    NEW_ATTACHMENT = "NEW_ATTACHMENT"
    """Offered again; every offer brings its attachments along anew."""
    AGAIN = "AGAIN"
    """A bad moment, or an outcome nobody knows: offered again with the same key."""
    GONE = "GONE"
    """Thrown away, or taken back; details still tell which."""
    PUBLISHED = "PUBLISHED"
    """Too late to take it back."""


_CODES: Final[Mapping[Means, tuple[int, ...]]] = {
    Means.RESERVED: (1030,),
    Means.UNKNOWN_RECIPIENT: (1029,),
    Means.LACKS_ROLES: (1044,),
    Means.KEY_USED: (1034,),
    Means.CONTENT: (
        *(1002, 1003, 1004, 1005, 1006, 1008, 1009, 1016, 1019, 1020, 1021, 1022, 1023, 1033, 1035),
        *(1037, 1038, 1039, 1042, 2004, 2008, 2010, 2011, 2012, 2013, 2017, 2021),
        *range(3000, 4000),
    ),
    Means.NOT_SCANNED: (1018,),
    Means.NEW_ATTACHMENT: (1055, 2005, 2006, 2018),
    Means.SET_UP: (1036, 1060, 1061, 2014, 4001, 4006, 4007, 4009, 4010),
    Means.OUR_MISTAKE: (1047,),
    Means.PARTY_LOOKUP: (4002,),
    Means.AGAIN: (1032, 2000, 2002, 2022),
    Means.GONE: (1001, 1014),
    Means.PUBLISHED: (1013,),
}

MEANINGS: Final[Mapping[int, Means]] = {
    code: means for means, codes in _CODES.items() for code in codes
}

_STATUSES: Final[Mapping[int, Means]] = {
    401: Means.SET_UP,
    403: Means.SET_UP,
    451: Means.SET_UP,
    405: Means.OUR_MISTAKE,
    406: Means.OUR_MISTAKE,
    415: Means.OUR_MISTAKE,
    409: Means.KEY_USED,
    410: Means.GONE,
    413: Means.CONTENT,
}

_REFUSALS: Final = {
    Means.RESERVED: Refusal.RESERVED,
    Means.UNKNOWN_RECIPIENT: Refusal.UNKNOWN_RECIPIENT,
    Means.LACKS_ROLES: Refusal.LACKS_ROLES,
}

_NO_CODE: Final = 1_000_000
_FIELD: Final = re.compile(r"[A-Za-z$][\w$.\[\]]{0,79}")
_NUMBER: Final = re.compile(r"\d{6}")
_FIELDS_SHOWN: Final = 5


@dataclass(frozen=True)
class Fault:
    """An answer that is an error, read."""

    status: int
    code: int | None
    means: Means
    fields: tuple[str, ...] = ()
    """Names of fields the API did not accept; never their values."""

    @property
    def why(self) -> str:
        """What a log or a person may see of it."""
        code = f"code {self.code}" if self.code is not None else "no code"
        return ", ".join([f"http {self.status}", code, *self.fields])


def fault_in(answer: httpx.Response) -> Fault | None:
    """Return what is wrong with an answer, in whichever shape it says so; None: nothing.

    Shapes seen: a problem with `errorCode`, one with `code` alone, faults by field without a
    code, a bare string, and what is no JSON at all.
    """
    if answer.is_success:
        return None
    body = body_of(answer)
    code = _code(body)
    return Fault(answer.status_code, code, _means(answer.status_code, code, body), _fields(body))


def offer_outcome(fault: Fault) -> Refused | Quarantined | Stopped | Unknown:
    """Return what a fault means for a letter that is offered."""
    reason = _REFUSALS.get(fault.means)
    if reason is not None:
        return Refused(reason)
    if fault.means is Means.CONTENT:
        return Quarantined(fault.why)
    return stopped_or_unknown(fault)


def stopped_or_unknown(fault: Fault) -> Stopped | Unknown:
    """Return what a fault means for a question, which can at most be asked again."""
    if fault.means in {Means.SET_UP, Means.OUR_MISTAKE, Means.PARTY_LOOKUP}:
        ours = "our own mistake: " if fault.means is Means.OUR_MISTAKE else ""
        return Stopped(f"{ours}{fault.why}")
    return Unknown(fault.why)


def body_of(answer: httpx.Response) -> Any:
    """Return a body, or None when it is no JSON: a gateway answers in HTML, or not at all."""
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def _means(status: int, code: int | None, body: Any) -> Means:
    if not httpx.codes.is_client_error(status):
        return Means.AGAIN  # whatever it says: nobody knows whether it was done
    known = MEANINGS.get(code) if code is not None else None
    by_status = known or _STATUSES.get(status)
    if by_status is not None:
        return by_status
    if status in {400, 422} and isinstance(body, dict | str):
        return Means.CONTENT  # the API's own no; a gateway's is no JSON
    return Means.AGAIN


def _code(body: Any) -> int | None:
    if not isinstance(body, dict):
        return None
    code = body.get("errorCode")
    if isinstance(code, int) and not isinstance(code, bool) and 0 < code < _NO_CODE:
        return code
    match = re.fullmatch(r"CORR-0*(\d{1,6})", str(body.get("code", "")), re.ASCII)
    return int(match[1]) if match else None


def _fields(body: Any) -> tuple[str, ...]:
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, dict):
        return ()
    names = [
        str(name) for name in errors if _FIELD.fullmatch(str(name)) and not _NUMBER.search(name)
    ]
    return tuple(sorted(names)[:_FIELDS_SHOWN])
