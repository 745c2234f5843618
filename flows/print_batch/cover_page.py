"""Lay out a letter's cover page, with the recipient where the window is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Final

from flows.domain.postal_address import PostalAddress
from flows.print_batch.address_block import FittedAddress, fit_address, wrap
from flows.print_batch.cover_wording import (
    letter_list,
    what_is_inside,
    why_on_paper,
    words,
    written,
)
from flows.print_batch.typeface import (
    ASCENT,
    BOLD,
    POINTS_PER_MM,
    REGULAR,
    has_glyphs,
    is_plain,
    width_in,
)
from flows.print_batch.zones import C5_WINDOW
from flows.wording import fill_sentence

ZONES: Final = C5_WINDOW
LEFT_MM: Final = ZONES.window.left
"""The left edge of everything but the sender's own block."""

AIR_MM: Final = 1.5
"""Between the return line and a recipient of few lines."""

RETURN_SIZES: Final = (6.0, 5.5, 5.0)
RETURN_BASELINE_MM: Final = 45.2

SENDER_LEFT_MM: Final = 128.0
SENDER_TOP_MM: Final = 49.2
SENDER_WIDTH_MM: Final = 62.0
SENDER_BOTTOM_MM: Final = 94.0
"""The sender's own block lies right of everything the window can show."""

LOGO_BOTTOM_MM: Final = 42.0
"""The logo stands on this line, above the sender's name."""

BODY_TOP_MM: Final = 104.0
BODY_BOTTOM_MM: Final = 270.0
BODY_WIDTH_MM: Final = 132.0
PAGES_LEFT_MM: Final = 54.0
"""Where the letter list tells pages."""

MARK_LEFT_MM: Final = 20.0
MARK_TOP_MM: Final = 277.5
MARK_TEXT_LEFT_MM: Final = 33.0
MARK_TEXT_BASELINE_MM: Final = 287.2
MARK_POINTS: Final = 6.0

CACHED: Final = 4096
"""What letters have in common is laid out once; answer addresses may be one for each letter."""


class CoverFault(StrEnum):
    """Why a letter cannot have a cover page; the values are what a person is told."""

    ADDRESS_EMPTY = "there is no address"
    ADDRESS_TOO_LONG = "the address does not fit in the envelope's window at 10 points"
    ADDRESS_LETTERS = "the address has letters that our font has not"
    ADDRESS_SIGNS = (
        "the address has invisible characters, loose accents or letters written from the right"
    )
    SENDER_TOO_LONG = "the sender's name, return address or cover text does not fit"
    SENDER_LETTERS = "the sender's name, return address or cover text has letters our font has not"


@dataclass(frozen=True)
class Cover:
    """What one cover page is about. Texts are tidy."""

    address: PostalAddress
    sender_name: str
    answers_to: tuple[str, ...]
    """A name and its address, a line each: where answers and returns go."""
    cover_text: tuple[str, ...]
    """The sender's fixed text, a paragraph each."""
    language: str
    printed_on: date
    unread_by: date | None
    """The last day it could be read digitally before; None when it never went that way."""
    route_reason: str
    pages: tuple[int, ...]
    """Of each document in the envelope."""
    mark: str
    """What the vendor reads: batch; piece; sheet."""
    logo: str = ""
    """Whose logo stands on it; empty: none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text on a page."""

    text: str
    left_mm: float
    baseline_mm: float
    """From the top of the sheet."""
    size_points: float
    font: str = REGULAR


@dataclass(frozen=True, slots=True)
class CoverPage:
    """A cover page laid out."""

    return_line: Line
    recipient: tuple[Line, ...]
    blocks: tuple[tuple[Line, ...], ...]
    """What lies outside everything the window can show; pages share what they have in common."""
    mark: str
    logo: str

    def lines(self) -> Iterator[Line]:
        """Return every line, in the order a person reads them."""
        yield self.return_line
        yield from self.recipient
        yield from self.others
        yield self.mark_line

    @property
    def others(self) -> tuple[Line, ...]:
        """Every line outside everything the window can show, but for the piece mark."""
        return tuple(chain.from_iterable(self.blocks))

    @property
    def mark_line(self) -> Line:
        """The piece mark as text."""
        return Line(self.mark, MARK_TEXT_LEFT_MM, MARK_TEXT_BASELINE_MM, MARK_POINTS)


def lay_out(cover: Cover) -> CoverPage | CoverFault:
    """Return where everything on a cover page stands, or why there can be no such page."""
    address = _set_address(cover.address)
    if isinstance(address, CoverFault):
        return address
    back = _return_line(cover.answers_to, cover.language)
    sender = _sender_block(cover.answers_to, cover.printed_on, cover.language)
    body = _body(
        cover.sender_name,
        cover.cover_text,
        cover.language,
        cover.unread_by,
        cover.route_reason,
        cover.pages,
    )
    if back is None or sender is None or body is None:
        return CoverFault.SENDER_TOO_LONG
    if not (_can_set((back,)) and _can_set(sender) and _can_set(body)):
        return CoverFault.SENDER_LETTERS
    return CoverPage(back, tuple(_recipient(address)), (sender, body), cover.mark, cover.logo)


def _set_address(address: PostalAddress) -> FittedAddress | CoverFault:
    shown = address.in_window()
    if not shown:
        return CoverFault.ADDRESS_EMPTY
    if not is_plain(shown):
        return CoverFault.ADDRESS_SIGNS
    if not has_glyphs(shown, REGULAR):
        return CoverFault.ADDRESS_LETTERS
    return fit_address(address, width_in(REGULAR), ZONES.window) or CoverFault.ADDRESS_TOO_LONG


def _recipient(address: FittedAddress) -> Iterator[Line]:
    spare_mm = ZONES.window.height - address.height_points / POINTS_PER_MM
    first = ZONES.window.top + min(spare_mm, AIR_MM) + address.size_points * ASCENT / POINTS_PER_MM
    for number, text in enumerate(address.lines):
        baseline = first + number * address.leading_points / POINTS_PER_MM
        yield Line(text, LEFT_MM, baseline, address.size_points)


@lru_cache(CACHED)
def _return_line(answers_to: tuple[str, ...], language: str) -> Line | None:
    """Return the line at the largest size that fits, without the name where it must."""
    for parts in (answers_to, answers_to[1:]):
        text = fill_sentence(words(language)["return_line"], avsender=", ".join(parts))
        for size in RETURN_SIZES:
            if width_in(REGULAR)(text, size) <= ZONES.return_line.width * POINTS_PER_MM:
                return Line(text, LEFT_MM, RETURN_BASELINE_MM, size)
    return None


@lru_cache(CACHED)
def _sender_block(
    answers_to: tuple[str, ...], printed_on: date, language: str
) -> tuple[Line, ...] | None:
    name, *address = answers_to
    column = _Column(SENDER_LEFT_MM, SENDER_TOP_MM, SENDER_WIDTH_MM)
    column.add(name, 9.5, 4.6, BOLD)
    for text in address:
        column.add(text, 9.5, 4.6)
    column.skip(2.6)
    column.add(written(printed_on, language), 9.5, 4.6)
    return column.lines_above(SENDER_BOTTOM_MM)


def _body(
    sender_name: str,
    cover_text: tuple[str, ...],
    language: str,
    unread_by: date | None,
    route_reason: str,
    pages: tuple[int, ...],
) -> tuple[Line, ...] | None:
    """Return the text of the page; where there is no room for the letter list, without it."""
    about = (sender_name, cover_text, language, unread_by, route_reason, pages)
    return _body_with(*about, listed=True) or _body_with(*about, listed=False)


@lru_cache(CACHED)
def _body_with(
    sender_name: str,
    cover_text: tuple[str, ...],
    language: str,
    unread_by: date | None,
    route_reason: str,
    pages: tuple[int, ...],
    *,
    listed: bool,
) -> tuple[Line, ...] | None:
    column = _Column(LEFT_MM, BODY_TOP_MM, BODY_WIDTH_MM)
    heading = fill_sentence(words(language)["heading"], avsender=sender_name)
    column.add(heading, 15, 7, BOLD)
    column.skip(5)
    column.add(why_on_paper(language, route_reason, unread_by), 11, 5.6)
    column.skip(2.8)
    column.add(what_is_inside(language, pages), 11, 5.6)
    column.skip(0.8)
    for name, count in letter_list(language, pages) if listed else ():
        column.add_row(name, count, 10, 5)
    for text in cover_text:
        column.skip(2.8)
        column.add(text, 11, 5.6)
    return column.lines_above(BODY_BOTTOM_MM)


class _Column:
    """Lines one below the other, as they are set."""

    def __init__(self, left_mm: float, top_mm: float, width_mm: float) -> None:
        self._left, self._baseline, self._width = left_mm, top_mm, width_mm
        self._lines: list[Line] | None = []

    def add(self, text: str, size: float, leading_mm: float, font: str = REGULAR) -> None:
        """Set a text, wrapped."""
        wrapped = wrap(text, size, self._width * POINTS_PER_MM, width_in(font))
        if wrapped is None or self._lines is None:
            self._lines = None  # a word wider than the column: nothing of it can be used
            return
        for part in wrapped:
            self._lines.append(Line(part, self._left, self._baseline, size, font))
            self._baseline += leading_mm

    def add_row(self, name: str, count: str, size: float, leading_mm: float) -> None:
        """Set a row of the letter list."""
        if self._lines is not None:
            self._lines.append(Line(name, self._left, self._baseline, size))
            self._lines.append(Line(count, PAGES_LEFT_MM, self._baseline, size))
            self._baseline += leading_mm

    def skip(self, height_mm: float) -> None:
        """Leave white."""
        self._baseline += height_mm

    def lines_above(self, bottom_mm: float) -> tuple[Line, ...] | None:
        """Return the lines; None when they do not all fit."""
        if self._lines is None or any(line.baseline_mm > bottom_mm for line in self._lines):
            return None
        return tuple(self._lines)


@lru_cache(CACHED)
def _can_set(lines: tuple[Line, ...]) -> bool:
    return is_plain(line.text for line in lines) and all(
        has_glyphs([line.text], line.font) for line in lines
    )
