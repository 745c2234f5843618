"""What stands on the pages of a print copy, seen through pdfium: fonts, colours, images, places.

Looking at a page's objects costs a tenth of drawing the page, so a page is drawn only where its
objects leave a doubt.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from flows.intake.examining.images import CHROMA, Pictures
from flows.intake.examining.settling import POINTS_PER_MM

STANDARD: Final = frozenset(
    {
        "Courier", "Courier-Bold", "Courier-BoldOblique", "Courier-Oblique",
        "Helvetica", "Helvetica-Bold", "Helvetica-BoldOblique", "Helvetica-Oblique",
        "Times-Roman", "Times-Bold", "Times-BoldItalic", "Times-Italic",
        "Symbol", "ZapfDingbats",
    }
)  # fmt: skip
"""The 14 fonts every reader and printer has (PDF 32000-1, 9.6.2.2)."""

SAME_AS_STANDARD: Final = ("Arial", "TimesNewRoman", "CourierNew")
"""What they are also called; the widths are the same."""

_WHITE: Final = 250
_LONGEST_NAME: Final = 60
_DEEP: Final = 12
"""Drawings within drawings: deeper ones are left to drawing the page."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in mm from the page's top left corner."""


@dataclass
class Seen:
    """What stands on one page."""

    objects: int = 0
    boxes: list[Box] = field(default_factory=list)
    """Of what may leave ink, at least as large as the ink."""
    coloured: bool = False
    doubtful: bool = False
    """Only drawing the page tells whether it has colours."""
    fonts: set[str] = field(default_factory=set)
    """Names of fonts that are used, visible and not in the file."""
    broken_image: bool = False


class Onlooker:
    """Looks at pages; remembers the images it has seen."""

    def __init__(self) -> None:
        self._pictures = Pictures()

    def look(self, page: pdfium.PdfPage, *, patterns: bool) -> Seen:
        """Look at what a page draws.

        patterns: the document has some; what is drawn with one does not tell its colours.
        """
        seen = Seen(doubtful=patterns)
        fonts: dict[int, str] = {}
        height = page.get_height()
        for top, each in _objects(page):
            seen.objects += 1
            kind = pdfium_c.FPDFPageObj_GetType(each)
            if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
                ink = self._text(each, page, seen, fonts)
            elif kind == pdfium_c.FPDF_PAGEOBJ_PATH:
                ink = _path(each, seen) or patterns
            elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                picture = self._pictures.look(each, page.raw)
                seen.broken_image |= picture.broken
                seen.coloured |= picture.coloured or _is_coloured_mask(each, page.raw)
                ink = True
            else:
                seen.doubtful |= kind == pdfium_c.FPDF_PAGEOBJ_SHADING
                ink = True
            if top and ink:
                seen.boxes.append(_box(each, height))
        return seen

    def _text(self, text: Any, page: pdfium.PdfPage, seen: Seen, fonts: dict[int, str]) -> bool:
        if pdfium_c.FPDFTextObj_GetTextRenderMode(text) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE:
            return False  # what a scanner has read lies unseen under its picture
        font = pdfium_c.FPDFTextObj_GetFont(text)
        key = ctypes.cast(font, ctypes.c_void_p).value or 0
        if key not in fonts:
            fonts[key] = _name_if_missing(font)
        if fonts[key] and fonts[key] not in seen.fonts and _says_something(text, page):
            seen.fonts.add(fonts[key])
        red, green, blue, alpha = _colour(text, pdfium_c.FPDFPageObj_GetFillColor)
        seen.coloured |= alpha > 0 and max(red, green, blue) - min(red, green, blue) > CHROMA
        return alpha > 0 and min(red, green, blue) < _WHITE


def is_standard(font: str) -> bool:
    """Say whether a font, by its name, is one that every printer has."""
    return font in STANDARD or font.replace(" ", "").startswith(SAME_AS_STANDARD)


def _objects(page: pdfium.PdfPage) -> Iterator[tuple[bool, Any]]:
    """Give every object of a page, and of the drawings on it; True for the page's own."""
    raw = page.raw
    for place in range(pdfium_c.FPDFPage_CountObjects(raw)):
        each = pdfium_c.FPDFPage_GetObject(raw, place)
        yield True, each
        if pdfium_c.FPDFPageObj_GetType(each) == pdfium_c.FPDF_PAGEOBJ_FORM:
            yield from ((False, inner) for inner in _inside(each, 1))


def _inside(drawing: Any, depth: int) -> Iterator[Any]:
    for place in range(pdfium_c.FPDFFormObj_CountObjects(drawing)):
        each = pdfium_c.FPDFFormObj_GetObject(drawing, place)
        yield each
        is_form = pdfium_c.FPDFPageObj_GetType(each) == pdfium_c.FPDF_PAGEOBJ_FORM
        if is_form and depth < _DEEP:
            yield from _inside(each, depth + 1)


def _path(path: Any, seen: Seen) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(path, fill, stroke)
    ink = False
    for drawn, read in (
        (fill.value, pdfium_c.FPDFPageObj_GetFillColor),
        (stroke.value, pdfium_c.FPDFPageObj_GetStrokeColor),
    ):
        if drawn:
            red, green, blue, alpha = _colour(path, read)
            seen.coloured |= alpha > 0 and max(red, green, blue) - min(red, green, blue) > CHROMA
            ink |= alpha > 0 and min(red, green, blue) < _WHITE
    return ink


def _is_coloured_mask(image: Any, page: Any) -> bool:
    about = pdfium_c.FPDF_IMAGEOBJ_METADATA()
    pdfium_c.FPDFImageObj_GetImageMetadata(image, page, about)
    if about.bits_per_pixel != 1:
        return False
    red, green, blue, _ = _colour(image, pdfium_c.FPDFPageObj_GetFillColor)
    return max(red, green, blue) - min(red, green, blue) > CHROMA


def _colour(each: Any, read: Any) -> tuple[int, int, int, int]:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not read(each, red, green, blue, alpha):
        return 0, 0, 0, 255
    return red.value, green.value, blue.value, alpha.value


def _box(each: Any, height: float) -> Box:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    pdfium_c.FPDFPageObj_GetBounds(each, left, bottom, right, top)
    return (
        left.value / POINTS_PER_MM,
        (height - top.value) / POINTS_PER_MM,
        right.value / POINTS_PER_MM,
        (height - bottom.value) / POINTS_PER_MM,
    )


def _name_if_missing(font: Any) -> str:
    """Return the name of a font that is not in the file; empty for one that is."""
    if not font or pdfium_c.FPDFFont_GetIsEmbedded(font) != 0:
        return ""
    size = pdfium_c.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(max(1, size))
    pdfium_c.FPDFFont_GetBaseFontName(font, buffer, size)
    name = buffer.value.decode("utf-8", "replace")
    return "".join(char for char in name if char.isprintable())[:_LONGEST_NAME] or "?"


def _says_something(text: Any, page: pdfium.PdfPage) -> bool:
    words = page.get_textpage()
    try:
        size = pdfium_c.FPDFTextObj_GetText(text, words.raw, None, 0)
        buffer = (ctypes.c_ushort * (size // 2 + 1))()
        pdfium_c.FPDFTextObj_GetText(text, words.raw, buffer, size)
        said = bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "replace")
        return bool(said.strip())
    finally:
        words.close()
