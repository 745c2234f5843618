"""A PDF as `flows.pdf.pages.save` writes it, read without a PDF library.

Such a file has its objects one after the other, one classic table of where they are, a page tree
of two levels, and nothing else. So a night can copy it object by object, giving each a new number:
no more work than copying the bytes. A file that is in any way different is not read at all.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final

from pikepdf import Pdf

from flows.pdf.layers import layers_of, set_layers
from flows.pdf.pages import save, set_pages

CATALOG: Final = 1
"""The number of every file's first object."""

END_OF_OBJECT: Final = b"\nendobj\n"

TABLE_ROW: Final = 20
"""Bytes of a row in the table of objects."""

_PARENT: Final = b"/Parent "
_END = re.compile(rb"startxref\n(\d+)\n%%EOF\n\Z")
_TABLE = re.compile(rb"xref\n0 (\d+)\n0000000000 65535 f \n((?:\d{10} 00000 n \n)+)")
_TRAILER = re.compile(
    rb"trailer << /Root 1 0 R /Size (\d+) /ID \[<[0-9a-f]*><[0-9a-f]*>\] >>\nstartxref\n"
)
_CATALOG = re.compile(
    rb"<< (?:/OCProperties << /D << /BaseState /ON /OFF \[ ((?:\d+ 0 R )*)\] /Order \[ \] >> "
    rb"/OCGs \[ ((?:\d+ 0 R )*)\] >> )?/Pages (\d+) 0 R /Type /Catalog >>"
)
_NODE = re.compile(
    rb"<< /Count \d+ /Kids \[ ((?:\d+ 0 R )+)\] (?:/Parent \d+ 0 R )?/Type /Pages >>"
)
_REFERENCE_OR_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)|(\d+) 0 R\b", re.DOTALL)
_STREAM_OR_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)|>>(\nstream\n)", re.DOTALL)


class NotOursError(ValueError):
    """The file is not written as `flows.pdf.pages.save` writes."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A file's objects and what they are to each other."""

    data: bytes
    starts: Sequence[int]
    """Where the body of object n begins, at place n; 0 has none."""
    ends: Sequence[int]
    """Where it ends, `endobj` among it."""
    pages: tuple[int, ...]
    tree: frozenset[int]
    """The catalog and the page tree's nodes."""
    layers: tuple[tuple[int, bool], ...]
    """Optional-content groups, and whether they are printed."""

    def head(self, number: int) -> bytes:
        """Return an object without its stream: all that can refer to others."""
        start, end = self.starts[number], self.ends[number]
        found = self.data.find(b">>\nstream\n", start, end)
        if found < 0:
            return self.data[start:end]
        if self.data.find(b"(", start, found) < 0:
            return self.data[start : found + 2]
        for match in _STREAM_OR_STRING.finditer(self.data, start, end):
            if match[1] is not None:
                return self.data[start : match.start(1)]
        return self.data[start:end]


def read_fragment(data: bytes) -> Fragment:
    """Read a file that `flows.pdf.pages.save` wrote; raises NotOursError for every other."""
    end = _END.search(data, max(0, len(data) - 40))
    table = _TABLE.match(data, int(end[1])) if end else None
    trailer = _TRAILER.match(data, table.end()) if table else None
    if end is None or table is None or trailer is None or trailer.end() != end.start() + 10:
        raise NotOursError("the file's end is another")
    size, places = int(table[1]), list(map(int, table[2].split()[::3]))
    if size != int(trailer[1]) or size != len(places) + 1:
        raise NotOursError("the table has another length")
    headers = _HEADERS.up_to(size)[1:]
    following = [*places[1:], table.start()]
    if not all(map(data.startswith, headers, places)) or not all(
        map(data.endswith, repeat(END_OF_OBJECT), places, following)
    ):
        raise NotOursError("an object is not where the table says, or the next does not follow")
    starts = [0, *map(int.__add__, places, map(len, headers))]
    return _with_pages(data, starts, [0, *following])


def made_ours(pdf: Pdf) -> bytes:
    """Write an opened PDF, whose pages stand alone, as `read_fragment` reads; it is used up."""
    layers = layers_of(pdf)
    set_pages(pdf, [page.obj for page in pdf.pages])
    for name in list(pdf.Root.keys()):
        if name not in {"/Type", "/Pages"}:
            del pdf.Root[name]
    set_layers(pdf, layers)
    for name in set(pdf.trailer.keys()) - {"/Root", "/Size", "/ID"}:
        del pdf.trailer[name]
    written = io.BytesIO()
    save(pdf, written)
    return written.getvalue()


def renumbered(head: bytes, new: Mapping[bytes, bytes]) -> bytes:
    """Return an object's head with other references; text stays as it is.

    new: by a number (`12`) the reference to take the place of that to it (`345 0 R`).
    Raises NotOursError for a reference to an object that is not there.
    """
    if b" 0 R" not in head:
        return head
    try:
        if b"(" in head:
            return _REFERENCE_OR_STRING.sub(
                lambda match: new[match[1]] if match[1] else match[0], head
            )
        *parts, last = head.split(b" 0 R")
        changed: list[bytes] = []
        for part in parts:
            number = part.rfind(b" ") + 1
            changed += (part[:number], new[part[number:]])
    except KeyError:
        raise NotOursError("an object refers to one that is not there") from None
    return b"".join((*changed, last))


def split_at_parent(head: bytes, tree: frozenset[int]) -> tuple[bytes, bytes]:
    """Return what stands before and after a page's reference to its parent."""
    start = head.find(_PARENT) + len(_PARENT)
    end = head.find(b" 0 R", start)
    if b"(" not in head and head[start:end].isdigit() and int(head[start:end]) in tree:
        return head[:start], head[end + len(b" 0 R") :]
    for match in _REFERENCE_OR_STRING.finditer(head):
        if match[1] and int(match[1]) in tree:
            return head[: match.start()], head[match.end() :]
    raise NotOursError("a page has no parent")


class Written:
    """What is written the same way for every number, each written once."""

    def __init__(self, one: Callable[[int], bytes]) -> None:
        self._one, self._known = one, [one(0)]

    def up_to(self, size: int) -> list[bytes]:
        """Return what stands for 0, 1, 2 ..., so many of them."""
        for number in range(len(self._known), size):
            self._known.append(self._one(number))
        return self._known[:size]


_HEADERS: Final = Written(lambda number: b"%d 0 obj\n" % number)
NUMBERS: Final = Written(lambda number: b"%d" % number)


def _with_pages(data: bytes, starts: list[int], ends: list[int]) -> Fragment:
    def body(number: int) -> bytes:
        if not 0 < number < len(starts):
            raise NotOursError("a page is not there")
        return data[starts[number] : ends[number] - len(END_OF_OBJECT)]

    catalog = _CATALOG.fullmatch(body(CATALOG))
    if not catalog:
        raise NotOursError("the catalog has more than pages and layers")
    tree, pages = [CATALOG, int(catalog[3])], []
    for node in _kids(body(tree[-1])):
        tree.append(node)
        pages += _kids(body(node))
    if len({*tree, *pages}) != len(tree) + len(pages):
        raise NotOursError("a page is there twice")
    hidden = set(_numbers(catalog[1] or b""))
    layers = tuple((number, number not in hidden) for number in _numbers(catalog[2] or b""))
    return Fragment(data, starts, ends, tuple(pages), frozenset(tree), layers)


def _kids(node: bytes) -> list[int]:
    found = _NODE.fullmatch(node)
    if not found:
        raise NotOursError("the page tree has more than pages, or more levels")
    return _numbers(found[1])


def _numbers(references: bytes) -> list[int]:
    return [int(each) for each in references.split()[::3]]


def references(head: bytes) -> Iterator[int]:
    """Return the numbers of the objects that an object's head refers to."""
    for match in _REFERENCE_OR_STRING.finditer(head):
        if match[1]:
            yield int(match[1])
