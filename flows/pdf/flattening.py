"""Draw forms and notes in the pages, and let every page stand by itself."""

from typing import Final

import pikepdf
from pikepdf import Name, Object, Pdf

NOT_FOR_PAPER: Final = (Name.Link, Name.Popup, Name.Widget)

INHERITED: Final = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
"""What a page may have from its parents in the page tree (PDF 32000-1, table 30)."""

LEFT_BEHIND: Final = ("/AA", "/B", "/StructParents", "/Thumb", "/Metadata")
"""What means nothing on paper and points out of the page."""

POINTS_AWAY: Final = ("/P", "/Popup", "/IRT", "/Parent", "/A", "/AA", "/Dest")
"""The same, of an annotation."""

HIDDEN, PRINTED = 2, 4
"""Flags of an annotation (PDF 32000-1, table 165)."""


def flatten(pdf: Pdf) -> None:
    """Draw forms and notes as they are meant for paper; settle what pages have from their parents.

    Copied pages leave forms behind: what was filled in must be part of the page by then.
    """
    pdf.generate_appearance_streams()
    pdf.flatten_annotations("print")
    for page in pdf.pages:
        _stand_alone(page.obj)


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
