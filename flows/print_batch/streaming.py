"""Join a batch's pages as fast as its bytes can be copied: the way a night takes.

The print-ready copies are written to the print file as they are read, object by object with new
numbers; the cover pages follow, then the pages in their order. `assembly.py` does the same with a
PDF library, and is what this is held against.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flows.archive import Archive
from flows.domain.batch import JobClass, Letter
from flows.domain.sheets import EMPTY_SIDE, TYPICAL, PaperWeights
from flows.domain.shipment import Document
from flows.pdf.fragment import Fragment, NotOursError, made_ours, read_fragment
from flows.pdf.page_stream import Page, PageStream
from flows.print_batch.assembly import PrintFile, place_letters, sides_of
from flows.print_batch.cover_drawing import draw_in
from flows.print_batch.cover_page import CoverPage
from flows.print_batch.logo import Logo
from flows.print_batch.print_ready import DocumentFault, open_copy, open_flat
from flows.print_batch.recount import count_again


@dataclass(frozen=True)
class Streamed:
    """A print file begun: its documents are written, their pages not yet placed."""

    stream: PageStream
    pages: Mapping[str, tuple[Page, ...]]
    """By the document's SHA-256; the same document in many letters is written once."""
    faults: Mapping[str, DocumentFault]
    """By SHA-256."""


def stream_documents(documents: Iterable[Document], archive: Archive, folder: Path) -> Streamed:
    """Begin a print file in `folder` with the documents, each once."""
    pages: dict[str, tuple[Page, ...]] = {}
    faults: dict[str, DocumentFault] = {}
    with PageStream(folder / "streamed.pdf") as stream:
        for document in documents:
            if document.sha256 in pages or document.sha256 in faults:
                continue
            found = _fragment_of(archive, document)
            if isinstance(found, DocumentFault):
                faults[document.sha256] = found
            else:
                pages[document.sha256] = stream.add(found)
    return Streamed(stream, pages, faults)


def join_streamed(
    letters: Sequence[Letter],
    job_class: JobClass,
    *,
    covers: Sequence[CoverPage],
    logos: Mapping[str, Logo],
    ready: Streamed,
    target: Path,
    weights: PaperWeights = TYPICAL,
) -> PrintFile:
    """Finish the print file: cover pages, and every letter's pages after the one before it.

    covers: one for each letter that has one, in the order of `letters`.
    What it promises is what `join_letters` promises. It can be done once: `ready` is used up.
    """
    pieces = place_letters(letters, job_class, weights)
    with ready.stream as stream:
        cover_pages = iter(draw_in(stream, covers, logos))
        pages: list[Page] = []
        for letter in letters:
            own = [ready.pages[document.sha256] for document in letter.documents]
            for side in sides_of(letter, job_class):
                if side.page == EMPTY_SIDE:
                    pages.append(pages[-1].blank())
                elif side.document is None:
                    pages.append(next(cover_pages))
                else:
                    pages.append(own[side.document][side.page - 1])
        stream.finish(pages)
    ready.stream.file.replace(target)
    count_again(target, len(pages))
    return PrintFile(target, pieces, len(pages), ready.stream.sha256)


def _fragment_of(archive: Archive, document: Document) -> Fragment | DocumentFault:
    """Read a document's print copy; one that is not written as ours are, through a PDF library."""
    if document.print_sha256:
        try:
            data = archive.path_of(document.print_sha256).read_bytes()
        except FileNotFoundError:
            return DocumentFault.MISSING
        if hashlib.sha256(data).hexdigest() != document.print_sha256:
            return DocumentFault.CHANGED
        try:
            found = read_fragment(data)
        except NotOursError:
            return _through_a_library(archive, document)
        return found if len(found.pages) == document.pages else DocumentFault.OTHER_PAGES
    return _through_a_library(archive, document)


def _through_a_library(archive: Archive, document: Document) -> Fragment | DocumentFault:
    pdf = (
        open_copy(archive.path_of(document.print_sha256), document)
        if document.print_sha256
        else open_flat(archive.path_of(document.sha256), document)
    )
    if isinstance(pdf, DocumentFault):
        return pdf
    with closing(pdf):
        try:
            return read_fragment(made_ours(pdf))
        except NotOursError:
            return DocumentFault.UNREADABLE
