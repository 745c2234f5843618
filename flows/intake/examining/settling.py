"""Stand every page upright on A4, at its true size, with nothing left to be turned or scaled."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pikepdf import Array, Dictionary, Name, Object, Page, Pdf

POINTS_PER_MM: Final = 72 / 25.4
A4_POINTS: Final = (210 * POINTS_PER_MM, 297 * POINTS_PER_MM)
NEAR_POINTS: Final = 1.0
"""Producers round A4 differently; a page so near is left as it is."""

KEPT: Final = frozenset(
    {"/Type", "/Parent", "/Resources", "/MediaBox", "/Contents", "/Group", "/Annots"}
)
"""What a page on paper needs."""

_PLACES: Final = ("/Rect", "/QuadPoints", "/L", "/Vertices", "/InkList")
"""Where an annotation stands."""

Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Shape:
    """What part of a page is shown, and how."""

    left: float
    bottom: float
    right: float
    top: float
    turn: int
    """0, 90, 180 or 270 degrees clockwise."""
    unit: float

    @property
    def shown(self) -> tuple[float, float]:
        """Width and height as a reader sees them, in points."""
        width, height = (self.right - self.left) * self.unit, (self.top - self.bottom) * self.unit
        return (height, width) if self.turn in {90, 270} else (width, height)

    @property
    def shown_mm(self) -> tuple[float, float]:
        """The same in millimetres."""
        return self.shown[0] / POINTS_PER_MM, self.shown[1] / POINTS_PER_MM

    @property
    def lies(self) -> bool:
        """Say whether it is wider than high."""
        return self.shown[0] > self.shown[1]


def shape_of(page: Page) -> Shape:
    """Return what part of a page is shown: its crop box, where that is inside its media box."""
    media, crop = _box(page.mediabox), _box(page.cropbox)
    inner = (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )
    shown = inner if inner[2] > inner[0] and inner[3] > inner[1] else media
    turn = int(page.obj.get("/Rotate", 0)) % 360
    unit = float(page.obj.get("/UserUnit", 1))
    return Shape(*shown, turn if turn in {90, 180, 270} else 0, unit if unit > 0 else 1.0)


def settle(pdf: Pdf, page: Page, tolerance_mm: float) -> None:
    """Stand a page upright on A4, its top left corner in the paper's; keep only what paper needs.

    A lying page is turned to the left, its top edge at the paper's left. What is larger than A4
    and not near it keeps its size: it is refused, and shown to its sender.
    """
    shape = shape_of(page)
    matrix, size = _placed(shape, tolerance_mm)
    if not _is_still(matrix) or _hides_something(page, shape):
        _move_contents(pdf, page.obj, shape, matrix)
        _move_notes(page.obj, matrix)
    page.obj.MediaBox = Array([0, 0, *(round(each, 3) for each in size)])
    for name in list(page.obj.keys()):
        if name not in KEPT:
            del page.obj[name]


def _box(corners: Object) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(each) for each in corners)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _placed(shape: Shape, tolerance_mm: float) -> tuple[Matrix, tuple[float, float]]:
    """Return how a page's contents are moved, and the paper's size."""
    unit = shape.unit
    matrix = {
        0: (unit, 0, 0, unit, -shape.left * unit, -shape.bottom * unit),
        90: (0, -unit, unit, 0, -shape.bottom * unit, shape.right * unit),
        180: (-unit, 0, 0, -unit, shape.right * unit, shape.top * unit),
        270: (0, unit, -unit, 0, shape.top * unit, -shape.left * unit),
    }[shape.turn]
    width, height = shape.shown
    if shape.lies:
        a, b, c, d, e, f = matrix
        matrix = (-b, a, -d, c, height - f, e)
        width, height = height, width
    far = max(abs(width - A4_POINTS[0]), abs(height - A4_POINTS[1])) / POINTS_PER_MM
    if far > tolerance_mm:
        return matrix, (width, height)
    a, b, c, d, e, f = matrix
    return (a, b, c, d, e, f + A4_POINTS[1] - height), A4_POINTS


def _is_still(matrix: Matrix) -> bool:
    moved = abs(matrix[4]) > NEAR_POINTS or abs(matrix[5]) > NEAR_POINTS
    return matrix[:4] == (1, 0, 0, 1) and not moved


def _hides_something(page: Page, shape: Shape) -> bool:
    """Say whether there may be contents outside what is shown that A4 would show."""
    media = _box(page.mediabox)
    shown = (shape.left, shape.bottom, shape.right, shape.top)
    if any(abs(a - b) > NEAR_POINTS for a, b in zip(media, shown, strict=True)):
        return True
    width, height = shape.shown
    return A4_POINTS[0] - width > NEAR_POINTS or A4_POINTS[1] - height > NEAR_POINTS


def _move_contents(pdf: Pdf, page: Object, shape: Shape, matrix: Matrix) -> None:
    """Make the contents a drawing of their own, cut at what was shown, and place that.

    A drawing of its own, since contents may end in another state than they began in.
    """
    drawing = pdf.make_stream(zlib.compress(_contents(page)))
    drawing.Filter = Name.FlateDecode
    drawing.Type, drawing.Subtype = Name.XObject, Name.Form
    drawing.BBox = Array([shape.left, shape.bottom, shape.right, shape.top])
    drawing.Resources = page.get("/Resources", Dictionary())
    if "/Group" in page:
        drawing.Group = page.Group
    numbers = " ".join(f"{each:.6f}".rstrip("0").rstrip(".") for each in matrix)
    page.Contents = pdf.make_stream(f"q {numbers} cm /Page Do Q".encode())
    page.Resources = Dictionary(XObject=Dictionary(Page=drawing))


def _contents(page: Object) -> bytes:
    contents = page.get("/Contents")
    streams = contents if isinstance(contents, Array) else [contents]
    return b"\n".join(each.read_bytes() for each in streams if each is not None)


def _move_notes(page: Object, matrix: Matrix) -> None:
    for note in page.get("/Annots", []):
        for name in _PLACES:
            if name in note:
                note[name] = _moved(note[name], matrix)


def _moved(places: Object, matrix: Matrix) -> Array:
    """Move x, y, x, y ...; or lists of them."""
    if len(places) and isinstance(places[0], Array):
        return Array([_moved(each, matrix) for each in places])
    numbers: Sequence[float] = [float(each) for each in places]
    a, b, c, d, e, f = matrix
    pairs = zip(numbers[::2], numbers[1::2], strict=False)
    return Array(
        [each for x, y in pairs for each in (a * x + c * y + e, b * x + d * y + f)],
    )
