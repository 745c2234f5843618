"""Every file gets a verdict, whatever its bytes are."""

import io
import random
from pathlib import Path

import pikepdf
import pytest

from flows.intake.pdf_checks import PdfFacts, look_at

A4 = (595.28, 841.89)
A3 = (841.89, 1190.55)
MM = 72 / 25.4


def a_pdf(*pages: tuple[float, float], **saving: object) -> bytes:
    pdf = pikepdf.new()
    for size in pages:
        pdf.add_blank_page(page_size=size)
    out = io.BytesIO()
    pdf.save(out, **saving)  # type: ignore[arg-type]
    return out.getvalue()


def look(tmp_path: Path, content: bytes) -> PdfFacts:
    path = tmp_path / "0"
    path.write_bytes(content)
    return look_at(path, "vedtak.pdf")


def codes(facts: PdfFacts) -> list[str]:
    return [each.code for each in facts.problems]


def test_an_a4_document_has_its_pages_counted(tmp_path: Path) -> None:
    assert look(tmp_path, a_pdf(A4, A4, A4)) == PdfFacts(3, ())


def test_a_lying_page_is_a4_too(tmp_path: Path) -> None:
    assert codes(look(tmp_path, a_pdf((A4[1], A4[0])))) == []


@pytest.mark.parametrize(
    ("width_mm", "height_mm", "accepted"),
    [(219, 306, True), (201, 288, True), (221, 297, False), (210, 308, False), (216, 279, False)],
    ids=["9 mm over", "9 mm under", "too wide", "too high", "US letter"],
)
def test_a_page_may_be_ten_millimetres_off(
    tmp_path: Path, width_mm: int, height_mm: int, accepted: bool
) -> None:
    facts = look(tmp_path, a_pdf((width_mm * MM, height_mm * MM)))

    assert (codes(facts) == []) is accepted


def test_every_odd_page_is_named(tmp_path: Path) -> None:
    facts = look(tmp_path, a_pdf(A3, A4, A3))

    assert [(each.code, each.page) for each in facts.problems] == [
        ("PDF_IKKE_A4", 1),
        ("PDF_IKKE_A4", 3),
    ]


def test_a_password_is_a_problem(tmp_path: Path) -> None:
    locked = a_pdf(A4, encryption=pikepdf.Encryption(user="hemmelig", owner="eier"))

    assert codes(look(tmp_path, locked)) == ["PDF_PASSORD"]


def test_an_empty_password_is_none_since_it_opens_and_prints(tmp_path: Path) -> None:
    locked = a_pdf(A4, encryption=pikepdf.Encryption(user="", owner="eier"))

    assert look(tmp_path, locked) == PdfFacts(1, ())


def test_a_document_without_pages_is_a_problem(tmp_path: Path) -> None:
    assert codes(look(tmp_path, a_pdf())) == ["PDF_TOM"]


@pytest.mark.parametrize(
    "content",
    [b"", b"not a pdf", b"%PDF-1.7\n", b"PK\x03\x04", bytes(5000)],
    ids=["empty", "text", "head only", "a zip", "zeros"],
)
def test_garbage_is_a_problem(tmp_path: Path, content: bytes) -> None:
    assert codes(look(tmp_path, content)) == ["PDF_ULESELIG"]


def test_every_real_document_gets_a_verdict(shared: Path) -> None:
    samples = sorted((shared / "samples" / "pdf").glob("*.pdf"))

    verdicts = {sample.name: look_at(sample, sample.name) for sample in samples}

    assert len(verdicts) > 30
    assert all(facts.pages > 0 or facts.problems for facts in verdicts.values())
    assert codes(verdicts["libreoffice-writer-password.pdf"]) == ["PDF_PASSORD"]
    assert verdicts["pdflatex-4-pages.pdf"] == PdfFacts(4, ())
    assert codes(verdicts["grayscale-image.pdf"]) == ["PDF_IKKE_A4"]


def test_a_document_damaged_anywhere_gets_a_verdict(tmp_path: Path) -> None:
    whole, chance = a_pdf(A4, A4), random.Random(1)
    seen = set()

    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        facts = look(tmp_path, bytes(damaged[: chance.randrange(len(damaged))]))
        assert facts.pages > 0 or facts.problems
        seen.update(codes(facts))

    assert "PDF_ULESELIG" in seen
