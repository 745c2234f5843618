"""A print copy looks as its document did, upright on A4, the same bytes every time."""

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_pdfs import (
    A4,
    at,
    changed,
    drawn,
    in_colour,
    turned,
    with_attachment,
    with_box,
    with_film,
    with_form,
    with_script,
)

from flows.intake.examining.examination import examine
from flows.intake.examining.finding import Asked, Examined

DPI = 40
SQUARE = 4
WHITE = 255


def pictures(file: Path | bytes, unit: float = 1) -> list[Any]:
    """Each page as a reader sees it, forms drawn; a lying one turned to the left.

    unit: the page's UserUnit, which pdfium does not know.
    """
    document = pdfium.PdfDocument(file)
    document.init_forms()
    try:
        seen = [
            page.render(scale=unit * DPI / 72).to_numpy()[..., :3].min(axis=-1) for page in document
        ]
    finally:
        document.close()
    return [np.rot90(page) if page.shape[1] > page.shape[0] else page for page in seen]


def on_a4(page: Any) -> Any:
    """A page laid on white A4, its top left corner in the paper's."""
    height, width = round(A4[1] * DPI / 72), round(A4[0] * DPI / 72)
    paper = np.full((height, width), WHITE, np.uint8)
    part = page[:height, :width]
    paper[: part.shape[0], : part.shape[1]] = part
    return paper


def unlike(first: Any, second: Any) -> float:
    """The share of a page's small squares that are clearly lighter or darker than the other's."""
    one, other = (
        page[: page.shape[0] // SQUARE * SQUARE, : page.shape[1] // SQUARE * SQUARE]
        .reshape(page.shape[0] // SQUARE, SQUARE, -1, SQUARE)
        .mean(axis=(1, 3))
        for page in (first, second)
    )
    return float((abs(one - other) > 60).mean())


def copied(folder: Path, content: bytes) -> tuple[Examined, Path]:
    document, copy = folder / "document", folder / "copy.pdf"
    document.write_bytes(content)
    return examine(document, Asked(), copy), copy


def assert_is_upright_a4(copy: Path) -> None:
    with pikepdf.open(copy) as pdf:
        for page in pdf.pages:
            assert [float(edge) for edge in page.mediabox] == pytest.approx([0, 0, *A4], abs=0.01)
            assert not {"/CropBox", "/Rotate", "/UserUnit", "/Annots"} & set(page.obj.keys())


SHAPES = st.tuples(
    st.sampled_from([0, 90, 180, 270]),
    st.sampled_from([1.0, 2.0, 0.5]),
    st.tuples(st.floats(-300, 300), st.floats(-300, 300)),
    st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
    st.booleans(),
    st.booleans(),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(shape=SHAPES)
def test_however_a_page_is_made_its_copy_looks_the_same_upright(tmp_path: Path, shape: Any) -> None:
    turn, unit, (left, bottom), (wider, higher), lies, cropped = shape
    width, height = A4[0] + wider * 72 / 25.4, A4[1] + higher * 72 / 25.4
    if lies:
        width, height = height, width
    corners = [left, bottom, left + width / unit, bottom + height / unit]

    def change(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        page.contents_add(f"q {1 / unit} 0 0 {1 / unit} {left} {bottom} cm".encode(), prepend=True)
        page.contents_add(b"Q Q")  # and one too many, as some producers write
        turned(turn)(pdf)
        if cropped:
            with_box("MediaBox", left - 50, bottom - 70, left + 2000, bottom + 2000, unit=unit)(pdf)
            with_box("CropBox", *corners)(pdf)
        else:
            with_box("MediaBox", *corners, unit=unit)(pdf)

    content = changed(drawn(lambda page: (at(60, 80)(page), in_colour(page))), change)

    found, copy = copied(tmp_path, content)

    assert found.pages == 1
    assert found.copied is not None
    assert found.copied.colour_pages == 1
    assert_is_upright_a4(copy)
    (before,), (after,) = pictures(content, unit), pictures(copy)
    assert unlike(on_a4(before), on_a4(after)) < 0.002


MADE = {
    "form": changed(drawn(at(30, 60), at(30, 60)), with_form),
    "script": changed(drawn(at(30, 60)), with_script),
    "attachment": changed(drawn(at(30, 60)), with_attachment),
    "film": changed(drawn(at(30, 60)), with_film),
    "colour": drawn(in_colour),
}


@pytest.mark.parametrize("kind", MADE)
def test_the_same_document_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    first, copy = copied(tmp_path, MADE[kind])
    content = copy.read_bytes()
    again, _ = copied(tmp_path, MADE[kind])

    assert first.copied is not None
    assert again == first
    assert copy.read_bytes() == content
    assert first.copied.sha256 == hashlib.sha256(content).hexdigest()
    assert first.copied.size_bytes == len(content)


@pytest.mark.parametrize("kind", MADE)
def test_what_is_not_for_paper_is_gone(tmp_path: Path, kind: str) -> None:
    _, copy = copied(tmp_path, MADE[kind])

    with pikepdf.open(copy) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}
        assert not pdf.trailer.get("/Info")
        text = b"".join(each.unparse(resolved=False) for each in pdf.objects)
    for name in (b"/JavaScript", b"/EmbeddedFile", b"/AcroForm", b"/RichMedia"):
        assert name not in text


def test_what_lay_unpacked_is_packed(tmp_path: Path) -> None:
    content = changed(drawn(*[at(30, 60)] * 3), lambda _: None, compress_streams=False,
                      stream_decode_level=pikepdf.StreamDecodeLevel.generalized)  # fmt: skip

    found, copy = copied(tmp_path, content)

    assert found.copied is not None
    assert found.copied.size_bytes < len(content) * 0.8
    with pikepdf.open(copy) as pdf:
        streams = [each for each in pdf.objects if isinstance(each, pikepdf.Stream)]
    assert all("/Filter" in each or int(each.get("/Length")) < 100 for each in streams)


def test_real_documents_look_on_their_copies_as_they_did(tmp_path: Path, shared: Path) -> None:
    differ, compared = {}, 0
    for sample in sorted((shared / "samples" / "pdf").glob("*.pdf")):
        found, copy = copied(tmp_path, sample.read_bytes())
        if found.copied is None or found.pages > 20:
            continue
        before, after = pictures(sample), pictures(copy)
        assert len(before) == len(after) == found.pages
        compared += 1
        worst = max(
            unlike(on_a4(one), on_a4(other)) for one, other in zip(before, after, strict=True)
        )
        if worst > 0.002:
            differ[sample.name] = worst

    assert compared > 20
    # Viewers make up frames and arrows for empty fields, which are not part of the document.
    assert differ.keys() <= {"libreoffice-form.pdf", "pdflatex-forms.pdf"}


def test_a_copy_of_a_copy_changes_nothing(tmp_path: Path) -> None:
    _, copy = copied(tmp_path, MADE["form"])
    content = copy.read_bytes()

    found, again = copied(tmp_path, content)

    assert again.read_bytes() == content
    assert [each.code for each in found.findings] == ["PDF_STANDARDSKRIFT"]
    assert io.BytesIO(content).read(5) == b"%PDF-"
