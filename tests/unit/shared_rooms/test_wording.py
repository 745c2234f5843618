"""Texts are filled whole, or not at all."""

import jinja2
import pytest

from flows.wording import fill, fill_sentence, sentences


def test_a_text_is_filled() -> None:
    assert fill_sentence("Siste frist er {{ dag }}.", dag="26.11.2026") == (
        "Siste frist er 26.11.2026."
    )


def test_a_missing_value_is_an_error_not_a_hole() -> None:
    with pytest.raises(jinja2.UndefinedError, match="dag"):
        fill_sentence("Siste frist er {{ dag }}.")


def test_the_altinn_message_says_that_paper_may_follow_only_when_it_may() -> None:
    both = fill("altinn_message.nb.md", avsender="Nordvik kommune", frist=True)
    digital_only = fill("altinn_message.nb.md", avsender="Nordvik kommune", frist=False)

    assert "på papir" in both
    assert "på papir" not in digital_only
    assert "Nordvik kommune" in digital_only


def test_wording_files_are_sentences() -> None:
    assert sentences("problems.toml")["PDF_PASSORD"].endswith(".")
