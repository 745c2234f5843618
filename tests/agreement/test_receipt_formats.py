"""The schema files of receipts accept what is read, and what is read is what they accept."""

import json
from dataclasses import replace

import jsonschema
import pytest
from conftest import ROOT
from lxml import etree
from vendor_writers import a_letter, in_format, written

from flows.domain.vendor_profile import NEUTRAL, Format, VendorProfile
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file

FORMATS = ROOT / "docs/formats"
LETTERS = [a_letter(1), a_letter(2, kind="tilbakeføring", account_code="")]


def neutral(form: Format) -> VendorProfile:
    """The neutral exchange in a format, with the columns' own names."""
    changed = in_format(NEUTRAL, form)
    own = replace(changed.receipts, columns=NEUTRAL.receipts.columns)
    return replace(changed, receipts=own)


def test_the_xml_schema_accepts_what_the_reader_reads() -> None:
    profile = neutral(Format.XML)
    content = written(LETTERS, profile)

    etree.XMLSchema(etree.parse(FORMATS / "receipt_file.xsd")).assertValid(
        etree.fromstring(content)
    )
    read = read_receipt_file(content, customer="SVAR", profile=profile)

    assert isinstance(read, ReceiptFile)
    assert [line.fault for line in read.lines] == ["", ""]


def test_the_json_schema_accepts_what_the_reader_reads() -> None:
    content = written(LETTERS, in_format(NEUTRAL, Format.JSON))
    schema = json.loads((FORMATS / "receipt_file.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(json.loads(content), schema)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(content), "version": "2"}, schema)


def test_every_field_of_the_neutral_exchange_is_on_its_page() -> None:
    for page, dialect in (
        ("receipt_file.md", NEUTRAL.receipts),
        ("return_file.md", NEUTRAL.returns),
        ("invoice_specification.md", NEUTRAL.invoices),
    ):
        text = (FORMATS / page).read_text(encoding="utf-8")
        missing = [name for name in dialect.columns.values() if f"`{name}`" not in text]
        assert missing == [], page
        assert f"{dialect.schema};{dialect.version};" in text, page


def test_every_field_of_a_profile_is_in_its_document() -> None:
    text = (ROOT / "docs/vendors.md").read_text(encoding="utf-8")
    names = ("transport", "calendar", "paper", "selection", "receipts")
    parts = (NEUTRAL, *(getattr(NEUTRAL, name) for name in names))
    inner = {*names, "returns", "invoices"}

    missing = [
        name
        for part in parts
        for name in vars(part)
        if name not in inner and f"`{name}`" not in text
    ]

    assert missing == []
