"""Lay documents ready to be joined: their print copies, in a few files instead of many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import Object, Pdf

from flows.archive import Archive, sha256_of
from flows.domain.shipment import Document
from flows.pdf.flattening import flatten
from flows.pdf.layers import Layer, layers_of, set_layers
from flows.pdf.pages import WHAT_A_BROKEN_PDF_RAISES, save, set_pages

DOCUMENTS_PER_PART: Final = 100
"""How many documents are open at once: each holds two file handles and its table of objects."""


class DocumentFault(StrEnum):
    """Why a document cannot be printed now; the values are what a person is told."""

    MISSING = "is not in the archive"
    CHANGED = "is not the file that was taken in: its SHA-256 differs"
    UNREADABLE = "cannot be read as a PDF"
    OTHER_PAGES = "has another number of pages than when it was taken in"


@dataclass(frozen=True)
class Place:
    """Where a document lies, ready, among the parts."""

    part: int
    first: int
    """0-based page of the part."""
    pages: int


@dataclass(frozen=True)
class Ready:
    """Documents made ready, in a few files instead of many."""

    parts: tuple[Path, ...]
    places: Mapping[str, Place]
    """By SHA-256; the same document in many letters lies here once."""
    faults: Mapping[str, DocumentFault]
    """By SHA-256."""


def make_ready(documents: Iterable[Document], archive: Archive, folder: Path) -> Ready:
    """Write the documents to files in `folder`, ready to be joined; each document once."""
    wanted = list({each.sha256: each for each in documents}.values())
    parts: list[Path] = []
    places: dict[str, Place] = {}
    faults: dict[str, DocumentFault] = {}
    for start in range(0, len(wanted), DOCUMENTS_PER_PART):
        file = folder / f"part-{len(parts)}.pdf"
        opened: list[tuple[Document, Pdf]] = []
        for each in wanted[start : start + DOCUMENTS_PER_PART]:
            found = _open(archive, each)
            if isinstance(found, DocumentFault):
                faults[each.sha256] = found
            else:
                opened.append((each, found))
        places |= _write_part(opened, file, len(parts))
        parts.append(file)
    return Ready(tuple(parts), places, faults)


def _open(archive: Archive, document: Document) -> Pdf | DocumentFault:
    """Open a document's print copy; or the document, flattened, where it came before copies did."""
    if document.print_sha256 is None:
        return open_flat(archive.path_of(document.sha256), document)
    return open_copy(archive.path_of(document.print_sha256), document)


def open_copy(file: Path, document: Document) -> Pdf | DocumentFault:
    """Open a print-ready copy, or say why it cannot be printed."""
    if not file.is_file():
        return DocumentFault.MISSING
    if sha256_of(file) != document.print_sha256:
        return DocumentFault.CHANGED
    try:
        pdf = pikepdf.open(file)
        pages = len(pdf.pages)
    except WHAT_A_BROKEN_PDF_RAISES:
        return DocumentFault.UNREADABLE
    return pdf if pages == document.pages else DocumentFault.OTHER_PAGES


def open_flat(file: Path, document: Document) -> Pdf | DocumentFault:
    """Open a document with forms and notes drawn in its pages, or say why it cannot be printed.

    A document that is encrypted with an empty password opens, and is plain from here.
    """
    if not file.is_file():
        return DocumentFault.MISSING
    if sha256_of(file) != document.sha256:
        return DocumentFault.CHANGED
    try:
        pdf = pikepdf.open(file)
        flatten(pdf)
        pages = len(pdf.pages)
    except WHAT_A_BROKEN_PDF_RAISES:
        return DocumentFault.UNREADABLE
    return pdf if pages == document.pages else DocumentFault.OTHER_PAGES


def _write_part(opened: Sequence[tuple[Document, Pdf]], file: Path, part: int) -> dict[str, Place]:
    pages: list[Object] = []
    layers: list[Layer] = []
    places: dict[str, Place] = {}
    with pikepdf.new() as target:
        for document, pdf in opened:
            places[document.sha256] = Place(part, len(pages), document.pages)
            pages += [target.copy_foreign(page.obj) for page in pdf.pages]
            layers += [(target.copy_foreign(group), shown) for group, shown in layers_of(pdf)]
        set_pages(target, pages)
        set_layers(target, layers)
        save(target, file)
    for _, pdf in opened:
        pdf.close()
    return places
