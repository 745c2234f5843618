"""Where things stand on a cover page, and what it says in each language."""

from dataclasses import replace

import pytest
from cover_pages import HOSTILE_ADDRESSES, NOVEMBER, PLAIN, a_cover, laid_out
from hypothesis import given

from flows.domain.postal_address import PostalAddress
from flows.domain.sender import LANGUAGES
from flows.print_batch.cover_page import ZONES, Cover, CoverFault, Line, lay_out
from flows.print_batch.cover_wording import words, written
from flows.print_batch.typeface import ASCENT, DESCENT, POINTS_PER_MM, REGULAR, has_glyphs, width_in


def said(cover: Cover) -> str:
    return " ".join(line.text for line in laid_out(cover).others).replace("\u00a0", " ")


def box_of(line: Line) -> tuple[float, float, float, float]:
    right = line.left_mm + width_in(line.font)(line.text, line.size_points) / POINTS_PER_MM
    top = line.baseline_mm - ASCENT * line.size_points / POINTS_PER_MM
    bottom = line.baseline_mm + DESCENT * line.size_points / POINTS_PER_MM
    return line.left_mm, top, right, bottom


def signs(texts: list[str]) -> str:
    return "".join("".join(texts).replace(",", "").split())


@given(HOSTILE_ADDRESSES)
def test_an_address_is_whole_in_the_window_or_goes_to_a_person(address: PostalAddress) -> None:
    page = lay_out(a_cover(address))

    if isinstance(page, CoverFault):
        assert page.name.startswith("ADDRESS_")
        return
    wanted = address.in_window()
    texts = [line.text for line in page.recipient]
    assert signs(texts) == signs(wanted)
    assert all(text.strip() for text in texts)
    assert texts[-1] == wanted[-1]
    assert has_glyphs(texts, REGULAR)
    assert len({line.size_points for line in page.recipient} - {10, 11, 12}) == 0
    for line in page.recipient:
        left, top, right, bottom = box_of(line)
        assert left >= ZONES.window.left
        assert right <= ZONES.window.right + 0.01
        assert top >= ZONES.window.top - 0.01
        assert bottom <= ZONES.window.bottom + 0.01


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        pytest.param("N" * 130, CoverFault.ADDRESS_TOO_LONG, id="a word wider than the window"),
        pytest.param("Kim " * 100, CoverFault.ADDRESS_TOO_LONG, id="too many lines"),
        pytest.param("王小明", CoverFault.ADDRESS_LETTERS, id="letters the font lacks"),
        pytest.param("Kim \ufffd", CoverFault.ADDRESS_LETTERS, id="a letter already lost"),
        pytest.param("Kim\u202e Prøve", CoverFault.ADDRESS_SIGNS, id="turned around"),
        pytest.param("Kim\u200b Prøve", CoverFault.ADDRESS_SIGNS, id="invisible"),
        pytest.param("Kim q\u0302", CoverFault.ADDRESS_SIGNS, id="a loose accent"),
        pytest.param("דוד", CoverFault.ADDRESS_SIGNS, id="written from the right"),
    ],
)
def test_an_address_that_cannot_be_printed_is_a_fault_with_its_reason(
    name: str, fault: CoverFault
) -> None:
    assert lay_out(a_cover(replace(PLAIN, name=name))) is fault


def test_an_accent_that_belongs_to_a_letter_is_printed_with_it() -> None:
    page = laid_out(a_cover(replace(PLAIN, name="A\u030ase Ku\u0308hn")))

    assert page.recipient[0].text == "Åse Kühn"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pages", [(1,), (3,), (1, 1), tuple(range(1, 21))], ids=str)
def test_only_recipient_and_return_line_can_slide_into_the_window(
    language: str, pages: tuple[int, ...]
) -> None:
    page = laid_out(a_cover(language=language, pages=pages))

    for line in page.others:
        left, top, right, bottom = box_of(line)
        assert left >= ZONES.around.right or top >= ZONES.around.bottom, line
        assert left >= ZONES.vendor_margin_mm
        assert right <= 210 - ZONES.edge_mm
        assert bottom <= ZONES.mark.top


@pytest.mark.parametrize(
    ("language", "changes", "sentence"),
    [
        ("nb", {}, "ikke lest innen 24. november 2026"),
        ("nn", {}, "ikkje lese innan 24. november 2026"),
        ("en", {}, "had not been read by 24 November 2026"),
        ("se", {}, "ovdal áigemeari (24.11.2026)"),
        ("nb", {"unread_by": None, "route_reason": "RESERVED"}, "reservert deg mot digital post"),
        ("nn", {"unread_by": None, "route_reason": "NOT_NOTIFIABLE"}, "å varsle deg på"),
        ("en", {"unread_by": None, "route_reason": "NO_DIGITAL_ID"}, "no digital address for you"),
        ("se", {"unread_by": None, "route_reason": "LACKS_ROLES"}, "sáddejuvvo dutnje báberis"),
        ("nb", {"unread_by": None, "route_reason": ""}, "Dette brevet er sendt til deg på papir."),
        ("nb", {"route_reason": "WITHDRAWN"}, "det ikke kunne leveres digitalt"),
    ],
)
def test_a_cover_says_why_the_letter_came_on_paper(
    language: str, changes: dict[str, object], sentence: str
) -> None:
    assert sentence in said(a_cover(language=language, **changes))


def test_every_language_says_what_bokmal_says_but_for_reasons() -> None:
    def names(language: str) -> set[str]:
        return {name for name in words(language) if not name.startswith("why_")}

    for language in LANGUAGES:
        assert names(language) == names("nb"), language
        assert {"why_unread", "why_paper"} <= set(words(language)) <= set(words("nb"))


def test_a_date_is_not_broken_between_lines() -> None:
    assert " " not in written(NOVEMBER, "nb")


@pytest.mark.parametrize(
    ("language", "pages", "sentence"),
    [
        ("nb", (1,), "1 dokument på 1 side."),
        ("nb", (3, 2), "2 dokumenter på til sammen 5 sider. Dokument 1 3 sider Dokument 2 2 sider"),
        ("nn", (3, 2), "2 dokument på til saman 5 sider."),
        ("en", (3,), "1 document of 3 pages."),
        ("en", (3, 1), "2 documents, 4 pages in all. Document 1 3 pages Document 2 1 page"),
        ("se", (1, 1), "2 dokumeantta, oktiibuot 2 siiddu."),
        ("nb", (1,) * 20, "Dokument 7 1 side 13 til 13 sider"),
    ],
)
def test_a_cover_says_how_much_is_inside(
    language: str, pages: tuple[int, ...], sentence: str
) -> None:
    assert sentence in said(a_cover(language=language, pages=pages))


def test_where_the_senders_text_needs_the_room_the_list_gives_way() -> None:
    long = a_cover(cover_text=("Husk å svare. " * 8,) * 9, pages=(1,) * 8)

    text = said(long)

    assert "8 dokumenter" in text
    assert "Dokument 1" not in text


def test_what_the_sender_wrote_is_not_cut_either() -> None:
    assert lay_out(a_cover(cover_text=("Husk å svare. " * 200,))) is CoverFault.SENDER_TOO_LONG
    assert lay_out(a_cover(cover_text=("W" * 300,))) is CoverFault.SENDER_TOO_LONG
    assert lay_out(a_cover(answers_to=("N" * 200, "B" * 200))) is CoverFault.SENDER_TOO_LONG
    assert lay_out(a_cover(sender_name="王")) is CoverFault.SENDER_LETTERS


def test_a_long_return_line_is_set_smaller_and_then_without_the_name() -> None:
    names = ("Nordvik", "Nordvik kommune, avdeling for arkiv og dokumentforvaltning", "Nord " * 30)

    lines = [laid_out(a_cover(answers_to=(n, "8901 Brønnøysund"))).return_line for n in names]

    assert [line.size_points for line in lines] == [6, 5.5, 6]
    assert names[1] in lines[1].text
    assert lines[2].text == "Retur: 8901 Brønnøysund"


def test_who_keeps_the_letter_for_somebody_gets_a_line_of_their_own() -> None:
    name = "Kim Alexander Prøve-Nordmann Johansen c/o Åse Øvrebø Kristiansen"

    page = laid_out(a_cover(replace(PLAIN, name=name)))

    assert [line.text for line in page.recipient[:2]] == [
        "Kim Alexander Prøve-Nordmann Johansen",
        "c/o Åse Øvrebø Kristiansen",
    ]
