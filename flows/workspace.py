"""Folders to work in: private, on this machine's disk, and never left behind for long."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flows.errors import TryAgainLater

_NAME: Final = re.compile(r"(?P<kind>[a-z]+)-(?P<process>[0-9]+)-.+")


@contextmanager
def work_folder(parent: Path, kind: str) -> Iterator[Path]:
    """Give an empty folder, mode 0700, and remove it afterwards.

    parent: on this machine's own disk. What a killed process of the same kind left there, letters
    perhaps, is removed first.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent, kind)
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def held(file: Path, what: str) -> Iterator[None]:
    """Keep every other process away from what a lock file stands for; a kill lets go of it.

    what: the id to name. Raises TryAgainLater when another process holds it.
    ASSUMPTION: where several machines share the folder, its file system carries locks between them.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise _is_held(what) from fault
        if not _is_the_same(lock.fileno(), file):
            raise _is_held(what)  # its last holder was just leaving
        try:
            yield
        finally:
            file.unlink()


def _is_the_same(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


def _is_held(what: str) -> TryAgainLater:
    return TryAgainLater(
        "another process is at it already", where=what, do="nothing is lost; the next run goes on"
    )


def sweep(parent: Path) -> None:
    """Remove what killed processes of every kind have left."""
    if parent.is_dir():
        _sweep(parent, "")


def _sweep(parent: Path, kind: str) -> None:
    for folder in parent.iterdir():
        match = _NAME.fullmatch(folder.name)
        if match and (not kind or match["kind"] == kind) and not _is_alive(int(match["process"])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's, and running
    return True
