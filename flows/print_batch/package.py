"""Pack a batch's files in one zip whose bytes depend on nothing but the batch."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.archive import sha256_of

NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The zip format's first moment: a package has no time of its own."""

SUMS: Final = "sha256sum.txt"

_READABLE: Final = 0o644 << 16


@dataclass(frozen=True)
class Package:
    """A package on our disk."""

    file: Path
    sha256: str
    size_bytes: int


def write_package(
    contents: Mapping[str, bytes | Path], target: Path, known: Mapping[Path, str] | None = None
) -> Package:
    """Write the contents, in their order, and their SHA-256s last; the zip appears whole or not.

    contents: name in the zip -> bytes, or the file that holds them.
    known: the SHA-256 of files that were hashed while they were written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    sums = "".join(f"{_sha256(one, known or {})}  {name}\n" for name, one in contents.items())
    with temporary.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
            for name, content in {**contents, SUMS: sums.encode()}.items():
                _add(package, name, content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
    return Package(target, sha256_of(target), target.stat().st_size)


def _add(package: zipfile.ZipFile, name: str, content: bytes | Path) -> None:
    entry = zipfile.ZipInfo(name, NO_TIME)
    entry.create_system = 3  # or Windows would write another byte
    entry.external_attr = _READABLE
    entry.file_size = content.stat().st_size if isinstance(content, Path) else len(content)
    with package.open(entry, "w") as writer:
        if isinstance(content, Path):
            with content.open("rb") as reader:
                shutil.copyfileobj(reader, writer, 1024 * 1024)
        else:
            writer.write(content)


def _sha256(content: bytes | Path, known: Mapping[Path, str]) -> str:
    if isinstance(content, Path):
        return known.get(content) or sha256_of(content)
    return hashlib.sha256(content).hexdigest()
