"""Where on a cover page what may stand, in mm: docs/formats/cover_page.md has the drawing."""

from dataclasses import dataclass
from typing import Final

PAGE_WIDTH_MM: Final = 210.0
PAGE_HEIGHT_MM: Final = 297.0


@dataclass(frozen=True)
class Box:
    """A rectangle on the sheet, in mm from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Zones:
    """What an envelope with a window asks of the page behind it."""

    window: Box
    """What the window always shows, however the sheet has slid: the recipient, and nothing else."""
    return_line: Box
    """Just above, where the window still shows it."""
    around: Box
    """What the window may show when the sheet slides, and 5 mm: nothing but those two."""
    vendor_margin_mm: float
    """From the left edge, over the whole height: for the vendor's own marks."""
    edge_mm: float
    """From every edge: machines do not print there."""
    mark: Box
    """The piece mark and its quiet zone."""


C5_WINDOW: Final = Zones(
    window=Box(20, 46, 101, 65),
    return_line=Box(20, 43.4, 101, 46),
    around=Box(0, 25.5, 125, 84),
    vendor_margin_mm=18,
    edge_mm=5,
    mark=Box(19, 276.5, 33, 291),
)
"""A window 105 x 35 mm, 15 from the envelope's left edge and 44 from its top. An A4 sheet folded in
a C5 envelope has 19 mm of play sideways and 13.5 up and down."""
