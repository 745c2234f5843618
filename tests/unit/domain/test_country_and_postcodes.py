"""Countries as senders write them; the postcode register as Bring writes it."""

import pytest
from conftest import ROOT

from flows.domain.country import Zone, find_country, zone_of
from flows.domain.postal_address import PostalAddress
from flows.domain.postcode import parse_postcodes
from flows.errors import NeedsAPerson


@pytest.mark.parametrize(
    ("written", "code", "zone"),
    [
        ("", "NO", Zone.NORWAY),
        ("Noreg", "NO", Zone.NORWAY),
        ("norgga", "NO", Zone.NORWAY),
        ("Svalbard", "NO", Zone.NORWAY),
        ("SVERIGE", "SE", Zone.EUROPE),
        ("Ruoŧŧa", "SE", Zone.EUROPE),
        ("deutschland", "DE", Zone.EUROPE),
        ("Polska", "PL", Zone.EUROPE),
        ("England", "GB", Zone.EUROPE),
        ("gb", "GB", Zone.EUROPE),
        ("Færøyene", "FO", Zone.EUROPE),
        ("Thailand", "TH", Zone.WORLD),
        ("USA", "US", Zone.WORLD),
        (" united   states ", "US", Zone.WORLD),
    ],
)
def test_a_country_is_known_in_many_languages(written: str, code: str, zone: Zone) -> None:
    found = find_country(written)

    assert found is not None
    assert (found.code, found.zone) == (code, zone)


@pytest.mark.parametrize("written", ["Atlantis", "EU", "ZZ", "Europa", "1234"])
def test_what_is_no_country_has_the_dearest_postage(written: str) -> None:
    assert find_country(written) is None
    assert zone_of(written) is Zone.WORLD


def test_the_envelope_shows_the_country_in_norwegian_capitals() -> None:
    address = PostalAddress("Kim Prøve", ("Storgatan 4",), "971 31", "Luleå", "sweden")

    assert address.in_window()[-1] == "SVERIGE"


REGISTER = (
    "0001\tOSLO\t0301\tOSLO\tP\n"
    "8900\tBRØNNØYSUND\t1813\tBRØNNØY\tG\n"
    "9520\tKAUTOKEINO\t5612\tGUOVDAGEAIDNU\tG\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_register_is_read_in_either_encoding(encoding: str) -> None:
    read = parse_postcodes(REGISTER.encode(encoding))

    assert [(each.postcode, each.place, each.category) for each in read] == [
        ("0001", "OSLO", "P"),
        ("8900", "BRØNNØYSUND", "G"),
        ("9520", "KAUTOKEINO", "G"),
    ]


def test_the_example_is_a_register_as_bring_writes_it() -> None:
    content = (ROOT / "templates/examples/postcodes.txt").read_bytes()

    read = {each.postcode: each.place for each in parse_postcodes(content)}

    assert len(read) == 15
    assert read["8901"] == "BRØNNØYSUND"
    assert content.decode("cp1252").count("\r\n") == 15


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("123\tX\t0301\tX\tG\n", "line 4"),
        ("1234\t\t0301\tX\tG\n", "line 4"),
        ("1234\tX\t0301\tX\tQ\n", "line 4"),
        ("1234;X;0301;X;G\n", "line 4 has 1 columns"),
        ("8900\tX\t0301\tX\tG\n", "8900 stands there twice"),
    ],
)
def test_half_a_register_is_refused_with_its_faulty_line(extra: str, said: str) -> None:
    with pytest.raises(NeedsAPerson, match=said):
        parse_postcodes((REGISTER + extra).encode())


def test_an_empty_download_is_no_register() -> None:
    with pytest.raises(NeedsAPerson, match="only 0 postcodes"):
        parse_postcodes(b"")
