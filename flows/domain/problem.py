"""A reason a submission cannot be accepted: a value, not an exception."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault of one submission, said to its sender in words from templates/problems.toml."""

    code: str
    """What is wrong, for machines: `POSTNUMMER_MANGLER`."""
    field: str
    """Where: the metadata field (`mottaker.postnummer`) or the file name."""
    page: int | None = None
    """1-based, where the fault is on a page."""
    values: tuple[tuple[str, str | int], ...] = ()
    """What the sentence needs beside code, field and page, as name and value; never personal."""
