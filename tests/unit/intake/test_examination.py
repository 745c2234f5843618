"""Everything that can be wrong with a document is found, all of it at once, where it is."""

import io
from pathlib import Path

import pikepdf
import pytest
from made_pdfs import (
    A4,
    as_portfolio,
    at,
    changed,
    drawn,
    in_colour,
    lines,
    turned,
    with_action,
    with_attachment,
    with_box,
    with_cut_jpeg,
    with_film,
    with_form,
    with_image,
    with_script,
    with_short_image,
    with_xfa_alone,
    without_font_files,
)
from pikepdf import Dictionary, Name
from PIL import Image
from reportlab.lib.units import mm

from flows.intake.examining.examination import examine
from flows.intake.examining.finding import Asked, Examined, from_json, to_json
from flows.intake.examining.structure import pages_in_words
from flows.intake.pdf_checks import facts_of
from flows.intake.problems import say

A3 = (841.89, 1190.55)
HALF = (A4[0] / 2, A4[1] / 2)
LETTER = (215.9 * mm, 279.4 * mm)
ADDRESS = [(25, 52, "Oline Prøve"), (25, 57, "Fjellveien 3"), (25, 62, "8900 Brønnøysund")]
ON_SCREEN = Asked(for_print=False)


def look(tmp_path: Path, content: bytes, asked: Asked = Asked()) -> Examined:  # noqa: B008
    path = tmp_path / "0"
    path.write_bytes(content)
    return examine(path, asked, tmp_path / "copy.pdf")


def codes(found: Examined) -> list[tuple[str, int | None]]:
    return [(each.code, each.page) for each in found.findings]


def blank(*sizes: tuple[float, float], **saving: object) -> bytes:
    pdf = pikepdf.new()
    for size in sizes:
        pdf.add_blank_page(page_size=size)
    out = io.BytesIO()
    pdf.save(out, **saving)  # type: ignore[arg-type]
    return out.getvalue()


def a_jpeg(colour: str = "grey") -> Image.Image:
    return (
        Image.effect_noise((300, 300), 80).convert("RGB")
        if colour == "grey"
        else Image.new("RGB", (300, 300), colour)
    )


def a_jpeg_file(colour: str = "grey") -> io.BytesIO:
    out = io.BytesIO()
    a_jpeg(colour).save(out, "JPEG")
    return out


def with_launch(pdf: pikepdf.Pdf) -> None:
    with_action("Launch", F="c:/windows/system32/cmd.exe")(pdf)


def with_a_later_launch(pdf: pikepdf.Pdf) -> None:
    following = Dictionary(S=Name.Launch, F="cmd.exe")
    with_action("GoTo", D=pikepdf.Array([pdf.pages[0].obj, Name.Fit]), Next=following)(pdf)


GOOD = drawn(at(30, 60), at(30, 60))
TABLE = {
    "a good letter": (GOOD, []),
    "A4 as others round it": (drawn(size=(595, 842)), []),
    "A3": (drawn(at(30, 60), size=A3), [("PDF_IKKE_A4", 1)]),
    "US letter": (drawn(at(30, 60), size=LETTER), [("PDF_IKKE_A4", 1)]),
    "9 mm over": (drawn(size=(219 * mm, 306 * mm)), []),
    "11 mm under": (drawn(size=(199 * mm, 297 * mm)), [("PDF_IKKE_A4", 1)]),
    "A4 in units of two points": (
        changed(drawn(size=HALF), with_box("MediaBox", 0, 0, *HALF, unit=2)),
        [],
    ),
    "A3 cropped to A4": (
        changed(drawn(at(130, 200), size=A3), with_box("CropBox", 100, 100, 695.3, 941.9)), [],
    ),
    "lying": (drawn(at(30, 60, height_mm=210), size=(A4[1], A4[0])), [("PDF_LIGGENDE", 1)]),
    "turned to lie": (changed(GOOD, turned(90)), [("PDF_LIGGENDE", 1)]),
    "on its head": (changed(GOOD, turned(180)), []),
    "no page": (blank(), [("PDF_TOM", None)]),
    "nothing on any page": (blank(A4, A4), [("PDF_UTEN_INNHOLD", None)]),
    "locked": (
        changed(GOOD, lambda _: None, encryption=pikepdf.Encryption(user="x", owner="y")),
        [("PDF_PASSORD", None)],
    ),
    "locked with nothing": (
        changed(GOOD, lambda _: None, encryption=pikepdf.Encryption(user="", owner="y")), [],
    ),
    "cut in two": (GOOD[: len(GOOD) * 2 // 3], [("PDF_ULESELIG", None)]),
    "without its table": (GOOD[: GOOD.rindex(b"xref\n")], [("PDF_REPARERT", None)]),
    "font not in the file": (
        changed(GOOD, without_font_files), [("PDF_SKRIFT_MANGLER", 1)],
    ),
    "a standard font": (drawn(at(30, 60), font="Helvetica"), [("PDF_STANDARDSKRIFT", 1)]),
    "text on the bar code": (
        drawn(at(30, 60), at(4, 120)), [("PDF_INNHOLD_I_MARG", 2), ("PDF_INNHOLD_I_MERKESONE", 2)],
    ),
    "text in the margin": (drawn(lines((30, 60, "a"), (4, 250, "b"))), [("PDF_INNHOLD_I_MARG", 1)]),
    "text at the top edge": (drawn(at(100, 4)), [("PDF_INNHOLD_I_MARG", 1)]),
    "white at the bar code": (
        drawn(lambda page: (page.setFillGray(1), page.rect(0, 0, *A4, fill=1, stroke=0), page.setFillGray(0), at(30, 60)(page))),  # noqa: E501
        [],
    ),
    "a cut JPEG": (
        changed(drawn(with_image(a_jpeg_file())), with_cut_jpeg), [("PDF_BILDE_ODELAGT", 1)],
    ),
    "an image too short": (changed(GOOD, with_short_image), [("PDF_BILDE_ODELAGT", 1)]),
    "a whole JPEG": (drawn(with_image(a_jpeg_file())), []),
    "starts a program": (changed(GOOD, with_launch), [("PDF_STARTER_PROGRAM", 1)]),
    "starts one later": (changed(GOOD, with_a_later_launch), [("PDF_STARTER_PROGRAM", 1)]),
    "a script": (changed(GOOD, with_script), [("PDF_SKRIPT", None)]),
    "a film": (
        changed(GOOD, with_film), [("PDF_LYD_ELLER_FILM", None), ("PDF_SKJEMA", 1)],
    ),
    "a portfolio": (
        changed(GOOD, as_portfolio), [("PDF_PORTEFOLJE", None), ("PDF_VEDLEGG", None)],
    ),
    "an attachment": (changed(GOOD, with_attachment), [("PDF_VEDLEGG", None)]),
    "a form": (changed(GOOD, with_form), [("PDF_SKJEMA", 1), ("PDF_STANDARDSKRIFT", 1)]),
    "a form of one program": (changed(GOOD, with_xfa_alone), [("PDF_XFA", None)]),
    "too many pages": (blank(*[A4] * 201), [("PDF_FOR_MANGE_SIDER", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_each_finding(tmp_path: Path, name: str) -> None:
    content, expected = TABLE[name]

    found = look(tmp_path, content)

    assert sorted(codes(found), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("name", TABLE)
def test_each_finding_is_said_with_the_file_and_what_to_do(tmp_path: Path, name: str) -> None:
    facts = facts_of(look(tmp_path, TABLE[name][0]), "vedtak.pdf")

    for each in facts.problems:
        assert "vedtak.pdf" in say(each)
        assert "{" not in say(each)


def test_everything_is_found_at_once(tmp_path: Path) -> None:
    bad = changed(
        changed(drawn(at(4, 120), at(100, 4), at(30, 60), font="Helvetica"), with_script),
        lambda pdf: pdf.add_blank_page(page_size=A3),
    )

    found = look(tmp_path, bad)

    assert {code for code, _ in codes(found)} == {
        "PDF_IKKE_A4", "PDF_INNHOLD_I_MARG", "PDF_INNHOLD_I_MERKESONE", "PDF_SKRIPT",
        "PDF_STANDARDSKRIFT",
    }  # fmt: skip
    assert ("PDF_IKKE_A4", 4) in codes(found)


def test_a_place_is_told_in_millimetres(tmp_path: Path) -> None:
    black = lambda page: page.rect(5 * mm, (297 - 120) * mm, 7 * mm, 20 * mm, fill=1, stroke=0)  # noqa: E731

    found = look(tmp_path, drawn(black))

    marked = next(each for each in found.findings if each.code == "PDF_INNHOLD_I_MERKESONE")
    assert dict(marked.values) == {
        "sone": "styremerker", "x_mm": 5, "y_mm": 100, "bredde_mm": 7, "hoyde_mm": 20,
    }  # fmt: skip


def test_a_page_turned_upright_is_held_against_the_zones_as_it_is_printed(tmp_path: Path) -> None:
    # Its top edge comes to the left: what stands 4 mm from it lies among the marks.
    lying = drawn(at(150, 5, height_mm=210), size=(A4[1], A4[0]))

    found = look(tmp_path, lying)

    assert ("PDF_INNHOLD_I_MERKESONE", 1) in codes(found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A3", []),
        ("a script", []),
        ("text on the bar code", []),
        ("a standard font", []),
        ("locked", ["PDF_PASSORD"]),
        ("cut in two", ["PDF_ULESELIG"]),
        ("no page", ["PDF_TOM"]),
        ("starts a program", ["PDF_STARTER_PROGRAM"]),
        ("a portfolio", ["PDF_PORTEFOLJE"]),
        ("a form of one program", ["PDF_XFA"]),
    ],
)
def test_what_is_read_on_a_screen_need_not_fit_on_paper(
    tmp_path: Path, name: str, expected: list[str]
) -> None:
    found = look(tmp_path, TABLE[name][0], ON_SCREEN)

    assert [code for code, _ in codes(found)] == expected
    assert found.copied is None


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        (ADDRESS, []),
        ([*ADDRESS, (25, 90, "Vedtak om skoleskyss")], []),
        ([(25, 90, "Vedtak")], ["PDF_ADRESSE_IKKE_I_VINDU"]),
        ([*ADDRESS, (25, 75, "Gjelder: barnevern")], ["PDF_INNHOLD_I_VINDUSSONE"]),
        ([*ADDRESS, (22, 35, "Nordvik kommune")], ["PDF_INNHOLD_I_VINDUSSONE"]),
        (
            [(25, 75, "Oline"), (25, 90, "Vedtak")],
            ["PDF_ADRESSE_IKKE_I_VINDU", "PDF_INNHOLD_I_VINDUSSONE"],
        ),
    ],
    ids=["address", "and text", "no address", "text below", "text above", "address too low"],
)
def test_without_a_cover_page_1_shows_the_address_and_nothing_else(
    tmp_path: Path, placed: list[tuple[float, float, str]], expected: list[str]
) -> None:
    page = drawn(lines(*placed))

    assert [code for code, _ in codes(look(tmp_path, page, Asked(own_address=True)))] == expected
    assert codes(look(tmp_path, page)) == []


def test_the_text_of_the_window_is_told(tmp_path: Path) -> None:
    found = look(tmp_path, drawn(lines(*ADDRESS)), Asked(own_address=True))

    assert "8900 Brønnøysund" in found.window_text


@pytest.mark.parametrize(
    ("content", "coloured"),
    [
        (drawn(at(30, 60), in_colour, at(30, 60)), 1),
        (drawn(at(30, 60)), 0),
        (drawn(with_image(a_jpeg_file("red"))), 1),
        (drawn(with_image(a_jpeg_file("grey"))), 0),
        (drawn(with_image(a_jpeg("blue")), with_image(a_jpeg("blue"))), 2),
        (drawn(with_image(a_jpeg("grey"))), 0),
        (drawn(lambda page: page.linearGradient(0, 0, 500, 800, ["red", "yellow"])), 1),
        (drawn(lambda page: page.linearGradient(0, 0, 500, 800, ["black", "white"])), 0),
    ],
    ids=[
        "a bar",
        "text",
        "red JPEG",
        "grey JPEG in RGB",
        "blue",
        "grey in RGB",
        "shade",
        "grey shade",
    ],
)
def test_pages_with_colours_are_counted(tmp_path: Path, content: bytes, coloured: int) -> None:
    found = look(tmp_path, content)

    assert found.copied is not None
    assert found.copied.colour_pages == coloured


def test_what_was_found_travels_whole(tmp_path: Path) -> None:
    found = look(tmp_path, TABLE["text on the bar code"][0])

    assert from_json(to_json(found)) == found


@pytest.mark.parametrize(
    ("numbers", "words"), [([1], "1"), ([1, 3, 4, 5], "1, 3-5"), ([2, 3, 9], "2-3, 9")]
)
def test_pages_are_named_as_people_write_them(numbers: list[int], words: str) -> None:
    assert pages_in_words(numbers) == words
