"""Draw of a finished page what is to be looked at, and no more: pdfium passes over the rest."""

import math
from typing import Any, Final, Self

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp
from numpy.typing import NDArray

from flows.print_batch.zones import PAGE_HEIGHT_MM, PAGE_WIDTH_MM, Box, Zones

INK_DPI: Final = 50
"""Enough to see that there is ink: a stroke of 6 points still greys what it touches."""

WHITE: Final = 250
MM_PER_INCH: Final = 25.4

_LOOKS: Final = (
    (150, zxingcpp.Binarizer.FixedThreshold),
    (200, zxingcpp.Binarizer.LocalAverage),
)
"""How a mark is read: a quick look first, a closer one where that does not read it."""

_DATA_MATRIX: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
_FLAGS: Final = pdfium.FPDF_GRAYSCALE | pdfium.FPDF_RENDER_NO_SMOOTHIMAGE | pdfium.FPDF_ANNOT

Picture = NDArray[np.uint8]


class Looking:
    """Looks at one page after the other; its pictures are drawn on the same canvases again."""

    def __init__(self, zones: Zones) -> None:
        """Look where these zones say."""
        self._zones = zones
        self._sheet = _Canvas(Box(0, 0, PAGE_WIDTH_MM, PAGE_HEIGHT_MM), INK_DPI)
        self._marks = [(_Canvas(zones.mark, dpi), binarizer) for dpi, binarizer in _LOOKS]
        self._around, self._beside_window = _around(zones)
        self._margins = _margins(zones)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the pictures go."""
        for canvas in (self._sheet, *(canvas for canvas, _ in self._marks)):
            canvas.close()

    def ink(self, page: Any) -> tuple[bool, bool]:
        """Say whether there is ink around the recipient, and in the margins, that may not be."""
        picture = self._sheet.draw(page, self._around, *self._margins)
        beside = np.where(self._beside_window, picture[_slices(self._around)], WHITE)
        margins = min(int(picture[_slices(each)].min()) for each in self._margins)
        return bool(beside.min() < WHITE), margins < WHITE

    def mark_is(self, page: Any, text: str) -> bool:
        """Say whether a page has one piece mark, and it says this."""
        for canvas, binarizer in self._marks:
            read = zxingcpp.read_barcodes(
                canvas.draw(page, canvas.whole),
                formats=_DATA_MATRIX,
                try_rotate=False,
                try_downscale=False,
                try_invert=False,
                binarizer=binarizer,
            )
            if len(read) == 1:
                return read[0].text == text
        return False


Pixels = tuple[int, int, int, int]
"""Some of a picture: left, top, right, bottom."""


class _Canvas:
    """A picture of a part of a page."""

    def __init__(self, part: Box, dpi: int) -> None:
        per_mm, scale = dpi / MM_PER_INCH, dpi / 72
        width, height = math.ceil(part.width * per_mm), math.ceil(part.height * per_mm)
        self._bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_Gray)
        self._picture: Picture = self._bitmap.to_numpy()
        self._place = pdfium.FS_MATRIX(
            a=scale, b=0, c=0, d=scale, e=-part.left * per_mm, f=-part.top * per_mm
        )
        self.whole: Pixels = (0, 0, width, height)

    def draw(self, page: Any, *parts: Pixels) -> Picture:
        """Draw parts of a page on white; what lies outside them may be missing."""
        self._picture.fill(255)
        for left, top, right, bottom in parts:
            clip = pdfium.FS_RECTF(left=left, top=top, right=right, bottom=bottom)
            pdfium.FPDF_RenderPageBitmapWithMatrix(
                self._bitmap.raw, page.raw, self._place, clip, _FLAGS
            )
        return self._picture

    def close(self) -> None:
        self._bitmap.close()


def _around(zones: Zones) -> tuple[Pixels, NDArray[np.bool_]]:
    """Return the part around the recipient, and where in it there may be no ink."""
    part = left, top, right, bottom = _pixels(zones.around, -1)
    forbidden = np.ones((bottom - top, right - left), dtype=np.bool_)
    for box in (zones.window, zones.return_line):
        x, y, to_x, to_y = _pixels(box, 1)
        forbidden[y - top : to_y - top, x - left : to_x - left] = False
    return part, forbidden


def _margins(zones: Zones) -> tuple[Pixels, ...]:
    """Return where there may be no ink: the vendor's margin, and what lies near the edges."""
    edge = zones.edge_mm
    body = Box(zones.vendor_margin_mm, edge, PAGE_WIDTH_MM - edge, PAGE_HEIGHT_MM - edge)
    width, height = (
        math.ceil(each * INK_DPI / MM_PER_INCH) for each in (PAGE_WIDTH_MM, PAGE_HEIGHT_MM)
    )
    left, top, right, bottom = _pixels(body, 1)
    return (
        (0, 0, left, height), (0, 0, width, top), (right, 0, width, height),
        (0, bottom, width, height),
    )  # fmt: skip


def _pixels(box: Box, wider: int) -> Pixels:
    """Return the pixels of a box, with so many more on every side: ink at its edge greys them."""
    left, top, right, bottom = (
        round(one * INK_DPI / MM_PER_INCH) for one in (box.left, box.top, box.right, box.bottom)
    )
    return max(0, left - wider), max(0, top - wider), right + wider, bottom + wider


def _slices(part: Pixels) -> tuple[slice, slice]:
    left, top, right, bottom = part
    return slice(top, bottom), slice(left, right)
