"""What is logged is one line an event, whatever it holds, as text or as JSON."""

import json
import logging
import sys
from typing import Any

import pytest

from flows.errors import NeedsAPerson
from flows.log_lines import FORMAT, AsJson, AsText, with_ids

HOSTILE = {
    "a new line": "x\n2026-11-26 ERROR flows.print_batch all is lost",
    "a carriage return": "x\rfalse",
    "a terminal's own": "x\x1b[2Jfalse",
    "a line of Unicode": "x\u2028false\u0085again",
    "text turned around": "x\u202etxt.exe",
}


def a_record(message: str, *values: object, fault: BaseException | None = None) -> Any:
    info = (type(fault), fault, fault.__traceback__) if fault else None
    return logging.LogRecord("flows.x", logging.WARNING, "x.py", 1, message, values, info)


def raised(fault: BaseException) -> BaseException:
    try:
        raise fault
    except type(fault):
        caught = sys.exc_info()[1]
    assert caught is not None
    return caught


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("formatter", [AsText(FORMAT), AsJson()], ids=["text", "json"])
def test_nothing_logged_makes_a_line_of_its_own(formatter: logging.Formatter, text: str) -> None:
    line = formatter.format(a_record("refused file=%s", text))

    assert len(line.splitlines()) == 1
    assert line.isprintable()


def test_a_traceback_cannot_be_taken_for_log_lines() -> None:
    fault = raised(ValueError("x\n2026-11-26 09:00:00 ERROR flows.x false"))

    head, *rest = AsText(FORMAT).format(a_record("stopped", fault=fault)).splitlines()

    assert head.endswith("WARNING flows.x stopped")
    assert rest
    assert all(line.startswith("  | ") for line in rest)


def test_a_json_line_names_run_batch_and_shipment() -> None:
    with with_ids(run=7, flow="print-batch"), with_ids(batch="SVAR-20261124-01-C5SHS"):
        line = json.loads(
            AsJson().format(a_record("left shipment=%s sheets=%d (%s)", "ab", 3, "x"))
        )

    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "flows.x",
        "run": 7,
        "flow": "print-batch",
        "batch": "SVAR-20261124-01-C5SHS",
        "shipment": "ab",
        "sheets": 3,
        "message": "left shipment=ab sheets=3 (x)",
    }


def test_ids_end_with_what_they_belong_to() -> None:
    with with_ids(run=7):
        pass

    assert "run" not in json.loads(AsJson().format(a_record("later")))


def test_a_json_line_says_all_of_our_errors_and_only_the_kind_of_others() -> None:
    ours = raised(NeedsAPerson("no such batch", do="look"))
    others = raised(ValueError("Oline Prøve, Fjellveien 3"))

    told = json.loads(AsJson().format(a_record("stopped", fault=ours)))
    kept_back = AsJson().format(a_record("stopped", fault=others))

    assert told["says"] == "no such batch; do: look"
    assert "test_log_lines.py" in told["trace"][0]
    assert json.loads(kept_back)["error"] == "ValueError"
    assert "Oline" not in kept_back
