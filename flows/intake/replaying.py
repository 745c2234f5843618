"""Packages that were put away, laid in the inbox once more; taken in at most once all the same.

A letter is known by sender and reference (docs/decisions/0010-sender-and-reference.md): what was
taken in before gets its first answer again, and what was not is taken in.
"""

import json
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.intake.drop_folder import DONE, REJECTED, is_waiting, last_touched
from flows.intake.submission import METADATA

PUT_AWAY: Final = (DONE, REJECTED)

_MARK: Final = re.compile(r"-(?:[0-9a-f]{8}|[0-9]{8}T[0-9]{6})(?=\.zip$|$)")
"""What `put_away` adds to a name that was taken."""

MOST_BYTES: Final = 10 * 1024 * 1024
"""Of a description, when its reference is looked for."""


@dataclass(frozen=True)
class PutAway:
    """A package that was answered and put away."""

    path: Path
    why_not: str
    """Why it is not laid in the inbox again; empty: it can be."""


def put_away_packages(
    inbox: Path, names: frozenset[str], since: datetime | None
) -> Iterator[PutAway]:
    """Give the packages that were put away, by folder and name.

    names: only these; empty: all. since: only those written to since.
    """
    for folder in PUT_AWAY:
        there = inbox / folder
        for package in sorted(there.iterdir()) if there.is_dir() else ():
            wanted = not names or package.name in names
            late = since is None or last_touched(package) >= since.timestamp()
            if is_waiting(package.name) and wanted and late:
                yield PutAway(package, _why_not(inbox, package))


def lay_again(package: PutAway, inbox: Path) -> bool:
    """Lay a package in the inbox, whole; False when one of its name has come there meanwhile.

    The next run takes it in and puts it away again.
    """
    target = inbox / package.path.name
    if package.path.is_dir():
        if target.exists():
            return False
        package.path.rename(target)
        return True
    try:
        os.link(package.path, target)  # unlike a rename it never takes another's place
    except FileExistsError:
        return False
    package.path.unlink()
    return True


def _why_not(inbox: Path, package: Path) -> str:
    if (inbox / package.name).exists():
        return "one of its name lies in the inbox"
    if _MARK.search(package.name) and not _reference_in(package):
        # Its reference is its name, and that is another now: it would be another letter.
        return "its name may have been changed, and it has no reference: svarut send it by its name"
    return ""


def _reference_in(package: Path) -> bool:
    """Say whether a package's description gives a reference of its own."""
    try:
        if package.is_dir():
            content = (package / METADATA).read_bytes()[:MOST_BYTES]
        else:
            with zipfile.ZipFile(package) as archive, archive.open(METADATA) as described:
                content = described.read(MOST_BYTES)
        said = json.loads(content)
    except (OSError, KeyError, ValueError, RecursionError, zipfile.BadZipFile, NotImplementedError):
        return False
    return isinstance(said, dict) and bool(str(said.get("eksternReferanse") or "").strip())
