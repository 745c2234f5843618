"""Draw laid out cover pages in one PDF, whose fonts and logos are there once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFImageXObject
from reportlab.pdfgen.canvas import Canvas

from flows.print_batch.cover_page import (
    LOGO_BOTTOM_MM,
    MARK_LEFT_MM,
    MARK_TOP_MM,
    SENDER_LEFT_MM,
    CoverPage,
)
from flows.print_batch.logo import Logo
from flows.print_batch.piece_mark import MODULE_MM, bars, squares
from flows.print_batch.typeface import REGULAR, register

HEIGHT: Final = A4[1]


def draw_covers(pages: Sequence[CoverPage], target: Path, logos: Mapping[str, Logo]) -> None:
    """Draw the cover pages of a whole batch, in order; the same pages give the same bytes.

    Nothing is compressed: another zlib would give other bytes, and so another package hash.
    """
    register()
    canvas = Canvas(
        str(target),
        pagesize=A4,
        pageCompression=0,
        invariant=1,
        initialFontName=REGULAR,  # or every page lists a Helvetica that is not embedded
        initialFontSize=10,
    )
    names = {sender: f"logo{number}" for number, sender in enumerate(logos)}
    for sender, name in names.items():
        picture = _picture(name, logos[sender])
        canvas._doc.addForm(name, picture)  # noqa: SLF001 -- drawn once, used often
    for page in pages:
        if page.logo in logos:
            _draw_logo(canvas, names[page.logo], logos[page.logo])
        _draw_lines(canvas, page)
        _draw_mark(canvas, page.mark)
        canvas.showPage()
    canvas.save()


def _draw_lines(canvas: Canvas, page: CoverPage) -> None:
    text = canvas.beginText()
    for line in page.lines():
        text.setFont(line.font, line.size_points)
        text.setTextOrigin(line.left_mm * mm, HEIGHT - line.baseline_mm * mm)
        text.textOut(line.text)
    canvas.drawText(text)


def _draw_mark(canvas: Canvas, mark: str) -> None:
    # As text, since reportlab's own path costs more than all the rest of the page. One path, so
    # that squares beside each other have no hair of white between them.
    side, left, top = MODULE_MM * mm, MARK_LEFT_MM * mm, HEIGHT - MARK_TOP_MM * mm
    path = " ".join(f"{x} {y} {w} {h} re" for x, y, w, h in bars(squares(mark)))
    canvas.addLiteral(f"q {side:.4f} 0 0 {-side:.4f} {left:.3f} {top:.3f} cm {path} f Q")


def _draw_logo(canvas: Canvas, name: str, logo: Logo) -> None:
    width, height = logo.size_mm
    canvas.saveState()
    canvas.translate(SENDER_LEFT_MM * mm, HEIGHT - LOGO_BOTTOM_MM * mm)
    canvas.scale(width * mm, height * mm)
    canvas.doForm(name)
    canvas.restoreState()


def _picture(name: str, logo: Logo) -> PDFImageXObject:
    """Return a logo as an object of the PDF, uncompressed as the pages are."""
    picture = PDFImageXObject(name)
    picture.width, picture.height = logo.width, logo.height
    picture.bitsPerComponent = 8
    picture.colorSpace = "DeviceGray"
    picture.streamContent = logo.pixels
    picture._filters = ()  # noqa: SLF001 -- there is no other way to say "as it is"
    return picture
