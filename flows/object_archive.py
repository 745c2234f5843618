"""The archive in an object store: the same documents by the same hashes, fetched when needed."""

import atexit
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import fsspec

from flows.archive import READ_BYTES, Archive, sha256_of
from flows.errors import NeedsAPerson, TryAgainLater
from flows.settings import Settings

WHOLE: Final = frozenset({"abfs", "abfss", "az", "gcs", "gs", "memory", "oss", "s3", "s3a"})
"""Stores where an object appears whole or not at all; by SFTP, FTP or SMB it may be half there."""

DELETING: Final = "deleting"
"""Here lies a mark for each document that is being deleted."""
MARK_SECONDS: Final = 900
"""A mark older than this was left by a killed deletion."""
NEWEST: Final = 64
"""Files that stay in the cache however large they are: somebody is about to open them."""
PUT_AT: Final = ("LastModified", "last_modified", "mtime", "updated", "created")
"""What stores call the instant an object was put."""
ATTEMPTS: Final = 20
PAUSE_SECONDS: Final = 0.25


def open_archive(settings: Settings) -> Archive:
    """Return the archive that the settings name: a folder, or a place in an object store.

    Raises NeedsAPerson when the address is none we can keep documents at.
    """
    scheme = urlsplit(settings.archive_url).scheme
    if not settings.archive_url:
        return Archive(settings.archive_folder)
    if scheme == "file":
        return Archive(Path(unquote(urlsplit(settings.archive_url).path)))
    if scheme not in WHOLE:
        raise _no_archive(
            f"objects do not appear whole there: {scheme or 'no'}://",
            f"use file:// or one of {', '.join(sorted(WHOLE))}",
        )
    store, root = _store(settings.archive_url)
    return ObjectArchive(store, root, _cache(settings.work_folder, settings.archive_cache_mb))


class ObjectArchive(Archive):
    """A place in an object store. `path_of` fetches: what it gives is a copy on this disk."""

    def __init__(self, store: Any, root: str, cache: "Cache") -> None:
        """store: an fsspec file system; nothing in it is renamed, listed or locked."""
        self.store, self.root, self.cache = store, root.rstrip("/"), cache

    def sweep(self, *, older_than: float) -> int:
        """Return 0: what a store shows is whole."""
        del older_than
        return 0

    def put(self, source: Path) -> str:
        """Keep a copy of a file and return its SHA-256, lower-case hex.

        Putting it once more is harmless and makes it new, so that `discard` leaves it. It is there
        when this returns, whatever deletes at the same time.
        """
        sha256, size_bytes = sha256_of(source), source.stat().st_size
        for _ in range(ATTEMPTS):
            with self._answering(sha256):
                self.store.put_file(str(source), self._key(sha256))
                # In this order: a mark that is gone was taken away after its document was.
                if not self._is_being_deleted(sha256) and self._size(sha256) == size_bytes:
                    return sha256
            time.sleep(PAUSE_SECONDS)
        raise TryAgainLater(
            "a document is being deleted, or the archive's store does not keep it",
            where=f"archive, {sha256}",
            do="the next run puts it there; if it repeats: svarut doctor",
        )

    def path_of(self, sha256: str) -> Path:
        """Return a copy on this disk; where it is not kept, a path where nothing lies.

        It is for opening at once: after a while other copies take its room.
        """
        with self.cache.lock:
            kept = self.cache.found(sha256)
            if kept.is_file():
                return kept
            coming = kept.with_name(f".{sha256}.coming")
            try:
                with self._answering(sha256):
                    self.store.get_file(self._key(sha256), str(coming))
            except FileNotFoundError:
                coming.unlink(missing_ok=True)
                return kept
            if sha256_of(coming) != sha256:
                # Whoever reads it finds out, as in a folder; the next one asks the store again.
                return coming.replace(kept.with_name(f"{sha256}.other"))
            coming.replace(kept)
            self.cache.keep(sha256)
            return kept

    def has(self, sha256: str) -> bool:
        """Say whether a document is kept."""
        with self._answering(sha256):
            return self._size(sha256) is not None

    def discard(self, sha256: str, *, older_than: float) -> bool:
        """Delete a document; return whether it was there and is gone.

        older_than: seconds since 1970, by the store's clock. A store can neither rename nor delete
        on a condition: a mark tells whoever puts the same document meanwhile to look again.
        """
        mark = f"{self.root}/{DELETING}/{sha256}"
        with self._answering(sha256):
            self.store.pipe_file(mark, b"")
            try:
                if self._put_at(sha256) >= older_than:
                    return False
                self.store.rm_file(self._key(sha256))
            except FileNotFoundError:
                return False
            finally:
                self.store.rm_file(mark)
        self.cache.forget(sha256)
        return True

    def digest_of(self, sha256: str) -> str | None:
        """Read a document from the store, and keep no copy; None when it is not there."""
        try:
            with self._answering(sha256), self.store.open(self._key(sha256), "rb") as reader:
                digest = hashlib.sha256()
                while block := reader.read(READ_BYTES):
                    digest.update(block)
                return digest.hexdigest()
        except FileNotFoundError:
            return None

    def kept(self) -> Iterator[tuple[str, float]]:
        """Give every document's name, and when it was put, in seconds since 1970."""
        with self._answering("the whole"):
            self.store.invalidate_cache()
            found = self.store.find(self.root, detail=True)
        for path, about in found.items():
            folder, _, name = str(path).rpartition("/")
            if not folder.endswith(f"/{DELETING}"):
                yield name, _put_at(about)

    def _key(self, sha256: str) -> str:
        return f"{self.root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def _put_at(self, sha256: str) -> float:
        self.store.invalidate_cache()
        return float(self.store.modified(self._key(sha256)).timestamp())

    def _size(self, sha256: str) -> int | None:
        self.store.invalidate_cache()
        try:
            return int(self.store.info(self._key(sha256))["size"])
        except FileNotFoundError:
            return None

    def _is_being_deleted(self, sha256: str) -> bool:
        mark = f"{self.root}/{DELETING}/{sha256}"
        self.store.invalidate_cache()
        try:
            return time.time() - float(self.store.modified(mark).timestamp()) < MARK_SECONDS
        except FileNotFoundError:
            return False

    @contextmanager
    def _answering(self, sha256: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except PermissionError as fault:
            raise _no_archive("the store does not let us", "check our rights there") from fault
        # Every store's library has errors of its own, which cannot be named without having it.
        except Exception as fault:
            raise TryAgainLater(
                f"the archive's store did not answer ({type(fault).__name__})",
                where=f"archive, {sha256}",
                do="nothing is lost; the next run goes on. If it repeats: svarut doctor",
            ) from fault


def _put_at(about: dict[str, Any]) -> float:
    """Return when an object was put, under whichever name its store says it; else long ago."""
    said = next((about[name] for name in PUT_AT if about.get(name)), 0.0)
    return float(said.timestamp() if isinstance(said, datetime) else said)


class Cache:
    """Copies on this disk, of this process alone; gone when it ends, swept when it was killed."""

    def __init__(self, parent: Path, limit_bytes: int) -> None:
        """parent: the folder of work folders; a name like theirs lets it be swept like them."""
        parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"archive-{os.getpid()}-", dir=parent))
        self.limit_bytes = limit_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self.lock = threading.RLock()
        """Held while one is fetched: two threads must not write the same copy."""
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)

    def found(self, sha256: str) -> Path:
        """Return where a copy lies or would lie; it counts as the newest."""
        with self.lock:
            if sha256 in self._sizes:
                self._sizes.move_to_end(sha256)
        return self.folder / sha256

    def keep(self, sha256: str) -> None:
        """Count a copy that has come, and make room for it."""
        with self.lock:
            self._sizes[sha256] = (self.folder / sha256).stat().st_size
            while len(self._sizes) > NEWEST and sum(self._sizes.values()) > self.limit_bytes:
                oldest, _ = self._sizes.popitem(last=False)
                (self.folder / oldest).unlink(missing_ok=True)

    def forget(self, sha256: str) -> None:
        """Remove a copy."""
        with self.lock:
            self._sizes.pop(sha256, None)
            (self.folder / sha256).unlink(missing_ok=True)


@cache
def _cache(parent: Path, limit_mb: int) -> Cache:
    return Cache(parent, limit_mb * 1024 * 1024)


@cache
def _store(url: str) -> tuple[Any, str]:
    """Open the store, with the login that its library finds: environment or fsspec's own files."""
    try:
        store, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except ImportError as fault:
        scheme = urlsplit(url).scheme
        raise _no_archive(
            f"the library for {scheme}:// is not installed",
            "install it beside svarut: s3fs, gcsfs, adlfs or ossfs",
        ) from fault
    return store, str(root)


def _no_archive(what: str, do: str) -> NeedsAPerson:
    return NeedsAPerson(f"no documents can be kept: {what}", where="SVARUT_ARCHIVE_URL", do=do)
