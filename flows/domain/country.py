"""Countries as senders write them, as envelopes show them, and as postage counts them."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from babel import Locale

_LANGUAGES: Final = ("nb", "nn", "se", "en", "sv", "da", "de", "fr", "es", "pl", "lt")
"""In which a country's name is recognised; the first is how we write it."""

_CODE_LETTERS: Final = 2

_EUROPE: Final = frozenset(
    [
        "AD",
        "AL",
        "AT",
        "AX",
        "BA",
        "BE",
        "BG",
        "BY",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FO",
        "FR",
        "GB",
        "GG",
        "GI",
        "GL",
        "GR",
        "HR",
        "HU",
        "IE",
        "IM",
        "IS",
        "IT",
        "JE",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MD",
        "ME",
        "MK",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "RS",
        "RU",
        "SE",
        "SI",
        "SK",
        "SM",
        "TR",
        "UA",
        "VA",
        "XK",
    ],
)
# ASSUMPTION: Posten's zone Europe; its price list names the zone and not the countries.

_ALSO_CALLED: Final = {
    "ENGLAND": "GB",
    "SCOTLAND": "GB",
    "SKOTTLAND": "GB",
    "WALES": "GB",
    "UK": "GB",
    "GREAT BRITAIN": "GB",
    "HOLLAND": "NL",
    "AMERIKA": "US",
    "USA": "US",
    "U.S.A.": "US",
    "UNITED STATES OF AMERICA": "US",
    "TSJEKKISKE REPUBLIKK": "CZ",
    "CZECH REPUBLIC": "CZ",
}
"""Names in use that are no country's own."""

_NORWAY: Final = dict.fromkeys(
    ("NOR", "NORGGA", "SJ", "SVALBARD", "JAN MAYEN", "SVALBARD OG JAN MAYEN"),
    "NO",
)
"""What is Norway to the post."""


class Zone(StrEnum):
    """How postage is counted."""

    NORWAY = "Norge"
    EUROPE = "Europa"
    WORLD = "Verden"


@dataclass(frozen=True)
class Country:
    """A country of ISO 3166."""

    code: str
    name: str
    """In bokmål."""

    @property
    def zone(self) -> Zone:
        """The postage zone."""
        if self.code == "NO":
            return Zone.NORWAY
        return Zone.EUROPE if self.code in _EUROPE else Zone.WORLD


def find_country(text: str) -> Country | None:
    """Return the country a sender means: by name in one of several languages, or by code.

    Nothing means Norway. None when nobody can know.
    """
    wanted = " ".join(text.upper().split())
    if not wanted:
        wanted = "NO"
    code = wanted if wanted in _names() else _codes().get(wanted)
    return Country(code, _names()[code]) if code else None


def zone_of(text: str) -> Zone:
    """Return the postage zone of a country as written; the dearest where nobody can know."""
    found = find_country(text)
    return found.zone if found else Zone.WORLD


@cache
def is_domestic(text: str) -> bool:
    """Say whether a letter with this country in its address stays in Norway."""
    return zone_of(text) is Zone.NORWAY


@cache
def _names() -> dict[str, str]:
    """Return every country's name in bokmål, by its code."""
    territories = Locale(_LANGUAGES[0]).territories
    return {code: name for code, name in territories.items() if _is_country(code)}


@cache
def _codes() -> dict[str, str]:
    """Return every name a country is known by, in capitals, with its code."""
    named = {
        name.upper(): code
        for language in reversed(_LANGUAGES)
        for code, name in Locale(language).territories.items()
        if _is_country(code)
    }
    return named | _ALSO_CALLED | _NORWAY


def _is_country(code: str) -> bool:
    # EU, EZ, UN, ZZ and the pseudo-locales stand among the territories and are none.
    return len(code) == _CODE_LETTERS and code.isalpha() and code not in _NO_COUNTRIES


_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "SJ", "UN", "XA", "XB", "ZZ"})
