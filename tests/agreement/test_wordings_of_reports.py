"""A workbook says the same in every language: no word is missing, and no value."""

import re

import pytest

from flows.domain.identity import NumberFault
from flows.domain.postal_address import AddressFault
from flows.intake.problems import NOTES, Code
from flows.wording import sentences
from reports.deliverables import Language

BOOKS = ["statistics", "cost_benefit", "month_workbook", "rejections"]


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_words_with_the_same_values(
    book: str, language: Language
) -> None:
    bokmal, found = sentences(f"{book}/nb.toml"), sentences(f"{book}/{language}.toml")

    assert list(found) == list(bokmal)
    assert {name: placeholders(text) for name, text in found.items()} == {
        name: placeholders(text) for name, text in bokmal.items()
    }


def test_every_reason_to_reject_has_a_few_words() -> None:
    faults = [code for code in Code if code not in NOTES]
    codes = {str(code) for code in [*faults, *AddressFault, *NumberFault]}

    assert sentences("rejections/nb.toml").keys() == codes


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("language", Language)
def test_sheets_have_names_that_spreadsheets_take(book: str, language: Language) -> None:
    words = sentences(f"{book}/{language}.toml")
    titles = [text for name, text in words.items() if name.startswith("sheet_")]

    assert len(set(titles)) == len(titles)
    assert [one for one in titles if len(one) > 31 or set(one) & set("[]:*?/\\'")] == []


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{{ (\w+) }}", text))
