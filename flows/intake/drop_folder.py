"""Submissions laid in a local folder, as zips or folders.

What lies there comes from outside: names may point elsewhere, sizes may lie, a zip may be cut
off. A package is opened with every limit on, and what is wrong with it becomes a problem.
"""

import hashlib
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
UNFINISHED: Final = (".part", ".tmp")
"""A sender still writes these, or has died doing so."""

DONE, REJECTED = ".ferdig", ".avvist"
"""Where packages go when they are answered."""

MAX_FILES: Final = 1000
_MEGABYTE: Final = 1024 * 1024
_ENCRYPTED: Final = 0x1
"""The bit of a zip entry's flags that says so."""


def waiting_packages(inbox: Path) -> list[Path]:
    """Return the complete packages of one sender's inbox, by name."""
    return sorted(
        entry
        for entry in inbox.iterdir()
        if not entry.name.startswith(".") and not entry.name.endswith((*UNFINISHED, ANSWER_SUFFIX))
    )


def package_name(package: Path) -> str:
    """Return a package's name without `.zip`."""
    return package.name[:-4] if package.name.lower().endswith(".zip") else package.name


def open_package(package: Path, work: Path, *, max_bytes: int) -> Submission:
    """Open a package; a zip is unpacked into the folder `work`, which must be empty.

    max_bytes: all files of a letter, unpacked.
    """
    if package.is_dir() and not package.is_symlink():
        return _open_folder(package, max_bytes)
    if package.is_file() and not package.is_symlink() and package.name.lower().endswith(".zip"):
        return _open_zip(package, work, max_bytes)
    return _faulty(package, [problem(Code.PACKAGE_KIND, package.name)])


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
    entries = sorted(package.iterdir())
    plain = all(entry.is_file() and not entry.is_symlink() for entry in entries)
    if not plain:
        return _faulty(package, [problem(Code.PACKAGE_PATH, package.name)])
    faults = _too_much(package.name, [entry.stat().st_size for entry in entries], max_bytes)
    if faults:
        return _faulty(package, faults)
    files = {entry.name: entry for entry in entries}
    hashes = {name: sha256_of(path) for name, path in files.items()}
    return Submission(package_name(package), files, hashes, contents_sha256(hashes))


def _open_zip(package: Path, work: Path, max_bytes: int) -> Submission:
    try:
        with zipfile.ZipFile(package) as archive:
            entries = archive.infolist()
            faults = _faults_of(package.name, entries, max_bytes)
            if faults:
                return _faulty(package, faults)
            hashes = {entry.filename: _extract(archive, entry, work) for entry in entries}
    # NotImplementedError: a way of packing zipfile does not know; the others: cut off or altered.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
        return _faulty(package, [problem(Code.PACKAGE_DAMAGED, package.name)])
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


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, work: Path) -> str:
    """Unpack one file under a name of ours, since theirs may be anything; return its SHA-256.

    zipfile reads no more than the entry declares, and that was held against the limit.
    """
    digest = hashlib.sha256()
    number = sum(1 for _ in work.iterdir())
    with archive.open(entry) as source, (work / str(number)).open("wb") as target:
        while block := source.read(READ_BYTES):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def _faulty(package: Path, faults: list[Problem]) -> Submission:
    raw = {package.name: sha256_of(package)} if package.is_file() else {package.name: ""}
    return Submission(package_name(package), {}, {}, contents_sha256(raw), tuple(faults))
