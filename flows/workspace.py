"""Folders to work in: private, on this machine's disk, and never left behind for long."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

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
