"""What a PDF is: readable or not, its pages and their size."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pikepdf

from flows.domain.problem import Problem
from flows.intake.problems import Code, problem

A4_MM: Final = (210.0, 297.0)
TOLERANCE_MM: Final = 10.0
"""The print service of Digdir: up to this much is cut right and below, more is refused."""

_POINTS_PER_MM: Final = 72 / 25.4

BROKEN: Final = (
    pikepdf.PdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What reading the structure of a hostile or damaged file ends in. The file is refused, its name
and code are kept; a fault of our own would show in every file, and so in every test."""


@dataclass(frozen=True)
class PdfFacts:
    """What was found in a readable PDF."""

    pages: int
    problems: tuple[Problem, ...]


def look_at(path: Path, file_name: str) -> PdfFacts:
    """Look at a file that should be a PDF; every finding at once.

    file_name: as the sender calls it. A file locked with an empty password opens, and is printed.
    """
    try:
        with pikepdf.open(path) as pdf:
            pages = len(pdf.pages)
            problems = list(_odd_pages(pdf, file_name))
    except pikepdf.PasswordError:
        return PdfFacts(0, (problem(Code.PDF_PASSWORD, file_name),))
    except BROKEN:
        return PdfFacts(0, (problem(Code.PDF_UNREADABLE, file_name),))
    if pages == 0:
        problems.append(problem(Code.PDF_EMPTY, file_name))
    return PdfFacts(pages, tuple(problems))


def _odd_pages(pdf: pikepdf.Pdf, file_name: str) -> Iterator[Problem]:
    for number, page in enumerate(pdf.pages, start=1):
        left, bottom, right, top = (float(edge) for edge in page.cropbox)
        unit = float(page.obj.get("/UserUnit", 1))
        width, height = (
            abs(extent) * unit / _POINTS_PER_MM for extent in (right - left, top - bottom)
        )
        if not _is_a4(width, height):
            yield problem(
                Code.PDF_NOT_A4,
                file_name,
                number,
                bredde_mm=round(width),
                hoyde_mm=round(height),
            )


def _is_a4(width: float, height: float) -> bool:
    """Say whether a page is A4, upright or lying."""
    short, long = sorted((width, height))
    return abs(short - A4_MM[0]) <= TOLERANCE_MM and abs(long - A4_MM[1]) <= TOLERANCE_MM
