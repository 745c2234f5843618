"""A vendor who wants a PDF a letter gets the same pages, each letter in a file of its own."""

import hashlib
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from both_ways import complaints_of_qpdf
from builders import MONDAY, a_document, a_recipient, a_registration, on_paper, registered
from lxml import etree
from made_pdfs import at, changed, drawn
from pikepdf import Array, Dictionary, Name

from flows.archive import Archive
from flows.database.session import Database, transaction
from flows.database.vendors import keep_profiles
from flows.domain.batch import BatchId, BatchStatus, PlacedPiece
from flows.domain.postal_address import PostalAddress
from flows.domain.vendor_profile import NEUTRAL, Paper
from flows.print_batch.assembling import assemble_batch
from flows.print_batch.assembly import PrintFile
from flows.print_batch.reserving import reserve_batches
from flows.print_batch.singles import cut_in_letters
from flows.sandbox.print_shop import PrintShop
from flows.settings import Settings

pytestmark = pytest.mark.integration

NIGHT = MONDAY + timedelta(days=3)
BATCH = BatchId("SVAR-20261126-01-C5SHS")
SCHEMA = Path(__file__).parents[2] / "docs/formats/manifest.xsd"


def assembled(database: Database, settings: Settings, paper: Paper) -> Path:
    """The package of two letters, of one page and of three."""
    archive = Archive(settings.archive_folder)
    with transaction(database) as tx:
        keep_profiles(tx, [replace(NEUTRAL, paper=paper)])
        for pages, name in ((1, "Oline Prøve"), (3, "Kim Prøve")):
            file = settings.home / f"{pages}.pdf"
            file.write_bytes(drawn(*[at(30, 150 + n, f"side {n}") for n in range(pages)]))
            document = a_document(1, pages, sha256=archive.put(file))
            address = PostalAddress(name, ("Fjellveien 3",), "8900", "Brønnøysund")
            on_paper(tx, *registered(tx, a_registration(
                documents=(document,), recipient=a_recipient(address=address)
            )))  # fmt: skip
    reserve_batches(database, settings, NIGHT)
    status = assemble_batch(database, archive, settings, BATCH, NIGHT)
    assert status is BatchStatus.ASSEMBLED
    return settings.packages_folder / f"{BATCH}-f1.zip"


@pytest.mark.parametrize("way", ["fast", "reference"])
def test_the_vendor_gets_and_accepts_a_pdf_a_letter(
    database: Database, tmp_path: Path, way: str
) -> None:
    settings = Settings(home=tmp_path)
    package = assembled(database, settings, Paper(mode="single", assembly=way))

    shop = PrintShop(tmp_path / "vendor/sftp", "SVAR")
    content = package.read_bytes()
    (shop.root / "inn" / package.name).write_bytes(content)
    said = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content), "letters": 2}
    (shop.root / "inn" / f"{package.name}.ok").write_text(json.dumps(said))
    shop.take_in(NIGHT)

    answer = json.loads((shop.root / f"ut/mottak/{package.name}.mottak.json").read_text())
    assert (answer["accepted"], answer["letters"], answer["pages"]) == (True, 2, 6)
    with zipfile.ZipFile(package) as opened:
        names = [name for name in opened.namelist() if name.endswith(".pdf")]
        assert names == ["brev/000001.pdf", "brev/000002.pdf"]
        opened.extractall(tmp_path / "out")
        etree.XMLSchema(etree.parse(SCHEMA)).assertValid(
            etree.fromstring(opened.read("manifest.xml"))
        )
    for name, pages, to in zip(names, (2, 4), ("Oline", "Kim"), strict=True):
        with pdfium.PdfDocument(tmp_path / "out" / name) as pdf:
            assert len(pdf) == pages
            assert to in pdf[0].get_textpage().get_text_bounded()
        assert complaints_of_qpdf(tmp_path / "out" / name) == ""


def test_the_same_print_file_is_cut_to_the_same_bytes(tmp_path: Path) -> None:
    whole = tmp_path / "print.pdf"
    whole.write_bytes(drawn(at(30, 60), at(40, 60), at(50, 60)))
    pieces = (PlacedPiece(1, 1, 2, 2, 1), PlacedPiece(7, 3, 1, 1, 1))

    made = []
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        cut = cut_in_letters(PrintFile(whole, pieces, 3), tmp_path / name)
        made.append({number: file.read_bytes() for number, file in cut.singles.items()})

    assert made[0] == made[1]
    assert made[0].keys() == {1, 7}


def test_a_letter_carries_its_own_layers_and_no_other_letters(tmp_path: Path) -> None:
    def layered(pdf: pikepdf.Pdf) -> None:
        groups = [
            pdf.make_indirect(Dictionary(Type=Name.OCG, Name=name)) for name in ("min", "din")
        ]
        pdf.Root.OCProperties = Dictionary(OCGs=Array(groups), D=Dictionary(OFF=Array(groups[1:])))
        for page, group in zip(pdf.pages, groups, strict=True):
            page.obj.Resources = Dictionary(dict(page.resources.items()))
            page.obj.Resources.Properties = Dictionary(A=group)

    whole = tmp_path / "print.pdf"
    whole.write_bytes(changed(drawn(at(30, 60), at(30, 60)), layered))
    pieces = (PlacedPiece(1, 1, 1, 1, 1), PlacedPiece(2, 2, 1, 1, 1))

    cut = cut_in_letters(PrintFile(whole, pieces, 2), tmp_path)

    assert [piece.first_page for piece in cut.pieces] == [1, 1]
    for number, name, hidden in ((1, "min", 0), (2, "din", 1)):
        with pikepdf.open(cut.singles[number]) as pdf:
            assert [str(group.Name) for group in pdf.Root.OCProperties.OCGs] == [name]
            assert len(pdf.Root.OCProperties.D.OFF) == hidden
