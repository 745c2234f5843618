"""Cover pages from the database to the package, read there as the vendor will see them."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from builders import MONDAY, a_document, a_recipient, a_registration, a_sender, on_paper, registered
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import update

from flows.archive import Archive
from flows.database import batches, tables
from flows.database.open_items import still_open
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.domain.batch import BatchId, BatchStatus
from flows.domain.postal_address import PostalAddress
from flows.domain.shipment import ShipmentId
from flows.errors import ImpossibleState
from flows.print_batch import streaming
from flows.print_batch.assembling import assemble_batch
from flows.print_batch.cover_drawing import draw_in
from flows.print_batch.reserving import reserve_batches
from flows.settings import Settings

pytestmark = pytest.mark.integration

NIGHT = MONDAY + timedelta(days=3)
BATCH = BatchId("SVAR-20261126-01-C5SHS")
OFFICE = PostalAddress("Byggesak", ("Postboks 7",), "8902", "Brønnøysund")


@dataclass
class House:
    """Our side: a database, an archive and folders."""

    database: Database
    settings: Settings

    @property
    def archive(self) -> Archive:
        return Archive(self.settings.archive_folder)

    def letters(self, *recipients: dict[str, Any], **sender: Any) -> list[ShipmentId]:
        """Put letters of one page in the database, for paper."""
        file = self.settings.home / "letter.pdf"
        canvas = Canvas(str(file), invariant=1)
        canvas.drawString(100, 500, "Vedtak")
        canvas.showPage()
        canvas.save()
        document = a_document(1, 1, sha256=self.archive.put(file))
        made = [
            a_registration(documents=(document,), recipient=a_recipient(**one))
            for one in recipients
        ]
        with transaction(self.database) as tx:
            ids = registered(tx, *made)
            keep_senders(tx, [a_sender(**sender)])
            on_paper(tx, *ids)
        return ids

    def assemble(self) -> BatchStatus:
        reserve_batches(self.database, self.settings, NIGHT)
        return assemble_batch(self.database, self.archive, self.settings, BATCH, NIGHT)

    def cover_texts(self) -> list[str]:
        """The text of every letter's cover in the package; letters have two pages."""
        package = self.settings.packages_folder / f"{BATCH}-f1.zip"
        with zipfile.ZipFile(package) as opened:
            pdf = pdfium.PdfDocument(opened.read("samle/C5SHS.pdf"))
        texts = [page.get_textpage().get_text_bounded() for page in list(pdf)[::2]]
        pdf.close()
        return [" ".join(text.replace("\u00a0", " ").split()) for text in texts]


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, Settings(home=tmp_path))


def test_answers_go_where_the_letter_says(house: House) -> None:
    house.letters({}, {"reply_to": OFFICE})

    house.assemble()

    own, other = house.cover_texts()
    assert own.startswith("Retur: Nordvik kommune, Postboks 40, 8901 Brønnøysund")
    assert other.startswith("Retur: Byggesak, Postboks 7, 8902 Brønnøysund")
    assert "Brev fra Nordvik kommune" in other


def test_a_cover_speaks_the_language_the_contact_register_knows(house: House) -> None:
    _, known = house.letters({}, {}, language="se")
    with transaction(house.database) as tx:
        tx.execute(
            update(tables.shipments)
            .where(tables.shipments.c.id == known)
            .values(contact_language="nn")
        )

    house.assemble()

    senders, own = house.cover_texts()
    assert "Sáddejeaddji: Nordvik kommune" in senders
    assert "Brev frå Nordvik kommune" in own


def test_a_senders_logo_is_on_its_covers(house: House) -> None:
    house.letters({}, {})
    house.settings.logos_folder.mkdir()
    Image.new("L", (60, 30), 0).save(house.settings.logos_folder / "nordvik.png")

    house.assemble()

    package = house.settings.packages_folder / f"{BATCH}-f1.zip"
    with zipfile.ZipFile(package) as opened:
        pdf = pdfium.PdfDocument(opened.read("samle/C5SHS.pdf"))
    dark = [bool(page.render(scale=1).to_numpy()[100, 450].max() < 50) for page in pdf]
    pdf.close()
    assert dark == [True, False, True, False]


def test_letters_that_cannot_be_addressed_are_left_out_each_with_its_reason(house: House) -> None:
    def to(name: str) -> dict[str, Any]:
        return {"address": PostalAddress(name, ("Fjellveien 3",), "8900", "Brønnøysund")}

    house.letters(to("Kim Prøve"), to("N" * 130), to("王小明"), to("Kim q\u0302"))

    house.assemble()

    assert ["Kim Prøve" in text for text in house.cover_texts()] == [True]
    with reading(house.database) as tx:
        told = sorted(item.what for item, _ in still_open(tx))
    assert told == [
        "the address does not fit in the envelope's window at 10 points",
        "the address has invisible characters, loose accents or letters written from the right",
        "the address has letters that our font has not",
    ]


def test_a_batch_whose_covers_changed_places_does_not_leave(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.letters({}, {"address": PostalAddress("Kim Prøve", ("Bygg 4",), "8900", "Brønnøysund")})

    def mixed_up(stream: Any, pages: Sequence[Any], *rest: Any) -> Any:
        return draw_in(stream, pages[::-1], *rest)

    monkeypatch.setattr(streaming, "draw_in", mixed_up)

    with pytest.raises(ImpossibleState, match="2 of 2 cover pages are wrong"):
        house.assemble()

    with reading(house.database) as tx:
        assert batches.read_batch(tx, BATCH).status is BatchStatus.RESERVED
    assert list(house.settings.packages_folder.iterdir()) == []
