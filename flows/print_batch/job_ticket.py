"""The job ticket: what the vendor's machines are to be set to."""

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET  # only to write

from flows.domain.batch import USUAL_PRODUCT, JobClass

NAMESPACE: Final = "urn:svarut:jobb:1"

POSTAGE_PRODUCT: Final = USUAL_PRODUCT

PAPER: Final = {"size": "A4", "weight_gsm": "80", "colour": "white"}
"""What flows.domain.sheets weighs."""


@dataclass(frozen=True)
class JobTicket:
    """One print run's settings."""

    customer: str
    batch: str
    attempt: int
    job_class: JobClass
    letters: int
    sheets: int
    print_file: str


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
            "print_file": ticket.print_file,
        },
    )
    ET.SubElement(root, "paper", PAPER)
    sides = "duplex" if job_class.duplex else "simplex"
    ET.SubElement(root, "print", {"sides": sides, "colour": str(job_class.colour).lower()})
    ET.SubElement(root, "envelope", {"format": job_class.envelope, "window": "left"})
    ET.SubElement(root, "postage", {"product": job_class.postage_product})
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"
