"""A picture of a page with the vendor's zones drawn in and what stands wrong marked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont

from flows.intake.examining.limits import DEFAULT_LIMITS, VendorLimits, Zone
from flows.intake.examining.settling import POINTS_PER_MM

PER_MM: Final = 4
"""Points of the picture per millimetre: about 100 dpi."""

MOST_MM: Final = 1200
"""A larger page is drawn smaller."""

PAPER, WRONG = (60, 60, 60), (214, 0, 28)
ZONE_COLOURS: Final = ((0, 96, 160), (0, 130, 90), (150, 90, 0), (120, 60, 150))

_FRAME_MM: Final = 6
_WIDE: Final = 3
_TEXT: Final = 22


def draw_page(
    document: Path,
    page_number: int,
    boxes_mm: Sequence[Sequence[float]],
    target: Path,
    limits: VendorLimits = DEFAULT_LIMITS,
) -> None:
    """Write a PNG of a page, the zones in thin lines, each box (left, top, right, bottom) in red.

    The page lies at the top left of A4, as it would be printed; what is outside A4 is there too.
    """
    with pdfium.PdfDocument(document) as opened:
        page = opened[page_number - 1]
        width, height = (extent / POINTS_PER_MM for extent in page.get_size())
        per_mm = PER_MM * min(1.0, MOST_MM / max(width, height))
        drawn = page.render(scale=per_mm / POINTS_PER_MM).to_pil().convert("RGB")
    size = [max(limits.width_mm, width), max(limits.height_mm, height)]
    frame = _FRAME_MM * per_mm
    picture = Image.new(
        "RGB", (round(size[0] * per_mm + 2 * frame), round(size[1] * per_mm + 2 * frame)), "#dddddd"
    )
    picture.paste(drawn, (round(frame), round(frame)))
    pen = _Pen(ImageDraw.Draw(picture, "RGBA"), per_mm, frame)
    pen.outline((0, 0, limits.width_mm, limits.height_mm), PAPER, "A4")
    for zone, colour in zip(_zones(limits), ZONE_COLOURS, strict=False):
        pen.outline((zone.left, zone.top, zone.right, zone.bottom), colour, zone.name)
    for left, top, right, bottom in boxes_mm:
        pen.mark((left, top, right, bottom))
    picture.save(target, "PNG", optimize=True)


def _zones(limits: VendorLimits) -> tuple[Zone, ...]:
    return limits.left_margin, limits.marks, limits.around_window, limits.window


class _Pen:
    """Draws in millimetres."""

    def __init__(self, drawing: ImageDraw.ImageDraw, per_mm: float, frame: float) -> None:
        self._drawing, self._per_mm, self._frame = drawing, per_mm, frame
        self._font = ImageFont.load_default(_TEXT)

    def outline(
        self, box: tuple[float, float, float, float], colour: tuple[int, int, int], name: str
    ) -> None:
        """Draw a rectangle's border, its name inside at the top."""
        corners = self._corners(box)
        self._drawing.rectangle(corners, outline=colour, width=_WIDE)
        place = (corners[0] + 2 * _WIDE, corners[1] + _WIDE)
        if name != "A4":
            self._drawing.text(place, name, fill=colour, font=self._font)

    def mark(self, box: tuple[float, float, float, float]) -> None:
        """Draw a rectangle in red, its inside tinted."""
        self._drawing.rectangle(
            self._corners(box), fill=(*WRONG, 50), outline=(*WRONG, 255), width=_WIDE
        )

    def _corners(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        left, top, right, bottom = (self._frame + edge * self._per_mm for edge in box)
        return left, top, right, bottom
