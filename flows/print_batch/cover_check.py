"""Look at finished cover pages as the window, the vendor's camera and a person will see them.

Nothing here knows how a page was laid out: what stands in the print file is read with another
library, as text and as a picture, and held against the letters.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pypdfium2

from flows.domain.batch import Letter, PlacedPiece
from flows.errors import ImpossibleState
from flows.print_batch.page_looking import Looking
from flows.print_batch.piece_mark import mark_text
from flows.print_batch.typeface import POINTS_PER_MM
from flows.print_batch.zones import C5_WINDOW, PAGE_HEIGHT_MM, PAGE_WIDTH_MM, Box, Zones

PAGES_PER_OPENING: Final = 1000
"""pdfium keeps what it has read of a file until it is closed."""


class Flaw(StrEnum):
    """What can be wrong with a finished cover page; the values are what a person is told."""

    SIZE = "the page is not A4"
    WINDOW = "the window does not show the recipient's address and nothing else"
    AROUND = "more than recipient and return line can slide into the window"
    INK_AROUND = "there is ink beside recipient and return line that can slide into the window"
    INK_MARGIN = "there is ink in the vendor's margin or too near an edge"
    MARK = "the piece mark cannot be read, or is another piece's"


@dataclass(frozen=True)
class Expected:
    """What one cover page of a print file is to show."""

    page: int
    """In the file, from 0."""
    address: str
    return_line: str
    mark: str


def check_covers(
    file: Path,
    letters: Sequence[Letter],
    pieces: Sequence[PlacedPiece],
    return_lines: Sequence[str],
) -> None:
    """Look at the cover page of every letter in a print file, before it may leave.

    Raises ImpossibleState when one is not as it must be: our own mistake, so nothing leaves.
    """
    flawed = [
        (letter.piece, flaws)
        for letter, flaws in zip(
            letters, flaws_of(file, _expected(letters, pieces, return_lines)), strict=True
        )
        if flaws
    ]
    if flawed:
        piece, flaws = flawed[0]
        raise ImpossibleState(
            f"{len(flawed)} of {len(letters)} cover pages are wrong, the first is of piece "
            f"{piece.number}: {'; '.join(flaws)}",
            where=piece.batch_id,
            do="keep the log and report it; nothing has left",
        )


def flaws_of(
    file: Path, expected: Sequence[Expected], zones: Zones = C5_WINDOW
) -> list[tuple[Flaw, ...]]:
    """Return what is wrong with each of a file's cover pages; nothing, when all is well."""
    found: list[tuple[Flaw, ...]] = []
    for start in range(0, len(expected), PAGES_PER_OPENING):
        some = expected[start : start + PAGES_PER_OPENING]
        # The first page stays open, or the fonts would be read anew for every page.
        with (
            closing(pypdfium2.PdfDocument(file)) as document,
            closing(document[some[0].page]),
            Looking(zones) as looking,
        ):
            for one in some:
                with closing(document[one.page]) as page:
                    found.append(tuple(_flaws(page, one, zones, looking)))
    return found


def _expected(
    letters: Sequence[Letter], pieces: Sequence[PlacedPiece], return_lines: Sequence[str]
) -> list[Expected]:
    return [
        Expected(
            page=placed.first_page - 1,
            address="".join(letter.recipient.address.in_window()),
            return_line=return_line,
            mark=mark_text(letter.piece, 1, placed.sheets),
        )
        for letter, placed, return_line in zip(letters, pieces, return_lines, strict=True)
    ]


def _flaws(page: Any, expected: Expected, zones: Zones, looking: Looking) -> Iterator[Flaw]:
    width, height = page.get_size()
    if (round(width), round(height)) != (_points(PAGE_WIDTH_MM), _points(PAGE_HEIGHT_MM)):
        yield Flaw.SIZE
        return
    with closing(page.get_textpage()) as text:
        if _signs(_text_in(text, zones.window)) != _signs(expected.address):
            yield Flaw.WINDOW
        if _signs(_text_in(text, zones.around)) != _signs(expected.return_line + expected.address):
            yield Flaw.AROUND
    around, margins = looking.ink(page)
    if around:
        yield Flaw.INK_AROUND
    if margins:
        yield Flaw.INK_MARGIN
    if not looking.mark_is(page, expected.mark):
        yield Flaw.MARK


def _signs(text: str) -> str:
    """Return a text's letters and digits; what wraps and joins lines is left out."""
    return "".join(filter(str.isalnum, text))


def _text_in(text: Any, box: Box) -> str:
    top, bottom = PAGE_HEIGHT_MM - box.top, PAGE_HEIGHT_MM - box.bottom
    found: str = text.get_text_bounded(
        *(one * POINTS_PER_MM for one in (box.left, bottom, box.right, top))
    )
    return found


def _points(length_mm: float) -> int:
    return round(length_mm * POINTS_PER_MM)
