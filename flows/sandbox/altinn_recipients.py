"""Who a letter is for: the ways to write a recipient, and the one way it is answered."""

import re
from typing import Final

from flows.sandbox.altinn_problem import invalid

PERSON: Final = "urn:altinn:person:identifier-no:"
ORGANISATION: Final = "urn:altinn:organization:identifier-no:"
_BY_MAIL: Final = re.compile(
    r"^urn:altinn:person:(idporten-email|legacy-selfidentified):[^\s:]{1,200}$"
)
_FIRST: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def as_urns(recipients: list[str]) -> list[str]:
    """Return recipients as urns.

    Raises Problem: one is no recipient, which is the model's fault and has no code.
    """
    errors = {}
    urns = []
    for place, recipient in enumerate(recipients):
        urn = _urn(recipient)
        if urn is None:
            errors[f"Recipients[{place}]"] = ["Not an organisation, a person or an address."]
        else:
            urns.append(urn)
    if errors:
        raise invalid(errors)
    return urns


def _urn(recipient: str) -> str | None:
    organisation = re.fullmatch(rf"(?:0192:|{ORGANISATION})([0-9]{{9}})", recipient)
    if organisation:
        return f"{ORGANISATION}{organisation[1]}"
    person = re.fullmatch(rf"(?:{PERSON})?([0-9]{{11}})", recipient)
    if person:
        return f"{PERSON}{person[1]}" if is_national_number(person[1]) else None
    return recipient if _BY_MAIL.match(recipient) else None


def is_national_number(number: str) -> bool:
    """Return whether both check digits of a national number, or a D-number, are right."""
    digits = [int(digit) for digit in number]
    return all(
        sum(d * w for d, w in zip(digits, (*weights, 1), strict=False)) % 11 == 0
        for weights in (_FIRST, _SECOND)
    )
