"""Cut a finished print file in a PDF a letter, for a vendor who wants them so."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdf
from pikepdf import Array, Dictionary, Object, Pdf, Stream

from flows.domain.batch import PlacedPiece
from flows.errors import ImpossibleState
from flows.pdf.layers import Layer, layers_of, set_layers
from flows.pdf.pages import save, set_pages
from flows.print_batch.assembly import PrintFile

ObjectId = tuple[int, int]


def cut_in_letters(printed: PrintFile, folder: Path) -> PrintFile:
    """Write each letter's pages to a file of its own; every letter begins on page 1 of its own.

    What was looked at in the print file is what is cut. The pages are counted again in every file,
    by another library.
    """
    singles = {}
    with pikepdf.open(printed.file) as whole:
        pages = [page.obj for page in whole.pages]
        layers = layers_of(whole)
        for piece in printed.pieces:
            first = piece.first_page - 1
            target = folder / f"{piece.number:06d}.pdf"
            _write(pages[first : first + piece.pages], layers, target)
            _count_again(target, piece)
            singles[piece.number] = target
    pieces = tuple(replace(piece, first_page=1) for piece in printed.pieces)
    return replace(printed, pieces=pieces, singles=singles)


def _write(pages: Sequence[Object], layers: Sequence[Layer], target: Path) -> None:
    used = _layers_used(pages) if layers else frozenset()
    with Pdf.new() as single:
        set_pages(single, [single.copy_foreign(page) for page in pages])
        own = [one for one in layers if one[0].objgen in used]
        set_layers(single, [(single.copy_foreign(group), printed) for group, printed in own])
        save(single, target)


def _layers_used(pages: Sequence[Object]) -> frozenset[ObjectId]:
    """Return every object the pages lead to: another letter's layers are not for this one."""
    seen: set[ObjectId] = set()
    waiting: list[Object | None] = [
        page.get(name) for page in pages for name in ("/Resources", "/Annots")
    ]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, (Array, Dictionary, Stream)):
            continue
        if one.is_indirect:
            if one.objgen in seen:
                continue
            seen.add(one.objgen)
        waiting += list(one) if isinstance(one, Array) else [value for _, value in one.items()]
    return frozenset(seen)


def _count_again(file: Path, piece: PlacedPiece) -> None:
    with pypdf.PdfReader(file) as reader:
        found = len(reader.pages)
    if found != piece.pages:
        raise ImpossibleState(
            f"the PDF of piece {piece.number} has {found} pages, {piece.pages} were put in it",
            where=file.name,
            do="keep the log and report it; nothing has left",
        )
