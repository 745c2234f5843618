"""Keep documents by the SHA-256 of their bytes; written once, never changed."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flows.errors import ImpossibleState

READ_BYTES = 1024 * 1024

_INCOMING = ".incoming-"
"""How a file is named until it is whole."""


class Archive:
    """A folder of documents, each named by its hash: `ab/cd/abcd...`."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made when something is first put in it."""
        self.folder = folder

    def put(self, source: Path) -> str:
        """Keep a copy of a file and return its SHA-256, lower-case hex.

        The file appears whole or not at all; one that is there already keeps its bytes and counts
        as new, so that `discard` leaves it to whoever has just put it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        handle, temporary = tempfile.mkstemp(prefix=_INCOMING, dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as target, source.open("rb") as reader:
                while block := reader.read(READ_BYTES):
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            kept = self.path_of(digest.hexdigest())
            kept.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.utime(kept)
            except FileNotFoundError:
                Path(temporary).replace(kept)
        finally:
            Path(temporary).unlink(missing_ok=True)
        return digest.hexdigest()

    def path_of(self, sha256: str) -> Path:
        """Return where a document lies, or would lie."""
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        """Say whether a document is kept."""
        return self.path_of(sha256).is_file()

    def discard(self, sha256: str, *, older_than: float) -> bool:
        """Delete a document; return whether it was there and is gone.

        older_than: seconds since 1970, by this machine's clock; one put later than that is left:
        somebody is about to name it in the database. Harmless to repeat, also after a kill.
        """
        kept = self.path_of(sha256)
        aside = kept.with_name(f".deleting-{sha256}")
        try:
            if kept.stat().st_mtime >= older_than:
                return False
            kept.rename(aside)
        except FileNotFoundError:
            if not aside.exists():
                return False
        # Looked at once more: `put` may have come between, and found the file still in its place.
        if aside.stat().st_mtime >= older_than:
            aside.rename(kept)
            return False
        aside.unlink()
        return True

    def sweep(self, *, older_than: float) -> int:
        """Remove what killed runs have left half-way in; return how many files.

        older_than: seconds since 1970, by this machine's clock; what was begun later may still be
        under way.
        """
        left = [one for one in self.folder.glob(f"{_INCOMING}*") if _written_at(one) < older_than]
        for one in left:
            one.unlink(missing_ok=True)
        return len(left)

    @contextmanager
    def open(self, sha256: str) -> Iterator[BinaryIO]:
        """Open a document for reading; raises ImpossibleState when it is not kept here."""
        try:
            reader = self.path_of(sha256).open("rb")
        except FileNotFoundError as fault:
            raise ImpossibleState(
                "a document is recorded but not in the archive",
                where=f"archive, {sha256}",
                do="restore the archive from its copy; the letter waits",
            ) from fault
        with reader:
            yield reader

    def digest_of(self, sha256: str) -> str | None:
        """Read a document and return the SHA-256 its bytes have now; None when it is not kept."""
        try:
            return sha256_of(self.path_of(sha256))
        except FileNotFoundError:
            return None

    def kept(self) -> Iterator[tuple[str, float]]:
        """Give every document's name, and when it was put, in seconds since 1970."""
        for each in self.folder.glob("??/??/*"):
            if not each.name.startswith("."):
                yield each.name, _written_at(each)


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")  # it has just become whole


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, lower-case hex."""
    with path.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest()
