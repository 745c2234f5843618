"""Count a print file's pages once more, with a library that had no part in writing it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import Object

from flows.errors import ImpossibleState

NODES_PER_OPENING: Final = 64
"""qpdf keeps what it has read, some kB a page, until it is closed: some four thousand pages."""


def count_again(file: Path, expected: int) -> None:
    """Raise ImpossibleState when a print file cannot be read, or has another number of pages."""
    try:
        found, warnings = _count(file)
    except (pikepdf.PdfError, AttributeError, TypeError) as fault:
        raise ImpossibleState(
            "a PDF library cannot read the print file",
            where=file.name,
            do="keep the log and report it; nothing has left",
        ) from fault
    if found != expected or warnings:
        raise ImpossibleState(
            f"the print file has {found} pages, {expected} were put in it; {warnings} warnings",
            where=file.name,
            do="keep the log and report it; nothing has left",
        )


def _count(file: Path) -> tuple[int, int]:
    """Return how many pages there are one by one, whatever the tree's nodes say, and warnings."""
    pages, warnings, start, nodes = 0, 0, 0, 1
    while start < nodes:
        with pikepdf.open(file, inherit_page_attributes=False) as pdf:
            above_pages = list(_above_pages(pdf.Root.Pages))
            nodes = len(above_pages)
            for node in above_pages[start : start + NODES_PER_OPENING]:
                pages += sum("/Kids" not in kid for kid in node.Kids)
            warnings += len(pdf.get_warnings())
        start += NODES_PER_OPENING
    return pages, warnings


def _above_pages(node: Object) -> Iterator[Object]:
    """Return the nodes of the tree that have pages below them, in order."""
    kids = node.Kids
    if len(kids) and "/Kids" in kids[0]:
        for kid in kids:
            yield from _above_pages(kid)
    else:
        yield node
