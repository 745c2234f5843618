"""What is asked about a document, and what was found; both travel between processes as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.intake.examining.limits import Zone


@dataclass(frozen=True)
class Asked:
    """What a document is to be held against."""

    for_print: bool = True
    """False: only what matters to who reads it on a screen."""
    own_address: bool = False
    """True: its first page shows the address in the window; no cover page is put before it."""


@dataclass(frozen=True)
class Finding:
    """One finding about a document; its file's name is not known here."""

    code: str
    page: int | None = None
    values: tuple[tuple[str, str | int], ...] = ()

    @classmethod
    def of(cls, code: str, page: int | None = None, **values: str | int) -> "Finding":
        """Return a finding; values are what its sentence needs beside the page."""
        return cls(str(code), page, tuple(sorted(values.items())))


@dataclass(frozen=True)
class Copied:
    """The print-ready copy of a document."""

    sha256: str
    size_bytes: int
    colour_pages: int


@dataclass(frozen=True)
class Examined:
    """What was found in a document."""

    pages: int
    findings: tuple[Finding, ...] = ()
    copied: Copied | None = None
    """None where none was asked for, or none could be made."""
    window_text: str = ""
    """What stands in the address window, where that was asked."""


def to_json(examined: Examined) -> dict[str, Any]:
    """Return a finding as JSON holds it."""
    copied = examined.copied
    return {
        "pages": examined.pages,
        "findings": [[each.code, each.page, dict(each.values)] for each in examined.findings],
        "copied": [copied.sha256, copied.size_bytes, copied.colour_pages] if copied else None,
        "window_text": examined.window_text,
    }


def from_json(read: Mapping[str, Any]) -> Examined:
    """Read what `to_json` wrote."""
    return Examined(
        pages=read["pages"],
        findings=tuple(
            Finding(code, page, tuple(sorted(values.items())))
            for code, page, values in read["findings"]
        ),
        copied=Copied(*read["copied"]) if read["copied"] else None,
        window_text=read["window_text"],
    )


def where(zone: Zone, box_mm: tuple[float, float, float, float]) -> dict[str, str | int]:
    """Return a place on a page as a finding's values: the zone, and left, top, right, bottom."""
    left, top, right, bottom = box_mm
    return {
        "sone": zone.name,
        "x_mm": int(left),
        "y_mm": int(top),
        "bredde_mm": max(1, round(right - int(left))),
        "hoyde_mm": max(1, round(bottom - int(top))),
    }
