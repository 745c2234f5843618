"""Answers as they lie at the vendor: found by their names, read whole, put away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from flows.sftp import RemoteFile, Sftp

LARGEST_BYTES: Final = 16 * 1024 * 1024
"""An answer about a package is some hundred bytes for each piece it names."""


@dataclass(frozen=True)
class Place:
    """Where answers of a kind lie."""

    folder: str
    names: str
    """One `*` stands for the name of what an answer is about."""
    archive: str
    """Where we put them away."""

    def about(self, name: str) -> str:
        """Return what an answer of this name is about; empty: it is no answer's name."""
        before, _, after = self.names.partition("*")
        if len(name) <= len(before + after):
            return ""
        if not (name.startswith(before) and name.endswith(after)):
            return ""
        return name[len(before) : len(name) - len(after)]


def present_in(server: Sftp, place: Place) -> dict[str, RemoteFile]:
    """Return everything that lies there now, by its name."""
    return {file.name: file for file in server.files_in(place.folder)}


def complete(place: Place, present: Mapping[str, RemoteFile]) -> dict[str, RemoteFile]:
    """Return the answers that have their `.ok`, by what they are about."""
    return {
        about: file
        for name, file in present.items()
        if (about := place.about(name)) and f"{name}.ok" in present
    }


def read_both(server: Sftp, place: Place, file: RemoteFile) -> tuple[bytes, bytes]:
    """Return an answer and its `.ok`; nothing of one that is far too large."""
    if file.size_bytes > LARGEST_BYTES:
        return b"", b""
    path = f"{place.folder}/{file.name}"
    return server.read(path), server.read(f"{path}.ok")


def put_away(server: Sftp, place: Place, name: str) -> None:
    """Move an answer to the archive folder at the vendor."""
    # The .ok last: an answer without one is not looked at, and would lie there for ever.
    for each in (name, f"{name}.ok"):
        server.move(f"{place.folder}/{each}", f"{place.archive}/{each}")


def put_away_strays(server: Sftp, place: Place, present: Iterable[str]) -> None:
    """Finish what a run began that was stopped between the two moves of `put_away`."""
    names = set(present)
    for ok in sorted(name for name in names if name.endswith(".ok")):
        answer = ok.removesuffix(".ok")
        if place.about(answer) and answer not in names:
            server.move(f"{place.folder}/{ok}", f"{place.archive}/{ok}")
