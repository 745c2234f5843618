"""A unit that sends letters, and how it wants them sent."""

import tomllib
from dataclasses import dataclass, fields
from typing import Any, Final

from flows.domain.shipment import SenderId
from flows.domain.working_days import TWO_WORKING_DAYS, DeadlinePolicy
from flows.errors import NeedsAPerson


@dataclass(frozen=True)
class Sender:
    """One sender: a municipal office with an inbox, a return address and an invoice reference."""

    id: SenderId
    """Also the name of its inbox folder."""
    name: str
    organisation_number: str
    return_address: tuple[str, ...]
    """One to three lines; the last is postcode and place."""
    cover_text: str = ""
    deadline_policy: DeadlinePolicy = TWO_WORKING_DAYS
    digital: bool = True
    """False: every letter goes on paper."""
    on_hold: bool = False
    """True: nothing of this sender is put in a batch."""
    altinn_resource: str = ""
    invoice_reference: str = ""


_KINDS: Final = {"return_address": list, "digital": bool, "on_hold": bool}
"""What each field is in a file; the others are text."""

_REQUIRED: Final = ("id", "name", "organisation_number", "return_address")


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
    faults = [fault for number, row in enumerate(rows, start=1) for fault in _faults(number, row)]
    if faults or not rows:
        raise NeedsAPerson(
            f"{len(faults)} faults: {'; '.join(faults)}" if faults else "no [[sender]] in the file",
            where="senders",
            do="mend them all; nothing was changed. docs/senders.md shows the format",
        )
    return [_sender(row) for row in rows]


def _faults(number: int, row: dict[str, Any]) -> list[str]:
    place = f"sender {number} ({row.get('id', 'no id')})"
    known = {field.name for field in fields(Sender)}
    found = [f"{place}: {name} is missing" for name in _REQUIRED if not row.get(name)]
    found += [f"{place}: {name} is not a field" for name in sorted(row.keys() - known)]
    found += [
        f"{place}: {name} is a {type(value).__name__}"
        for name, value in row.items()
        if name in known and not isinstance(value, _KINDS.get(name, str))
    ]
    try:
        DeadlinePolicy.parse(str(row.get("deadline_policy", "working_days:2")))
    except ValueError:
        found.append(f"{place}: deadline_policy is like working_days:2 or working_hours:40")
    return found


def _sender(row: dict[str, Any]) -> Sender:
    policy = DeadlinePolicy.parse(row.get("deadline_policy", "working_days:2"))
    address = tuple(str(line) for line in row["return_address"])
    return Sender(**{**row, "deadline_policy": policy, "return_address": address})
