"""The typeface of the cover page: how wide a text is, and whether it can be set at all."""

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from flows.wording import FONTS

REGULAR: Final = "LiberationSans-Regular"
BOLD: Final = "LiberationSans-Bold"

ASCENT: Final = 0.905
DESCENT: Final = 0.212
"""How far Liberation Sans reaches above and below the line, in font sizes."""

POINTS_PER_MM: Final = 72 / 25.4

WidthOf = Callable[[str, float], float]
"""The width in points of a text at a font size in points."""

_WRITTEN_OTHERWISE: Final = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI"})
"""Bidirectional classes of what does not simply follow from left to right."""

_LOOKS_MISSING: Final = frozenset("\ufffd\u25a1\u25af")
"""What a lost letter looks like, in the text already or in print."""


@cache
def register() -> None:
    """Make our fonts known to reportlab, once."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


def width_in(font: str) -> WidthOf:
    """Return how wide texts are in a font."""
    register()
    return lambda text, size: float(pdfmetrics.stringWidth(text, font, size))


def is_plain(texts: Iterable[str]) -> bool:
    """Say whether texts are set letter after letter, from left to right, each visible.

    Accents that stand by themselves (Unicode without a letter that carries them), other
    directions of writing and invisible characters need more than a font: they would come out in
    the wrong place, or not at all.
    """
    return all(map(_is_plain, set().union(*texts)))


def has_glyphs(texts: Iterable[str], font: str) -> bool:
    """Say whether a font has every character of the texts."""
    return _glyphs(font).issuperset(set().union(*texts))


@cache
def _glyphs(font: str) -> frozenset[str]:
    register()
    glyphs: dict[int, int] = pdfmetrics.getFont(font).face.charToGlyph
    return frozenset(chr(code) for code, glyph in glyphs.items() if glyph) - _LOOKS_MISSING


def _is_plain(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind[0] not in "MC" and unicodedata.bidirectional(char) not in _WRITTEN_OTHERWISE
