"""Finished cover pages looked at: good ones pass, and each way to be wrong is seen."""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from cover_pages import HOSTILE_ADDRESSES, PLAIN, a_cover, laid_out
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from flows.domain.batch import BatchId, Letter, Piece, PlacedPiece
from flows.domain.postal_address import PostalAddress
from flows.domain.sender import LANGUAGES
from flows.domain.shipment import Recipient, SenderId, ShipmentId
from flows.errors import ImpossibleState
from flows.print_batch.cover_check import Expected, Flaw, check_covers, flaws_of
from flows.print_batch.cover_drawing import draw_covers
from flows.print_batch.cover_page import Cover, CoverFault, lay_out
from flows.print_batch.logo import Logo

LOGO = Logo(100, 40, bytes(4000))
"""A black one."""


def drawn(covers: Sequence[Cover], file: Path) -> list[Expected]:
    """Draw covers; what a window, a camera and a person should find on them."""
    pages = [laid_out(cover) for cover in covers]
    draw_covers(pages, file, {"nordvik": LOGO})
    return [
        Expected(n, "".join(cover.address.in_window()), page.return_line.text, cover.mark)
        for n, (cover, page) in enumerate(zip(covers, pages, strict=True))
    ]


def with_more(file: Path, draw: Callable[[Canvas], None]) -> None:
    """Draw something more on a file's first page."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    draw(canvas)
    canvas.save()
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        with pikepdf.open(buffer) as more:
            pdf.pages[0].add_overlay(more.pages[0])
        pdf.save(file)


@settings(max_examples=40)
@given(
    addresses=st.lists(HOSTILE_ADDRESSES, min_size=1, max_size=30),
    language=st.sampled_from(LANGUAGES),
    pages=st.lists(st.integers(1, 40), min_size=1, max_size=12).map(tuple),
)
def test_every_cover_that_can_be_made_passes(
    tmp_path_factory: pytest.TempPathFactory,
    addresses: list[PostalAddress],
    language: str,
    pages: tuple[int, ...],
) -> None:
    covers = [
        a_cover(one, language=language, pages=pages, mark=f"SVAR-20261124-01-C5SHD;{n:06d};1/9")
        for n, one in enumerate([PLAIN, *addresses])
    ]
    can_be = [cover for cover in covers if not isinstance(lay_out(cover), CoverFault)]
    file = tmp_path_factory.mktemp("covers") / "covers.pdf"

    flaws = flaws_of(file, drawn(can_be, file))

    assert flaws == [()] * len(can_be)


@pytest.mark.parametrize(
    ("draw", "flaw"),
    [
        pytest.param(lambda c: c.drawString(30 * mm, 237 * mm, "Vedtak"), Flaw.WINDOW, id="window"),
        pytest.param(lambda c: c.drawString(30 * mm, 220 * mm, "V"), Flaw.AROUND, id="below"),
        pytest.param(lambda c: c.drawString(105 * mm, 240 * mm, "V"), Flaw.AROUND, id="beside"),
        pytest.param(lambda c: c.line(110 * mm, 240 * mm, 120 * mm, 240 * mm), Flaw.INK_AROUND,
                     id="a line beside"),
        pytest.param(lambda c: c.line(10 * mm, 100 * mm, 10 * mm, 110 * mm), Flaw.INK_MARGIN,
                     id="the vendor's margin"),
        pytest.param(lambda c: c.line(207 * mm, 100 * mm, 207 * mm, 110 * mm), Flaw.INK_MARGIN,
                     id="the right edge"),
        pytest.param(lambda c: c.rect(22 * mm, 9 * mm, 6 * mm, 6 * mm, fill=1), Flaw.MARK,
                     id="a blot on the mark"),
    ],
)  # fmt: skip
def test_what_does_not_belong_on_a_cover_is_seen(
    tmp_path: Path, draw: Callable[[Canvas], None], flaw: Flaw
) -> None:
    file = tmp_path / "covers.pdf"
    expected = drawn([a_cover()], file)
    with_more(file, draw)

    assert flaw in flaws_of(file, expected)[0]


def test_covers_that_changed_places_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "covers.pdf"
    others = PostalAddress("Kim Prøve", ("Bygg 4",), "8900", "Brønnøysund")
    first, second = drawn([a_cover(), a_cover(others, mark="B;000002;1/2")], file)
    swapped = [
        Expected(second.page, first.address, first.return_line, first.mark),
        Expected(first.page, second.address, second.return_line, second.mark),
    ]

    assert flaws_of(file, swapped) == [(Flaw.WINDOW, Flaw.AROUND, Flaw.MARK)] * 2


def test_a_page_of_another_size_is_seen(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a5.pdf"), pagesize=A5)
    canvas.showPage()
    canvas.save()

    assert flaws_of(tmp_path / "a5.pdf", [Expected(0, "", "", "")]) == [(Flaw.SIZE,)]


def test_a_wrong_cover_stops_its_batch_and_tells_nothing_personal(tmp_path: Path) -> None:
    file = tmp_path / "covers.pdf"
    drawn([a_cover()], file)
    stranger = PostalAddress("Kim Prøve", ("Bygg 4",), "8900", "Brønnøysund")
    letter = Letter(
        Piece(BatchId("SVAR-20261124-01-C5SHD"), 1, ShipmentId("x")), SenderId("nordvik"), "",
        True, False, None, "", Recipient(stranger, None, "Vedtak"), (),
    )  # fmt: skip

    with pytest.raises(ImpossibleState) as stopped:
        check_covers(file, [letter], [PlacedPiece(1, 1, 6, 3, 1)], ["Retur: Nordvik kommune"])

    assert "1 of 1 cover pages" in str(stopped.value)
    assert "SVAR-20261124-01-C5SHD" in str(stopped.value)
    assert "Kim" not in str(stopped.value)
    assert "Oline" not in str(stopped.value)
