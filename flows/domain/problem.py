"""What is wrong with a submission, or worth telling its sender: a value, not an exception."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One finding about a submission, said to its sender in words from templates/problems.toml."""

    code: str
    """What is wrong, for machines: `POSTNUMMER_MANGLER`."""
    field: str
    """Where: the metadata field (`mottaker.postnummer`) or the file name."""
    page: int | None = None
    """1-based, where the fault is on a page."""
    values: tuple[tuple[str, str | int], ...] = ()
    """What the sentence needs beside code, field and page, as name and value; never personal."""
    note: bool = False
    """True: worth knowing, and no reason to reject the letter."""


def faults(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the findings that reject a letter: all that are not notes."""
    return tuple(each for each in found if not each.note)
