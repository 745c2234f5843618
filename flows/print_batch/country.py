"""The ISO 3166 code of a country as senders write it."""

from typing import Final

from flows.domain.postal_address import PostalAddress, tidy

CODES: Final = {
    "SVERIGE": "SE",
    "SWEDEN": "SE",
    "DANMARK": "DK",
    "DENMARK": "DK",
    "FINLAND": "FI",
    "ISLAND": "IS",
    "ICELAND": "IS",
    "TYSKLAND": "DE",
    "DEUTSCHLAND": "DE",
    "GERMANY": "DE",
    "POLEN": "PL",
    "POLAND": "PL",
    "POLSKA": "PL",
    "LITAUEN": "LT",
    "LATVIA": "LV",
    "ESTLAND": "EE",
    "NEDERLAND": "NL",
    "BELGIA": "BE",
    "FRANKRIKE": "FR",
    "FRANCE": "FR",
    "SPANIA": "ES",
    "SPAIN": "ES",
    "ITALIA": "IT",
    "SVEITS": "CH",
    "ØSTERRIKE": "AT",
    "STORBRITANNIA": "GB",
    "UNITED KINGDOM": "GB",
    "IRLAND": "IE",
    "THAILAND": "TH",
    "USA": "US",
}
"""Where municipal letters mostly go. What is not here has no code, which the vendor is told."""

CODE_LETTERS: Final = 2


def country_code(address: PostalAddress) -> str:
    """Return the two-letter code of an address's country, or nothing when it is not known."""
    if address.is_norwegian:
        return "NO"
    country = tidy(address.country).upper()
    if len(country) == CODE_LETTERS and country.isascii() and country.isalpha():
        return country
    return CODES.get(country, "")
