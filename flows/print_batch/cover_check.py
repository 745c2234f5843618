"""Look at finished cover pages as the window, the vendor's camera and a person will see them.

Nothing here knows how a page was laid out: what stands in the print file is read with another
library, as text and as a picture, and held against the letters.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray

from flows.domain.batch import Letter, PlacedPiece
from flows.errors import ImpossibleState
from flows.print_batch.piece_mark import mark_text
from flows.print_batch.typeface import POINTS_PER_MM
from flows.print_batch.zones import C5_WINDOW, PAGE_HEIGHT_MM, PAGE_WIDTH_MM, Box, Zones

INK_DPI: Final = 50
"""Enough to see that there is ink: a stroke of 6 points still greys what it touches."""

MARK_DPI: Final = 200
WHITE: Final = 250
MM_PER_INCH: Final = 25.4

_DATA_MATRIX: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)

Picture = NDArray[np.uint8]
Region = NDArray[np.bool_]


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
    found = []
    with closing(pypdfium2.PdfDocument(file)) as document:
        for one in expected:
            with closing(document[one.page]) as page:
                found.append(tuple(_flaws(page, one, zones)))
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


def _flaws(page: Any, expected: Expected, zones: Zones) -> Iterator[Flaw]:
    width, height = page.get_size()
    if (round(width), round(height)) != (_points(PAGE_WIDTH_MM), _points(PAGE_HEIGHT_MM)):
        yield Flaw.SIZE
        return
    with closing(page.get_textpage()) as text:
        if _signs(_text_in(text, zones.window)) != _signs(expected.address):
            yield Flaw.WINDOW
        if _signs(_text_in(text, zones.around)) != _signs(expected.return_line + expected.address):
            yield Flaw.AROUND
    picture = _picture_of(page, INK_DPI)
    around, margins = _forbidden(picture.shape, zones)
    if picture[around].min() < WHITE:
        yield Flaw.INK_AROUND
    if picture[margins].min() < WHITE:
        yield Flaw.INK_MARGIN
    if _mark_on(page, zones.mark) != expected.mark:
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


def _picture_of(page: Any, dpi: int, crop_mm: Sequence[float] = (0, 0, 0, 0)) -> Picture:
    """Return a page in grey as it looks; crop_mm: left, bottom, right, top are left out."""
    crop = tuple(one * POINTS_PER_MM for one in crop_mm)
    with closing(
        page.render(scale=dpi / 72, grayscale=True, crop=crop, no_smoothimage=True)
    ) as bitmap:
        picture: Picture = np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
        return picture


def _mark_on(page: Any, box: Box) -> str:
    crop = (box.left, PAGE_HEIGHT_MM - box.bottom, PAGE_WIDTH_MM - box.right, box.top)
    read = zxingcpp.read_barcodes(
        _picture_of(page, MARK_DPI, crop),
        formats=_DATA_MATRIX,
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    )
    return read[0].text if len(read) == 1 else ""


@cache
def _forbidden(shape: tuple[int, ...], zones: Zones) -> tuple[Region, Region]:
    """Return where there may be no ink: around the recipient, and in the margins."""
    around = _inside(shape, zones.around, -1)
    for box in (zones.window, zones.return_line):
        around &= ~_inside(shape, box, 1)
    edge = zones.edge_mm
    body = Box(zones.vendor_margin_mm, edge, PAGE_WIDTH_MM - edge, PAGE_HEIGHT_MM - edge)
    return around, ~_inside(shape, body, 1)


def _inside(shape: tuple[int, ...], box: Box, wider: int) -> Region:
    """Return the pixels of a box, with so many more on every side: ink at its edge greys them."""
    region: Region = np.zeros(shape, dtype=np.bool_)
    left, top, right, bottom = (
        round(one * INK_DPI / MM_PER_INCH) for one in (box.left, box.top, box.right, box.bottom)
    )
    rows = slice(max(0, top - wider), bottom + wider)
    region[rows, max(0, left - wider) : right + wider] = True
    return region


def _points(length_mm: float) -> int:
    return round(length_mm * POINTS_PER_MM)
