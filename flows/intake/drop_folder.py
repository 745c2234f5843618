"""Submissions laid in a local folder, as zips or folders.

What lies there comes from outside: names may point elsewhere, sizes may lie, a zip may be cut
off. A package is opened with every limit on, and what is wrong with it becomes a problem.
"""

import errno
import hashlib
import os
import re
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from flows.archive import READ_BYTES, sha256_of
from flows.domain.problem import Problem
from flows.intake.problems import Code, problem
from flows.intake.submission import Submission, contents_sha256

ANSWER_SUFFIX: Final = ".kvittering.json"
PICTURE: Final = re.compile(r"\.side-[0-9]+\.png$")
"""The end of the name of a rejected page's picture."""

UNFINISHED: Final = (".part", ".tmp")
"""A sender still writes these, or has died doing so."""

DONE, REJECTED = ".ferdig", ".avvist"
"""Where packages go when they are answered."""

MAX_FILES: Final = 1000
MAX_RATIO: Final = 250
"""A file is squeezed at most this much: a scanned page 20-fold, an empty bitmap 200-fold."""

_RATIO_MATTERS_BYTES: Final = 10 * 1024 * 1024
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What case systems write. The others are unpacked by zipfile without a limit on memory."""

_MEGABYTE: Final = 1024 * 1024
_ENCRYPTED: Final = 0x1
"""The bit of a zip entry's flags that says so."""


def waiting_packages(inbox: Path) -> list[Path]:
    """Return the complete packages of one sender's inbox, by name."""
    return sorted(entry for entry in inbox.iterdir() if is_waiting(entry.name))


def is_waiting(name: str) -> bool:
    """Say whether a name in an inbox is a complete package's."""
    return not name.startswith(".") and not is_ours(name)


def is_ours(name: str) -> bool:
    """Say whether a name in an inbox is no package's: an answer, a picture, unfinished."""
    return name.endswith((*UNFINISHED, ANSWER_SUFFIX)) or bool(PICTURE.search(name))


def is_picture_of(package: str, name: str) -> bool:
    """Say whether a file is a picture of a page of the package with this name."""
    place = PICTURE.search(name)
    head = name[: place.start()] if place else ""
    return head == package or head.rpartition(".dokument-")[0] == package


def last_touched(package: Path) -> float:
    """Return when a package was last written to, in seconds since 1970; raises OSError."""
    if package.is_symlink() or not package.is_dir():
        return package.lstat().st_mtime
    return max(each.lstat().st_mtime for each in (package, *package.iterdir()))


def package_name(package: Path) -> str:
    """Return a package's name without `.zip`."""
    name = shown_name(package)
    return name[:-4] if name.lower().endswith(".zip") else name


def shown_name(package: Path) -> str:
    """Return a package's name as text; bytes that are not UTF-8 become a replacement mark."""
    return os.fsencode(package.name).decode("utf-8", "replace")


def open_package(package: Path, work: Path, *, max_bytes: int) -> Submission:
    """Open a package; a zip is unpacked into the folder `work`, which must be empty.

    max_bytes: all files of a letter, unpacked.
    """
    if package.is_dir() and not package.is_symlink():
        return _open_folder(package, max_bytes)
    if package.is_file() and not package.is_symlink() and package.name.lower().endswith(".zip"):
        return _open_zip(package, work, max_bytes)
    return _faulty(package, [problem(Code.PACKAGE_KIND, shown_name(package))])


def put_away(package: Path, folder: str, mark: str) -> None:
    """Move an answered package to `.ferdig` or `.avvist` beside it.

    mark: tells packages of one name apart; the same package again takes its earlier copy's place.
    """
    target = package.parent / folder / package.name
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        target = target.with_name(f"{package_name(package)}-{mark}{package.suffix}")
    if target.is_dir():
        shutil.rmtree(target)
    package.rename(target)


def _open_folder(package: Path, max_bytes: int) -> Submission:
    entries, shown = sorted(package.iterdir()), shown_name(package)
    plain = [entry for entry in entries if entry.is_file() and not entry.is_symlink()]
    faults = _too_much(shown, [entry.stat().st_size for entry in plain], max_bytes)
    if len(plain) < len(entries):
        faults.append(problem(Code.PACKAGE_PATH, shown))
    if not all(_is_text(entry.name) for entry in entries):
        faults.append(problem(Code.PACKAGE_FILE_NAME, shown))
    if faults:
        return _faulty(package, faults)
    files = {entry.name: entry for entry in entries}
    hashes = {name: sha256_of(path) for name, path in files.items()}
    return Submission(package_name(package), files, hashes, contents_sha256(hashes))


_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # an encryption or a version zipfile does not know
    OverflowError,  # a place in the file beyond 2^63
    ValueError,
)
"""What reading a zip that was cut off or altered ends in."""


def _open_zip(package: Path, work: Path, max_bytes: int) -> Submission:
    try:
        with zipfile.ZipFile(package) as archive:
            entries = archive.infolist()
            faults = _faults_of(shown_name(package), entries, max_bytes)
            if faults:
                return _faulty(package, faults)
            hashes = {
                entry.filename: _extract(archive, entry, work / str(number))
                for number, entry in enumerate(entries)
            }
    except (*_DAMAGE, OSError) as fault:
        # EINVAL: the zip says that a file begins where none can. Any other is the disk's fault.
        if isinstance(fault, OSError) and fault.errno != errno.EINVAL:
            raise
        return _faulty(package, [problem(Code.PACKAGE_DAMAGED, shown_name(package))])
    files = {name: work / str(number) for number, name in enumerate(hashes)}
    return Submission(package_name(package), files, hashes, contents_sha256(hashes))


def _faults_of(name: str, entries: list[zipfile.ZipInfo], max_bytes: int) -> list[Problem]:
    names = [entry.filename for entry in entries]
    found = _too_much(name, [entry.file_size for entry in entries], max_bytes)
    if any(not _is_plain_name(each) for each in names):
        found.append(problem(Code.PACKAGE_PATH, name))
    if len(set(names)) < len(names):
        found.append(problem(Code.PACKAGE_TWICE, name))
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        found.append(problem(Code.PACKAGE_ENCRYPTED, name))
    if any(entry.compress_type not in _METHODS for entry in entries):
        found.append(problem(Code.PACKAGE_METHOD, name))
    if any(map(_is_squeezed, entries)):
        found.append(problem(Code.PACKAGE_SQUEEZED, name, grense=MAX_RATIO))
    return found


def _too_much(name: str, sizes: list[int], max_bytes: int) -> list[Problem]:
    """Say what is too large, from the sizes a package declares: before a byte is unpacked."""
    found = []
    if sum(sizes) > max_bytes:
        megabytes, limit = -(-sum(sizes) // _MEGABYTE), max_bytes // _MEGABYTE
        found.append(problem(Code.PACKAGE_TOO_LARGE, name, mb=megabytes, grense_mb=limit))
    if len(sizes) > MAX_FILES:
        found.append(problem(Code.PACKAGE_TOO_MANY, name, antall=len(sizes), grense=MAX_FILES))
    return found


def _is_plain_name(name: str) -> bool:
    return (
        bool(name)
        and "\\" not in name
        and "\0" not in name
        and (PurePosixPath(name).name == name and name not in {".", ".."})
    )


def _is_text(name: str) -> bool:
    """Say whether a name on disk was UTF-8; other bytes come as lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def _is_squeezed(entry: zipfile.ZipInfo) -> bool:
    large = entry.file_size > _RATIO_MATTERS_BYTES
    return large and entry.file_size > MAX_RATIO * entry.compress_size


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target_path: Path) -> str:
    """Unpack one file under a name of ours, since theirs may be anything; return its SHA-256.

    zipfile reads no more than the entry declares, and that was held against the limit.
    """
    digest = hashlib.sha256()
    with archive.open(entry) as source, target_path.open("wb") as target:
        while block := source.read(READ_BYTES):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def _faulty(package: Path, faults: list[Problem]) -> Submission:
    codes = ",".join(fault.code for fault in faults)
    known_by = contents_sha256({"": codes, **_outside_of(package)})
    return Submission(package_name(package), {}, {}, known_by, tuple(faults))


def _outside_of(package: Path) -> dict[str, str]:
    """Return what tells a faulty package from a mended one of the same name, without opening it."""
    if package.is_symlink() or not (package.is_dir() or package.is_file()):
        return {shown_name(package): "neither file nor folder"}
    if package.is_file():
        return {shown_name(package): sha256_of(package)}
    return {shown_name(entry): str(entry.lstat().st_size) for entry in package.iterdir()}
