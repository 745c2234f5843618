"""A unit that sends letters, and how it wants them sent."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

import tomli_w
from stdnum.no import orgnr

from flows.domain.shipment import SenderId
from flows.domain.working_days import TWO_WORKING_DAYS, DeadlinePolicy
from flows.errors import NeedsAPerson

LANGUAGES: Final = ("nb", "nn", "en", "se")
"""Bokmål, nynorsk, English, Northern Sami: what recipients are written to in."""

MANUAL: Final = "manual"
"""In the place of a print vendor: the sender prints by hand."""


class Rules(StrEnum):
    """Which year's rules a case system was built for; each accepts what was accepted then."""

    OF_2014 = "2014"
    OF_2015 = "2015"
    NOW = "now"


@dataclass(frozen=True)
class Sender:
    """One sender: a municipal office with an inbox, a return address and an invoice reference."""

    id: SenderId
    """Also the name of its inbox folder."""
    name: str
    organisation_number: str
    return_address: tuple[str, ...]
    """One to three lines; the last is postcode and place."""
    rules: Rules = Rules.NOW
    language: str = "nb"
    """One of LANGUAGES: of the cover page, and of the message when the recipient's is not known."""
    cover_text: str = ""
    deadline_policy: DeadlinePolicy = TWO_WORKING_DAYS
    digital: bool = True
    """False: every letter goes on paper."""
    on_hold: bool = False
    """True: nothing of this sender is put in a batch."""
    nightly_cap: int = 0
    """Letters put in batches a night, at most; 0 is no limit."""
    resend_to_organisations: bool = True
    """False: what an organisation has not read in time is not printed either."""
    information_types: tuple[str, ...] = ()
    """Values of forsendelsestype that are information; every other letter is a decision."""
    message_sender: str = ""
    """The name the recipient sees in Altinn; empty is `name`."""
    notification_texts: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The message around the letter, by language; a language left out has the house's text."""
    altinn_resource: str = ""
    confidential_resource: str = ""
    """For confidential letters; empty: they go on paper."""
    consumer_organisation: str = ""
    """Whom we act for in Maskinporten (`consumer_org`); empty: for ourselves."""
    print_vendor: str = "default"
    """The vendor's profile, or MANUAL."""
    own_address_page: bool = False
    """True: page 1 carries the address where the window is, and no cover page is put before it."""
    invoice_reference: str = ""
    invoice_endpoint: str = ""
    """Where invoices go: `0192:` and an organisation number."""

    @property
    def shown_as(self) -> str:
        """The name a recipient knows the sender by."""
        return self.message_sender or self.name


_KINDS: Final = {
    "return_address": list,
    "digital": bool,
    "on_hold": bool,
    "nightly_cap": int,
    "resend_to_organisations": bool,
    "own_address_page": bool,
    "information_types": list,
    "notification_texts": dict,
}
"""What each field is in a file; the others are text."""

_REQUIRED: Final = ("id", "name", "organisation_number", "return_address")

_MAX_MESSAGE_SENDER: Final = 255
_MAX_RETURN_LINES: Final = 3
_FOLDER_NAME: Final = re.compile(r"[^./\\\s\x00-\x1f]([^/\\\x00-\x1f]{0,62}[^/\\\s\x00-\x1f])?")
"""An id is the name of a folder, here and on the inbox server: seen, and leading nowhere else."""

_INVOICE_ENDPOINT: Final = re.compile(r"0192:[0-9]{9}")
"""An organisation number as Peppol writes it."""


def parse_senders(toml: str) -> list[Sender]:
    """Read senders from TOML: a table `[[sender]]` each, the fields above by name.

    Raises NeedsAPerson with every fault at once.
    """
    try:
        rows = tomllib.loads(toml).get("sender", [])
    except tomllib.TOMLDecodeError as fault:
        raise NeedsAPerson(
            f"the file is not TOML: {fault}", where="senders", do="mend it"
        ) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NeedsAPerson(
            "sender is not a table of senders",
            where="senders",
            do="write [[sender]], with two brackets, above each; docs/senders.md shows the format",
        )
    faults = [fault for number, row in enumerate(rows, start=1) for fault in _faults(number, row)]
    times = Counter(str(row.get("id")) for row in rows if row.get("id"))
    faults += [f"{name} stands there {count} times" for name, count in times.items() if count > 1]
    if faults or not rows:
        raise NeedsAPerson(
            f"{len(faults)} faults: {'; '.join(faults)}" if faults else "no [[sender]] in the file",
            where="senders",
            do="mend them all; nothing was changed. docs/senders.md shows the format",
        )
    return [_sender(row) for row in rows]


def to_toml(senders: Iterable[Sender]) -> str:
    """Write senders as `parse_senders` reads them; what stands at its default is left out."""
    rows = []
    for each in senders:
        defaults = Sender(each.id, each.name, each.organisation_number, each.return_address)
        row = {
            one.name: _plain(getattr(each, one.name))
            for one in fields(Sender)
            if one.name in _REQUIRED or getattr(each, one.name) != getattr(defaults, one.name)
        }
        rows.append(row)
    return tomli_w.dumps({"sender": rows}, multiline_strings=True)


def changes_to(old: Sender, new: Sender) -> dict[str, tuple[str, str]]:
    """Return the fields in which two differ, each as it was and as it would be, as text."""
    return {
        one.name: (str(_plain(before)), str(_plain(after)))
        for one in fields(Sender)
        if (before := getattr(old, one.name)) != (after := getattr(new, one.name))
    }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, (Rules, DeadlinePolicy)) else value


def _faults(number: int, row: dict[str, Any]) -> list[str]:
    place = f"sender {number} ({row.get('id', 'no id')})"
    found = (*_of_shape(row), *_of_letters(row), *_of_organisations(row))
    return [f"{place}: {fault}" for fault in found]


def _of_shape(row: dict[str, Any]) -> Iterator[str]:
    known = {each.name for each in fields(Sender)}
    yield from (f"{name} is missing" for name in _REQUIRED if not row.get(name))
    yield from (f"{name} is not a field" for name in sorted(row.keys() - known))
    for name, value in row.items():
        if name not in known:
            continue
        kind = _KINDS.get(name, str)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            yield f"{name} is a {type(value).__name__}"
        elif isinstance(value, (list, dict)) and not _holds_text(value):
            yield f"{name} holds something that is not text"

    if isinstance(row.get("id"), str) and row["id"] and not _FOLDER_NAME.fullmatch(row["id"]):
        yield "id is the name of a folder: at most 64 characters, none of / and \\, no dot first"


def _of_letters(row: dict[str, Any]) -> Iterator[str]:
    try:
        DeadlinePolicy.parse(str(row.get("deadline_policy", TWO_WORKING_DAYS)))
    except ValueError:
        yield "deadline_policy is like working_days:2 or working_hours:40"
    if row.get("rules", Rules.NOW) not in list(Rules):
        yield f"rules is one of {', '.join(Rules)}"
    if row.get("language", "nb") not in LANGUAGES:
        yield f"language is one of {', '.join(LANGUAGES)}"
    texts = row.get("notification_texts", {})
    if isinstance(texts, dict) and not set(texts) <= set(LANGUAGES):
        yield f"notification_texts are by language: {', '.join(LANGUAGES)}"
    lines = row.get("return_address")
    if isinstance(lines, list) and len(lines) > _MAX_RETURN_LINES:
        yield f"return_address has {len(lines)} lines, at most {_MAX_RETURN_LINES}"
    cap = row.get("nightly_cap", 0)
    if isinstance(cap, int) and cap < 0:
        yield "nightly_cap is at least 0"
    if len(str(row.get("message_sender", ""))) > _MAX_MESSAGE_SENDER:
        yield f"message_sender has at most {_MAX_MESSAGE_SENDER} characters"


def _of_organisations(row: dict[str, Any]) -> Iterator[str]:
    for name in ("organisation_number", "consumer_organisation"):
        if row.get(name) and not orgnr.is_valid(str(row[name])):
            yield f"{name} is no organisation number: nine digits, the last a check digit"
    endpoint = row.get("invoice_endpoint")
    if endpoint and not _INVOICE_ENDPOINT.fullmatch(str(endpoint)):
        yield "invoice_endpoint is 0192: and nine digits"
    by_hand = row.get("print_vendor", "default") == MANUAL
    if not by_hand and not row.get("invoice_reference"):
        yield 'invoice_reference is required before a vendor prints; or print_vendor = "manual"'


def _holds_text(values: list[Any] | dict[str, Any]) -> bool:
    inner = values.values() if isinstance(values, dict) else values
    return all(isinstance(each, str) for each in inner)


def _sender(row: dict[str, Any]) -> Sender:
    shaped = {
        **row,
        "deadline_policy": DeadlinePolicy.parse(row.get("deadline_policy", str(TWO_WORKING_DAYS))),
        "rules": Rules(row.get("rules", Rules.NOW)),
        "return_address": tuple(row["return_address"]),
        "information_types": tuple(row.get("information_types", ())),
    }
    return Sender(**shaped)
