"""Every code has a sentence, every sentence a code, and each can be said."""

import json
import re
from datetime import date

import pytest
from conftest import ROOT

from flows.domain.identity import NumberFault, NumberPolicy
from flows.domain.postal_address import AddressFault
from flows.domain.sender import Rules
from flows.intake.metadata import read_description
from flows.intake.problems import Code, problem, say
from flows.intake.rules import RULES
from flows.intake.validation import Facts, Standard, validate
from flows.wording import sentences

CODES = sorted({str(code) for kind in (Code, AddressFault, NumberFault) for code in kind})


def test_codes_and_sentences_agree() -> None:
    assert sorted(sentences("problems.toml")) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_problem_is_said_whole(code: str) -> None:
    names = set(re.findall(r"{{ (\w+) }}", sentences("problems.toml")[code])) - {"felt", "side"}

    values: dict[str, str | int] = dict.fromkeys(names, 7)
    if "ventet" in names:
        values["ventet"] = "dato"

    text = say(problem(code, "mottaker.felt", 3, **values))

    assert "{" not in text
    # What is wrong, and what to do.
    assert len(re.findall(r"[.?](?= |$)", text)) >= 2


def test_every_expected_value_is_asked_for_somewhere() -> None:
    named = " ".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "flows/intake").glob("*.py")
    )

    assert [name for name in sentences("expected_values.toml") if f'"{name}"' not in named] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"konteringskode": "44 10"}, "Feltet konteringskode har en ugyldig verdi. Det skal være"),
        ({"svarPaForsendelse": "x"}, "Det skal være id-en til en forsendelse"),
        ({"tittel": "a\0b"}, "Det skal være tekst uten usynlige tegn."),
        ({"metadataForImport": {"saksaar": 26}}, "Det skal være et tall innenfor det tillatte."),
        ({"metadataForImport": {"dokumentetsDato": "i går"}}, "som 2026-11-23T12:00:00."),
        ({"kryptert": "ja"}, "Feltet kryptert har feil type. Det skal være true eller false."),
    ],
)
def test_a_faulty_value_is_answered_with_what_it_should_be(
    fields: dict[str, object], said: str
) -> None:
    reading = read_description(json.dumps(fields).encode())
    standard = Standard(NumberPolicy(date(2026, 11, 23), synthetic=True), RULES[Rules.NOW])
    found = [*reading.problems, *validate(Facts(reading.description, {}, {}), standard)]

    assert any(said in say(each) for each in found)
