"""Draw laid out cover pages, whose fonts and logos are there once.

The pages are written as text by hand: it is a few operators, and reportlab, which knows the fonts,
takes ten times as long for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from pikepdf import Dictionary, Name, Pdf
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from flows.pdf.fragment import made_ours, read_fragment
from flows.pdf.page_stream import Page, PageStream
from flows.print_batch.cover_fonts import CoverFonts
from flows.print_batch.cover_page import (
    LOGO_BOTTOM_MM,
    MARK_LEFT_MM,
    MARK_TOP_MM,
    SENDER_LEFT_MM,
    CoverPage,
    Line,
)
from flows.print_batch.logo import Logo
from flows.print_batch.piece_mark import MODULE_MM, Bar, bars, squares

HEIGHT: Final = A4[1]

BLOCKS_KEPT: Final = 1000
"""Lines that letters have in common are written once; answer addresses may be one a letter."""


def draw_covers(pages: Sequence[CoverPage], target: Path, logos: Mapping[str, Logo]) -> None:
    """Draw the cover pages of a whole batch, in order; the same pages give the same bytes.

    Nothing is compressed: another zlib would give other bytes, and so another package hash.
    """
    with PageStream(target) as stream:
        stream.finish(draw_in(stream, pages, logos))


def draw_in(
    stream: PageStream, pages: Sequence[CoverPage], logos: Mapping[str, Logo]
) -> Sequence[Page]:
    """Draw cover pages in a file that is being written; return them, to be placed."""
    if not pages:
        return ()
    used = sorted({page.logo for page in pages} & logos.keys())
    names = {sender: f"Logo{number}" for number, sender in enumerate(used)}
    placed_logos = {one: _placed_logo(names[one], logos[one]) for one in used}
    pen = _Pen()
    drawn = [
        stream.write_stream(
            placed_logos.get(page.logo, b"") + pen.lines_of(page) + _mark(page.mark)
        )
        for page in pages
    ]
    with pen.fonts.to_pdf() as pdf:
        resources = Dictionary(Font=pdf.pages[0].obj.Resources.Font)
        if used:
            resources.XObject = Dictionary(
                {f"/{names[one]}": _picture(pdf, logos[one]) for one in used}
            )
        pdf.pages[0].obj.Resources = pdf.make_indirect(resources)
        del pdf.pages[0].obj.Contents
        (empty,) = stream.add(read_fragment(made_ours(pdf)))
    return [stream.page_with(each, empty) for each in drawn]


class _Pen:
    """Writes lines of text as a page's operators."""

    def __init__(self) -> None:
        self.fonts = CoverFonts()
        self._written: dict[int, tuple[object, bytes]] = {}
        """By the identity of lines that many pages share; with them, so that they live on."""

    def lines_of(self, page: CoverPage) -> bytes:
        """Return every line, in the order a person reads them."""
        own = self._write((page.return_line, *page.recipient))
        return b"BT\n%b%b%bET\n" % (
            own,
            b"".join(map(self._shared, page.blocks)),
            self._write((page.mark_line,)),
        )

    def _shared(self, lines: Sequence[Line]) -> bytes:
        known = self._written.get(id(lines))
        if known is None or known[0] is not lines:
            if len(self._written) >= BLOCKS_KEPT:
                self._written.clear()
            known = self._written[id(lines)] = lines, self._write(lines)
        return known[1]

    def _write(self, lines: Iterable[Line]) -> bytes:
        return b"".join(map(self._line, lines))

    def _line(self, line: Line) -> bytes:
        left, base = line.left_mm * mm, HEIGHT - line.baseline_mm * mm
        (name, codes), *more = self.fonts.set(line.text, line.font)
        first = b"%b %g Tf 1 0 0 1 %.3f %.3f Tm (%b) Tj\n" % (
            name, line.size_points, left, base, codes,
        )  # fmt: skip
        return first + b"".join(
            b"%b %g Tf (%b) Tj\n" % (name, line.size_points, codes) for name, codes in more
        )


def _mark(text: str) -> bytes:
    # One path, so that squares beside each other have no hair of white between them.
    side, left, top = MODULE_MM * mm, MARK_LEFT_MM * mm, HEIGHT - MARK_TOP_MM * mm
    path = b"".join(map(_rectangle, bars(squares(text))))
    return b"q %.4f 0 0 %.4f %.3f %.3f cm\n%bf Q" % (side, -side, left, top, path)


@cache
def _rectangle(bar: Bar) -> bytes:
    left, top, width = bar
    return b"%d %d %d 1 re\n" % (left, top, width)


def _placed_logo(name: str, logo: Logo) -> bytes:
    width, height = logo.size_mm
    return b"q %.4f 0 0 %.4f %.3f %.3f cm /%b Do Q\n" % (
        width * mm, height * mm, SENDER_LEFT_MM * mm, HEIGHT - LOGO_BOTTOM_MM * mm, name.encode(),
    )  # fmt: skip


def _picture(pdf: Pdf, logo: Logo) -> object:
    """Return a logo as an object of the PDF, uncompressed as the pages are."""
    return pdf.make_stream(
        logo.pixels,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=logo.width,
        Height=logo.height,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
    )
