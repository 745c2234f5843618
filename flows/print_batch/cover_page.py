"""Lay out a letter's cover page, with the recipient where the window is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from flows.domain.postal_address import PostalAddress, tidy
from flows.domain.sender import Sender
from flows.print_batch.address_block import (
    ASCENT,
    HEIGHT_MM,
    FittedAddress,
    WidthOf,
    fit_address,
    wrap,
)
from flows.wording import FONTS, fill_sentence, sentences

REGULAR: Final = "LiberationSans-Regular"
BOLD: Final = "LiberationSans-Bold"

LEFT_MM: Final = 20.0
"""The left edge of everything; 18 mm are left free for the vendor's own marks."""

WINDOW_TOP_MM: Final = 46.0
RETURN_LINE_MM: Final = 45.3
"""Baselines and edges from the top of the sheet. The return line stands just above the recipient,
where the window (from 44 mm) still shows it."""

AIR_MM: Final = 1.5
"""Between the return line and a recipient of few lines."""

RETURN_SIZES: Final = (6.5, 6.0, 5.5, 5.0)
RETURN_WIDTH_MM: Final = 81.0

SENDER_LEFT_MM: Final = 128.0
SENDER_WIDTH_MM: Final = 62.0
"""The sender's own block lies right of everything the window can show (x 0-120)."""

BODY_TOP_MM: Final = 104.0
BODY_BOTTOM_MM: Final = 278.0
BODY_WIDTH_MM: Final = 132.0
MARK_MM: Final = 286.0


class CoverFault(StrEnum):
    """Why a letter cannot have a cover page; the values are what a person is told."""

    ADDRESS_TOO_LONG = "the address does not fit in the envelope's window at 10 points"
    ADDRESS_LETTERS = "the address has letters that our font has not"
    SENDER_TOO_LONG = "the sender's name, return address or cover text does not fit"
    SENDER_LETTERS = "the sender's name, return address or cover text has letters our font has not"


@dataclass(frozen=True)
class Cover:
    """What one cover page is about."""

    address: PostalAddress
    sender: Sender
    printed_on: date
    unread_by: date | None
    """The last day it could be read digitally before; None when it never went that way."""
    route_reason: str
    documents: int
    pages: int
    mark: str
    """What the vendor reads: batch; piece; sheet."""


@dataclass(frozen=True)
class Line:
    """One line of text on a page."""

    text: str
    left_mm: float
    baseline_mm: float
    """From the top of the sheet."""
    size_points: float
    font: str = REGULAR


def lay_out(cover: Cover) -> tuple[Line, ...] | CoverFault:
    """Return where every line of a cover page stands, or why there can be no such page."""
    register_fonts()
    address = fit_address(cover.address, width_of)
    if address is None:
        return CoverFault.ADDRESS_TOO_LONG
    if not _has_glyphs(address.lines):
        return CoverFault.ADDRESS_LETTERS
    sender = (_return_line(cover.sender), _sender_block(cover), _body(cover))
    if None in sender:
        return CoverFault.SENDER_TOO_LONG
    words = [line for part in sender if part for line in part]
    if not _has_glyphs(line.text for line in words):
        return CoverFault.SENDER_LETTERS
    return (*_recipient(address), *words, Line(cover.mark, LEFT_MM, MARK_MM, 6))


def draw_covers(pages: Sequence[Sequence[Line]], target: Path) -> None:
    """Draw the cover pages of a whole batch in one PDF, so that its fonts are there once.

    Nothing is compressed: another zlib would give other bytes, and so another package hash.
    """
    register_fonts()
    canvas = Canvas(
        str(target),
        pagesize=A4,
        pageCompression=0,
        invariant=1,
        initialFontName=REGULAR,  # or every page lists a Helvetica that is not embedded
        initialFontSize=10,
        lang="nb-NO",
    )
    for lines in pages:
        for line in lines:
            canvas.setFont(line.font, line.size_points)
            canvas.drawString(line.left_mm * mm, A4[1] - line.baseline_mm * mm, line.text)
        canvas.showPage()
    canvas.save()


def width_of(text: str, size: float, font: str = REGULAR) -> float:
    """Return the width of a text in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


@cache
def register_fonts() -> None:
    """Make our fonts known to reportlab, once."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


def _recipient(address: FittedAddress) -> Iterator[Line]:
    spare_mm = HEIGHT_MM - address.height_points / mm
    first = WINDOW_TOP_MM + min(spare_mm, AIR_MM) + address.size_points * ASCENT / mm
    for number, text in enumerate(address.lines):
        baseline = first + number * address.leading_points / mm
        yield Line(text, LEFT_MM, baseline, address.size_points)


@cache
def _return_line(sender: Sender) -> list[Line] | None:
    address = ", ".join(tidy(line) for line in sender.return_address)
    for text in (f"{tidy(sender.name)}, {address}", address):
        line = fill_sentence(sentences("cover_page.toml")["return_line"], avsender=text)
        for size in RETURN_SIZES:
            if width_of(line, size) <= RETURN_WIDTH_MM * mm:
                return [Line(line, LEFT_MM, RETURN_LINE_MM, size)]
    return None


@cache
def _sender_block_of(sender: Sender, printed_on: date) -> list[Line] | None:
    texts = [(tidy(sender.name), BOLD), *((tidy(one), REGULAR) for one in sender.return_address)]
    lines: list[Line] = []
    baseline = WINDOW_TOP_MM + 3.2
    for text, font in [*texts, ("", REGULAR), (norwegian_date(printed_on), REGULAR)]:
        wrapped = wrap(text, 9.5, SENDER_WIDTH_MM * mm, _width_in(font))
        if wrapped is None:
            return None
        for part in wrapped:
            lines.append(Line(part, SENDER_LEFT_MM, baseline, 9.5, font))
            baseline += 4.6
        if not wrapped:
            baseline += 2.6
    return lines if baseline < BODY_TOP_MM - 10 else None


def _sender_block(cover: Cover) -> list[Line] | None:
    return _sender_block_of(cover.sender, cover.printed_on)


def _body(cover: Cover) -> list[Line] | None:
    return _body_of(cover.sender, cover.unread_by, cover.route_reason, cover.documents, cover.pages)


@cache
def _body_of(
    sender: Sender,
    unread_by: date | None,
    route_reason: str,
    documents: int,
    pages: int,
) -> list[Line] | None:
    said = sentences("cover_page.toml")
    heading = fill_sentence(said["heading"], avsender=tidy(sender.name))
    why = f"why_{route_reason.lower()}" if unread_by is None else "why_unread"
    day = norwegian_date(unread_by) if unread_by else ""
    paragraphs = [
        fill_sentence(said.get(why, said["why_paper"]), dato=day),
        fill_sentence(said["contents"], dokumenter=documents, sider=pages),
        *(tidy(line) for line in sender.cover_text.splitlines()),
    ]
    lines: list[Line] = []
    baseline = BODY_TOP_MM
    texts = [
        (heading, BOLD, 15.0, 7.0, 5.0),
        *((one, REGULAR, 11.0, 5.6, 2.8) for one in paragraphs),
    ]
    for text, font, size, leading_mm, after_mm in texts:
        wrapped = wrap(text, size, BODY_WIDTH_MM * mm, _width_in(font))
        if wrapped is None:
            return None
        for part in wrapped:
            lines.append(Line(part, LEFT_MM, baseline, size, font))
            baseline += leading_mm
        baseline += after_mm
    return lines if baseline <= BODY_BOTTOM_MM else None


def norwegian_date(day: date) -> str:
    """Return a date as it is written in a letter, `25. november 2026`, on one line."""
    months = sentences("cover_page.toml")["months"].split()
    return f"{day.day}.\u00a0{months[day.month - 1]}\u00a0{day.year}"


def _width_in(font: str) -> WidthOf:
    return lambda text, size: width_of(text, size, font)


def _has_glyphs(texts: Iterable[str]) -> bool:
    known = pdfmetrics.getFont(REGULAR).face.charToGlyph
    return all(ord(char) in known for text in texts for char in text)
