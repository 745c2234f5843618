"""Attachments: hashed as they come and let go; only what is known of them is kept."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from starlette.datastructures import UploadFile

from flows.sandbox.altinn_model import AttachmentMeta
from flows.sandbox.altinn_problem import Problem

TYPES: Final = frozenset(
    [
        "doc",
        "xls",
        "docx",
        "xlsx",
        "ppt",
        "pps",
        "zip",
        "pdf",
        "html",
        "txt",
        "xml",
        "jpg",
        "jpeg",
        "gif",
        "bmp",
        "png",
        "json",
        "csv",
        "dcm",
        "dicom",
    ]
)
MAX_BYTES: Final = 2 * 1024**3
CHUNK: Final = 1024 * 1024
_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))]
)


@dataclass(slots=True)
class Attachment:
    """One attachment, without its bytes."""

    id: str
    resource: str
    created: datetime
    file_name: str
    senders_reference: str
    display_name: str | None = None
    is_encrypted: bool = False
    checksum: str | None = None
    expiration_in_days: int | None = None
    consumer: str | None = None
    sha256: str = ""
    size: int = 0
    uploaded: datetime | None = None
    scanned: datetime | None = None
    """When the scan's verdict is there."""
    purged: datetime | None = None
    infected: bool = False
    linked: list[str] = field(default_factory=list)
    """Correspondence it is part of."""

    @property
    def malware(self) -> bool:
        """Whether the scan will find something: files named so, and letters whose scenario it is."""
        return self.infected or "malware" in self.file_name.lower()

    @property
    def expires(self) -> datetime | None:
        """When it is deleted."""
        days = self.expiration_in_days
        return None if days is None else self.created + timedelta(days=days)

    def history(self, now: datetime) -> list[tuple[str, datetime]]:
        """Return its statuses up to now."""
        happened = [("Initialized", self.created)]
        if self.uploaded:
            happened.append(("UploadProcessing", self.uploaded))
        if self.scanned:
            happened.append(("Failed" if self.malware else "Published", self.scanned))
        if self.expires and not self.purged:
            happened.append(("Expired", self.expires))
        if self.purged:
            happened.append(("Purged", self.purged))
        return [(status, at) for status, at in happened if at <= now]

    def status(self, now: datetime) -> str:
        """Return its status."""
        return self.history(now)[-1][0]


@dataclass(frozen=True)
class Digest:
    """What is left of a file's bytes."""

    md5: str
    sha256: str
    size: int


class Hasher:
    """Takes a file piece by piece."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._md5, self._sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        self.size = 0

    def take(self, piece: bytes) -> None:
        """Take a piece."""
        self._md5.update(piece)
        self._sha256.update(piece)
        self.size += len(piece)

    def done(self, checksum: str | None) -> Digest:
        """Return the digest.

        Raises Problem: empty, too large, or not what the checksum says.
        """
        if not 0 < self.size <= MAX_BYTES:
            raise Problem(400, 2004)
        md5 = self._md5.hexdigest()
        if checksum is not None and checksum != md5:
            raise Problem(400, 2008)
        return Digest(md5, self._sha256.hexdigest(), self.size)


async def digest(file: UploadFile, checksum: str | None) -> Digest:
    """Read a file to its end in pieces."""
    hasher = Hasher()
    while piece := await file.read(CHUNK):
        hasher.take(piece)
    return hasher.done(checksum)


def check_meta(meta: AttachmentMeta) -> None:
    """Refuse what cannot be an attachment.

    Raises Problem.
    """
    name = meta.file_name
    if not name:
        raise Problem(400, 2010)
    if len(name.encode()) > 255:
        raise Problem(400, 2011)
    if _FORBIDDEN & set(name) or min(name) < " " or name[-1] in " .":
        raise Problem(400, 2012)
    stem, _, kind = name.rpartition(".")
    if name.partition(".")[0].lower() in _RESERVED:
        raise Problem(400, 2021)
    if not stem or kind.lower() not in TYPES:
        raise Problem(400, 2013)
    if meta.expiration_in_days is not None and not 1 <= meta.expiration_in_days <= 36_500:
        raise Problem(400, 2017)
