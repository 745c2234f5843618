"""A letter as a sender hands it over, unchecked."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.domain.problem import Problem

METADATA: Final = "forsendelse.json"
"""The description every package holds."""


@dataclass(frozen=True)
class Submission:
    """One package, opened."""

    name: str
    """The package's name without `.zip`; the letter's reference where the sender gives none."""
    files: Mapping[str, Path]
    """Its files by name, on this disk."""
    hashes: Mapping[str, str]
    """Each file's SHA-256 by its name."""
    contents_sha256: str
    """Of every file's name and bytes, however they are packed."""
    faults: tuple[Problem, ...] = ()
    """What is wrong with the package itself; then files may be empty."""


def contents_sha256(hashes: Mapping[str, str]) -> str:
    """Return one hash for a set of files: by name, each with the SHA-256 of its bytes."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
