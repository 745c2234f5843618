"""The table of contents of a package: what is where, how much, and proof."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from xml.etree import ElementTree as ET  # we read only what we wrote ourselves

NAMESPACE: Final = "urn:svarut:manifest:2"

_COLUMNS: Final = (
    "stykke",
    "forsendelse",
    "avsender",
    "konteringskode",
    "første_side",
    "sider",
    "sider_sh",
    "sider_farge",
    "ark",
    "giroark",
    "tosidig",
    "farge",
    "konvolutt",
    "håndtering",
    "vekt_gram",
    "portoprodukt",
    "land",
    "postnummer",
    "sha256",
    "fil",
)
"""Headings of manifest.csv, one for each field of ManifestPiece, in order."""

_YES_NO: Final = {True: "ja", False: "nei"}


@dataclass(frozen=True)
class ManifestPiece:
    """One letter, as docs/formats/package.md section 5 has it."""

    number: int
    shipment: str
    sender: str
    account_code: str
    first_page: int
    pages: int
    """Sides, empty ones among them."""
    pages_black_white: int
    pages_colour: int
    sheets: int
    giro: tuple[int, ...]
    """Which of its sheets are giro paper; 1 is the first, the cover among them."""
    duplex: bool
    colour: bool
    envelope: str
    handling: str
    """`machine` or `manual`."""
    weight_mg: int
    postage_product: str
    country: str
    """ISO 3166, or empty when not known."""
    postcode: str
    sha256: str
    file: str = ""
    """Where in the package its pages are; `first_page` counts there."""


@dataclass(frozen=True)
class Manifest:
    """A package's contents; the totals in its head are sums of the pieces."""

    customer: str
    batch: str
    attempt: int
    created: datetime
    test: bool
    print_file: str
    """Empty where every letter has a file of its own."""
    pieces: tuple[ManifestPiece, ...]

    def total(self, name: str) -> int:
        """Return the sum of a number over all pieces; of `giro` how many there are."""
        values = [getattr(piece, name) for piece in self.pieces]
        return sum(len(value) if isinstance(value, tuple) else value for value in values)


def to_xml(manifest: Manifest) -> bytes:
    """Return manifest.xml: UTF-8, the same bytes for the same manifest."""
    root = ET.Element(
        "manifest",
        {
            "xmlns": NAMESPACE,
            "version": "2",
            "customer": manifest.customer,
            "batch": manifest.batch,
            "attempt": str(manifest.attempt),
            "created": manifest.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "test": _xml_text(manifest.test),
            "letters": str(len(manifest.pieces)),
            **{said: str(manifest.total(name)) for said, name in _TOTALS.items()},
            "print_file": manifest.print_file,
        },
    )
    for piece in manifest.pieces:
        values = {field.name: _xml_text(getattr(piece, field.name)) for field in _FIELDS}
        ET.SubElement(root, "piece", values)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def from_xml(content: bytes) -> Manifest:
    """Read a manifest that `to_xml` wrote; raises ValueError when its totals do not add up."""
    root = ET.fromstring(content)  # noqa: S314  -- our own bytes
    pieces = tuple(
        ManifestPiece(
            **{field.name: _value(element.attrib[field.name], field.type) for field in _FIELDS}
        )
        for element in root.iter(f"{{{NAMESPACE}}}piece")
    )
    read = Manifest(
        customer=root.attrib["customer"],
        batch=root.attrib["batch"],
        attempt=int(root.attrib["attempt"]),
        created=datetime.fromisoformat(root.attrib["created"]),
        test=root.attrib["test"] == "true",
        print_file=root.attrib["print_file"],
        pieces=pieces,
    )
    for said, name in _TOTALS.items():
        if int(root.attrib[said]) != read.total(name):
            raise ValueError(said)
    if int(root.attrib["letters"]) != len(pieces):
        raise ValueError("letters")
    return read


def to_csv(pieces: Sequence[ManifestPiece]) -> bytes:
    """Return manifest.csv, as Norwegian spreadsheets read it: BOM, `;`, decimal comma."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for piece in pieces:
        writer.writerow([_csv_text(field.name, getattr(piece, field.name)) for field in _FIELDS])
    return text.getvalue().encode("utf-8-sig")


def from_csv(content: bytes) -> tuple[ManifestPiece, ...]:
    """Read the pieces that `to_csv` wrote."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    return tuple(
        ManifestPiece(
            **{
                field.name: _from_csv_text(field.name, text, field.type)
                for field, text in zip(_FIELDS, row, strict=True)
            },
        )
        for row in rows[1:]
    )


_FIELDS: Final = fields(ManifestPiece)

_TOTALS: Final = {
    "pages": "pages",
    "pages_black_white": "pages_black_white",
    "pages_colour": "pages_colour",
    "sheets": "sheets",
    "giro_sheets": "giro",
    "weight_mg": "weight_mg",
}
"""The totals in the head, and the field of the pieces each is of."""


def _xml_text(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _csv_text(name: str, value: object) -> str:
    if name == "weight_mg":
        return f"{Decimal(str(value)) / 1000:.3f}".replace(".", ",")
    return _YES_NO[value] if isinstance(value, bool) else _xml_text(value)


def _from_csv_text(name: str, text: str, kind: object) -> Any:
    if name == "weight_mg":
        return int(Decimal(text.replace(",", ".")) * 1000)
    return text == "ja" if kind is bool else _value(text, kind)


def _value(text: str, kind: object) -> Any:
    if kind is bool:
        return text == "true"
    if kind == tuple[int, ...]:
        return tuple(map(int, text.split()))
    return int(text) if kind is int else text
