"""Where ink is on a page, drawn small: exact to a millimetre."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium

from flows.intake.examining.images import is_coloured
from flows.intake.examining.limits import DEFAULT_LIMITS, Zone
from flows.intake.examining.visible import Box

PER_MM: Final = 3
"""Points per millimetre of a drawn page."""

COLOUR_DPI: Final = 18
"""Enough to see whether a page has colours."""

SLACK_MM: Final = 1
"""What a zone forgives at its edge: letters are not cut to the point."""

_MM_PER_INCH: Final = 25.4
_LEAST_POINTS: Final = 3
"""Less than this is dust."""


def draw(page: pdfium.PdfPage, dpi: float) -> "np.ndarray[Any, Any]":
    """Return a page as it is printed: height, width, blue-green-red."""
    bitmap = page.render(scale=dpi / 72, may_draw_forms=False, rev_byteorder=False)
    return np.asarray(bitmap.to_numpy())


def has_colours(page: pdfium.PdfPage) -> bool:
    """Draw a page small and say whether it has colours."""
    return is_coloured(draw(page, COLOUR_DPI))


def may_touch(zone: Zone, boxes: Iterable[Box]) -> bool:
    """Say whether any of the boxes reaches into a zone; slack is forgiven."""
    inner = _shrunk(zone)
    return any(
        box[0] < inner.right
        and box[2] > inner.left
        and box[1] < inner.bottom
        and box[3] > inner.top
        for box in boxes
    )


class DrawnPage:
    """A page drawn once, however many zones are looked at."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self._grey: np.ndarray[Any, Any] | None = None

    def ink_in(self, zone: Zone, *, darker_than: int, outside: Zone | None = None) -> Box | None:
        """Return the box of the ink in a zone, or None; mm from the page's top left corner.

        darker_than: 0 is black, 255 white. outside: a part of the zone where ink may be.
        """
        grey = self._drawn().copy()
        if outside is not None:
            grey[_cut(outside, grow=SLACK_MM)] = 255
        inner = _shrunk(zone)
        rows, columns = _cut(inner)
        dark = grey[rows, columns] < darker_than
        if int(dark.sum()) < _LEAST_POINTS:
            return None
        down, across = np.nonzero(dark.any(axis=1))[0], np.nonzero(dark.any(axis=0))[0]
        left, top = columns.start / PER_MM, rows.start / PER_MM
        return (
            left + float(across[0]) / PER_MM,
            top + float(down[0]) / PER_MM,
            left + float(across[-1] + 1) / PER_MM,
            top + float(down[-1] + 1) / PER_MM,
        )

    def _drawn(self) -> "np.ndarray[Any, Any]":
        if self._grey is None:
            self._grey = draw(self._page, PER_MM * _MM_PER_INCH)[..., :3].min(axis=-1)
        return self._grey


def _shrunk(zone: Zone) -> Zone:
    """Return a zone without its slack; there is none where the paper ends."""
    return Zone(
        zone.name,
        zone.left + (SLACK_MM if zone.left > 0 else 0),
        zone.top + (SLACK_MM if zone.top > 0 else 0),
        zone.right - (SLACK_MM if zone.right < DEFAULT_LIMITS.width_mm else 0),
        zone.bottom - (SLACK_MM if zone.bottom < DEFAULT_LIMITS.height_mm else 0),
    )


def _cut(zone: Zone, grow: float = 0) -> tuple[slice, slice]:
    rows = slice(round(max(0, zone.top - grow) * PER_MM), round((zone.bottom + grow) * PER_MM))
    columns = slice(round(max(0, zone.left - grow) * PER_MM), round((zone.right + grow) * PER_MM))
    return rows, columns
