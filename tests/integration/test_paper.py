"""What comes out on paper, looked at with another PDF library: pictures and text in rectangles."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pytest
from builders import MONDAY, a_document, a_recipient, a_sender
from pikepdf import Array, Dictionary, Name
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from flows.archive import Archive
from flows.database.batches import Batch
from flows.domain.batch import BatchId, BatchStatus, JobClass, Letter, Piece
from flows.domain.postal_address import PostalAddress
from flows.domain.shipment import Document, SenderId, ShipmentId
from flows.domain.vendor_profile import Paper
from flows.intake.examining.examination import examine
from flows.intake.examining.finding import Asked
from flows.print_batch.assembling import Desk, join, lay_ready
from flows.print_batch.assembly import PrintFile

pytestmark = pytest.mark.integration

DPI = 50
ADDRESSES = {
    "plain": PostalAddress("Oline Prøve", ("Fjellveien 3",), "8900", "Brønnøysund"),
    "sami": PostalAddress(
        "Áilu Ánde Sárá Čuđi Ŋálla Šaddi Ŧuoddar",
        ("c/o Máret Žuvkkot", "Bredbuktnesveien 6"),
        "9520",
        "Guovdageaidnu",
    ),
    "five lines": PostalAddress(
        "Kim Prøve", ("c/o Åse Øvrebø", "Bygg 4", "Fjellveien 3"), "8900", "Brønnøysund"
    ),
    "foreign": PostalAddress(
        "Anna-Lena Svensson", ("Storgatan 12 B", "Lgh 1203"), "111 22", "Stockholm", "Sverige"
    ),
    "long name": PostalAddress(
        "Stiftelsen for Bevaring av Lokalhistoriske Gjenstander og Fartøyer i Nordvik og Omegn",
        ("Avdeling for arkiv- og dokumentasjonsforvaltning", "Postboks 1000 Sentrum"),
        "5804",
        "Bergen",
    ),
    "too many lines": PostalAddress(
        "Kim Prøve",
        ("c/o Helse og omsorg", "Bygg 4", "Oppgang C", "Fjellveien 3"),
        "8900",
        "Brønnøysund",
    ),
    "capitals": PostalAddress("ÅSHILD ØDEGÅRD", ("ÆRFUGLVEGEN 12 B",), "NO-7900", "RØRVIK"),
}


def a_pdf(path: Path, pages: int = 1, *, size: tuple[float, float] = A4) -> Path:
    canvas = Canvas(str(path), pagesize=size, invariant=1)
    for page in range(1, pages + 1):
        canvas.setFont("Helvetica", 20)
        canvas.drawString(30 * mm, 200 * mm, f"{path.stem} {page}")
        canvas.setFillColorRGB(0.8, 0.1, 0.1)
        canvas.circle(60 * mm, 60 * mm + page * 10, 20, fill=1)
        canvas.showPage()
    canvas.save()
    return path


def a_letter(
    number: int,
    *documents: Document,
    duplex: bool = False,
    own_address_page: bool = False,
    **recipient: Any,
) -> Letter:
    return Letter(
        piece=Piece(BatchId("B"), number, ShipmentId(f"00000000-0000-4000-8000-{number:012d}")),
        sender_id=SenderId("nordvik"),
        account_code="4410",
        duplex=duplex,
        colour=False,
        due_at=MONDAY + timedelta(days=2),
        route_reason="DIGITAL_ID",
        recipient=a_recipient(**recipient),
        documents=documents,
        own_address_page=own_address_page,
    )


class Table:
    """A work table: documents go in, a print file comes out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archive = Archive(folder / "archive")
        self.desk: Desk | None = None

    def kept(self, file: Path, pages: int, position: int = 1) -> Document:
        """A document of the time before print copies: it is flattened at night."""
        return a_document(position, pages, sha256=self.archive.put(file))

    def examined(self, file: Path, position: int = 1) -> Document:
        """A document as intake keeps it, with its print-ready copy."""
        found = examine(file, Asked(), self.folder / "copy.pdf")
        assert found.copied is not None
        return a_document(
            position,
            found.pages,
            sha256=self.archive.put(file),
            print_sha256=self.archive.put(self.folder / "copy.pdf"),
        )

    def printed(
        self, letters: Sequence[Letter], job_class: str = "C5SHS", assembly: str = "fast"
    ) -> PrintFile:
        batch = Batch(
            BatchId(f"SVAR-20261126-01-{job_class}"), job_class, BatchStatus.RESERVED, 1, MONDAY,
            len(letters), None, None, None, None, None, None,
        )  # fmt: skip
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        senders = {SenderId("nordvik"): a_sender()}
        paper = Paper(assembly=assembly)
        self.desk = lay_ready(batch, letters, senders, self.archive, work, paper)
        made = join(self.desk, JobClass.of_code(job_class), {}, work)
        return replace(made, file=made.file.replace(self.folder / f"{assembly}.pdf"))


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


@contextmanager
def opened(file: Path) -> Iterator[pdfium.PdfDocument]:
    document = pdfium.PdfDocument(file)
    document.init_forms()
    try:
        yield document
    finally:
        document.close()


def pictures(file: Path, dpi: int = DPI) -> list[bytes]:
    """Each page as it looks, forms and notes drawn."""
    with opened(file) as document:
        return [
            bytes(page.render(scale=dpi / 72, may_draw_forms=True).to_numpy().tobytes())
            for page in document
        ]


def text_in(file: Path, page: int, box_mm: tuple[float, float, float, float]) -> str:
    """The text in a rectangle: left, top, right, bottom in mm from the top left corner."""
    left, top, right, bottom = box_mm
    with opened(file) as document:
        text: str = (
            document[page]
            .get_textpage()
            .get_text_bounded(left * mm, A4[1] - bottom * mm, right * mm, A4[1] - top * mm)
        )
    return text


def ink_box_mm(file: Path, page: int) -> list[tuple[float, float, float, float]]:
    """The box of every character that leaves ink: left, top, right, bottom in mm."""
    with opened(file) as document:
        text = document[page].get_textpage()
        boxes = [
            text.get_charbox(index)
            for index in range(text.count_chars())
            if text.get_text_range(index, 1).strip()
        ]
    return [(x0 / mm, (A4[1] - y1) / mm, x1 / mm, (A4[1] - y0) / mm) for x0, y0, x1, y1 in boxes]


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_window_shows_the_address_and_nothing_else(table: Table, name: str) -> None:
    document = table.kept(a_pdf(table.folder / "a.pdf"), 1)
    address = ADDRESSES[name]

    made = table.printed([a_letter(1, document, address=address)])

    shown = text_in(made.file, 0, (20, 46, 101, 65)).split()
    assert [word.strip(",") for word in shown] == [
        word.strip(",") for line in address.in_window() for word in line.split()
    ]


def test_nothing_but_recipient_and_return_line_stands_where_the_window_may_wander(
    table: Table,
) -> None:
    document = table.kept(a_pdf(table.folder / "a.pdf"), 1)
    letters = [a_letter(n, document, address=one) for n, one in enumerate(ADDRESSES.values(), 1)]

    made = table.printed(letters)

    for number, letter in enumerate(letters):
        around = text_in(made.file, number * 2, (0, 30.5, 120, 84)).splitlines()
        window = text_in(made.file, number * 2, (20, 46, 101, 65)).splitlines()
        assert [line for line in around if line not in window] == [
            "Retur: Nordvik kommune, Postboks 40, 8901 Brønnøysund"
        ], letter.piece.number
        for left, top, right, bottom in ink_box_mm(made.file, number * 2):
            assert left >= 18
            assert right <= 205
            assert top >= 5
            assert bottom <= 292


def test_a_cover_says_who_why_and_how_much_but_never_what(table: Table) -> None:
    documents = [table.kept(a_pdf(table.folder / f"{n}.pdf", n), n, n) for n in (1, 2)]

    made = table.printed([a_letter(7, *documents)])

    body = " ".join(text_in(made.file, 0, (0, 84, 210, 297)).split())
    assert "Brev fra Nordvik kommune" in body
    assert "ikke lest innen 25. november 2026" in body.replace("\u00a0", " ")
    assert "2 dokumenter på til sammen 3 sider" in body
    assert "B;000007;1/4" in body
    assert "skoleskyss" not in body


def test_every_font_of_the_covers_is_embedded(table: Table) -> None:
    document = table.kept(a_pdf(table.folder / "a.pdf"), 1)

    made = table.printed([a_letter(1, document)])

    with pikepdf.open(made.file) as pdf:
        fonts = pdf.pages[0].resources.Font.values()
        assert len(list(fonts)) >= 1
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


def test_in_duplex_every_document_begins_on_a_fresh_front(table: Table) -> None:
    three = table.kept(a_pdf(table.folder / "three.pdf", 3), 3)
    one = table.kept(a_pdf(table.folder / "one.pdf", 1), 1, 2)

    made = table.printed([a_letter(1, three, one, duplex=True), a_letter(2, three)], "C5SHD")

    with opened(made.file) as document:
        texts = [page.get_textpage().get_text_bounded()[:7].strip() for page in document]
    assert texts == [
        "Retur:", "", "three 1", "three 2", "three 3", "", "one 1", "",
        "Retur:", "", "three 1", "three 2", "three 3", "",
    ]  # fmt: skip
    assert [(piece.first_page, piece.pages, piece.sheets) for piece in made.pieces] == [
        (1, 8, 4),
        (9, 6, 3),
    ]


def test_a_giro_page_is_a_front_with_nothing_on_its_back(table: Table) -> None:
    bill = replace(table.kept(a_pdf(table.folder / "bill.pdf", 5), 5), giro_pages=(3, 4))
    other = table.kept(a_pdf(table.folder / "other.pdf", 1), 1, 2)

    made = table.printed([a_letter(1, bill, other), a_letter(2, other)], "C5SHD")

    with opened(made.file) as document:
        texts = [page.get_textpage().get_text_bounded()[:7].strip() for page in document]
    assert texts == [
        "Retur:", "", "bill 1", "bill 2", "bill 3", "", "bill 4", "", "bill 5", "", "other 1", "",
        "Retur:", "", "other 1", "",
    ]  # fmt: skip
    empty = [place for place, seen in enumerate(pictures(made.file)) if set(seen) == {255}]
    assert empty == [place for place, text in enumerate(texts) if not text]
    assert [(piece.first_page, piece.pages, piece.sheets) for piece in made.pieces] == [
        (1, 12, 6),
        (13, 4, 2),
    ]


def test_in_simplex_there_are_no_blank_pages(table: Table) -> None:
    two = table.kept(a_pdf(table.folder / "two.pdf", 2), 2)

    made = table.printed([a_letter(1, two), a_letter(2, two)])

    assert made.pages == 6
    assert [(piece.first_page, piece.pages, piece.sheets) for piece in made.pieces] == [
        (1, 3, 3),
        (4, 3, 3),
    ]
    assert made.pieces[0].weight_mg == 3 * 4990 + 7000


def a_form(path: Path) -> Path:
    """A form whose field has a value and no appearance of its own."""
    a_pdf(path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        font = pdf.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        )
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T="navn",
                V="Utfylt felt",
                Rect=Array([100, 400, 400, 440]),
                DA="/Helv 18 Tf 0 g",
                F=4,
                P=pdf.pages[0].obj,
            )
        )
        pdf.pages[0].Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(
            Fields=Array([field]), NeedAppearances=True, DA="/Helv 0 Tf 0 g",
            DR=Dictionary(Font=Dictionary(Helv=font)),
        )  # fmt: skip
        pdf.save(path)
    return path


def a_layered(path: Path) -> Path:
    """A page with a layer that shows, one that does not, and one hidden only on paper."""
    a_pdf(path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        names = ("Shown", "Hidden", "Screen")
        groups = [pdf.make_indirect(Dictionary(Type=Name.OCG, Name=name)) for name in names]
        groups[2].Usage = Dictionary(Print=Dictionary(PrintState=Name.OFF))
        pdf.Root.OCProperties = Dictionary(
            OCGs=Array(groups),
            D=Dictionary(
                OFF=Array([groups[1]]),
                AS=Array(
                    [Dictionary(Event=Name.Print, Category=Array([Name.Print]), OCGs=Array(groups))]
                ),
            ),
        )
        page = pdf.pages[0]
        page.Resources.Properties = Dictionary(**dict(zip(names, groups, strict=True)))
        drawn = "".join(
            f"/OC /{name} BDC 0 g {n * 100} 500 80 80 re f EMC "
            for n, name in enumerate(names, start=1)
        )
        page.contents_add(drawn.encode())
        pdf.save(path)
    return path


def an_encrypted(path: Path) -> Path:
    a_pdf(path, 2)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="eier", user="", R=6))
    return path


def with_inherited_boxes(path: Path) -> Path:
    a_pdf(path, 2)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        for page in pdf.pages:
            for name in ("/MediaBox", "/Rotate"):
                if name in page.obj:
                    del page.obj[name]
        pdf.Root.Pages.MediaBox = Array([0, 0, 595, 842])
        pdf.Root.Pages.Rotate = 180
        pdf.save(path)
    return path


def a_cropped(path: Path) -> Path:
    a_pdf(path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].MediaBox = Array([-50, -50, 645, 892])
        pdf.pages[0].CropBox = Array([0, 0, 595, 842])
        pdf.save(path)
    return path


def a_note(path: Path) -> Path:
    """A highlight without a picture of its own, which viewers draw themselves."""
    a_pdf(path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        corners = [100, 600, 300, 600, 100, 560, 300, 560]
        note = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Highlight,
            C=Array([1, 1, 0]),
            F=4,
            Rect=Array([100, 560, 300, 600]),
            QuadPoints=Array(corners),
            P=pdf.pages[0].obj,
        )
        pdf.pages[0].Annots = Array([pdf.make_indirect(note)])
        pdf.save(path)
    return path


MESSY = {
    "note": a_note,
    "encrypted": an_encrypted,
    "inherited": with_inherited_boxes,
    "cropped": a_cropped,
    "landscape": lambda path: a_pdf(path, size=landscape(A4)),
}


@pytest.mark.parametrize("kind", [*MESSY, "form"])
def test_the_night_prints_the_copy_that_was_made_by_day(table: Table, kind: str) -> None:
    original = (MESSY | {"form": a_form})[kind](table.folder / "original.pdf")
    document = table.examined(original)
    copy = table.archive.path_of(document.print_sha256 or "")
    table.archive.path_of(document.sha256).unlink()  # the original is not even opened

    made = table.printed([a_letter(1, document)])

    assert pictures(made.file)[1:] == pictures(copy)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda path: path.unlink(), "document 1 is not in the archive"),
        (
            lambda path: path.write_bytes(path.read_bytes() + b" "),
            "document 1 is not the file that was taken in: its SHA-256 differs",
        ),
    ],
    ids=["gone", "changed"],
)
def test_a_copy_that_was_harmed_keeps_only_its_own_letter_back(
    table: Table, harm: Any, reason: str
) -> None:
    good = table.examined(a_pdf(table.folder / "good.pdf"))
    bad = table.examined(a_pdf(table.folder / "bad.pdf"))
    harm(table.archive.path_of(bad.print_sha256 or ""))

    made = table.printed([a_letter(1, bad), a_letter(2, good)])

    assert [piece.number for piece in made.pieces] == [2]
    assert table.desk is not None
    assert list(table.desk.unprintable.values()) == [reason]


def test_a_letter_with_its_own_address_page_has_no_cover(table: Table) -> None:
    two = table.examined(a_pdf(table.folder / "two.pdf", 2))
    letters = [
        a_letter(1, two, duplex=True),
        a_letter(2, two, duplex=True, own_address_page=True),
        a_letter(3, two, duplex=True),
    ]

    made = table.printed(letters, "C5SHD")

    with opened(made.file) as document:
        texts = [page.get_textpage().get_text_bounded().strip()[:7] for page in document]
    assert texts == [
        "Retur: ", "", "two 1", "two 2",
        "two 1", "two 2",
        "Retur: ", "", "two 1", "two 2",
    ]  # fmt: skip
    assert [(piece.first_page, piece.pages, piece.sheets) for piece in made.pieces] == [
        (1, 4, 2),
        (5, 2, 1),
        (7, 4, 2),
    ]
    assert made.pieces[1].weight_mg == 4990 + 7000


def test_letters_that_all_have_their_own_address_page_make_a_batch(table: Table) -> None:
    one = table.examined(a_pdf(table.folder / "one.pdf"))

    made = table.printed([a_letter(n, one, own_address_page=True) for n in (1, 2)])

    assert made.pages == 2


@pytest.mark.parametrize("kind", MESSY)
def test_a_page_looks_on_paper_as_it_looked_when_it_came(table: Table, kind: str) -> None:
    original = MESSY[kind](table.folder / "original.pdf")
    before = pictures(original)
    document = table.kept(original, len(before))

    made = table.printed([a_letter(1, document)])

    assert pictures(made.file)[1:] == before


def test_what_was_filled_in_a_form_is_on_paper(table: Table) -> None:
    document = table.kept(a_form(table.folder / "form.pdf"), 1)

    made = table.printed([a_letter(1, document)])

    assert "Utfylt felt" in text_in(made.file, 1, (0, 0, 210, 297))
    with pikepdf.open(made.file) as pdf:
        assert "/Annots" not in pdf.pages[1].obj
        assert "/AcroForm" not in pdf.Root


def test_a_hidden_layer_stays_hidden_and_one_not_for_paper_is_not_printed(table: Table) -> None:
    document = table.kept(a_layered(table.folder / "layers.pdf"), 1)
    other = table.kept(a_pdf(table.folder / "other.pdf"), 1, 2)

    made = table.printed([a_letter(1, other, document)])

    with opened(made.file) as pdf:
        image = pdf[2].render(scale=1).to_numpy()
    y = int(A4[1] - 540)
    dark = [bool(image[y, n * 100 + 40].max() < 50) for n in (1, 2, 3)]
    assert dark == [True, False, False]


def test_the_same_document_in_many_letters_lies_in_the_print_file_once(table: Table) -> None:
    big = table.folder / "big.pdf"
    a_pdf(big)
    with pikepdf.open(big, allow_overwriting_input=True) as pdf:
        noise = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(8000))
        image = pdf.make_stream(noise)
        pdf.pages[0].Resources.XObject = Dictionary(Noise=image)
        pdf.save(big)
    document = table.kept(big, 1)

    made = table.printed([a_letter(number, document) for number in range(1, 21)])

    assert made.pages == 40
    assert made.file.stat().st_size < 3 * big.stat().st_size


def test_the_same_letters_give_the_same_bytes(table: Table) -> None:
    document = table.kept(a_form(table.folder / "form.pdf"), 1)
    letters = [a_letter(number, document) for number in (1, 2, 3)]

    first = table.printed(letters).file.read_bytes()
    again = table.printed(letters).file.read_bytes()

    assert first == again


def test_a_document_that_cannot_be_read_now_keeps_only_its_own_letter_back(table: Table) -> None:
    good = table.kept(a_pdf(table.folder / "good.pdf"), 1)
    gone = a_document(1, 1, content=b"never kept")
    broken = table.folder / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 and no more")
    letters = [a_letter(1, good), a_letter(2, gone), a_letter(3, table.kept(broken, 1))]

    made = table.printed([*letters, a_letter(4, table.kept(a_pdf(table.folder / "b.pdf", 2), 9))])

    assert [piece.number for piece in made.pieces] == [1]
    assert table.desk is not None
    assert sorted(table.desk.unprintable.values()) == [
        "document 1 cannot be read as a PDF",
        "document 1 has another number of pages than when it was taken in",
        "document 1 is not in the archive",
    ]


def test_an_address_that_does_not_fit_keeps_only_its_own_letter_back(table: Table) -> None:
    document = table.kept(a_pdf(table.folder / "a.pdf"), 1)
    endless = PostalAddress("N" * 130, ("Fjellveien 3",), "8900", "Brønnøysund")
    unknown = PostalAddress("王小明", ("Fjellveien 3",), "8900", "Brønnøysund")
    addresses = (endless, ADDRESSES["plain"], unknown)

    made = table.printed([a_letter(n, document, address=one) for n, one in enumerate(addresses, 1)])

    assert [piece.number for piece in made.pieces] == [2]


def test_real_world_documents_look_on_paper_as_they_looked_when_they_came(
    table: Table, shared: Path
) -> None:
    files: dict[int, tuple[Path, list[bytes]]] = {}
    letters = []
    for number, file in enumerate(sorted((shared / "samples/pdf").glob("*.pdf")), start=1):
        try:
            before = pictures(file, 20)
        except pdfium.PdfiumError:
            continue  # it wants a password
        files[number] = file, before
        letters.append(a_letter(number, table.kept(file, len(before))))

    made = table.printed(letters)

    after = pictures(made.file, 20)
    unlike = {
        files[piece.number][0].name
        for piece in made.pieces
        if after[piece.first_page : piece.first_page + piece.pages - 1] != files[piece.number][1]
    }
    assert table.desk is not None
    assert len(made.pieces) == len(letters), table.desk.unprintable
    # Forms are drawn flat: the empty fields' frames and arrows, made up by viewers, are not there.
    assert unlike == {"libreoffice-form.pdf", "pdflatex-forms.pdf"}


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="no qpdf on this machine")
def test_a_third_tool_finds_nothing_wrong_with_the_print_file(table: Table) -> None:
    document = table.kept(a_form(table.folder / "form.pdf"), 1)

    made = table.printed([a_letter(number, document) for number in range(1, 101)], "C5SHD")

    subprocess.run(["qpdf", "--check", str(made.file)], check=True, capture_output=True)
