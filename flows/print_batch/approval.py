"""What the vendor says about the pieces of a package, and whether it agrees with what we sent."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from flows.database.approvals import PackagePiece
from flows.database.batches import Batch
from flows.print_batch.ok_file import Sha256, is_whole

Millimetres = Annotated[Decimal, Field(ge=0, le=1000, max_digits=6, decimal_places=2)]


class Finding(BaseModel):
    """One thing that is wrong with a piece; codes and figures alone, so nothing personal."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    code: str = Field(pattern=r"^[A-Z0-9_]{1,40}$")
    page: int | None = Field(default=None, ge=1, le=10_000)
    zone: str = Field(default="", pattern=r"^[a-z0-9_]{0,30}$")
    x_mm: Millimetres | None = None
    y_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        given = [self.x_mm, self.y_mm, self.width_mm, self.height_mm]
        if any(one is None for one in given) and any(one is not None for one in given):
            raise ValueError("a rectangle has all of x_mm, y_mm, width_mm and height_mm")
        return self

    def as_kept(self) -> dict[str, Any]:
        """Return what was said and no more, the millimetres as text: 12.0 and 12 are one."""
        kept: dict[str, Any] = {"code": self.code}
        if self.page is not None:
            kept["page"] = self.page
        if self.zone:
            kept["zone"] = self.zone
        for name in ("x_mm", "y_mm", "width_mm", "height_mm"):
            if (value := getattr(self, name)) is not None:
                kept[name] = f"{value.normalize():f}"
        return kept


class RefusedPiece(BaseModel):
    """A piece the vendor will not print."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    piece: int = Field(ge=1)
    shipment: str = Field(max_length=64)
    findings: list[Finding] = Field(min_length=1, max_length=200)


class Approval(BaseModel):
    """The answer file of docs/formats/package.md, section 7."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    schema_version: Literal["svarut/godkjenning/1"] = Field(alias="schema")
    package: str
    batch: str
    attempt: int = Field(ge=1)
    decided: AwareDatetime
    sha256: Sha256
    approved: int = Field(ge=0)
    refused: list[RefusedPiece]

    @property
    def findings(self) -> dict[int, list[dict[str, Any]]]:
        """What is wrong, by piece number."""
        return {one.piece: [each.as_kept() for each in one.findings] for one in self.refused}

    @property
    def meaning_sha256(self) -> str:
        """The same for answers that say the same, whenever and however they are written."""
        says = [self.approved, sorted(self.findings.items())]
        return hashlib.sha256(json.dumps(says, sort_keys=True).encode()).hexdigest()


def read_approval(content: bytes, ok: bytes) -> Approval | None:
    """Read an answer and its `.ok`; None when either is not what the format says."""
    if not is_whole(content, ok):
        return None
    try:
        return Approval.model_validate_json(content)
    except ValidationError:
        return None


def why_not(answer: Approval, batch: Batch, pieces: Mapping[int, PackagePiece]) -> str:
    """Return why an answer cannot be about a package; empty: it can.

    pieces: those that were in the package, by number, the refused and the stopped among them.
    """
    pairs = [
        (answer.package, batch.package, "package"),
        (answer.batch, batch.id, "batch"),
        (answer.attempt, batch.attempt, "attempt"),
        (answer.sha256, batch.package_sha256, "SHA-256"),
        (answer.approved + len(answer.refused), batch.letters, "number of pieces"),
    ]
    wrong = [f"another {what} than was sent" for theirs, ours, what in pairs if theirs != ours]
    if len(answer.findings) != len(answer.refused):
        wrong.append("a piece is refused twice")
    strangers = [
        one.piece
        for one in answer.refused
        if one.piece not in pieces or pieces[one.piece].shipment_id != one.shipment
    ]
    if strangers:
        wrong.append(f"refused pieces that were not in the package: {_some(strangers)}")
    printed = [number for number in answer.findings if number in pieces and pieces[number].printed]
    if printed:
        wrong.append(f"refused pieces that have their receipts: {_some(printed)}")
    return "; ".join(wrong)


def _some(numbers: list[int]) -> str:
    shown = ", ".join(map(str, sorted(numbers)[:5]))
    return shown if len(numbers) <= 5 else f"{shown} and {len(numbers) - 5} more"  # noqa: PLR2004
