"""Hold the settings against the world, and name everything that is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flows.doctor import at_home, elsewhere, vendor_keys
from flows.errors import LetterError
from flows.settings import Settings


@dataclass(frozen=True)
class Finding:
    """What one look found."""

    what: str
    """Which part of the world was looked at."""
    well: bool
    says: str
    do: str = ""


LOOKS: Final[tuple[tuple[str, Callable[[Settings], str]], ...]] = (
    ("database", at_home.database),
    ("senders", at_home.senders),
    ("people", at_home.people),
    ("prices", at_home.prices),
    ("inbox", at_home.inbox),
    ("folders", at_home.folders),
    ("disk", at_home.disk),
    ("archive", at_home.archive),
    ("malware scanner", elsewhere.malware),
    ("assembly", at_home.assembly),
    ("maskinporten", elsewhere.maskinporten),
    ("altinn", elsewhere.altinn),
    ("clock", elsewhere.clock),
    ("contact register", elsewhere.contact_register),
    ("print vendor", elsewhere.vendor),
    ("vendor's key", vendor_keys.keys),
    ("prefect", elsewhere.prefect),
    ("alarms", elsewhere.alarms),
    ("words and fonts", at_home.words),
    ("logos", at_home.logos),
    ("time zone", at_home.time_zone),
)
"""What is looked at, in the order it is told."""


def examine(settings: Settings, *, here: bool = False) -> list[Finding]:
    """Look at everything once; one fault never hides the next.

    here: only what can be seen on this machine; nobody else is asked.
    """
    return [
        look(name, at, settings)
        for name, at in LOOKS
        if not here or at.__module__ == at_home.__name__
    ]


def look(name: str, at: Callable[[Settings], str], settings: Settings) -> Finding:
    """Look at one thing: what it says when it is well, or what is wrong and what to do."""
    try:
        return Finding(name, well=True, says=at(settings))
    except LetterError as fault:
        where = f" ({fault.where})" if fault.where else ""
        return Finding(name, well=False, says=f"{fault.what}{where}", do=fault.do)
