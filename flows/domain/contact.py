"""What the contact register says about a person: a verdict, never an address."""

from dataclasses import dataclass
from enum import StrEnum


class Contact(StrEnum):
    """Whether a person may be reached digitally, as the register answers it."""

    NOTIFIABLE = "NOTIFIABLE"
    NOT_NOTIFIABLE = "NOT_NOTIFIABLE"
    """Registered, but with no contact data that may be used, or none younger than 18 months."""
    RESERVED = "RESERVED"
    """Has said no to digital letters."""
    NOT_REGISTERED = "NOT_REGISTERED"
    DELETED = "DELETED"


@dataclass(frozen=True)
class Verdict:
    """The part of an answer that is kept."""

    contact: Contact
    language: str = ""
    """nb, nn, en or se, where the person has chosen one."""
