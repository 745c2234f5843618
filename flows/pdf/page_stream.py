"""Write a PDF of many thousand pages as a stream: objects as they come, page tree and table last.

The file is never held in memory and never read again; its SHA-256 is made on the way. What is
kept: where each object is, and the pages' own few hundred bytes. The same calls give the same
bytes. PDF 32000-1, 7.5 (file structure) and 7.7.3 (page tree).
"""

import hashlib
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import Final, Self

from flows.pdf.fragment import (
    CATALOG,
    END_OF_OBJECT,
    Fragment,
    NotOursError,
    references,
    renumbered,
)

PAGES: Final = 2
"""The number of the page tree's root."""

KIDS: Final = 64
"""Breadth of the page tree, at every level."""

WORTH_COMPARING: Final = 1024
"""Bytes of a font, picture or form from which on a copy of it is looked for."""

_HEADER: Final = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
_TABLE_ROWS: Final = 10_000
_LARGEST: Final = 9_999_999_999
"""The table has ten digits for a place."""

_MEDIA_BOX = re.compile(rb"/MediaBox (\[[^\]]*\]|\d+ 0 R)")
_ROTATE = re.compile(rb"/Rotate -?\d+")


@dataclass(slots=True)
class Page:
    """A page that may be placed, in one or many places; the contents are written once."""

    number: int
    """Of its first place; 0 when that is taken."""
    before: bytes
    """What stands before the reference to its parent."""
    after: bytes

    def blank(self) -> "Page":
        """Return an empty page of the same size."""
        whole = self.before + self.after
        box = _MEDIA_BOX.search(whole)
        turned = _ROTATE.search(whole)
        return Page(
            0,
            b"<< /MediaBox %b /Parent " % (box[1] if box else b"[ 0 0 595.276 841.89 ]"),
            b" /Resources << >>%b /Type /Page >>%b"
            % (b" " + turned[0] if turned else b"", END_OF_OBJECT),
        )


@dataclass
class PageStream:
    """A PDF being written; open it with `with`, also again after a pause, and finish it once."""

    file: Path
    size: int = 0
    _offsets: "array[int]" = field(default_factory=lambda: array("q", [0, 0, 0]))
    """Where each object is; 0: not written yet."""
    _sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _once: dict[bytes, int] = field(default_factory=dict)
    """Numbers of what refers to nothing and is large, by its SHA-256."""
    _layers: list[tuple[int, bool]] = field(default_factory=list)
    _writer: BufferedWriter | None = None

    def __enter__(self) -> Self:
        """Open the file, at its end."""
        self._writer = self.file.open("ab" if self.size else "wb")
        if not self.size:
            self._write(_HEADER)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; what is written stays."""
        if self._writer:
            self._writer.close()
        self._writer = None

    @property
    def sha256(self) -> str:
        """Of what has been written so far, lower-case hex."""
        return self._sha256.hexdigest()

    def add(self, fragment: Fragment) -> tuple[Page, ...]:
        """Write a document's objects, but for its pages; return these, to be placed."""
        numbers = [PAGES if one in fragment.tree else 0 for one in range(len(fragment.starts))]
        pages = frozenset(fragment.pages)
        writing: list[tuple[int, bytes]] = []
        for number in range(1, len(numbers)):
            if numbers[number]:
                continue
            if number in pages:
                numbers[number] = self._new_number()
                continue
            head = fragment.head(number)
            key = _key(fragment, number, head)
            known = self._once.get(key) if key else None
            numbers[number] = known or self._new_number()
            if key and not known:
                self._once[key] = numbers[number]
            if not known:
                writing.append((number, head))
        self._write_objects(fragment, numbers, writing)
        self._layers += [(numbers[group], printed) for group, printed in fragment.layers]
        return tuple(_page(fragment, number, numbers) for number in fragment.pages)

    def finish(self, pages: Sequence[Page]) -> None:
        """Write the pages in their order, their tree, the catalog and the table."""
        nodes: list[tuple[int, list[int], int]] = []
        for start in range(0, len(pages), KIDS):
            some = pages[start : start + KIDS]
            parent = self._new_number()
            nodes.append((parent, self._place(some, parent), len(some)))
        while len(nodes) > KIDS:
            nodes = [
                self._node_over(nodes[start : start + KIDS]) for start in range(0, len(nodes), KIDS)
            ]
        self._write_tree(nodes)
        self._write_object(CATALOG, self._catalog())
        self._write_table()

    def _new_number(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def _write_objects(
        self, fragment: Fragment, numbers: Sequence[int], writing: Sequence[tuple[int, bytes]]
    ) -> None:
        place, data = self.size, memoryview(fragment.data)
        parts: list[bytes | memoryview] = []
        for number, head in writing:
            self._offsets[numbers[number]] = place
            start, end = fragment.starts[number], fragment.ends[number]
            header = b"%d 0 obj\n" % numbers[number]
            new = renumbered(head, numbers.__getitem__)
            parts += (header, new, data[start + len(head) : end])
            place += len(header) + len(new) + end - start - len(head)
        self._write(b"".join(parts))

    def _place(self, pages: Sequence[Page], parent: int) -> list[int]:
        """Write some pages below their node; return their numbers."""
        placed, parts, at = [], [], self.size
        for page in pages:
            number = page.number or self._new_number()
            page.number = 0
            body = b"%d 0 obj\n%b%d 0 R%b" % (number, page.before, parent, page.after)
            self._offsets[number] = at
            at += len(body)
            parts.append(body)
            placed.append(number)
        self._write(b"".join(parts))
        return placed

    def _node_over(self, nodes: Sequence[tuple[int, list[int], int]]) -> tuple[int, list[int], int]:
        number = self._new_number()
        self._write_nodes(nodes, number)
        return number, [node for node, _, _ in nodes], sum(count for _, _, count in nodes)

    def _write_tree(self, nodes: Sequence[tuple[int, list[int], int]]) -> None:
        self._write_nodes(nodes, PAGES)
        count = sum(count for _, _, count in nodes)
        kids = _references(node for node, _, _ in nodes)
        self._write_object(PAGES, b"<< /Count %d /Kids [ %b] /Type /Pages >>" % (count, kids))

    def _write_nodes(self, nodes: Sequence[tuple[int, list[int], int]], parent: int) -> None:
        for number, kids, count in nodes:
            self._write_object(
                number,
                b"<< /Count %d /Kids [ %b] /Parent %d 0 R /Type /Pages >>"
                % (count, _references(kids), parent),
            )

    def _catalog(self) -> bytes:
        layers = b""
        if self._layers:
            hidden = _references(group for group, printed in self._layers if not printed)
            layers = (
                b"/OCProperties << /D << /BaseState /ON /OFF [ %b] /Order [ ] >> /OCGs [ %b] >> "
                % (hidden, _references(group for group, _ in self._layers))
            )
        return b"<< %b/Pages %d 0 R /Type /Catalog >>" % (layers, PAGES)

    def _write_object(self, number: int, body: bytes) -> None:
        self._offsets[number] = self.size
        self._write(b"%d 0 obj\n%b%b" % (number, body, END_OF_OBJECT))

    def _write_table(self) -> None:
        place, size = self.size, len(self._offsets)
        if place > _LARGEST:
            raise OverflowError("a PDF of more than ten thousand million bytes")
        mark = self._sha256.copy().hexdigest()[:32].encode()
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for start in range(1, size, _TABLE_ROWS):
            rows = self._offsets[start : start + _TABLE_ROWS]
            self._write(
                b"".join(
                    b"%010d 00000 n \n" % at if at else b"0000000000 65535 f \n" for at in rows
                )
            )
        self._write(
            b"trailer << /Root %d 0 R /Size %d /ID [<%b><%b>] >>\nstartxref\n%d\n%%%%EOF\n"
            % (CATALOG, size, mark, mark, place)
        )

    def _write(self, content: bytes) -> None:
        if self._writer is None:
            raise ValueError("the file is not open")
        self._writer.write(content)
        self._sha256.update(content)
        self.size += len(content)


def _key(fragment: Fragment, number: int, head: bytes) -> bytes:
    """Return what two copies of a font or picture have in common; nothing for other objects."""
    start, end = fragment.starts[number], fragment.ends[number]
    if end - start < WORTH_COMPARING or end - start == len(head) or b" 0 R" in head:
        return b""
    return hashlib.sha256(memoryview(fragment.data)[start:end]).digest()


def _page(fragment: Fragment, number: int, numbers: Sequence[int]) -> Page:
    head = fragment.head(number)
    for match in references(head):
        if int(match[1]) in fragment.tree:
            before, after = head[: match.start()], head[match.end() :]
            return Page(
                numbers[number],
                renumbered(before, numbers.__getitem__),
                renumbered(after, numbers.__getitem__),
            )
    raise NotOursError("a page has no parent")


def _references(numbers: Iterable[int]) -> bytes:
    return b"".join(b"%d 0 R " % number for number in numbers)
