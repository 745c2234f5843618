"""Each rule of docs/formats/submission.md, and that they are all said at once."""

import json
from datetime import date
from typing import Any

import pytest

from flows.domain.identity import NumberPolicy
from flows.domain.sender import Rules
from flows.intake.metadata import read_description
from flows.intake.pdf_checks import PdfFacts
from flows.intake.problems import Code, problem
from flows.intake.rules import RULES, RuleSet
from flows.intake.validation import Facts, Standard, validate

TENOR = NumberPolicy(on=date(2026, 11, 23), synthetic=True)
PERSON = "01818550029"
POSTCODES = {"8900": "BRØNNØYSUND", "8901": "BRØNNØYSUND", "0150": "OSLO"}
ADDRESS = {
    "navn": "Oline Prøve",
    "adresselinje1": "Fjellveien 3",
    "postnummer": "8900",
    "poststed": "Brønnøysund",
}


def a_pdf(name: str = "vedtak.pdf", **fields: object) -> dict[str, object]:
    return {"filnavn": name, "mimeType": "application/pdf", **fields}


def problems(
    *,
    pages: int = 4,
    pdf_problems: tuple[str, ...] = (),
    there: bool = True,
    size: int = 1000,
    rules: RuleSet = RULES[Rules.NOW],
    window_text: str = "",
    **fields: object,
) -> list[tuple[str, str]]:
    letter = {"tittel": "Vedtak", "mottaker": ADDRESS, "dokumenter": [a_pdf()], **fields}
    reading = read_description(json.dumps(letter).encode())
    assert reading.problems == ()
    documents = reading.description.documents or []
    pdf = PdfFacts(
        pages, tuple(problem(code, "vedtak.pdf") for code in pdf_problems), None, window_text
    )
    names = {each.file_name or "" for each in documents} if there else set()
    pdfs = {name: pdf if name == "vedtak.pdf" else PdfFacts(pages, ()) for name in names}
    facts = Facts(reading.description, dict.fromkeys(names, size), pdfs)
    standard = Standard(TENOR, rules, POSTCODES, own_address=bool(window_text))
    return [(each.code, each.field) for each in validate(facts, standard)]


def without(*names: str, **changes: str) -> dict[str, str]:
    return {name: text for name, text in ADDRESS.items() if name not in names} | changes


def test_a_good_letter_has_no_problems() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tittel": "  "}, ("FELT_MANGLER", "tittel")),
        ({"mottaker": None}, ("FELT_MANGLER", "mottaker")),
        ({"dokumenter": []}, ("FELT_MANGLER", "dokumenter")),
        ({"mottaker": without("navn")}, ("NAVN_MANGLER", "mottaker.navn")),
        ({"mottaker": without("postnummer")}, ("POSTNUMMER_MANGLER", "mottaker.postnummer")),
        ({"mottaker": without(postnummer="89")}, ("POSTNUMMER_UGYLDIG", "mottaker.postnummer")),
        ({"mottaker": without("poststed")}, ("POSTSTED_MANGLER", "mottaker.poststed")),
        ({"mottaker": without(adresselinje2="a\u202eb")}, ("ADRESSE_STYRETEGN", "mottaker")),
        ({"mottaker": without(adresselinje2=PERSON)}, ("ADRESSE_FODSELSNUMMER", "mottaker")),
        (
            {"mottaker": without(digitalId="01818550028")},
            ("ID_FEIL_KONTROLLSIFFER", "mottaker.digitalId"),
        ),
        ({"mottaker": without(digitalId="123")}, ("ID_FEIL_LENGDE", "mottaker.digitalId")),
        ({"konteringskode": "a b"}, ("FELT_UGYLDIG", "konteringskode")),
        ({"kunDigitalLevering": True}, ("DIGITALID_MANGLER", "mottaker.digitalId")),
        ({"dokumenter": [a_pdf("a/b.pdf")]}, ("FILNAVN_UGYLDIG", "a/b.pdf")),
        (
            {"dokumenter": [a_pdf(), {"filnavn": "a.xml", "mimeType": "text/xml"}]},
            ("FIL_KAN_IKKE_SKRIVES_UT", "a.xml"),
        ),
        (
            {"dokumenter": [a_pdf(skalEkskluderesFraUtskrift=True)]},
            ("INGENTING_A_SKRIVE_UT", "dokumenter"),
        ),
        (
            {"dokumenter": [{"mimeType": "application/pdf"}, a_pdf()]},
            ("FELT_MANGLER", "dokumenter[1].filnavn"),
        ),
        ({"dokumenter": [a_pdf(giroarkSider=[5])]}, ("GIROSIDE_FINNES_IKKE", "vedtak.pdf")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_broken_rule_is_named(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    assert problems(**fields) == [expected]


def test_every_broken_rule_is_said_at_once() -> None:
    found = problems(
        tittel="", mottaker=without("navn", "postnummer", digitalId="1"), konteringskode="!"
    )

    assert {code for code, _ in found} == {
        "FELT_MANGLER",
        "NAVN_MANGLER",
        "POSTNUMMER_MANGLER",
        "ID_FEIL_LENGDE",
        "FELT_UGYLDIG",
    }


def test_a_foreign_address_needs_no_norwegian_postcode() -> None:
    assert problems(mottaker=without("postnummer", land="Sverige")) == []


def test_a_digital_only_letter_needs_no_postal_address() -> None:
    recipient = {"navn": "Oline Prøve", "digitalId": PERSON}

    assert problems(mottaker=recipient, kunDigitalLevering=True) == []


def test_names_that_differ_only_in_case_are_the_same_name() -> None:
    found = problems(dokumenter=[a_pdf("Vedtak.pdf"), a_pdf("vedtak.PDF")])

    assert found == [("FILNAVN_IKKE_UNIKT", "vedtak.pdf")]


def test_a_document_that_is_named_but_not_there_is_a_problem() -> None:
    assert problems(there=False) == [("FIL_MANGLER", "vedtak.pdf")]


@pytest.mark.parametrize(
    ("giro", "duplex", "pages", "accepted"),
    [
        ([2], False, 4, True),
        ([1], True, 4, True),
        ([2], True, 4, False),
        ([1], True, 1, True),
        ([1, 2], True, 4, True),
        ([1, 3], True, 4, False),
    ],
    ids=["simplex", "front", "back", "one page is simplex", "after another", "moved by another"],
)
def test_a_giro_page_must_not_land_on_a_back(
    giro: list[int], duplex: bool, pages: int, accepted: bool
) -> None:
    found = problems(
        dokumenter=[a_pdf(giroarkSider=giro)],
        utskriftskonfigurasjon={"tosidig": duplex},
        pages=pages,
    )

    assert found == ([] if accepted else [("GIROSIDE_PA_BAKSIDE", "vedtak.pdf")])


@pytest.mark.parametrize(
    ("pages", "duplex", "accepted"),
    [(98, False, True), (99, False, False), (196, True, True), (197, True, False)],
)
def test_a_letter_has_at_most_99_sheets_its_cover_among_them(
    pages: int, duplex: bool, accepted: bool
) -> None:
    found = problems(pages=pages, utskriftskonfigurasjon={"tosidig": duplex})

    assert found == ([] if accepted else [("UTSKRIFT_FOR_MANGE_ARK", "dokumenter")])


def test_without_a_cover_there_is_room_for_a_sheet_more() -> None:
    assert problems(pages=99, window_text="8900 Brønnøysund") == []


@pytest.mark.parametrize(
    ("window_text", "expected"),
    [
        ("Oline Prøve\r\nFjellveien 3\r\n8900 Brønnøysund", []),
        ("Oline Prøve\r\n8 9 0 0 Brønnøysund", []),
        ("Kari Prøve\r\n0150 Oslo", [("PDF_ADRESSE_AVVIKER", "vedtak.pdf")]),
    ],
    ids=["the recipient's", "spaced", "another's"],
)
def test_the_address_in_the_window_is_the_recipients(
    window_text: str, expected: list[tuple[str, str]]
) -> None:
    assert problems(window_text=window_text) == expected


def test_what_was_found_in_a_document_is_said() -> None:
    assert problems(pdf_problems=(Code.PDF_NOT_A4,)) == [("PDF_IKKE_A4", "vedtak.pdf")]


def test_a_locked_document_is_a_problem_even_when_it_is_not_printed() -> None:
    found = problems(
        dokumenter=[a_pdf(skalEkskluderesFraUtskrift=True)],
        kunDigitalLevering=True,
        mottaker={**ADDRESS, "digitalId": PERSON},
        pdf_problems=(Code.PDF_PASSWORD,),
    )

    assert found == [("PDF_PASSORD", "vedtak.pdf")]
