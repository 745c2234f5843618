"""Make documents ready to be joined: open, drawn flat, and whole by themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import Dictionary, Name, Object, Pdf

from flows.archive import Archive, sha256_of
from flows.domain.shipment import Document
from flows.print_batch.layers import Layer, layers_of, set_layers

NOT_FOR_PAPER: Final = (Name.Link, Name.Popup, Name.Widget)

INHERITED: Final = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
"""What a page may have from its parents in the page tree (PDF 32000-1, table 30)."""

LEFT_BEHIND: Final = ("/AA", "/B", "/StructParents", "/Thumb", "/Metadata")
"""What means nothing on paper and points out of the page."""

POINTS_AWAY: Final = ("/P", "/Popup", "/IRT", "/Parent", "/A", "/AA", "/Dest")
"""The same, of an annotation."""

HIDDEN, PRINTED = 2, 4
"""Flags of an annotation (PDF 32000-1, table 165)."""

DOCUMENTS_PER_PART: Final = 100
"""How many documents are open at once: each holds two file handles and its table of objects."""

PAGES_PER_NODE: Final = 64
"""Breadth of the page tree."""

WHAT_A_BROKEN_PDF_RAISES: Final = (
    pikepdf.PdfError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    LookupError,
)
"""qpdf mends what it can; what is left comes as one of these, from deep inside."""


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
            found = open_flat(archive.path_of(each.sha256), each)
            if isinstance(found, DocumentFault):
                faults[each.sha256] = found
            else:
                opened.append((each, found))
        places |= _write_part(opened, file, len(parts))
        parts.append(file)
    return Ready(tuple(parts), places, faults)


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
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("print")
        for page in pdf.pages:
            _stand_alone(page.obj)
        pages = len(pdf.pages)
    except WHAT_A_BROKEN_PDF_RAISES:
        return DocumentFault.UNREADABLE
    return pdf if pages == document.pages else DocumentFault.OTHER_PAGES


def set_pages(pdf: Pdf, pages: Sequence[Object]) -> None:
    """Give a PDF these pages, which must be its own objects and each be there once.

    The tree is built by hand, since `pages.append` takes longer the more pages there are.
    """
    root = pdf.Root.Pages
    nodes = []
    for start in range(0, len(pages), PAGES_PER_NODE):
        kids = list(pages[start : start + PAGES_PER_NODE])
        node = pdf.make_indirect(
            Dictionary(Type=Name.Pages, Parent=root, Kids=pikepdf.Array(kids), Count=len(kids)),
        )
        for page in kids:
            page.Parent = node
        nodes.append(node)
    root.Kids = pikepdf.Array(nodes)
    root.Count = len(pages)


def save(pdf: Pdf, target: Path) -> None:
    """Write a PDF so that the same contents give the same bytes, on any machine.

    Streams are copied as they are: packing them anew costs 27 times as much and saves nothing.
    """
    pdf.save(
        target,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        force_version="1.7",
        deterministic_id=True,
    )


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


def _stand_alone(page: Object) -> None:
    """Write in the page what it has from its parents, and drop what paper cannot show."""
    for name in INHERITED:
        node = page
        for _ in range(50):  # a broken tree may be a ring
            if name in node or "/Parent" not in node:
                break
            node = node.Parent
        if name in node and node is not page:
            page[name] = node[name]
    _keep_printed_notes(page)
    for name in LEFT_BEHIND:
        if name in page:
            del page[name]


def _keep_printed_notes(page: Object) -> None:
    """Keep annotations that are meant for paper and could not be drawn flat.

    They have no picture of their own (a highlight, say): the printer makes it, as viewers do.
    """
    kept = []
    for note in page.get("/Annots", []):
        flags = int(note.get("/F", 0))
        if note.get("/Subtype") not in NOT_FOR_PAPER and flags & PRINTED and not flags & HIDDEN:
            for name in POINTS_AWAY:
                if name in note:
                    del note[name]
            kept.append(note)
    if kept:
        page.Annots = pikepdf.Array(kept)
    elif "/Annots" in page:
        del page.Annots
