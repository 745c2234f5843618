"""Read an XML file: attributes of the root say what it is, an element is a line."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from flows.domain.vendor_profile import Dialect
from flows.receipts.raw_rows import Cell, RawFile, RefusedError, Row, counted


def xml_file(content: bytes, dialect: Dialect) -> RawFile:
    """Return an XML file as rows; raises RefusedError.

    No document type, no entities, nothing fetched: a file that has them is refused.
    """
    events = etree.iterparse(
        io.BytesIO(content),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    steps = _steps(events)
    _, root = next(steps, (None, None))
    if root is None:
        raise RefusedError("the file is empty")
    about: Any = root.getroottree().docinfo
    if about.doctype:
        raise RefusedError("the file has a document type, which may hold anything")
    names = {name: dialect.control_names.get(name, name) for name in dialect.control}
    columns = tuple(dialect.columns.values())
    said = root.attrib
    return RawFile(
        control={name: str(said[there]) for name, there in names.items() if there in said},
        columns=columns,
        rows=counted(_rows(steps, dialect.record, columns)),
    )


def _rows(
    steps: Iterator[tuple[str, etree._Element]], record: str, columns: Sequence[str]
) -> Iterator[Row]:
    number = 0
    for step, element in steps:
        if step != "end" or etree.QName(element).localname != record:
            continue
        number += 1
        said: dict[str, Cell] = {str(name): str(text) for name, text in element.attrib.items()}
        for child in element:
            if isinstance(child.tag, str):
                # What is nested or holds an entity is not one value, and so not readable.
                plain = len(child) == 0
                said[etree.QName(child).localname] = (child.text or "") if plain else "<...>"
        yield number, [said.get(name, "") for name in columns]
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _steps(events: Any) -> Iterator[tuple[str, etree._Element]]:
    try:
        yield from events
    except etree.XMLSyntaxError:
        raise RefusedError("the file is not XML, or not whole") from None
