"""Examine one document: everything that is wrong with it, and a copy for print.

Runs in a process of its own (`worker.py`), since the file may be made to break a reader.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pikepdf
import pypdfium2 as pdfium

from flows.archive import sha256_of
from flows.intake.examining import structure
from flows.intake.examining.cutting import Knife
from flows.intake.examining.finding import Asked, Copied, Examined, Finding, to_json, where
from flows.intake.examining.ink import DrawnPage, has_colours, may_touch
from flows.intake.examining.limits import DEFAULT_LIMITS, VendorLimits, Zone
from flows.intake.examining.page_picture import draw_page
from flows.intake.examining.print_copy import make_copy
from flows.intake.examining.settling import A4_POINTS, POINTS_PER_MM
from flows.intake.examining.visible import Onlooker, Seen, is_standard
from flows.intake.problems import Code
from flows.pdf.pages import WHAT_A_BROKEN_PDF_RAISES


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answer a request of `examiner.py`: look at a document, draw a page of it, or cut it."""
    document, target = Path(request["document"]), Path(request["target"])
    if request["do"] == "cut":
        return knife().cut(document, request["first"], request["last"], target)
    if request["do"] == "draw":
        draw_page(document, request["page"], request["boxes"], target)
        return {}
    asked = Asked(request["for_print"], request["own_address"])
    return to_json(examine(document, asked, target))


LONGEST_LIST: Final = 300

DARK, NOT_WHITE = 140, 245
"""What a bar code reader takes for a bar; what an eye sees on white paper."""


def examine(
    document: Path,
    asked: Asked,
    target: Path,
    limits: VendorLimits = DEFAULT_LIMITS,
) -> Examined:
    """Return everything found in a document; write its print copy to `target` if it is printed.

    A file locked with an empty password opens, and is printed.
    """
    try:
        with pikepdf.open(document) as pdf:
            pages = len(pdf.pages)
            found = [
                *structure.of_reading(pdf),
                *(_for_paper(pdf, limits) if asked.for_print else ()),
            ]
            if pages == 0:
                found.append(Finding.of(Code.PDF_EMPTY))
            if pages == 0 or not asked.for_print or pages > limits.max_pages:
                return Examined(pages, tuple(found))
            patterns = make_copy(pdf, target, limits.tolerance_mm)
            mended = bool(pdf.get_warnings())
    except pikepdf.PasswordError:
        return Examined(0, (Finding.of(Code.PDF_PASSWORD),))
    except OSError as fault:
        if fault.errno:
            raise  # the disk, and not the document
        return Examined(0, (Finding.of(Code.PDF_UNREADABLE),))
    except WHAT_A_BROKEN_PDF_RAISES:
        return Examined(0, (Finding.of(Code.PDF_UNREADABLE),))
    if mended:
        found.append(Finding.of(Code.PDF_MENDED))
    try:
        with pdfium.PdfDocument(target) as copy:
            looked = _look(copy, asked, limits, patterns=patterns)
    except pdfium.PdfiumError:
        return Examined(0, (Finding.of(Code.PDF_UNREADABLE),))
    copied = Copied(sha256_of(target), target.stat().st_size, looked.colour_pages)
    return Examined(pages, (*found, *looked.findings), copied, looked.window_text)


def _for_paper(pdf: pikepdf.Pdf, limits: VendorLimits) -> Iterator[Finding]:
    yield from structure.of_pages(pdf, limits)
    yield from structure.of_paper(pdf)


class _Looked:
    """What was found on the pages of a copy, gathered page by page."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.colour_pages = 0
        self.objects = 0
        self.window_text = ""
        self.standard: dict[str, int] = {}
        """Fonts that are not in the file, and the first page of each."""
        self.missing: dict[str, int] = {}
        self.margins: list[Finding] = []
        """The first on each page."""


def _look(
    copy: pdfium.PdfDocument, asked: Asked, limits: VendorLimits, *, patterns: bool
) -> _Looked:
    looked = _Looked()
    for number in range(1, len(copy) + 1):
        page = copy[number - 1]
        seen = onlooker().look(page, patterns=patterns)
        looked.objects += seen.objects
        looked.colour_pages += seen.coloured or (seen.doubtful and has_colours(page))
        for font in sorted(seen.fonts):
            kind = looked.standard if is_standard(font) else looked.missing
            kind.setdefault(font, number)
        if seen.broken_image:
            looked.findings.append(Finding.of(Code.PDF_IMAGE, number))
        drawn = DrawnPage(page)
        if stands_on_a4(page):
            looked.findings += _of_marks(drawn, seen, number, limits)
            looked.margins += _of_margins(drawn, seen, number, limits)
        if number == 1 and asked.own_address:
            looked.window_text = _text_in(page, limits.window)
            looked.findings += _of_window(drawn, looked.window_text, limits)
        page.close()
    looked.findings += _of_all_pages(looked)
    return looked


def _of_all_pages(looked: _Looked) -> Iterator[Finding]:
    if looked.margins:
        # One note for all pages: a bar down the side is on every one of them.
        first = looked.margins[0]
        pages = structure.pages_in_words([each.page or 0 for each in looked.margins])
        yield Finding.of(first.code, first.page, **dict(first.values), sider=pages)
    for font, page_number in looked.missing.items():
        yield Finding.of(Code.PDF_FONT, page_number, skrift=font)
    if looked.standard:
        names = ", ".join(sorted(looked.standard))[:LONGEST_LIST]
        page_number = min(looked.standard.values())
        yield Finding.of(Code.PDF_STANDARD_FONT, page_number, skrift=names)
    if looked.objects == 0:
        yield Finding.of(Code.PDF_BLANK)


@cache
def knife() -> Knife:
    """Return the one who cuts in this process, and holds the last large file open."""
    return Knife()


@cache
def onlooker() -> Onlooker:
    """Return the one who looks in this process, and remembers the images it has seen."""
    return Onlooker()


def stands_on_a4(page: pdfium.PdfPage) -> bool:
    """Say whether a copy's page is A4: others are refused, and have no zones."""
    width, height = page.get_size()
    return bool(abs(width - A4_POINTS[0]) < 1 and abs(height - A4_POINTS[1]) < 1)


def _of_marks(
    drawn: DrawnPage,
    seen: Seen,
    number: int,
    limits: VendorLimits,
) -> Iterator[Finding]:
    if may_touch(limits.marks, seen.boxes):
        box = drawn.ink_in(limits.marks, darker_than=DARK)
        if box is not None:
            yield Finding.of(Code.PDF_IN_MARKS, number, **where(limits.marks, box))


def _of_margins(
    drawn: DrawnPage,
    seen: Seen,
    number: int,
    limits: VendorLimits,
) -> Iterator[Finding]:
    for zone in (limits.left_margin, *limits.edges):
        if may_touch(zone, seen.boxes):
            box = drawn.ink_in(zone, darker_than=NOT_WHITE)
            if box is not None:
                yield Finding.of(Code.PDF_IN_MARGIN, number, **where(zone, box))
                return


def _of_window(drawn: DrawnPage, text: str, limits: VendorLimits) -> Iterator[Finding]:
    if not text.strip():
        window = limits.window
        box = (window.left, window.top, window.right, window.bottom)
        yield Finding.of(Code.PDF_NO_ADDRESS, 1, **where(window, box))
    around = limits.around_window
    stray = drawn.ink_in(around, darker_than=NOT_WHITE, outside=limits.window)
    if stray is not None:
        yield Finding.of(Code.PDF_IN_WINDOW, 1, **where(around, stray))


def _text_in(page: pdfium.PdfPage, zone: Zone) -> str:
    height = page.get_height()
    words = page.get_textpage()
    try:
        found: str = words.get_text_bounded(
            zone.left * POINTS_PER_MM,
            height - zone.bottom * POINTS_PER_MM,
            zone.right * POINTS_PER_MM,
            height - zone.top * POINTS_PER_MM,
        )
    finally:
        words.close()
    return found
