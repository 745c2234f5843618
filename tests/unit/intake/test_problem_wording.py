"""Every code has a sentence, every sentence a code, and each can be said."""

import re

import pytest

from flows.domain.identity import NumberFault
from flows.domain.postal_address import AddressFault
from flows.intake.problems import Code, problem, say
from flows.wording import sentences

CODES = sorted({str(code) for kind in (Code, AddressFault, NumberFault) for code in kind})


def test_codes_and_sentences_agree() -> None:
    assert sorted(sentences("problems.toml")) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_problem_is_said_whole(code: str) -> None:
    names = set(re.findall(r"{{ (\w+) }}", sentences("problems.toml")[code])) - {"felt", "side"}

    text = say(problem(code, "mottaker.felt", 3, **dict.fromkeys(names, 7)))

    assert "{" not in text
    # What is wrong, and what to do.
    assert len(re.findall(r"[.?](?= |$)", text)) >= 2
