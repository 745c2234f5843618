"""A description is read as far as it goes, and every fault of its form is named."""

import json

import pytest

from flows.domain.problem import Problem
from flows.intake.metadata import MAX_METADATA_BYTES, Description, read_description


def faults(content: bytes) -> list[tuple[str, str]]:
    return [(each.code, each.field) for each in read_description(content).problems]


def read(**fields: object) -> tuple[Description, tuple[Problem, ...]]:
    reading = read_description(json.dumps(fields).encode())
    return reading.description, reading.problems


def test_norwegian_field_names_are_read() -> None:
    description, problems = read(
        tittel="Vedtak",
        mottaker={"navn": "Oline Prøve", "postnummer": "8900"},
        utskriftskonfigurasjon={"tosidig": True},
    )

    assert problems == ()
    assert description.title == "Vedtak"
    assert description.recipient is not None
    assert description.recipient.postcode == "8900"
    assert description.printing is not None
    assert description.printing.duplex is True


def test_fields_we_do_not_know_are_tolerated() -> None:
    description, problems = read(tittel="Vedtak", nyttFelt={"x": [1]}, mottaker={"epost": "x"})

    assert problems == ()
    assert description.title == "Vedtak"


def test_every_wrong_type_is_named_by_its_path_at_once() -> None:
    _, problems = read(
        tittel=5,
        mottaker={"postnummer": 8900},
        dokumenter=[{"filnavn": "a.pdf"}, {"filnavn": ["b.pdf"], "giroarkSider": ["x"]}],
        kunDigitalLevering="ja",
    )

    assert {(each.code, each.field) for each in problems} == {
        ("FELT_FEIL_TYPE", "tittel"),
        ("FELT_FEIL_TYPE", "mottaker.postnummer"),
        ("FELT_FEIL_TYPE", "dokumenter[2].filnavn"),
        ("FELT_FEIL_TYPE", "dokumenter[2].giroarkSider[1]"),
        ("FELT_FEIL_TYPE", "kunDigitalLevering"),
    }


def test_a_faulty_field_does_not_hide_the_others() -> None:
    description, _ = read(tittel=5, mottaker={"navn": "Oline Prøve", "postnummer": 8900})

    assert description.recipient is not None
    assert description.recipient.name == "Oline Prøve"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"tittel": ' + b"1" * 5000 + b"}",
    ],
    ids=["empty", "cut off", "list", "null", "not UTF-8", "deep", "number of 5000 digits"],
)
def test_what_is_not_a_json_object_is_a_problem(content: bytes) -> None:
    assert faults(content) == [("METADATA_IKKE_JSON", "forsendelse.json")]


def test_a_byte_order_mark_is_tolerated() -> None:
    assert faults(b"\xef\xbb\xbf" + b'{"tittel": "Vedtak"}') == []


def test_a_description_larger_than_any_letter_needs_is_not_parsed() -> None:
    assert faults(b" " * (MAX_METADATA_BYTES + 1)) == [("METADATA_FOR_STOR", "forsendelse.json")]


@pytest.mark.parametrize(
    ("field", "limit"),
    [("tittel", 1000), ("eksternReferanse", 100), ("forsendelsestype", 100)],
)
def test_a_length_limit_is_exact(field: str, limit: int) -> None:
    _, at_the_limit = read(**{field: "x" * limit})
    _, over_it = read(**{field: "x" * (limit + 1)})

    assert at_the_limit == ()
    assert [(each.code, each.field) for each in over_it] == [("FELT_FOR_LANGT", field)]


@pytest.mark.parametrize("field", ["tittel", "eksternReferanse", "forsendelsestype"])
def test_a_zero_character_is_a_problem_since_postgresql_keeps_none(field: str) -> None:
    _, problems = read(**{field: "a\0b"})

    assert [(each.code, each.field) for each in problems] == [("FELT_UGYLDIG", field)]


def test_a_half_character_is_a_problem() -> None:
    assert faults(b'{"tittel": "\\ud800"}') == [("FELT_UGYLDIG", "tittel")]


@pytest.mark.parametrize("page", [0, -1, 3_000_000_000, 10**30])
def test_a_giro_page_that_no_database_can_keep_is_a_problem(page: int) -> None:
    _, problems = read(dokumenter=[{"giroarkSider": [page]}])

    assert [(each.code, each.field) for each in problems] == [
        ("FELT_UGYLDIG", "dokumenter[1].giroarkSider[1]"),
    ]
