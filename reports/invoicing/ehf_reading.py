"""Read an EHF document for the rules: values by short paths, amounts as exact decimals."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

_SPACES: Final = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
}

Element = etree._Element  # noqa: SLF001  -- lxml names its class so


@dataclass(frozen=True)
class Finding:
    """A rule that a document breaks, by the number Peppol or EN 16931 gives it."""

    rule: str
    what: str
    where: str = ""
    """The line it is about, for example `line 3`; empty: the whole document."""


def parsed(xml: bytes) -> Element:
    """Return the root of a document of our own; no entities, no network."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_blank_text=True, huge_tree=True
    )
    return etree.fromstring(xml, parser)


def is_credit_note(root: Element) -> bool:
    """Say whether the document is a credit note."""
    return etree.QName(root).localname == "CreditNote"


def each(node: Element, path: str) -> list[Element]:
    """Return the elements at a path like `cac:TaxTotal/cbc:TaxAmount`, in order."""
    return node.findall(path, _SPACES)


def text_at(node: Element, path: str) -> str:
    """Return the text of the first element at a path, empty where there is none."""
    return (node.findtext(path, "", _SPACES) or "").strip()


def amount_at(node: Element, path: str) -> Decimal | None:
    """Return an amount or a quantity; None where there is none, or it is no number."""
    try:
        return Decimal(text_at(node, path))
    except InvalidOperation:
        return None


def lines_in(root: Element) -> list[tuple[str, Element]]:
    """Return the document's lines, each with what to call it."""
    name = "CreditNoteLine" if is_credit_note(root) else "InvoiceLine"
    return [(f"line {text_at(line, 'cbc:ID') or '?'}", line) for line in each(root, f"cac:{name}")]
