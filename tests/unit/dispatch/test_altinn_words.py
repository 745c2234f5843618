"""Titles, texts and file names come out as Altinn accepts them, whatever a case system wrote."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.dispatch.altinn_words import (
    MAX_BODY,
    MAX_NAME_BYTES,
    MAX_PLAIN,
    body_of,
    cut,
    file_names,
    language_of,
    plain,
    summary_of,
    title_of,
)

TITLES = {
    "plain": ("Vedtak om barnehageplass", "Vedtak om barnehageplass"),
    "emphasis": ("*Viktig* _melding_", "Viktig melding"),
    "a heading": ("# Svar", "Svar"),
    "html": ("<b>Svar</b> på søknad", "b Svar /b på søknad"),
    "a link": ("Se [her](https://kommune.no)", "Se her (kommune.no)"),
    "an address": ("Se https://www.kommune.no/sak", "Se kommune.no/sak"),
    "a numbered line": ("1. purring", "1 purring"),
    "a dash first": ("- til deg", "til deg"),
    "an entity": ("Olsen &amp; Sønn", "Olsen amp Sønn"),
    "an ampersand": ("Olsen & Sønn", "Olsen & Sønn"),
    "place holders": ("Hei {{recipientName}}", "Hei recipientName"),
    "lines": ("Svar\r\npå\tsøknad", "Svar på søknad"),
    "unseen": ("Svar\u202e\u200b på\x00 søknad", "Svar på søknad"),
    "Sami": ("Reive: Čáhcesuolu gielda đŋŧž", "Reive: Čáhcesuolu gielda đŋŧž"),
    "a case number": ("Sak 2026/1234-5, § 3-1 (2)", "Sak 2026/1234-5, § 3-1 (2)"),
}


@pytest.mark.parametrize(("written", "shown"), TITLES.values(), ids=list(TITLES))
def test_a_title_keeps_its_words_and_loses_its_markup(written: str, shown: str) -> None:
    assert plain(written) == shown


@pytest.mark.parametrize(
    ("language", "said"), [("nb", "Brev"), ("nn", "Brev"), ("en", "Letter"), ("se", "Brev")]
)
def test_a_title_of_nothing_is_called_a_letter(language: str, said: str) -> None:
    assert title_of("***", language) == said


@pytest.mark.parametrize(
    ("language", "sent"), [("nb", "nb"), ("nn", "nn"), ("en", "en"), ("se", "nb"), ("xx", "nb")]
)
def test_only_languages_that_altinn_has(language: str, sent: str) -> None:
    assert language_of(language) == sent


@given(st.text())
def test_whatever_is_written_a_title_is_plain_short_and_there(text: str) -> None:
    title = title_of(text, "nb")

    assert 1 <= len(title.encode("utf-16-le")) // 2 <= MAX_PLAIN
    assert not re.search(r"[*_<>#`\[\]\\|~^{}\n\r]|://", title)
    assert title == title.strip()
    assert plain(title) == title


@given(st.text())
def test_whatever_is_written_a_text_has_no_html_and_no_place_holders(text: str) -> None:
    body = body_of(text, "Brev")

    assert 1 <= len(body.encode("utf-16-le")) // 2 <= MAX_BODY
    assert not re.search(r"<[A-Za-z/!?]|\{\{|\}\}", body)


def test_a_text_keeps_its_lines_lists_and_emphasis() -> None:
    text = "Hei.\n\n- **ett**\n- to\n\n1 < 2, men <b>ikke</b> <https://kommune.no>"

    assert body_of(text, "Brev") == (
        "Hei.\n\n- **ett**\n- to\n\n1 < 2, men < b>ikke< /b> https://kommune.no"
    )


def test_the_summary_is_the_first_paragraph() -> None:
    assert summary_of("Du har fått et **brev**.\n\nResten.") == "Du har fått et brev ."


def test_length_is_counted_as_the_api_counts() -> None:
    assert cut("👍" * 200, 255) == "👍" * 127


NAMES = {
    "as it was": (["brev.pdf"], ["brev.pdf"]),
    "Windows": (['a<b>:"c"/d\\e|f?*.pdf'], ["a_b___c__d_e_f__.pdf"]),
    "a device": (["CON.pdf", "lpt1.pdf"], ["_CON.pdf", "_lpt1.pdf"]),
    "the same twice": (["a.pdf", "A.pdf", "a.pdf"], ["a.pdf", "A (2).pdf", "a (3).pdf"]),
    "taken already": (["a (2).pdf", "a.pdf", "a.pdf"], ["a (2).pdf", "a.pdf", "a (3).pdf"]),
    "Norwegian": (["Blåbærsyltetøy.PDF"], ["Blåbærsyltetøy.PDF"]),
    "decomposed": (["A\u030ar.pdf"], ["År.pdf"]),
}


@pytest.mark.parametrize(("given_names", "sent"), NAMES.values(), ids=list(NAMES))
def test_file_names_are_safe_and_each_another(given_names: list[str], sent: list[str]) -> None:
    assert file_names(given_names) == sent


@pytest.mark.parametrize("name", ["brev.exe", "brev", "brev.pdf.", ".pdf", ""])
def test_a_kind_altinn_does_not_take_is_not_sent(name: str) -> None:
    taken = name == "brev.pdf."

    assert (file_names([name]) is not None) == taken


@given(st.lists(st.text().map(lambda stem: f"x{stem}.pdf"), max_size=8))
def test_whatever_they_are_called_files_have_short_names_of_their_own(names: list[str]) -> None:
    sent = file_names(names)

    assert sent is not None
    assert len({name.casefold() for name in sent}) == len(names)
    assert all(len(name.encode()) <= MAX_NAME_BYTES for name in sent)
    assert not any(re.search(r'[<>:"/\\|?*\x00-\x1f]', name) for name in sent)
