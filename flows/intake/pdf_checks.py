"""What a PDF is, as its letter's rules need it: pages, everything wrong with it, its print copy."""

from dataclasses import dataclass

from flows.domain.problem import Problem
from flows.intake.examining.finding import Copied, Examined
from flows.intake.problems import problem


@dataclass(frozen=True)
class PdfFacts:
    """What was found in a file that should be a PDF."""

    pages: int
    """0 when it could not be read."""
    problems: tuple[Problem, ...]
    copied: Copied | None = None
    """Its print-ready copy, where one was made."""
    window_text: str = ""
    """What stands in the address window of its first page, where that was asked."""


def facts_of(examined: Examined, file_name: str) -> PdfFacts:
    """Say what was found about a file, as the sender calls it; by page."""
    found = sorted(examined.findings, key=lambda each: each.page or 0)
    return PdfFacts(
        pages=examined.pages,
        problems=tuple(
            problem(each.code, file_name, each.page, **dict(each.values)) for each in found
        ),
        copied=examined.copied,
        window_text=examined.window_text,
    )
