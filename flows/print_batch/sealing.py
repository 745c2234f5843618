"""A package encrypted once: the encrypted file is kept, and is what every run sends.

The same package encrypted twice gives two different files. So beside the file lies a record of what
it is; while that fits, the file is sent as it is, however often a run was killed.
docs/decisions/0031-encrypted-once-and-kept.md
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pysequoia import PySigner, encrypt_file

from flows.archive import sha256_of
from flows.domain.batch import ENCRYPTED, ENCRYPTED_RECORD
from flows.print_batch.vendor_key import KeyUnusable, VendorKey

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

_SYSTEM_SAYS: Final = re.compile(r"\(os error (\d+)\)")


@dataclass(frozen=True)
class Sealed:
    """An encrypted package on our disk."""

    file: Path
    sha256: str
    size_bytes: int
    recipient: str
    """The fingerprint of the key it was encrypted to."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    sha256: Sha256
    size_bytes: int
    package_sha256: Sha256
    recipient: str


def kept(package: Path, package_sha256: str) -> Sealed | None:
    """Return the encrypted file of a package, if it is whole and of these very bytes.

    A letter may have left the batch since, and the package been made again under the same name.
    """
    file = package.with_name(package.name + ENCRYPTED)
    try:
        record = _Record.model_validate_json(_record_of(package).read_bytes())
        if record.package_sha256 != package_sha256 or record.sha256 != sha256_of(file):
            return None
    except (OSError, ValidationError):
        return None
    return Sealed(file, record.sha256, record.size_bytes, record.recipient)


def seal(package: Path, package_sha256: str, key: VendorKey, signer: PySigner | None) -> Sealed:
    """Encrypt a package that lies on our disk, and keep the file and its record.

    Runs as a stream: memory does not grow with the package. The caller keeps others away.
    Raises KeyUnusable when the library refuses the key, OSError when the disk does the file.
    """
    file = package.with_name(package.name + ENCRYPTED)
    temporary = file.with_name(f".{file.name}.part")
    try:
        _encrypt(package, temporary, key, signer)
        sealed = Sealed(file, sha256_of(temporary), temporary.stat().st_size, key.fingerprint)
        temporary.replace(file)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    record = _Record(
        sha256=sealed.sha256,
        size_bytes=sealed.size_bytes,
        package_sha256=package_sha256,
        recipient=key.fingerprint,
    )
    _write(_record_of(package), record.model_dump_json().encode())
    return sealed


def _encrypt(package: Path, target: Path, key: VendorKey, signer: PySigner | None) -> None:
    try:
        encrypt_file(package, target, recipients=[key.cert], signer=signer, armor=False)
    except RuntimeError as fault:
        if said := _SYSTEM_SAYS.search(str(fault)):
            raise OSError(int(said[1]), os.strerror(int(said[1])), str(target)) from fault
        raise KeyUnusable(
            "the package cannot be encrypted to the vendor's key",
            where=key.fingerprint,
            do="ask the vendor for another key; docs/operations.md, section Encrypted packages",
        ) from fault
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _record_of(package: Path) -> Path:
    return package.with_name(package.name + ENCRYPTED_RECORD)


def _write(file: Path, content: bytes) -> None:
    temporary = file.with_name(f".{file.name}.part")
    with temporary.open("wb") as writer:
        writer.write(content)
        writer.flush()
        os.fsync(writer.fileno())
    temporary.replace(file)
