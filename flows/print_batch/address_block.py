"""Fit an address in the part of the window that always shows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flows.domain.postal_address import PostalAddress
from flows.print_batch.typeface import ASCENT, DESCENT, POINTS_PER_MM, WidthOf
from flows.print_batch.zones import C5_WINDOW, Box

STYLES: Final = ((12, 1.15), (11, 1.15), (10, 1.15), (10, 1.05))
"""Font size in points and line spacing, the best first. Posten wants 10-12 points."""

_CARE_OF: Final = re.compile(r"\s+(?=c/o\s)", re.IGNORECASE)
"""Whoever keeps the letter for somebody stands best on a line of their own."""


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


def fit_address(
    address: PostalAddress, width_of: WidthOf, window: Box = C5_WINDOW.window
) -> FittedAddress | None:
    """Return the address at the largest size that fits; None when none does.

    As it was written, if it fits so; else lines that are too wide are wrapped; else street lines
    are joined with a comma. Nothing is ever left out, since a cut address goes to the wrong door,
    and what says where the letter goes (postcode and place, country) is never wrapped or joined.
    """
    last_lines = 1 if address.is_norwegian else 2
    for lines, may_wrap in _arrangements(address.in_window(), last_lines):
        for size, spacing in STYLES:
            fitted = _set(lines, last_lines if may_wrap else len(lines), size, window, width_of)
            if fitted is None:
                continue
            found = FittedAddress(fitted, size, size * spacing)
            if found.height_points <= window.height * POINTS_PER_MM:
                return found
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


def _set(
    lines: Sequence[str], whole: int, size: float, window: Box, width_of: WidthOf
) -> tuple[str, ...] | None:
    """Set lines at a size, the last `whole` of them unwrapped; None when it does not go."""
    width = window.width * POINTS_PER_MM
    flat: list[str] = []
    for number, line in enumerate(lines):
        if width_of(line, size) <= width:
            flat.append(line)
        elif number >= len(lines) - whole:
            return None
        else:
            for part in _CARE_OF.split(line):
                wrapped = wrap(part, size, width, width_of)
                if wrapped is None:
                    return None
                flat += wrapped
    return tuple(flat)


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


def _arrangements(lines: list[str], last_lines: int) -> Iterator[tuple[list[str], bool]]:
    """Return the ways to arrange an address, each with whether lines may be wrapped."""
    yield lines, False
    yield lines, True
    while len(lines) > last_lines + 2:
        before = len(lines) - last_lines
        joined = ", ".join(lines[before - 2 : before])
        lines = [*lines[: before - 2], joined, *lines[before:]]
        yield lines, False
        yield lines, True
