"""What a print vendor takes: sizes, counts, and where on a page nothing may stand.

Sources: Digdir's print service (A4 upright, at most 10 mm larger, the left 18 mm for the vendor's
marks, C4 up to 99 sheets); its open validator (the bar code stands within 15 x 80 mm, 95 mm from
the top); the C5 window with the paper's slack in the envelope. docs/decisions/0020.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Zone:
    """A rectangle of an upright A4 page, in mm from its top left corner."""

    name: str
    """As senders read it."""
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class VendorLimits:
    """One vendor's limits; the defaults are what all vendors we know can live with."""

    width_mm: float = 210
    height_mm: float = 297
    tolerance_mm: float = 10
    """A page may be so much off: what is over is cut at the right and the bottom."""
    max_sheets: int = 99
    """Of one letter, its cover among them."""
    max_pages: int = 200
    """Of one document: more cannot be one letter even on both sides."""
    marks: Zone = Zone("styremerker", 0, 95, 15, 175)
    """The vendor's bar code is printed here; ink in it may send pages to another's envelope."""
    left_margin: Zone = Zone("venstremarg", 0, 0, 18, 297)
    edges: tuple[Zone, ...] = (
        Zone("ytterkant oppe", 0, 0, 210, 5),
        Zone("ytterkant nede", 0, 292, 210, 297),
        Zone("ytterkant til høyre", 205, 0, 210, 297),
    )
    """Machines do not print to the edge."""
    window: Zone = Zone("adressevindu", 20, 46, 101, 65)
    """Always seen through the window of a C5 envelope."""
    around_window: Zone = Zone("rundt adressevinduet", 0, 30.5, 120, 79)
    """May be seen, as the paper wanders in the envelope."""


DEFAULT_LIMITS: Final = VendorLimits()
