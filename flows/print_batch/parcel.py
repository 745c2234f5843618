"""A package as the vendor is to find it: as it is, or encrypted."""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from flows.database.batches import Batch
from flows.domain.batch import ENCRYPTED, BatchId
from flows.domain.vendor_profile import Transport
from flows.errors import ImpossibleState


@dataclass(frozen=True)
class Cargo:
    """The file that leaves, or has left."""

    file: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Parcel:
    """A package on its way."""

    way: Transport
    """The folders of the day the batch was made: a later version of the profile moves nothing."""
    batch_id: BatchId
    package: str
    package_sha256: str
    package_size_bytes: int
    letters: int

    @property
    def is_encrypted(self) -> bool:
        """Say whether what leaves is not the package itself."""
        return self.way.encryption != "none"

    @property
    def name(self) -> str:
        """Its name at the vendor."""
        return f"{self.package}{ENCRYPTED}" if self.is_encrypted else self.package

    @property
    def there(self) -> str:
        """Its path at the vendor."""
        return f"{self.way.upload_folder}/{self.name}"

    def ok(self, cargo: Cargo) -> bytes:
        """Return what stands in the `.ok` beside it."""
        facts: dict[str, str | int] = {
            "sha256": cargo.sha256,
            "size_bytes": cargo.size_bytes,
            "letters": self.letters,
        }
        if self.is_encrypted:
            facts["package_sha256"] = self.package_sha256
        return json.dumps(facts).encode()

    def package_in_ok(self, content: bytes) -> str | None:
        """Return the SHA-256 of the package that a `.ok` stands beside, in the clear or not."""
        try:
            ok = _OurOk.model_validate_json(content)
        except ValidationError:
            return None
        return ok.package_sha256 if self.is_encrypted else ok.sha256


class _OurOk(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    sha256: str
    package_sha256: str | None = None


def parcel_of(batch: Batch, way: Transport) -> Parcel:
    """Return an assembled batch's package as the vendor is to find it."""
    if not (batch.package and batch.package_sha256 and batch.package_size_bytes):
        raise ImpossibleState(
            "an assembled batch has no package", where=batch.id, do="keep the log and report it"
        )
    return Parcel(
        way,
        batch.id,
        batch.package,
        batch.package_sha256,
        batch.package_size_bytes,
        batch.letters,
    )
