"""What the vendor says about a package, and whether it agrees with what we sent."""

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from flows.database.batches import Batch

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Acknowledgement(BaseModel):
    """One answer: docs/formats/package.md section 6. Fields we do not know are tolerated."""

    model_config = ConfigDict(frozen=True, strict=True)

    format: Literal["svarut/mottak/1"] = Field(alias="schema")
    package: str
    batch: str
    attempt: int
    received: AwareDatetime
    sha256: Sha256
    accepted: bool
    letters: int
    pages: int
    sheets: int
    reason: str


class OkFile(BaseModel):
    """The `.ok` beside a file: the file is whole when it has this size and hash."""

    model_config = ConfigDict(frozen=True, strict=True)

    sha256: Sha256
    size_bytes: int


class Verdict(StrEnum):
    """What an answer means for its batch."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    DIFFERS = "DIFFERS"


def read_acknowledgement(content: bytes, ok: bytes) -> Acknowledgement | None:
    """Read an answer and its `.ok`; None when either is not what the format says."""
    try:
        ticket = OkFile.model_validate_json(ok)
        if (ticket.sha256, ticket.size_bytes) != (sha256_of_bytes(content), len(content)):
            return None
        return Acknowledgement.model_validate_json(content)
    except ValidationError:
        return None


def judge(answer: Acknowledgement, batch: Batch) -> tuple[Verdict, str]:
    """Say what an answer means for the batch, and what a person should know about it.

    A refusal counts whatever the figures are: nothing will be printed. An acceptance counts only
    when the vendor counted what we did, in the very bytes we sent.
    """
    if (answer.package, answer.batch, answer.attempt) != (batch.package, batch.id, batch.attempt):
        return Verdict.DIFFERS, "the answer is about another package than its name says"
    if not answer.accepted:
        return Verdict.REFUSED, f"the vendor refused the package: {answer.reason[:200]}"
    pairs = {
        "letters": (answer.letters, batch.letters),
        "pages": (answer.pages, batch.pages),
        "sheets": (answer.sheets, batch.sheets),
        "SHA-256": (answer.sha256, batch.package_sha256),
    }
    wrong = [
        f"{name}: the vendor has {theirs}, we have {ours}"
        for name, (theirs, ours) in pairs.items()
        if theirs != ours
    ]
    return (Verdict.DIFFERS, "; ".join(wrong)) if wrong else (Verdict.ACCEPTED, "")


def sha256_of_bytes(content: bytes) -> str:
    """Return the SHA-256 of some bytes, lower-case hex."""
    return hashlib.sha256(content).hexdigest()
