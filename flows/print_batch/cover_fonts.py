"""The fonts of a batch's covers: each character's code, and a PDF that holds them.

reportlab chooses the codes as characters come and makes the subsets; what is known of a character
is kept here, so that it is asked once.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import pikepdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from flows.print_batch.typeface import BOLD, REGULAR, register

_ESCAPED: Final = {ord(sign): f"\\{sign}" for sign in "()\\"} | {
    code: f"\\{code:03o}" for code in range(32)
}
"""A line's end in a string would be read as another (PDF 32000-1, 7.3.4.2)."""


class CoverFonts:
    """Fonts as they are used in one file."""

    def __init__(self) -> None:
        register()
        self._buffer = BytesIO()
        # Nothing is compressed: another zlib would give other bytes, and so another package hash.
        self._canvas = Canvas(
            self._buffer, pagesize=A4, pageCompression=0, invariant=1, initialFontName=REGULAR
        )
        self._codes: dict[str, dict[int, str]] = {REGULAR: {}, BOLD: {}}
        """Of each font's first 255 characters, escaped."""

    def set(self, text: str, font: str) -> Sequence[tuple[bytes, bytes]]:
        """Return a text as the parts of a font it needs, nearly always one: its name, the codes."""
        codes = self._codes[font]
        if not codes.keys() >= set(map(ord, text)):
            self._learn(text, font)
        if codes.keys() >= set(map(ord, text)):
            return [(self._name(font, 0), text.translate(codes).encode("latin-1"))]
        return [
            (self._name(font, part), some.decode("latin-1").translate(_ESCAPED).encode("latin-1"))
            for part, some in pdfmetrics.getFont(font).splitString(text, self._canvas._doc)  # noqa: SLF001
        ]

    def to_pdf(self) -> pikepdf.Pdf:
        """Return a PDF of one empty page whose resources are the fonts; nothing can be set then."""
        self._canvas.showPage()
        self._canvas.save()
        return pikepdf.open(self._buffer)

    def _learn(self, text: str, font: str) -> None:
        for sign in text:
            ((part, code),) = pdfmetrics.getFont(font).splitString(sign, self._canvas._doc)  # noqa: SLF001
            if part == 0:
                self._codes[font][ord(sign)] = _ESCAPED.get(code[0], chr(code[0]))

    def _name(self, font: str, part: int) -> bytes:
        return str(
            pdfmetrics.getFont(font).getSubsetInternalName(part, self._canvas._doc)  # noqa: SLF001
        ).encode()
