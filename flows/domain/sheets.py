"""Sheets, envelope and weight of a letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from flows.domain.batch import Envelope

COVER_SHEETS: Final = 1
"""The cover page is a sheet of its own; in duplex its back is blank."""

EMPTY_SIDE: Final = 0
"""In place of a page's number: nothing is printed on this side."""


def cover_sheets(*, own_address_page: bool) -> int:
    """Return the sheets before a letter's documents: none where page 1 carries the address."""
    return 0 if own_address_page else COVER_SHEETS


@dataclass(frozen=True)
class PaperWeights:
    """What paper weighs, in grams."""

    sheet: Decimal = Decimal("4.990")
    """A4 at 80 g/m2: 0.06237 m2."""
    # ASSUMPTION: typical envelopes; a vendor profile gives the weighed ones.
    c5: Decimal = Decimal(7)
    c4: Decimal = Decimal(20)


TYPICAL: Final = PaperWeights()


def prints_duplex(pages_per_document: Sequence[int], *, asked: bool) -> bool:
    """Say whether a letter is printed on both sides.

    A one-page letter is simplex whatever was asked (SvarUt, change of 14 April 2016).
    """
    return asked and sum(pages_per_document) > 1


def sheets_of(pages_per_document: Sequence[int], *, duplex: bool) -> int:
    """Return the sheets of a letter's documents, without its cover.

    Each document begins on a fresh front, so a half-filled last sheet is a whole sheet.
    """
    return sum(-(-pages // 2) if duplex else pages for pages in pages_per_document)


def lands_on_back(page: int, *, duplex: bool) -> bool:
    """Say whether a document's page (1-based) is printed on the back of a sheet.

    A giro page must not be: it is rejected at intake (SvarUt, change of 23 February 2018).
    """
    return duplex and page % 2 == 0


def envelope_for(sheets: int, *, c5_sheets: int) -> Envelope:
    """Return the envelope for so many sheets, the cover among them; C5 takes `c5_sheets`."""
    return Envelope.C5 if sheets <= c5_sheets else Envelope.C4


def weight_grams(sheets: int, envelope: Envelope, weights: PaperWeights = TYPICAL) -> Decimal:
    """Return what a letter of so many sheets weighs in its envelope, in grams, not rounded."""
    return sheets * weights.sheet + (weights.c5 if envelope is Envelope.C5 else weights.c4)
