"""Join cover pages and documents into one print file, by a PDF library: the reference.

`streaming.py` does the same by copying bytes, many times as fast, and is held against this.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf
import pypdf
from pikepdf import Dictionary, Name, Object, Pdf
from pypdf.errors import PyPdfError

from flows.domain.batch import JobClass, Letter, PlacedPiece
from flows.domain.sheets import (
    EMPTY_SIDE,
    TYPICAL,
    PaperWeights,
    Side,
    sheets_of,
    sides_of_letter,
    weight_grams,
)
from flows.errors import ImpossibleState
from flows.pdf.layers import layers_of, set_layers
from flows.pdf.pages import save, set_pages
from flows.print_batch.print_ready import Place, Ready


@dataclass(frozen=True)
class PrintFile:
    """A finished print file: where each letter stands in it."""

    file: Path
    pieces: tuple[PlacedPiece, ...]
    pages: int
    sha256: str = ""
    """Of the file, where it was made while writing; or empty."""
    singles: Mapping[int, Path] = field(default_factory=dict)
    """By piece number, where the vendor wants a PDF a letter."""


def join_letters(
    letters: Sequence[Letter],
    job_class: JobClass,
    *,
    covers: Path,
    ready: Ready,
    target: Path,
    weights: PaperWeights = TYPICAL,
) -> PrintFile:
    """Write each letter's cover page and documents after the one before it.

    covers: one PDF with the cover pages of those letters that have one, in the order of `letters`.
    In duplex every document begins on a fresh front: a side left over is a blank page, and so are
    the backs of the cover and of giro pages. The pages are counted again in the finished file, by
    another library.
    """
    pieces = place_letters(letters, job_class, weights)
    with ExitStack() as stack:
        target_pdf = stack.enter_context(pikepdf.new())
        cover_pdf = stack.enter_context(pikepdf.open(covers))
        parts = [stack.enter_context(pikepdf.open(part)) for part in ready.parts]
        pages: list[Object] = []
        cover_pages = iter(cover_pdf.pages)
        for letter in letters:
            own = [
                _own_pages(target_pdf, parts, ready.places[document.sha256])
                for document in letter.documents
            ]
            for side in sides_of(letter, job_class):
                if side.page == EMPTY_SIDE:
                    pages.append(_blank_like(target_pdf, pages[-1]))
                elif side.document is None:
                    pages.append(target_pdf.copy_foreign(next(cover_pages).obj))
                else:
                    pages.append(own[side.document][side.page - 1])
        set_pages(target_pdf, pages)
        set_layers(
            target_pdf,
            [
                (target_pdf.copy_foreign(group), printed)
                for part in parts
                for group, printed in layers_of(part)
            ],
        )
        save(target_pdf, target)
    expected = sum(piece.pages for piece in pieces)
    _count_again(target, expected)
    return PrintFile(target, pieces, expected)


def place_letters(
    letters: Sequence[Letter], job_class: JobClass, weights: PaperWeights = TYPICAL
) -> tuple[PlacedPiece, ...]:
    """Return where each letter stands in the print file, with its sheets and weight."""
    return tuple(_placed(letters, job_class, weights))


def sides_of(letter: Letter, job_class: JobClass) -> Sequence[Side]:
    """Return a letter's sides in the order they are printed; in duplex whole sheets."""
    return sides_of_letter(
        [document.printed for document in letter.documents],
        cover=not letter.own_address_page,
        duplex=job_class.duplex,
    )


def _placed(
    letters: Sequence[Letter], job_class: JobClass, weights: PaperWeights
) -> Iterator[PlacedPiece]:
    first = 1
    for letter in letters:
        documents = [document.printed for document in letter.documents]
        cover = not letter.own_address_page
        sheets = sheets_of(documents, cover=cover, duplex=job_class.duplex)
        pages = sheets * 2 if job_class.duplex else sheets
        grams = weight_grams(sheets, job_class.envelope, weights)
        yield PlacedPiece(letter.piece.number, first, pages, sheets, int(grams * 1000))
        first += pages


def _own_pages(target: Pdf, parts: Sequence[Pdf], place: Place) -> list[Object]:
    """Return a letter's own page objects; the contents may be shared with other letters."""
    source = parts[place.part].pages
    return [
        target.make_indirect(_shallow(target.copy_foreign(source[place.first + number].obj)))
        for number in range(place.pages)
    ]


def _shallow(page: Object) -> Dictionary:
    entries: Mapping[str, Object] = {key: value for key, value in page.items() if key != "/Parent"}
    return Dictionary(entries)


def _blank_like(target: Pdf, page: Object) -> Object:
    blank = Dictionary(Type=Name.Page, MediaBox=page.MediaBox, Resources=Dictionary())
    if "/Rotate" in page:
        blank.Rotate = page.Rotate
    return target.make_indirect(blank)


def _count_again(file: Path, expected: int) -> None:
    try:
        with pypdf.PdfReader(file) as reader:
            found = len(reader.pages)
    except PyPdfError as fault:
        raise ImpossibleState(
            "a second PDF library cannot read the print file",
            where=file.name,
            do="keep the folder and report it; nothing has left",
        ) from fault
    if found != expected:
        raise ImpossibleState(
            f"the print file has {found} pages, {expected} were put in it",
            where=file.name,
            do="keep the folder and report it; nothing has left",
        )
