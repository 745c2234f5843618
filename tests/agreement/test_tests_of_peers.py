"""Pages that name tests name tests that are there."""

import re

import pytest
from conftest import ROOT

NAMED = re.compile(r"`([a-z_/0-9]+\.py)::(test_[a-z_0-9]+)`")


@pytest.mark.parametrize("page", ["tests-of-peers.md", "security.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")

    missing = {
        f"{file}::{name}"
        for file, name in NAMED.findall(text)
        if not (ROOT / "tests" / file).is_file()
        or f"def {name}(" not in (ROOT / "tests" / file).read_text(encoding="utf-8")
    }

    assert missing == set()


def test_every_row_names_a_test_or_says_why_not() -> None:
    text = (ROOT / "docs/tests-of-peers.md").read_text(encoding="utf-8")

    rows = [line for line in text.splitlines() if line.startswith("| ") and " --- " not in line]
    bare = [
        row
        for row in rows
        if not NAMED.search(row) and not re.search(r"gap: |nothing to test: |\| here \|", row)
    ]

    assert len(rows) > len(bare)
    assert bare == []
