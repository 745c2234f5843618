"""Write a PDF of many thousand pages as a stream: objects as they come, page tree and table last.

The file is never held in memory; its SHA-256 is made on the way. What is kept: where each object
is, and the pages' own few hundred bytes. The same calls give the same bytes. PDF 32000-1, 7.5
(file structure) and 7.7.3 (page tree).
"""

import hashlib
import os
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, Self

from flows.pdf.fragment import (
    CATALOG,
    END_OF_OBJECT,
    NUMBERS,
    Fragment,
    renumbered,
    split_at_parent,
)
from flows.pdf.seen_before import WORTH_COMPARING, SeenBefore

PAGES: Final = 2
"""The number of the page tree's root."""

KIDS: Final = 64
"""Breadth of the page tree, at every level."""

_HEADER: Final = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
_TABLE_ROWS: Final = 10_000
_BUFFER_BYTES: Final = 1 << 20
_LARGEST: Final = 9_999_999_999
"""The table has ten digits for a place."""

_A4: Final = b"[ 0 0 595.276 841.89 ]"
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
        box, turned = _MEDIA_BOX.search(whole), _ROTATE.search(whole)
        return Page(0, *_blank(box[1] if box else _A4, turned[0] if turned else b""))


@dataclass
class PageStream:
    """A PDF being written; open it with `with`, also again after a pause, and finish it once."""

    file: Path
    size: int = 0
    _offsets: "array[int]" = field(default_factory=lambda: array("q", [0, 0, 0]))
    """Where each object is; 0: not written yet."""
    _sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _seen: SeenBefore = field(default_factory=SeenBefore)
    _layers: list[tuple[int, bool]] = field(default_factory=list)
    _writer: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Open the file, at its end."""
        self._writer = self.file.open("a+b" if self.size else "w+b", buffering=_BUFFER_BYTES)
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
        """Write a document's objects, but for its pages; return these, to be placed.

        A font or picture that is there already is not written again.
        """
        new: dict[bytes, bytes] = {}
        own: dict[int, tuple[int, bytes]] = dict.fromkeys(fragment.pages, (0, b""))
        writing: list[tuple[int, int, bytes]] = []
        pending: dict[int, memoryview] = {}
        for number, written in enumerate(NUMBERS.up_to(len(fragment.starts))):
            if number in fragment.tree:
                new[written] = b"%d 0 R" % PAGES
            elif number:
                head = fragment.head(number)
                mine = 0 if number in own else self._number_before(fragment, number, head, pending)
                if not mine:
                    mine = self._new_number()
                    if number in own:
                        own[number] = mine, head
                    else:
                        writing.append((number, mine, head))
                new[written] = b"%d 0 R" % mine
        self._write_objects(fragment, writing, new)
        self._layers += [
            (int(new[b"%d" % group].split()[0]), printed) for group, printed in fragment.layers
        ]
        return tuple(_page(mine, head, fragment.tree, new) for mine, head in own.values())

    def write_stream(self, content: bytes) -> int:
        """Write what is drawn on a page; return its number."""
        number = self._new_number()
        self._write_object(
            number, b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)
        )
        return number

    def page_with(self, drawn: int, empty: Page) -> Page:
        """Return a page to be placed: as the empty one, but with something drawn on it."""
        before = b"<< /Contents %d 0 R%b" % (drawn, empty.before.removeprefix(b"<<"))
        return Page(self._new_number(), before, empty.after)

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

    def _number_before(
        self, fragment: Fragment, number: int, head: bytes, pending: dict[int, memoryview]
    ) -> int:
        """Return where a copy of a font or picture is, in the file or about to be; or 0.

        What refers to others is never the same as another.
        """
        start, end = fragment.starts[number], fragment.ends[number]
        if end - start < WORTH_COMPARING or end - start == len(head) or b" 0 R" in head:
            return 0
        body = memoryview(fragment.data)[start:end]
        mine = len(self._offsets)
        known = self._seen.number_of(
            body, mine, lambda before, size: pending.get(before) or self._read_back(before, size)
        )
        if not known:
            pending[mine] = body
        return known

    def _read_back(self, number: int, size: int) -> bytes:
        """Return the body of an object that was written."""
        file = self._open()
        file.flush()
        return os.pread(file.fileno(), size, self._offsets[number] + len(b"%d 0 obj\n" % number))

    def _write_objects(
        self,
        fragment: Fragment,
        writing: Sequence[tuple[int, int, bytes]],
        new: Mapping[bytes, bytes],
    ) -> None:
        place, data = self.size, memoryview(fragment.data)
        parts: list[bytes | memoryview] = []
        for number, mine, head in writing:
            self._offsets[mine] = place
            header, changed = b"%d 0 obj\n" % mine, renumbered(head, new)
            rest = data[fragment.starts[number] + len(head) : fragment.ends[number]]
            parts += (header, changed, rest)
            place += len(header) + len(changed) + len(rest)
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
        self._open().write(content)
        self._sha256.update(content)
        self.size += len(content)

    def _open(self) -> BinaryIO:
        if self._writer is None:
            raise ValueError("the file is not open")
        return self._writer


@cache
def _blank(box: bytes, turned: bytes) -> tuple[bytes, bytes]:
    """Return an empty page's dictionary, before and after the reference to its parent."""
    rest = b" " + turned if turned else b""
    return (
        b"<< /MediaBox %b /Parent " % box,
        b" /Resources << >>%b /Type /Page >>%b" % (rest, END_OF_OBJECT),
    )


def _page(number: int, head: bytes, tree: frozenset[int], new: Mapping[bytes, bytes]) -> Page:
    before, after = split_at_parent(head, tree)
    return Page(number, renumbered(before, new), renumbered(after, new))


def _references(numbers: Iterable[int]) -> bytes:
    return b"".join(b"%d 0 R " % number for number in numbers)
