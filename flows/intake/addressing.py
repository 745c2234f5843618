"""What can be wrong with whom a letter is for, and with whom its answer goes to."""

from collections.abc import Iterator, Mapping
from typing import Final

from flows.domain.country import find_country
from flows.domain.identity import ORGANISATION_DIGITS, NumberPolicy, fault_in
from flows.domain.postal_address import (
    AddressFault,
    PostalAddress,
    address_faults,
    may_be_hidden,
    norwegian_postcode,
    tidy,
)
from flows.domain.problem import Problem
from flows.intake.metadata import Address, Description
from flows.intake.problems import Code, problem

Postcodes = Mapping[str, str]
"""The postcode register: four digits to place, in capitals. Empty when it was never imported."""

_PART_OF: Final[Mapping[AddressFault, str]] = {
    AddressFault.NAME_MISSING: ".navn",
    AddressFault.POSTCODE_MISSING: ".postnummer",
    AddressFault.POSTCODE_NOT_FOUR_DIGITS: ".postnummer",
    AddressFault.PLACE_MISSING: ".poststed",
    AddressFault.CONTROL_CHARACTERS: "",
    AddressFault.NATIONAL_NUMBER: "",
}


def postal_address(described: Address) -> PostalAddress:
    """Return an address tidied, empty where the sender gave nothing."""
    lines = (described.line1, described.line2, described.line3)
    return PostalAddress(
        name=tidy(described.name or ""),
        lines=tuple(tidy(line) for line in lines if line and tidy(line)),
        postcode=tidy(described.postcode or ""),
        place=tidy(described.place or ""),
        country=tidy(described.country or ""),
    )


def of_recipient(
    described: Description,
    numbers: NumberPolicy,
    postcodes: Postcodes,
) -> Iterator[Problem]:
    """Find what is wrong with the recipient; a digital-only letter needs no address, but a number.

    numbers: whose national numbers are accepted.
    """
    recipient = described.recipient
    if recipient is None:
        yield problem(Code.FIELD_MISSING, "mottaker")
        return
    for found in _of_address(recipient, "mottaker", postcodes):
        if not (described.digital_only and found.code in _ON_PAPER_ONLY):
            yield found
    if may_be_hidden(postal_address(recipient)):
        yield problem(Code.HELD, "mottaker")
    if recipient.digital_id:
        wrong = fault_in(recipient.digital_id, numbers)
        if wrong is not None:
            yield problem(wrong, "mottaker.digitalId")
    elif described.digital_only:
        yield problem(Code.DIGITAL_ID_MISSING, "mottaker.digitalId")


def of_reply_address(
    described: Description,
    numbers: NumberPolicy,
    postcodes: Postcodes,
) -> Iterator[Problem]:
    """Find what is wrong with svarSendesTil: a full address, since it stands on the cover page."""
    reply_to = described.reply_to
    if reply_to is not None:
        yield from _of_address(reply_to, "svarSendesTil", postcodes)
        wrong = fault_in(reply_to.digital_id, numbers) if reply_to.digital_id else None
        if wrong is not None:
            yield problem(wrong, "svarSendesTil.digitalId")
    if described.reply_link:
        number = (reply_to.digital_id if reply_to else None) or ""
        if len(number) != ORGANISATION_DIGITS or fault_in(number, numbers):
            yield problem(Code.REPLY_LINK, "svarSendesTil.digitalId")
        else:
            yield problem(Code.FIELD_UNUSED, "svarPaForsendelseLink")


_ON_PAPER_ONLY: Final = frozenset(
    {
        AddressFault.POSTCODE_MISSING,
        AddressFault.POSTCODE_NOT_FOUR_DIGITS,
        AddressFault.PLACE_MISSING,
        AddressFault.CONTROL_CHARACTERS,
        Code.POSTCODE_UNKNOWN,
        Code.PLACE_DIFFERS,
        Code.COUNTRY_UNKNOWN,
    },
)


def _of_address(described: Address, field: str, postcodes: Postcodes) -> Iterator[Problem]:
    address = postal_address(described)
    # Looked for in what the sender wrote: tidying takes some control characters away.
    as_written = PostalAddress(
        name=described.name or "",
        lines=tuple(filter(None, (described.line1, described.line2, described.line3))),
        postcode=described.postcode or "",
        place=described.place or "",
        country=described.country or "",
    )
    faults = address_faults(as_written)
    for fault in faults:
        yield problem(fault, field + _PART_OF[fault])
    if find_country(address.country) is None:
        yield problem(Code.COUNTRY_UNKNOWN, f"{field}.land")
    postcode = norwegian_postcode(address.postcode)
    if address.is_norwegian and postcodes and postcode:
        if postcode not in postcodes:
            yield problem(Code.POSTCODE_UNKNOWN, f"{field}.postnummer")
        elif address.place and address.place.upper() != postcodes[postcode]:
            yield problem(Code.PLACE_DIFFERS, f"{field}.poststed")
