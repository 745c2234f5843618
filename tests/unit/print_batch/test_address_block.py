"""Fitting an address in the window, with a font in which every letter is half its size wide."""

import pytest

from flows.domain.postal_address import PostalAddress
from flows.print_batch.address_block import fit_address, wrap


def half_an_em(text: str, size: float) -> float:
    return len(text) * size / 2


def an_address(name: str = "Kim Prøve", *lines: str, country: str = "") -> PostalAddress:
    return PostalAddress(name, lines, "8900", "Brønnøysund", country)


@pytest.mark.parametrize(
    ("address", "size", "line_count"),
    [
        pytest.param(an_address("Kim Prøve", "Fjellveien 3"), 12, 3, id="three lines at 12"),
        pytest.param(an_address("Kim Prøve", "c/o Bo", "Fjellveien 3"), 11, 4, id="four at 11"),
        pytest.param(an_address("K", "c/o B", "Bygg 4", "Vei 3"), 10, 5, id="five at 10"),
        pytest.param(an_address("K", "a", "b", "c", country="Sverige"), 10, 5, id="six: joined"),
        pytest.param(an_address("N" * 25 + " " + "N" * 25), 12, 3, id="a long name is wrapped"),
    ],
)
def test_an_address_stands_at_the_largest_size_that_fits(
    address: PostalAddress, size: float, line_count: int
) -> None:
    fitted = fit_address(address, half_an_em)

    assert fitted is not None
    assert (fitted.size_points, len(fitted.lines)) == (size, line_count)


def test_nothing_of_an_address_is_ever_left_out() -> None:
    address = an_address("K", "c/o A", "Bygg 4", "Oppgang C", "Fjellveien 3", country="Sverige")

    fitted = fit_address(address, half_an_em)

    assert fitted is not None
    assert fitted.lines == ("K", "c/o A", "Bygg 4, Oppgang C, Fjellveien 3", "8900 Brønnøysund",
                            "SVERIGE")  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(an_address("N" * 130), id="a word wider than the window"),
        pytest.param(an_address("N " * 300), id="a name of too many lines"),
    ],
)
def test_what_does_not_fit_is_not_cut(address: PostalAddress) -> None:
    assert fit_address(address, half_an_em) is None


def test_a_word_too_wide_by_itself_breaks_after_a_hyphen_or_a_slash() -> None:
    assert wrap("arkiv-forvaltning/nord", 10, 60, half_an_em) == ["arkiv-", "forvaltning/", "nord"]


def test_spaces_that_hold_together_are_not_broken() -> None:
    assert wrap("innen 25.\u00a0mai", 10, 50, half_an_em) == ["innen", "25.\u00a0mai"]
