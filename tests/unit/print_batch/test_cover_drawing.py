"""A batch's covers as one PDF: fonts, logos and marks."""

from pathlib import Path

import pikepdf
import pytest
from cover_pages import a_cover, laid_out
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flows.domain.shipment import SenderId
from flows.print_batch.cover_drawing import draw_covers
from flows.print_batch.logo import HEIGHT_MM, WIDTH_MM, Logo, can_be_read, logos_of, read_logo
from flows.print_batch.piece_mark import bars, squares

NORDVIK = SenderId("nordvik")


def a_picture(file: Path, size: tuple[int, int] = (90, 40), colour: str = "red") -> Path:
    file.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, colour).save(file)
    return file


def test_the_same_covers_give_the_same_bytes(tmp_path: Path) -> None:
    pages = [laid_out(a_cover(language=language)) for language in ("nb", "nn", "se", "en")]
    logos = {"nordvik": read_logo(a_picture(tmp_path / "logo.png"))}

    draw_covers(pages, tmp_path / "first.pdf", logos)
    draw_covers(pages, tmp_path / "again.pdf", logos)

    assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "again.pdf").read_bytes()


def test_fonts_are_embedded_once_and_there_is_no_other(tmp_path: Path) -> None:
    draw_covers([laid_out(a_cover()) for _ in range(20)], tmp_path / "covers.pdf", {})

    with pikepdf.open(tmp_path / "covers.pdf") as pdf:
        fonts = [
            one
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"
        ]
        assert len(fonts) == 2
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


def test_a_logo_lies_in_the_file_once_in_grey_and_uncompressed(tmp_path: Path) -> None:
    logo = Logo(50, 20, bytes(1000))
    pages = [laid_out(a_cover(logo=who)) for who in ("nordvik", "nordvik", "")]

    draw_covers(pages, tmp_path / "covers.pdf", {"nordvik": logo})

    with pikepdf.open(tmp_path / "covers.pdf") as pdf:
        pictures = [
            one
            for one in pdf.objects
            if isinstance(one, pikepdf.Stream) and one.get("/Subtype") == "/Image"
        ]
        assert [(one.ColorSpace, one.read_raw_bytes()) for one in pictures] == [
            ("/DeviceGray", bytes(1000))
        ]
        assert [b" Do" in page.Contents.read_bytes() for page in pdf.pages] == [True, True, False]


@pytest.mark.parametrize(
    ("size", "width", "height"),
    [
        ((900, 100), WIDTH_MM, 6.67),
        ((100, 400), 6.0, HEIGHT_MM),
        ((3000, 1200), WIDTH_MM, HEIGHT_MM),
    ],
    ids=["wide", "tall", "large"],
)
def test_a_logo_fills_its_place_and_keeps_its_shape(
    tmp_path: Path, size: tuple[int, int], width: float, height: float
) -> None:
    logo = read_logo(a_picture(tmp_path / "logo.png", size))

    assert logo.size_mm == pytest.approx((width, height), rel=0.02)
    assert len(logo.pixels) == logo.width * logo.height <= 709 * 283


def test_what_is_see_through_in_a_logo_is_white_on_paper(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "logo.png")

    assert set(read_logo(tmp_path / "logo.png").pixels) == {255}


def test_a_senders_logo_is_found_by_its_name_and_a_broken_one_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    a_picture(tmp_path / "nordvik.png")
    a_picture(tmp_path / "byen.jpg")
    (tmp_path / "cut.png").write_bytes((tmp_path / "nordvik.png").read_bytes()[:60])
    (tmp_path / "text.png").write_text("no picture")
    senders = [SenderId(name) for name in ("nordvik", "byen", "cut", "text", "none")]

    found = logos_of(tmp_path, senders)

    assert sorted(found) == ["byen", "nordvik"]
    assert [record.args for record in caplog.records] == [("cut",), ("text",)]
    assert can_be_read(tmp_path / "byen.jpg")
    assert not can_be_read(tmp_path / "cut.png")


def test_without_a_folder_of_logos_there_are_none(tmp_path: Path) -> None:
    assert logos_of(tmp_path / "gone", [NORDVIK]) == {}


@given(st.text("ABCDEF0123456789-;/", min_size=1, max_size=60))
def test_the_bars_of_a_mark_cover_its_squares_once(text: str) -> None:
    matrix = squares(text)

    inked = [(x, top) for left, top, width in bars(matrix) for x in range(left, left + width)]

    dark = [(x, y) for y, row in enumerate(matrix) for x, one in enumerate(row) if one]
    assert sorted(inked) == sorted(dark)
