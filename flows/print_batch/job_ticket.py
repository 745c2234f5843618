"""The job ticket: what the vendor's machines are to be set to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET  # only to write

from flows.domain.batch import JobClass

NAMESPACE: Final = "urn:svarut:jobb:1"

A4_SQUARE_METRES: Final = Decimal("0.06237")


@dataclass(frozen=True)
class JobTicket:
    """One print run's settings."""

    customer: str
    batch: str
    attempt: int
    job_class: JobClass
    letters: int
    sheets: int
    giro_sheets: int
    """Those of `sheets` that are giro paper: the manifest says which."""
    print_file: str
    sheet_gsm: int
    """Grams a square metre, of the vendor's profile."""


def to_xml(ticket: JobTicket) -> bytes:
    """Return jobb.xml: UTF-8, the same bytes for the same ticket."""
    job_class = ticket.job_class
    root = ET.Element(
        "jobb",
        {
            "xmlns": NAMESPACE,
            "version": "1",
            "customer": ticket.customer,
            "batch": ticket.batch,
            "attempt": str(ticket.attempt),
            "job_class": job_class.code,
            "letters": str(ticket.letters),
            "sheets": str(ticket.sheets),
            "giro_sheets": str(ticket.giro_sheets),
            "print_file": ticket.print_file,
        },
    )
    paper = {"size": "A4", "weight_gsm": str(ticket.sheet_gsm), "colour": "white"}
    ET.SubElement(root, "paper", paper)
    sides = "duplex" if job_class.duplex else "simplex"
    ET.SubElement(root, "print", {"sides": sides, "colour": str(job_class.colour).lower()})
    ET.SubElement(root, "envelope", {"format": job_class.envelope, "window": "left"})
    ET.SubElement(root, "postage", {"product": job_class.postage_product})
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"
