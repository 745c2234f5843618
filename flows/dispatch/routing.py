"""Choose digital or paper for one letter, and say why. docs/routing.md has the whole table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flows.domain.contact import Contact
from flows.domain.shipment import RecipientKind, ToRoute


class Way(StrEnum):
    """Where a letter goes from here."""

    DIGITAL = "DIGITAL"
    PAPER = "PAPER"
    NOWHERE = "NOWHERE"
    """Digital only, and it cannot go digitally: not delivered."""
    WAITS = "WAITS"
    """For the contact register's answer."""


class Reason(StrEnum):
    """Why; kept on the letter."""

    SENDER_NOT_DIGITAL = "SENDER_NOT_DIGITAL"
    NO_DIGITAL_ID = "NO_DIGITAL_ID"
    CONFIDENTIAL = "CONFIDENTIAL"
    ORGANISATION = "ORGANISATION"
    DIGITAL_ID = "DIGITAL_ID"
    NOT_ANSWERED = "NOT_ANSWERED"
    NOTIFIABLE = "NOTIFIABLE"
    INFORMATION_WITHOUT_NOTICE = "INFORMATION_WITHOUT_NOTICE"
    DIGITAL_ONLY_WITHOUT_NOTICE = "DIGITAL_ONLY_WITHOUT_NOTICE"
    NOT_NOTIFIABLE = "NOT_NOTIFIABLE"
    RESERVED = "RESERVED"
    NOT_REGISTERED = "NOT_REGISTERED"
    DELETED = "DELETED"


@dataclass(frozen=True)
class Choice:
    """A way and its reason."""

    way: Way
    reason: Reason


SAYS_NO: Final[Mapping[Contact, Reason]] = {
    Contact.RESERVED: Reason.RESERVED,
    Contact.NOT_REGISTERED: Reason.NOT_REGISTERED,
    Contact.DELETED: Reason.DELETED,
}
"""Verdicts after which no letter goes digitally, whatever its kind."""


def choose_route(letter: ToRoute, *, register_is_asked: bool) -> Choice:
    """Return the way a letter goes, and the reason.

    Where the register is not asked, Altinn's own refusal sends reserved people's letters the
    other way.
    """
    choice = _without_the_register(letter)
    if choice is not None:
        return choice
    if not register_is_asked:
        return Choice(Way.DIGITAL, Reason.DIGITAL_ID)
    if letter.contact is None:
        return Choice(Way.WAITS, Reason.NOT_ANSWERED)
    return _by_the_register(letter, letter.contact)


def must_be_looked_up(letter: ToRoute) -> bool:
    """Say whether only the contact register can tell; nobody else is asked about."""
    return letter.contact is None and _without_the_register(letter) is None


def _without_the_register(letter: ToRoute) -> Choice | None:
    if not letter.sender_digital:
        return _not_digital(letter, Reason.SENDER_NOT_DIGITAL)
    if letter.recipient is RecipientKind.NOBODY:
        return _not_digital(letter, Reason.NO_DIGITAL_ID)
    if letter.confidential and not letter.confidential_resource:
        return _not_digital(letter, Reason.CONFIDENTIAL)
    if letter.recipient is RecipientKind.ORGANISATION:
        # An organisation cannot reserve itself, and must always be notifiable.
        return Choice(Way.DIGITAL, Reason.ORGANISATION)
    return None


def _by_the_register(letter: ToRoute, contact: Contact) -> Choice:
    if contact in SAYS_NO:
        return _not_digital(letter, SAYS_NO[contact])
    if contact is Contact.NOTIFIABLE:
        return Choice(Way.DIGITAL, Reason.NOTIFIABLE)
    # Nobody will be told that it has come: a decision may not wait for being stumbled upon.
    if letter.information:
        return Choice(Way.DIGITAL, Reason.INFORMATION_WITHOUT_NOTICE)
    if letter.digital_only:
        return Choice(Way.DIGITAL, Reason.DIGITAL_ONLY_WITHOUT_NOTICE)
    return Choice(Way.PAPER, Reason.NOT_NOTIFIABLE)


def _not_digital(letter: ToRoute, reason: Reason) -> Choice:
    return Choice(Way.NOWHERE if letter.digital_only else Way.PAPER, reason)
