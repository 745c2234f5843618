"""An address as the lines that show in an envelope window."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flows.domain.country import Zone, find_country
from flows.domain.identity import looks_like_national_number

POSTCODE_DIGITS: Final = 4

_HIDDEN: Final = re.compile(
    r"(strengt\s+)?fortrolig|(sperret|hemmelig|skjult)\s+adresse|adressesperre|klientadresse"
    r"|\bkode\s*[67]\b|\bspsf\b|\bspfo\b",
    re.IGNORECASE,
)
"""What case systems write when the population register hides an address (codes 6 and 7)."""


class AddressFault(StrEnum):
    """What can be wrong with an address on paper; the values are codes senders see."""

    NAME_MISSING = "NAVN_MANGLER"
    POSTCODE_MISSING = "POSTNUMMER_MANGLER"
    POSTCODE_NOT_FOUR_DIGITS = "POSTNUMMER_UGYLDIG"
    PLACE_MISSING = "POSTSTED_MANGLER"
    CONTROL_CHARACTERS = "ADRESSE_STYRETEGN"
    NATIONAL_NUMBER = "ADRESSE_FODSELSNUMMER"


@dataclass(frozen=True)
class PostalAddress:
    """Where a letter goes. The parts are as the sender wrote them."""

    name: str
    lines: tuple[str, ...]
    postcode: str
    place: str
    country: str = ""
    """Empty for Norway."""

    @property
    def is_norwegian(self) -> bool:
        """Whether it is a Norwegian address."""
        found = find_country(self.country)
        return found is not None and found.zone is Zone.NORWAY

    def in_window(self) -> list[str]:
        """Return the lines for the window: name, lines, postcode and place, foreign country.

        Order as SvarUt prints them; no blank lines (Posten's rule).
        """
        lines = [self.name, *self.lines, f"{self.postcode} {self.place}"]
        if not self.is_norwegian:
            found = find_country(self.country)
            lines.append((found.name if found else self.country).upper())
        return [line for line in map(tidy, lines) if line]


def tidy(text: str) -> str:
    """Return a text in composed Unicode (NFC) with single spaces and none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def address_faults(address: PostalAddress) -> list[AddressFault]:
    """Return everything that keeps an address from being printed in a window."""
    checks = {
        AddressFault.NAME_MISSING: not tidy(address.name),
        AddressFault.POSTCODE_MISSING: address.is_norwegian and not tidy(address.postcode),
        AddressFault.POSTCODE_NOT_FOUR_DIGITS: (
            address.is_norwegian
            and bool(tidy(address.postcode))
            and not norwegian_postcode(address.postcode)
        ),
        AddressFault.PLACE_MISSING: not tidy(address.place),
        AddressFault.CONTROL_CHARACTERS: any(map(_has_control_characters, _parts(address))),
        # A number in the window is shown to everyone who handles the letter.
        AddressFault.NATIONAL_NUMBER: any(map(looks_like_national_number, _parts(address))),
    }
    return [fault for fault, found in checks.items() if found]


def may_be_hidden(address: PostalAddress) -> bool:
    """Say whether an address reads like one the population register hides.

    Such a letter is not for a machine to send: a person looks first.
    """
    return any(_HIDDEN.search(part) for part in _parts(address))


def _parts(address: PostalAddress) -> tuple[str, ...]:
    return (address.name, *address.lines, address.postcode, address.place, address.country)


def norwegian_postcode(text: str) -> str:
    """Return the four digits of a Norwegian postcode, also of `NO-8900`; empty when it is none."""
    digits = tidy(text).upper().removeprefix("NO-")
    well_formed = len(digits) == POSTCODE_DIGITS and digits.isascii() and digits.isdecimal()
    return digits if well_formed else ""


def _has_control_characters(text: str) -> bool:
    # Cc: control, Cf: direction marks that turn text around, Co: private use, Cn: nothing at all.
    return any(unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn"} for char in text)
