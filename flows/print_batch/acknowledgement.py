"""What the vendor says about a package, and whether it agrees with what we sent."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from flows.database.batches import Batch
from flows.print_batch.ok_file import Sha256, is_whole


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


class Verdict(StrEnum):
    """What an answer means for its batch."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    DIFFERS = "DIFFERS"


def read_acknowledgement(content: bytes, ok: bytes) -> Acknowledgement | None:
    """Read an answer and its `.ok`; None when either is not what the format says."""
    if not is_whole(content, ok):
        return None
    try:
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
