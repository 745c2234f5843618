"""The vendor's answer, read strictly and held against what we sent."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from builders import MONDAY

from flows.database.batches import Batch
from flows.domain.batch import BatchId, BatchStatus
from flows.print_batch.acknowledgement import Verdict, judge, read_acknowledgement

BATCH = Batch(
    id=BatchId("SVAR-20261124-01-C5SHD"),
    job_class="C5SHD",
    status=BatchStatus.HANDED_OVER,
    attempt=1,
    created_at=MONDAY,
    letters=2,
    pages=10,
    sheets=5,
    package="SVAR-20261124-01-C5SHD-f1.zip",
    package_sha256="ab" * 32,
    package_size_bytes=1234,
    handed_over_at=MONDAY,
)
SAID = {
    "schema": "svarut/mottak/1",
    "package": BATCH.package,
    "batch": BATCH.id,
    "attempt": 1,
    "received": "2026-11-24T00:41:07Z",
    "sha256": "ab" * 32,
    "accepted": True,
    "letters": 2,
    "pages": 10,
    "sheets": 5,
    "reason": "",
}


def an_ok(content: bytes) -> bytes:
    facts = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    return json.dumps(facts).encode()


def read(**changes: Any) -> Any:
    content = json.dumps({**SAID, **changes}).encode()
    return read_acknowledgement(content, an_ok(content))


def test_an_answer_that_agrees_is_an_acceptance() -> None:
    assert judge(read(), BATCH) == (Verdict.ACCEPTED, "")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"letters": 3}, "letters: the vendor has 3, we have 2"),
        ({"pages": 9}, "pages: the vendor has 9, we have 10"),
        ({"sheets": 0}, "sheets: the vendor has 0, we have 5"),
        ({"sha256": "cd" * 32}, "SHA-256"),
        ({"batch": "SVAR-20261124-02-C5SHD"}, "another package"),
        ({"attempt": 2}, "another package"),
    ],
)
def test_an_acceptance_with_other_figures_is_not_one(change: dict[str, Any], says: str) -> None:
    verdict, reason = judge(read(**change), BATCH)

    assert verdict is Verdict.DIFFERS
    assert says in reason


def test_a_refusal_counts_whatever_the_figures_are() -> None:
    answer = read(accepted=False, letters=0, pages=0, sheets=0, reason="Papirstopp")

    assert judge(answer, BATCH) == (
        Verdict.REFUSED,
        "the vendor refused the package: Papirstopp",
    )


def test_an_answer_about_a_batch_without_figures_is_no_acceptance() -> None:
    assert judge(read(), replace(BATCH, pages=None))[0] is Verdict.DIFFERS


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"schema": "svarut/mottak/2"}, id="another format"),
        pytest.param({"accepted": "true"}, id="a text for yes"),
        pytest.param({"letters": "2"}, id="a text for a number"),
        pytest.param({"letters": 2.5}, id="half a letter"),
        pytest.param({"received": "2026-11-24T00:41:07"}, id="a time without a zone"),
        pytest.param({"sha256": "AB"}, id="no hash"),
        pytest.param({"reason": None}, id="nothing for a text"),
    ],
)
def test_an_answer_that_is_not_what_the_format_says_is_not_read(change: dict[str, Any]) -> None:
    assert read(**change) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", b"null"])
def test_rubbish_is_not_read(content: bytes) -> None:
    assert read_acknowledgement(content, an_ok(content)) is None


def test_an_answer_that_its_ok_does_not_fit_is_not_read() -> None:
    content = json.dumps(SAID).encode()

    assert read_acknowledgement(content + b" ", an_ok(content)) is None
    assert read_acknowledgement(content, b"") is None


def test_fields_we_do_not_know_are_tolerated() -> None:
    assert read(operator="skift 2") is not None
