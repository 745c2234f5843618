"""Write pages to a PDF: its page tree by hand, its bytes the same every time."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import pikepdf
from pikepdf import Dictionary, Name, Object, Pdf

PAGES_PER_NODE: Final = 64
"""Breadth of the page tree."""

WHAT_A_BROKEN_PDF_RAISES: Final = (
    pikepdf.PdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""qpdf mends what it can; what is left comes as one of these, from deep inside. The file is
refused, its name and code are kept; a fault of our own would show in every file, and so in every
test."""


def set_pages(pdf: Pdf, pages: Sequence[Object]) -> None:
    """Give a PDF these pages, which must be its own objects and each be there once.

    The tree is built by hand, since `pages.append` takes longer the more pages there are.
    """
    root = pdf.Root.Pages
    for name in set(root.keys()) - {"/Type", "/Kids", "/Count"}:
        del root[name]  # a page's own is in the page by now, or it is not to have it
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


def save(pdf: Pdf, target: Path | BinaryIO) -> None:
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
