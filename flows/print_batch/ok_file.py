"""The `.ok` beside a file: what the file must be to be whole."""

import hashlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class OkFile(BaseModel):
    """What an `.ok` says: the file is whole when it has this size and hash."""

    model_config = ConfigDict(frozen=True, strict=True)

    sha256: Sha256
    size_bytes: int


def is_whole(content: bytes, ok: bytes) -> bool:
    """Say whether some bytes are those that an `.ok` promises."""
    try:
        promised = OkFile.model_validate_json(ok)
    except ValidationError:
        return False
    return (promised.sha256, promised.size_bytes) == (sha256_of_bytes(content), len(content))


def sha256_of_bytes(content: bytes) -> str:
    """Return the SHA-256 of some bytes, lower-case hex."""
    return hashlib.sha256(content).hexdigest()
