"""The table of contents against its schema, and read back."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from flows.domain.batch import JobClass
from flows.print_batch import job_ticket, manifest
from flows.print_batch.manifest import Manifest, ManifestPiece

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "docs/formats/manifest.xsd"

PIECE = ManifestPiece(
    number=1,
    shipment="0f4b2f0e-6c36-4f0c-9a2a-7c1a2f6f9d10",
    sender="nordvik-skole",
    account_code="4410.12-Ø",
    first_page=1,
    pages=4,
    pages_black_white=3,
    pages_colour=0,
    sheets=2,
    giro=(),
    duplex=True,
    colour=False,
    envelope="C5",
    handling="machine",
    weight_mg=16980,
    postage_product="BREV",
    country="NO",
    postcode="0150",
    sha256="ab" * 32,
)
OTHER = replace(
    PIECE,
    number=3,
    shipment="0f4b2f0e-6c36-4f0c-9a2a-7c1a2f6f9d11",
    first_page=5,
    pages=6,
    pages_black_white=3,
    pages_colour=1,
    sheets=3,
    giro=(2, 3),
    weight_mg=21970,
    account_code="",
    country="",
    postcode="111 22",
)
MANIFEST = Manifest(
    customer="SVAR",
    batch="SVAR-20261124-01-C5SHD",
    attempt=1,
    created=datetime(2026, 11, 24, 0, 30, tzinfo=UTC),
    test=True,
    print_file="samle/C5SHD.pdf",
    pieces=(PIECE, OTHER),
)


def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


def test_a_manifest_keeps_to_its_schema() -> None:
    schema().assertValid(etree.fromstring(manifest.to_xml(MANIFEST)))


def test_the_example_in_the_format_page_keeps_to_the_schema() -> None:
    page = (ROOT / "docs/formats/package.md").read_text(encoding="utf-8")
    example = page.partition("```xml\n")[2].partition("```")[0].replace('"..."', f'"{"ab" * 32}"')

    schema().assertValid(etree.fromstring(example))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param('number="3"', 'number="1"', id="a piece number twice"),
        pytest.param('first_page="5"', 'first_page="1"', id="two pieces in one place"),
        pytest.param('country="NO"', 'country="Norge"', id="a country that is no code"),
        pytest.param('test="true"', 'test="ja"', id="neither true nor false"),
        pytest.param("C5SHD", "C5XXD", id="no job class"),
        pytest.param('giro="2 3"', 'giro="0"', id="a giro sheet before the first"),
        pytest.param('letters="2" ', "", id="a total missing"),
        pytest.param("00Z", "00+01:00", id="a time that is not UTC"),
        pytest.param('sha256="ab', 'navn="Oline" sha256="ab', id="an attribute nobody asked for"),
    ],
)
def test_the_schema_refuses(right: str, wrong: str) -> None:
    content = manifest.to_xml(MANIFEST).decode().replace(right, wrong)
    assert content != manifest.to_xml(MANIFEST).decode()

    assert not schema().validate(etree.fromstring(content.encode()))


def test_the_head_holds_the_sums() -> None:
    head = etree.fromstring(manifest.to_xml(MANIFEST)).attrib

    totals = {
        "letters": "2",
        "pages": "10",
        "pages_black_white": "6",
        "pages_colour": "1",
        "sheets": "5",
        "giro_sheets": "2",
        "weight_mg": "38950",
    }
    assert {name: head[name] for name in totals} == totals


@pytest.mark.parametrize(
    ("right", "wrong"), [(' sheets="5"', ' sheets="6"'), ('giro_sheets="2"', 'giro_sheets="0"')]
)
def test_a_manifest_whose_sums_do_not_add_up_is_not_read(right: str, wrong: str) -> None:
    content = manifest.to_xml(MANIFEST).decode().replace(right, wrong, 1)

    with pytest.raises(ValueError, match="sheets"):
        manifest.from_xml(content.encode())


def test_a_letter_abroad_with_a_product_of_its_own_keeps_to_the_schema() -> None:
    content = manifest.to_xml(replace(MANIFEST, batch="SVAR-20261124-01-C5SHDUTL"))

    schema().assertValid(etree.fromstring(content))


def test_the_list_for_people_opens_in_a_norwegian_spreadsheet() -> None:
    content = manifest.to_csv(MANIFEST.pieces)

    assert content.startswith(b"\xef\xbb\xbf")
    (first, _) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    assert first["vekt_gram"] == "16,980"
    assert first["tosidig"] == "ja"
    assert (first["sider_sh"], first["sider_farge"], first["giroark"]) == ("3", "0", "")
    assert first["postnummer"] == "0150"


words = st.text(st.characters(categories=["L", "N", "P"]), max_size=20)
pieces = st.builds(
    ManifestPiece,
    number=st.integers(1, 99999),
    shipment=words,
    sender=words,
    account_code=words,
    first_page=st.integers(1, 10**6),
    pages=st.integers(1, 10**4),
    pages_black_white=st.integers(0, 10**4),
    pages_colour=st.integers(0, 10**4),
    sheets=st.integers(1, 10**4),
    giro=st.lists(st.integers(1, 99)).map(tuple),
    duplex=st.booleans(),
    colour=st.booleans(),
    envelope=st.sampled_from(["C5", "C4"]),
    handling=st.sampled_from(["machine", "manual"]),
    weight_mg=st.integers(1, 10**7),
    postage_product=words,
    country=words,
    postcode=words,
    sha256=words,
)


@given(st.lists(pieces, min_size=1, max_size=5))
def test_what_is_written_can_be_read_back(some: list[ManifestPiece]) -> None:
    table = replace(MANIFEST, pieces=tuple(some))

    assert manifest.from_xml(manifest.to_xml(table)) == table
    assert manifest.from_csv(manifest.to_csv(some)) == tuple(some)


def test_the_job_ticket_says_how_the_machines_are_set() -> None:
    ticket = job_ticket.JobTicket(
        "SVAR", MANIFEST.batch, 1, JobClass.of_code("C4FADUTL"), 2, 5, 1, "samle/C4FAD.pdf", 90
    )

    root = etree.fromstring(job_ticket.to_xml(ticket))

    said = {etree.QName(child).localname: dict(child.attrib) for child in root}
    assert root.nsmap[None] == "urn:svarut:jobb:1"
    assert said["print"] == {"sides": "duplex", "colour": "true"}
    assert root.attrib["giro_sheets"] == "1"
    assert said["paper"]["weight_gsm"] == "90"
    assert said["postage"] == {"product": "UTL"}
    assert said["envelope"] == {"format": "C4", "window": "left"}
