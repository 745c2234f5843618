"""Find the vendor's answers where they lie, bring one home whole, and put it away."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from flows.clock import oslo_date
from flows.database.session import Tx
from flows.database.vendors import profile_on
from flows.domain.vendor_profile import VendorProfile
from flows.object_archive import open_archive
from flows.receipts.raw_rows import MAX_BYTES
from flows.settings import Settings
from flows.sftp import Sftp
from flows.workspace import work_folder

OK: Final = ".ok"
_DATED: Final = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?!\d)")


class AnswerKind(StrEnum):
    """What a file of the vendor is about; booked in this order."""

    RECEIPT = "RECEIPT"
    RETURN = "RETURN"
    INVOICE = "INVOICE"


@dataclass(frozen=True)
class Answer:
    """A file that lies complete at the vendor."""

    kind: AnswerKind
    folder: str
    name: str
    put_away: str
    """The folder it is moved to when it is kept."""


def folders_of(profile: VendorProfile) -> Iterator[tuple[AnswerKind, str, str]]:
    """Return where each kind of answer lies, and how its files are named."""
    way = profile.transport
    yield AnswerKind.RECEIPT, way.receipts_folder, way.receipt_names
    yield AnswerKind.RETURN, way.returns_folder, way.return_names
    yield AnswerKind.INVOICE, way.invoices_folder, way.invoice_names


def complete_answers(server: Sftp, profile: VendorProfile) -> list[Answer]:
    """Return the files that have their `.ok`: receipts, returns, invoices; each oldest first."""
    found = []
    for kind, folder, pattern in folders_of(profile):
        names = {file.name for file in server.files_in(folder)}
        found += [
            Answer(kind, folder, name, profile.transport.archive_folder)
            for name in sorted(names)
            if fnmatchcase(name, pattern) and f"{name}{OK}" in names
        ]
    return found


def put_away_strays(server: Sftp, profile: VendorProfile) -> None:
    """Put away the `.ok` of files that a killed run had already put away."""
    archive = profile.transport.archive_folder
    for _, folder, _ in folders_of(profile):
        names = {file.name for file in server.files_in(folder)}
        for ok in sorted(name for name in names if name.endswith(OK)):
            gone = ok.removesuffix(OK) not in names
            if gone and server.size_of(f"{archive}/{ok.removesuffix(OK)}") is not None:
                server.move(f"{folder}/{ok}", f"{archive}/{ok}")


def bring_home(server: Sftp, settings: Settings, answer: Answer) -> tuple[bytes, str]:
    """Return a file's bytes and what is wrong with them, empty when they are as promised.

    They are in the archive before anything is read out of them. What is too large is not fetched.
    """
    path = f"{answer.folder}/{answer.name}"
    size = server.size_of(path)
    if size is not None and size > MAX_BYTES:
        return b"", f"the file has {size} bytes; at most {MAX_BYTES} are read"
    content = server.read(path, MAX_BYTES)
    keep(settings, content)
    promised = _is_as_promised(content, server.read(f"{path}{OK}"))
    return content, "" if promised else "not the file its .ok describes"


def put_away(server: Sftp, answer: Answer) -> None:
    """Move a booked file to the archive folder at the vendor, its `.ok` last.

    An `.ok` without its file is nothing to anyone; `put_away_strays` finds it.
    """
    for each in (answer.name, f"{answer.name}{OK}"):
        server.move(f"{answer.folder}/{each}", f"{answer.put_away}/{each}")


def keep(settings: Settings, content: bytes) -> str:
    """Keep a file in the archive as it came; return its SHA-256."""
    with work_folder(settings.work_folder, "receipts") as work:
        file = work / "receipts"
        file.write_bytes(content)
        return open_archive(settings).put(file)


def profile_of(tx: Tx, settings: Settings, name: str, now: datetime) -> VendorProfile:
    """Return the profile a file is read by: of the date in its name, or else of today."""
    return profile_on(tx, settings.vendor.profile, written_on(name) or oslo_date(now))


def written_on(name: str) -> date | None:
    """Return the date (yyyymmdd) in a file's name, None when there is none."""
    match = _DATED.search(name)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _is_as_promised(content: bytes, ok: bytes) -> bool:
    try:
        promised = json.loads(ok)
    except ValueError:
        return False
    return isinstance(promised, dict) and (
        promised.get("sha256") == hashlib.sha256(content).hexdigest()
        and promised.get("size_bytes") == len(content)
    )
