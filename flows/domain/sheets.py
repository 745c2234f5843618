"""Sides, sheets, envelope and weight of a letter: paper is counted here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from flows.domain.batch import Envelope
from flows.domain.shipment import PrintedDocument
from flows.domain.vendor_profile import Paper

EMPTY_SIDE: Final = 0
"""In place of a page's number: nothing is printed on this side."""

_SHAPES: Final = 1024
"""A night has far fewer shapes of documents than documents: each is laid out once."""


class Side(NamedTuple):
    """One side of a letter's paper."""

    document: int | None
    """0 for the first of the letter's documents; None for the cover."""
    page: int
    """1-based, or EMPTY_SIDE."""
    giro: bool = False
    """Whether this is the front of a giro sheet."""


def sides_of_letter(
    documents: Sequence[PrintedDocument], *, cover: bool, duplex: bool
) -> tuple[Side, ...]:
    """Return a letter's sides in the order they are printed; in duplex two for each sheet.

    The cover is a sheet of its own, and every document begins on a fresh front.
    """
    front = [Side(None, 1)] * cover
    back = [Side(None, EMPTY_SIDE)] * (cover and duplex)
    return (
        *front,
        *back,
        *(
            Side(place, page, page != EMPTY_SIDE and page in document.giro)
            for place, document in enumerate(documents)
            for page in sides_of(document, duplex=duplex)
        ),
    )


@lru_cache(_SHAPES)
def sides_of(document: PrintedDocument, *, duplex: bool) -> tuple[int, ...]:
    """Return what is on each side of a document's sheets: page numbers, or EMPTY_SIDE.

    In duplex the last sheet is whole, and a giro page is a front with an empty back: the slip is
    torn off. One that would have come on a back goes to the next sheet (intake refuses these).
    """
    if not duplex:
        return tuple(range(1, document.pages + 1))
    sides: list[int] = []
    for page in range(1, document.pages + 1):
        giro = page in document.giro
        if giro and len(sides) % 2:
            sides.append(EMPTY_SIDE)
        sides += [page, EMPTY_SIDE] if giro else [page]
    return (*sides, *[EMPTY_SIDE] * (len(sides) % 2))


def giro_on_back(document: PrintedDocument, *, duplex: bool) -> list[int]:
    """Return the giro pages that come on a back, printed in order without a side in between.

    A letter with one is rejected at intake (SvarUt, change of 23 February 2018).
    """
    sides = sides_of(document, duplex=duplex)
    # Then the empty side before it is not the back of a giro page.
    return [
        page
        for page in document.giro
        if duplex and 1 < page <= document.pages
        if sides[sides.index(page) - 1] == EMPTY_SIDE and page - 1 not in document.giro
    ]


def giro_sheets(
    documents: Sequence[PrintedDocument], *, cover: bool, duplex: bool
) -> tuple[int, ...]:
    """Return which of a letter's sheets are giro sheets: 1 is the first, the cover among them."""
    sides = sides_of_letter(documents, cover=cover, duplex=duplex)
    per_sheet = 2 if duplex else 1
    return tuple(place // per_sheet + 1 for place, side in enumerate(sides) if side.giro)


def sheets_of(documents: Sequence[PrintedDocument], *, cover: bool, duplex: bool) -> int:
    """Return a letter's sheets, its cover among them where it has one."""
    sides = sum(len(sides_of(document, duplex=duplex)) for document in documents)
    return cover + (sides // 2 if duplex else sides)


def prints_duplex(documents: Sequence[PrintedDocument], *, asked: bool) -> bool:
    """Say whether a letter is printed on both sides.

    A one-page letter is simplex whatever was asked (SvarUt, change of 14 April 2016).
    """
    return asked and sum(document.pages for document in documents) > 1


@dataclass(frozen=True)
class PaperWeights:
    """What paper weighs, in grams."""

    sheet: Decimal = Decimal("4.990")
    """A4 at 80 g/m2: 0.06237 m2."""
    # ASSUMPTION: typical envelopes; a vendor profile gives the weighed ones.
    c5: Decimal = Decimal(7)
    c4: Decimal = Decimal(20)


TYPICAL: Final = PaperWeights()


def weights_of(paper: Paper) -> PaperWeights:
    """Return what a vendor's paper and envelopes weigh."""
    return PaperWeights(paper.sheet_grams, paper.c5_grams, paper.c4_grams)


def envelope_for(sheets: int, *, c5_sheets: int) -> Envelope:
    """Return the envelope for so many sheets, the cover among them; C5 takes `c5_sheets`."""
    return Envelope.C5 if sheets <= c5_sheets else Envelope.C4


def weight_grams(sheets: int, envelope: Envelope, weights: PaperWeights = TYPICAL) -> Decimal:
    """Return what a letter of so many sheets weighs in its envelope, in grams, not rounded."""
    return sheets * weights.sheet + (weights.c5 if envelope is Envelope.C5 else weights.c4)
