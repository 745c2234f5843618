"""Norwegian person and organisation numbers and their check digits.

Sources: Skatteetaten on fødselsnummer, D-number and the new control from 2032; python-stdnum for
organisation numbers. Refusing a valid number is worse than passing an invalid one: the letter of
a real person would wait.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from stdnum.no import orgnr

PERSON_DIGITS: Final = 11
ORGANISATION_DIGITS: Final = 9

NEW_CONTROL_FROM: Final = date(2032, 1, 1)
"""From here the first check may leave remainder 0, 1, 2 or 3; the second still 0."""

SYNTHETIC_MONTH: Final = 80
"""Tenor's people who do not exist are born in month 81 to 92."""

_FIRST_WEIGHTS: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_D_NUMBER_DAY: Final = 40
_H_NUMBER_MONTH: Final = 40
# However it is spaced: the window shows any run of white space as one space.
_LOOKS_LIKE_ONE: Final = re.compile(r"(?<!\d)(\d{6})[\s.-]*(\d{5})(?!\d)")


class NumberKind(StrEnum):
    """What a number is."""

    NATIONAL = "NATIONAL"
    D_NUMBER = "D_NUMBER"
    SYNTHETIC = "SYNTHETIC"
    ORGANISATION = "ORGANISATION"
    SYNTHETIC_ORGANISATION = "SYNTHETIC_ORGANISATION"


class NumberFault(StrEnum):
    """Why a number is not one; the values are codes senders see."""

    NOT_DIGITS = "ID_IKKE_SIFFER"
    WRONG_LENGTH = "ID_FEIL_LENGDE"
    NO_SUCH_DATE = "ID_UGYLDIG_DATO"
    WRONG_CHECK_DIGIT = "ID_FEIL_KONTROLLSIFFER"
    SYNTHETIC_IN_PRODUCTION = "ID_SYNTETISK"


@dataclass(frozen=True)
class NumberPolicy:
    """Which numbers are accepted, and by the rules of which day."""

    on: date
    synthetic: bool = False
    """True where the population is Tenor's; never in production."""


def fault_in(number: str, policy: NumberPolicy) -> NumberFault | None:
    """Return why a number cannot be a recipient's, or None when it can.

    11 digits are a person, 9 an organisation.
    """
    if not (number.isascii() and number.isdecimal()):
        return NumberFault.NOT_DIGITS
    if len(number) == PERSON_DIGITS:
        return _fault_in_person(number, policy)
    if len(number) == ORGANISATION_DIGITS:
        return _fault_in_organisation(number, policy)
    return NumberFault.WRONG_LENGTH


def kind_of(number: str) -> NumberKind | None:
    """Return what a number is by its form alone, None when it has the form of none."""
    if not (number.isascii() and number.isdecimal()):
        return None
    if len(number) == ORGANISATION_DIGITS:
        real = number[0] in "89"
        return NumberKind.ORGANISATION if real else NumberKind.SYNTHETIC_ORGANISATION
    if len(number) != PERSON_DIGITS:
        return None
    if int(number[2:4]) > SYNTHETIC_MONTH:
        return NumberKind.SYNTHETIC
    return NumberKind.D_NUMBER if int(number[0]) >= _D_NUMBER_DAY // 10 else NumberKind.NATIONAL


def looks_like_national_number(text: str) -> bool:
    """Say whether a text holds something that reads as a national number, however it is spaced.

    Real and synthetic alike: in an address line neither has any business.
    """
    anyone = NumberPolicy(on=date.max, synthetic=True)
    return any(
        _fault_in_person("".join(match.groups()), anyone) is None
        for match in _LOOKS_LIKE_ONE.finditer(text)
    )


def _fault_in_person(number: str, policy: NumberPolicy) -> NumberFault | None:
    month = int(number[2:4])
    if month > SYNTHETIC_MONTH and not policy.synthetic:
        return NumberFault.SYNTHETIC_IN_PRODUCTION
    if not _has_a_date(number):
        return NumberFault.NO_SUCH_DATE
    first = _weighted(number, _FIRST_WEIGHTS)
    allowed = {0, 1, 2, 3} if policy.on >= NEW_CONTROL_FROM else {0}
    if first not in allowed or _weighted(number, _SECOND_WEIGHTS) != 0:
        return NumberFault.WRONG_CHECK_DIGIT
    return None


def _fault_in_organisation(number: str, policy: NumberPolicy) -> NumberFault | None:
    if not orgnr.is_valid(number):
        return NumberFault.WRONG_CHECK_DIGIT
    # Real ones begin with 8 or 9, Tenor's with 2 or 3.
    if number[0] not in "89" and not policy.synthetic:
        return NumberFault.SYNTHETIC_IN_PRODUCTION
    return None


def _has_a_date(number: str) -> bool:
    """Say whether the first six digits are a day: 29 February wherever the year may be leap."""
    day, month, year = int(number[:2]), int(number[2:4]), int(number[4:6])
    day -= _D_NUMBER_DAY if day > _D_NUMBER_DAY else 0
    if month > SYNTHETIC_MONTH:
        month -= SYNTHETIC_MONTH
    elif month > _H_NUMBER_MONTH:
        month -= _H_NUMBER_MONTH
    try:
        # The century is not asked for: from 2032 it can no longer be told, and any will do here,
        # since 2000 to 2099 has a leap year wherever another century has one.
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
