"""Print files made by copying bytes look, page by page, as those of a PDF library."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from both_ways import Laid, a_letter, complaints_of_qpdf, main, pages_that_differ
from made_pdfs import at, drawn
from PIL import Image

from flows.errors import ImpossibleState
from flows.pdf.fragment import Fragment, NotOursError, made_ours, read_fragment
from flows.pdf.page_stream import PageStream
from flows.print_batch.assembly import PrintFile
from flows.print_batch.recount import count_again

pytestmark = pytest.mark.integration


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    return Laid(tmp_path)


@pytest.mark.parametrize("seed", range(1, 6))
def test_odd_documents_look_the_same_both_ways(seed: int) -> None:
    assert main(40, seed) == 0


@pytest.mark.parametrize("duplex", [False, True], ids=["simplex", "duplex"])
def test_real_documents_look_the_same_both_ways(laid: Laid, shared: Path, *, duplex: bool) -> None:
    documents = [
        found
        for sample in sorted((shared / "samples" / "pdf").glob("*.pdf"))
        if (found := laid.examined(sample.read_bytes())) is not None and found.pages <= 20
    ]
    letters = [a_letter(n, one, duplex=duplex) for n, one in enumerate(documents, 1)]
    code = "C5SHD" if duplex else "C5SHS"

    fast, reference = (laid.joined(letters, code, way) for way in ("fast", "reference"))

    assert len(letters) > 20
    assert fast.pieces == reference.pieces
    assert pages_that_differ(fast.file, reference.file) == ([], fast.pages)
    assert complaints_of_qpdf(fast.file) == ""


def two_letters(laid: Laid) -> PrintFile:
    three = laid.examined(drawn(at(30, 60), at(30, 60), at(30, 60)))
    two = laid.kept(drawn(at(40, 60), at(40, 60)), 2)
    assert three is not None
    letters = [
        a_letter(1, three, two, duplex=True),
        a_letter(2, replace(two, position=1), duplex=True, own_address_page=True),
    ]
    return laid.joined(letters, "C5SHD", "fast")


def test_the_same_letters_give_the_same_bytes(laid: Laid) -> None:
    first = two_letters(laid)
    content = first.file.read_bytes()

    again = two_letters(laid)

    assert again.file.read_bytes() == content
    assert first.sha256 == again.sha256 == hashlib.sha256(content).hexdigest()


def test_a_font_that_many_letters_have_is_in_the_print_file_once(laid: Laid) -> None:
    texts = ("Vedtak", "kaVdet", "tVedak")
    documents = [laid.examined(drawn(at(30, 60, text))) for text in texts]
    letters = [a_letter(n, one, duplex=False) for n, one in enumerate(documents, 1) if one]

    made = laid.joined(letters, "C5SHS", "fast")

    with pikepdf.open(made.file) as pdf:
        fonts = {
            font.FontDescriptor.FontFile2.objgen
            for page in list(pdf.pages)[1::2]
            for font in page.resources.Font.values()
        }
    assert len(letters) == len(fonts) + 2 == 3


def test_pictures_that_differ_in_one_byte_in_the_middle_are_both_kept(laid: Laid) -> None:
    pictures = [Image.new("L", (300, 300), 200) for _ in range(2)]
    pictures[1].putpixel((150, 150), 0)
    raw = pikepdf.new()
    for picture in pictures:
        raw.add_blank_page()
        image = raw.make_stream(
            picture.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=300,
            Height=300, BitsPerComponent=8, ColorSpace=pikepdf.Name.DeviceGray,
        )  # fmt: skip
        raw.pages[-1].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=image))
        raw.pages[-1].obj.Contents = raw.make_stream(b"q 300 0 0 300 0 0 cm /P Do Q")
    content = made_ours(raw)

    with PageStream(laid.folder / "out.pdf") as stream:
        stream.finish([*stream.add(read_fragment(content)), *stream.add(read_fragment(content))])

    with pikepdf.open(laid.folder / "out.pdf") as pdf:
        found = [page.Resources.XObject.P.read_bytes() for page in pdf.pages]
        numbers = {page.Resources.XObject.P.objgen for page in pdf.pages}
    assert found == [picture.tobytes() for picture in pictures] * 2
    assert len(numbers) == 2


def ours() -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.pages[0].obj.Contents = pdf.make_stream(b"q Q")
        return made_ours(pdf)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda data: data + b"\n", id="something after the end"),
        pytest.param(lambda data: data.replace(b"0000000015", b"0000000016", 1), id="a place"),
        pytest.param(lambda data: data[:-30], id="cut"),
        pytest.param(lambda data: data.replace(b"/Type /Catalog", b"/Typo /Catalog"), id="catalog"),
        pytest.param(lambda data: data.replace(b"/Count 1", b"/Count x", 1), id="tree"),
        pytest.param(lambda data: data.replace(b"/Size ", b"/Sizz "), id="trailer"),
    ],
)
def test_a_file_that_is_not_laid_out_as_ours_is_not_read(harm: Callable[[bytes], bytes]) -> None:
    content = ours()
    assert isinstance(read_fragment(content), Fragment)
    assert harm(content) != content

    with pytest.raises(NotOursError):
        read_fragment(harm(content))


def test_an_object_that_refers_to_one_that_is_not_there_is_not_copied(tmp_path: Path) -> None:
    content = ours()
    page = read_fragment(content)
    assert b"/Contents 5 0 R" in content

    with (
        PageStream(tmp_path / "out.pdf") as stream,
        pytest.raises(NotOursError),
    ):
        stream.add(read_fragment(content.replace(b"/Contents 5 0 R", b"/Contents 9 0 R")))

    assert page.pages


def test_text_that_looks_like_a_reference_stays_text(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        text = pikepdf.String("3 0 R ) \\ ( >>\nstream\n 4 0 R")
        pdf.pages[0].obj.PieceInfo = pikepdf.Dictionary(A=text, B=pdf.make_stream(b"x"))
        content = made_ours(pdf)

    with PageStream(tmp_path / "out.pdf") as stream:
        stream.finish([*stream.add(read_fragment(content)), *stream.add(read_fragment(content))])

    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert [str(page.PieceInfo.A) for page in pdf.pages] == [str(text)] * 2
        assert [page.PieceInfo.B.read_bytes() for page in pdf.pages] == [b"x"] * 2


def test_a_print_file_that_lacks_a_page_does_not_leave(laid: Laid) -> None:
    made = two_letters(laid)
    count_again(made.file, made.pages)

    with pytest.raises(ImpossibleState, match=f"{made.pages} pages, {made.pages + 1} were put"):
        count_again(made.file, made.pages + 1)
    made.file.write_bytes(made.file.read_bytes()[: made.file.stat().st_size // 2])
    with pytest.raises(ImpossibleState):
        count_again(made.file, made.pages)
