"""Fit an address in the part of the window that always shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from flows.domain.postal_address import PostalAddress

WIDTH_MM: Final = 81
HEIGHT_MM: Final = 19
"""x 20-101 and y 46-65 mm from the sheet's top left corner: a C5 window (15 mm from the left, 44
from the top, 105 x 35) less the play of an A4 sheet folded in a C5 envelope, 19 and 13.5 mm."""

STYLES: Final = ((12, 1.15), (11, 1.15), (10, 1.15), (10, 1.05))
"""Font size in points and line spacing, the best first. Posten wants 10-12 points."""

ASCENT: Final = 0.905
DESCENT: Final = 0.212
"""How far Liberation Sans reaches above and below the line, in font sizes."""

POINTS_PER_MM: Final = 72 / 25.4

WidthOf = Callable[[str, float], float]
"""The width in points of a text at a font size in points."""


@dataclass(frozen=True)
class FittedAddress:
    """An address as it will stand in the window."""

    lines: tuple[str, ...]
    size_points: float
    leading_points: float

    @property
    def height_points(self) -> float:
        """From the highest accent to the lowest tail."""
        return (len(self.lines) - 1) * self.leading_points + self.size_points * (ASCENT + DESCENT)


def fit_address(address: PostalAddress, width_of: WidthOf) -> FittedAddress | None:
    """Return the address at the largest size that fits; None when none does.

    Lines that are too wide are wrapped. Where there are too many, street lines are joined with a
    comma; nothing is ever left out, since a cut address goes to the wrong door.
    """
    for lines in _arrangements(address):
        for size, spacing in STYLES:
            wrapped = [wrap(line, size, WIDTH_MM * POINTS_PER_MM, width_of) for line in lines]
            if None in wrapped:
                continue
            flat = tuple(part for parts in wrapped if parts for part in parts)
            fitted = FittedAddress(flat, size, size * spacing)
            if fitted.height_points <= HEIGHT_MM * POINTS_PER_MM:
                return fitted
    return None


def wrap(text: str, size: float, width: float, width_of: WidthOf) -> list[str] | None:
    """Return a text in lines no wider than `width` points; None when a word alone is wider.

    Breaks at spaces (but not at those that hold together, U+00A0), and after a hyphen or a slash
    where a word is too wide by itself.
    """
    lines: list[str] = []
    for word in filter(None, text.split(" ")):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            parts = _break(word, size, width, width_of)
            if parts is None:
                return None
            lines += parts
    return lines


def _break(word: str, size: float, width: float, width_of: WidthOf) -> list[str] | None:
    parts = [""]
    for syllable in word.replace("-", "-\0").replace("/", "/\0").split("\0"):
        if width_of(syllable, size) > width:
            return None
        if width_of(parts[-1] + syllable, size) <= width:
            parts[-1] += syllable
        else:
            parts.append(syllable)
    return [part for part in parts if part]


def _arrangements(address: PostalAddress) -> Iterator[list[str]]:
    lines = address.in_window()
    last_lines = 1 if address.is_norwegian else 2
    yield list(lines)
    while len(lines) > last_lines + 2:
        before = len(lines) - last_lines
        lines[before - 2 : before] = [", ".join(lines[before - 2 : before])]
        yield list(lines)
