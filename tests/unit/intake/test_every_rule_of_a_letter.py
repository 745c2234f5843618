"""The rules of `Forsendelse` beyond recipient and documents, and those of other years."""

import json
from datetime import date

import pytest

from flows.domain.identity import NumberPolicy
from flows.domain.sender import Rules
from flows.intake.metadata import Description, read_description
from flows.intake.particulars import links_of, records_of
from flows.intake.pdf_checks import PdfFacts
from flows.intake.problems import NOTES
from flows.intake.recognition import repeat_key
from flows.intake.rules import RULES
from flows.intake.validation import Facts, Standard, validate

TENOR = NumberPolicy(on=date(2026, 11, 23), synthetic=True)
MEGABYTE = 1024 * 1024
ADDRESS = {
    "navn": "Oline Prøve",
    "adresselinje1": "Fjellveien 3",
    "postnummer": "8900",
    "poststed": "Brønnøysund",
}
LINK = {"url": "https://nordvik.example/klage?sak=42", "tekst": "Slik klager du"}
NOTE = {"key": "skole", "value": "Åsen"}
PDF = {"filnavn": "vedtak.pdf", "mimeType": "application/pdf"}


def described(**fields: object) -> tuple[Description, list[tuple[str, str]]]:
    letter = {"tittel": "Vedtak", "mottaker": ADDRESS, "dokumenter": [PDF], **fields}
    reading = read_description(json.dumps(letter).encode())
    return reading.description, [(each.code, each.field) for each in reading.problems]


def findings(rules: Rules = Rules.NOW, size: int = 1000, **fields: object) -> list[tuple[str, str]]:
    description, of_form = described(**fields)
    names = [each.file_name or "" for each in description.documents or []]
    pdfs = {name: PdfFacts(2, ()) for name in names}
    facts = Facts(description, dict.fromkeys(names, size), pdfs)
    standard = Standard(TENOR, RULES[rules], {"8900": "BRØNNØYSUND", "0150": "OSLO"})
    return of_form + [(each.code, each.field) for each in validate(facts, standard)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"lenker": [LINK] * 5}, []),
        ({"lenker": [LINK] * 6}, [("FELT_FOR_MANGE", "lenker")]),
        ({"lenker": [LINK, {"tekst": "x"}]}, [("LENKE_UGYLDIG", "lenker[2]")]),
        ({"lenker": [{**LINK, "tekst": " "}]}, [("LENKE_UGYLDIG", "lenker[1]")]),
        ({"lenker": [{**LINK, "url": "javascript:alert(1)"}]}, [("LENKE_UGYLDIG", "lenker[1]")]),
        ({"lenker": [{**LINK, "url": "https://a b"}]}, [("LENKE_UGYLDIG", "lenker[1]")]),
        ({"lenker": [{**LINK, "url": "http://[::1"}]}, [("LENKE_UGYLDIG", "lenker[1]")]),
        ({"lenker": [{**LINK, "tekst": "x" * 101}]}, [("FELT_FOR_LANGT", "lenker[1].tekst"),
                                                     ("LENKE_UGYLDIG", "lenker[1]")]),
        ({"lenker": [{**LINK, "url": 'https://a.no/"><b'}]}, [("LENKE_UGYLDIG", "lenker[1]")]),
        ({"lenker": [{**LINK, "url": "https://a.no/" + "x" * 988}]},
         [("FELT_FOR_LANGT", "lenker[1].url"), ("LENKE_UGYLDIG", "lenker[1]")]),
        ({"lenker": [{**LINK, "ledetekst": "x" * 101}]},
         [("FELT_FOR_LANGT", "lenker[1].ledetekst")]),
        ({"svarPaForsendelse": "0f4b2f0e-6c36-4f0c-9a2a-7c1a2f6f9d10"}, []),
        ({"svarPaForsendelse": "SAK-42"}, [("FELT_UGYLDIG", "svarPaForsendelse")]),
        ({"dokumenter": [{**PDF, "ekstraMetadata": [NOTE, {**NOTE, "value": "Fjell"}]}]},
         [("NOKKEL_IKKE_UNIK", "dokumenter[1].ekstraMetadata")]),
        ({"metadataFraAvleverendeSystem": {"ekstraMetadata": [NOTE, NOTE]}},
         [("NOKKEL_IKKE_UNIK", "metadataFraAvleverendeSystem.ekstraMetadata")]),
        ({"metadataFraAvleverendeSystem": {"ekstraMetadata": [NOTE, {**NOTE, "key": "b"}]}},
         []),
        ({"tittel": "x" * 1001}, [("FELT_FOR_LANGT", "tittel"), ("FELT_MANGLER", "tittel")]),
        ({"eksternReferanse": "x" * 101}, [("FELT_FOR_LANGT", "eksternReferanse")]),
        ({"forsendelsestype": "x" * 101}, [("FELT_FOR_LANGT", "forsendelsestype")]),
        ({"avgivendeSystem": "x" * 101}, [("FELT_FOR_LANGT", "avgivendeSystem")]),
        ({"avgivendeSystemAktor": "x" * 101}, [("FELT_FOR_LANGT", "avgivendeSystemAktor")]),
        ({"konteringskode": "x" * 21}, [("FELT_FOR_LANGT", "konteringskode")]),
        ({"signeringUtloper": "2026-12-24T12:00:00Z"},
         [("SIGNERING_STOTTES_IKKE", "signeringUtloper")]),
        ({"mottaker": {**ADDRESS, "adresselinje1": "Fnr 01818550029"}},
         [("ADRESSE_FODSELSNUMMER", "mottaker")]),
        ({"mottaker": {**ADDRESS, "postnummer": "10115", "poststed": "Berlin",
                       "land": "Tyskland"}}, []),
        ({"mottaker": {**ADDRESS, "postnummer": "NO-8900", "land": "Norway"}}, []),
        ({"kryptert": True}, [("KRYPTERING_STOTTES_IKKE", "kryptert")]),
        ({"dokumenter": [{**PDF, "skalSigneres": True}]},
         [("SIGNERING_STOTTES_IKKE", "dokumenter[1].skalSigneres")]),
        ({"signaturType": "AVANSERT_SIGNATUR"}, [("SIGNERING_STOTTES_IKKE", "signaturType")]),
        ({"eksponertFor": ["310000108"]}, [("FELT_BRUKES_IKKE", "eksponertFor")]),
        ({"svarSendesTil": ADDRESS}, []),
        ({"svarSendesTil": {"navn": "Skolen"}},
         [("POSTNUMMER_MANGLER", "svarSendesTil.postnummer"),
          ("POSTSTED_MANGLER", "svarSendesTil.poststed")]),
        ({"svarSendesTil": {**ADDRESS, "digitalId": "310000107"}},
         [("ID_FEIL_KONTROLLSIFFER", "svarSendesTil.digitalId")]),
        ({"svarPaForsendelseLink": True},
         [("SVARLENKE_UTEN_ORGANISASJON", "svarSendesTil.digitalId")]),
        ({"svarPaForsendelseLink": True, "svarSendesTil": {**ADDRESS, "digitalId": "310000108"}},
         [("FELT_BRUKES_IKKE", "svarPaForsendelseLink")]),
        ({"dokumenter": [{**PDF, "giroarkSider": [1, 1]}]},
         [("FELT_UGYLDIG", "dokumenter[1].giroarkSider")]),
        ({"korrelasjonsid": "x" * 101}, [("FELT_FOR_LANGT", "korrelasjonsid")]),
        ({"metadataFraAvleverendeSystem": {"saksaar": "2026"}},
         [("FELT_FEIL_TYPE", "metadataFraAvleverendeSystem.saksaar")]),
        ({"metadataForImport": {"dokumentetsDato": "i går"}},
         [("FELT_UGYLDIG", "metadataForImport.dokumentetsDato")]),
        ({"mottaker": {**ADDRESS, "postnummer": "8999"}},
         [("POSTNUMMER_UKJENT", "mottaker.postnummer")]),
        ({"mottaker": {**ADDRESS, "poststed": "Oslo"}},
         [("POSTSTED_AVVIKER", "mottaker.poststed")]),
        ({"mottaker": {**ADDRESS, "land": "Atlantis"}}, [("LAND_UKJENT", "mottaker.land")]),
        ({"mottaker": {**ADDRESS, "adresselinje2": "Strengt fortrolig adresse"}},
         [("TIL_MANUELL_VURDERING", "mottaker")]),
        ({"mottaker": {**ADDRESS, "adresselinje2": "Portkode 6"}}, []),
    ],
)  # fmt: skip
def test_a_rule_says_what_and_where(
    fields: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert findings(**fields) == expected


@pytest.mark.parametrize(
    ("code", "of_2014", "of_2015", "now"),
    [("4410-SKOLE", 1, 1, 1), ("4410.æ", 0, 1, 1), ("4410_1", 0, 0, 1), ("4410 1", 0, 0, 0)],
)
def test_account_codes_of_other_years(code: str, of_2014: int, of_2015: int, now: int) -> None:
    accepted = [int(not findings(rules, konteringskode=code)) for rules in Rules]

    assert accepted == [of_2014, of_2015, now]


def test_what_is_printed_may_be_larger_now_than_then_and_digital_only_has_no_limit() -> None:
    too_large = [("UTSKRIFT_FOR_STOR", "dokumenter")]

    assert findings(Rules.NOW, size=350 * MEGABYTE) == []
    assert findings(Rules.NOW, size=350 * MEGABYTE + 1) == too_large
    assert findings(Rules.OF_2014, size=251 * MEGABYTE) == too_large
    digital = {"kunDigitalLevering": True, "mottaker": {**ADDRESS, "digitalId": "01818550029"}}
    assert findings(Rules.NOW, size=900 * MEGABYTE, **digital) == []


def test_file_names_of_2014_may_hold_what_folders_cannot() -> None:
    documents = [{**PDF, "filnavn": 'vedtak "1".pdf'}]

    assert findings(Rules.OF_2014, dokumenter=documents) == []
    assert findings(Rules.OF_2015, dokumenter=documents) == [("FILNAVN_UGYLDIG", 'vedtak "1".pdf')]


def test_only_notes_leave_a_letter_accepted() -> None:
    assert {str(code) for code in NOTES} == {
        "FELT_BRUKES_IKKE",
        "POSTSTED_AVVIKER",
        "LAND_UKJENT",
        "TIL_MANUELL_VURDERING",
        "PDF_LIGGENDE",
        "PDF_STANDARDSKRIFT",
        "PDF_INNHOLD_I_MARG",
        "PDF_SKRIPT",
        "PDF_LYD_ELLER_FILM",
        "PDF_VEDLEGG",
        "PDF_SKJEMA",
        "PDF_REPARERT",
        "PDF_UTEN_INNHOLD",
    }


def test_records_and_links_are_kept_as_they_came() -> None:
    record = {"saksaar": 2026, "sakssekvensnummer": 42, "dokumentetsDato": "2026-11-20T12:00:00"}
    note = {"key": "skole", "value": "Åsen"}
    description, problems = described(
        metadataForImport=record,
        metadataFraAvleverendeSystem={**record, "ekstraMetadata": [note]},
        dokumenter=[{**PDF, "dokumentType": "vedtak", "ekstraMetadata": [note]}],
        lenker=[LINK],
    )

    assert problems == []
    assert records_of(description) == {
        "metadataForImport": record,
        "metadataFraAvleverendeSystem": {**record, "ekstraMetadata": [note]},
        "dokumenter": [
            {"filnavn": "vedtak.pdf", "dokumentType": "vedtak", "ekstraMetadata": [note]}
        ],
    }
    assert [(link.url, link.text, link.lead) for link in links_of(description)] == [
        (LINK["url"], LINK["tekst"], "")
    ]


def test_letters_repeat_when_sender_title_and_the_whole_address_are_the_same() -> None:
    def key(sender: str = "nordvik", **fields: object) -> str:
        return repeat_key(sender, described(**fields)[0])  # type: ignore[arg-type]

    assert key() == key(mottaker={**ADDRESS, "navn": "  oline  PRØVE "})
    others = [
        key("fjordbyen"),
        key(tittel="Vedtak 2"),
        key(mottaker={**ADDRESS, "adresselinje1": "Fjellveien 4"}),
        key(mottaker={**ADDRESS, "digitalId": "01818550029"}),
    ]
    assert len({key(), *others}) == len(others) + 1
    assert key(mottaker=None) == ""
