"""What the documents say is what the code does."""

import ast
import re
from pathlib import Path

import pytest
from conftest import ROOT
from pydantic import BaseModel

from flows.cli import EXIT_CODES, FLOWS
from flows.domain.batch import BATCH_MOVES
from flows.domain.identity import NumberFault
from flows.domain.postal_address import AddressFault
from flows.domain.receipt import LINE_MOVES
from flows.domain.sender import Rules
from flows.domain.status import FINAL, MOVES
from flows.errors import ImpossibleState, NeedsAPerson, TryAgainLater
from flows.intake.metadata import (
    Address,
    DescribedDocument,
    DescribedLink,
    Description,
    PrintWishes,
)
from flows.intake.problems import NOTES, Code
from flows.intake.rules import RULES
from flows.receipts.reconciliation import RULES as RECONCILED
from flows.settings import Settings
from flows.wording import sentences


def table_under(heading: str) -> list[list[str]]:
    text = (ROOT / "docs/lifecycle.md").read_text(encoding="utf-8")
    part = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `.*\|$", part, re.MULTILINE)
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def test_the_shipment_table_is_the_machine() -> None:
    written = {(row[0], row[1]): set(row[2].split(", ")) for row in table_under("Shipment")}

    assert written == {
        (str(old), str(new)): {str(mover) for mover in movers}
        for (old, new), movers in MOVES.items()
    }


def test_the_final_statuses_are_named() -> None:
    text = (ROOT / "docs/lifecycle.md").read_text(encoding="utf-8")

    named = re.search(r"^Final: (.*)\.$", text, re.MULTILINE)

    assert named is not None
    assert {code.strip("` ") for code in named[1].split(",")} == {str(one) for one in FINAL}


@pytest.mark.parametrize(
    ("heading", "machine"),
    [("Batch", BATCH_MOVES), ("Receipt line", LINE_MOVES)],
    ids=["batch", "receipt line"],
)
def test_the_other_tables_are_their_machines(
    heading: str, machine: frozenset[tuple[str, str]]
) -> None:
    written = {(row[0], row[1]) for row in table_under(heading)}

    assert written == {(str(old), str(new)) for old, new in machine}


def test_every_file_on_the_map_is_there() -> None:
    text = (ROOT / "docs/map.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:flows|reports|templates)/[\w./]*)`", text))

    missing = sorted(name for name in named if not (ROOT / name).exists())

    assert missing == []


def setting_names(model: type[BaseModel], group: str = "") -> list[str]:
    names = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += setting_names(inner, f"{name}.")
        else:
            names.append(group + name)
    return names


def test_every_setting_is_in_its_document() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    names = [f"`{name}`" for name in setting_names(Settings)]
    missing = [name for name in names if name not in text]

    assert missing == []


def test_the_exit_codes_are_in_the_document() -> None:
    text = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d) \| `(\w+)`", text, re.MULTILINE))

    assert rows == {
        str(EXIT_CODES[kind]): kind.__name__
        for kind in (ImpossibleState, NeedsAPerson, TryAgainLater)
    }


def test_the_runnable_flows_are_in_the_document() -> None:
    text = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    named = re.search(r"`svarut run ([\w\\|]+)", text)

    assert named is not None
    assert named[1].split("\\|") == [str(flow) for flow in FLOWS]


def test_every_document_link_leads_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.name}: {link}"
        for document in documents
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
        if not (document.parent / link).exists()
    ]

    assert broken == []


def test_every_reason_that_needs_a_person_is_in_the_runbook() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    sources = [*(ROOT / "flows").rglob("*.py"), *(ROOT / "reports").rglob("*.py")]
    codes = {
        code
        for source in sources
        if "sandbox" not in source.parts
        for code in re.findall(r"OpenItem\(\s*(?:code=)?\"([A-Z_]+)\"", source.read_text("utf-8"))
    }

    answers = (ROOT / "flows/print_batch/collecting.py").read_text(encoding="utf-8")
    codes |= {f"ACKNOWLEDGEMENT_{kind}" for kind in re.findall(r'_item\(\s*"([A-Z]+)"', answers)}

    missing = sorted(code for code in codes if f"`{code}`" not in runbook)

    assert len(codes) >= 8
    assert missing == []


def test_every_code_a_sender_may_read_is_in_the_formats() -> None:
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs/formats").glob("*.md")]
    codes = {str(code) for kind in (Code, AddressFault, NumberFault) for code in kind}

    missing = sorted(code for code in codes if not any(f"`{code}`" in page for page in pages))

    assert missing == []


def test_the_notes_are_called_notes_in_the_format() -> None:
    text = (ROOT / "docs/formats/submission.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| \*\*note\*\*", text, re.MULTILINE)

    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} == {
        str(code) for code in NOTES
    }


def test_every_field_of_a_description_is_in_the_format() -> None:
    text = (ROOT / "docs/formats/submission.md").read_text(encoding="utf-8")
    parts = (Description, DescribedDocument, DescribedLink, Address, PrintWishes)
    names = {str(field.alias) for part in parts for field in part.model_fields.values()}
    names -= {"adresselinje2", "adresselinje3"}  # said as `adresselinje1`-`3`

    missing = sorted(name for name in names if not re.search(rf"`(\w+\[\]\.)?{name}`", text))

    assert missing == []


@pytest.mark.parametrize("year", Rules)
def test_the_rules_of_each_year_are_in_the_format(year: Rules) -> None:
    text = (ROOT / "docs/formats/submission.md").read_text(encoding="utf-8")
    table = text.split("### Rules of other years")[1].split("\n## ")[0]
    column = 2 + list(Rules).index(year)
    rows = [line.split("|") for line in table.splitlines() if line.startswith("|")]
    said = {row[1].strip(): row[column].strip() for row in rows}
    rules = RULES[year]

    assert said[""] == f"`{year}`"
    assert said["printed at most"] == f"{rules.printable_bytes // 1024**2} MB"
    assert said["forbidden characters in file names"].startswith("not") != rules.checks_file_names
    limit = said["same title and recipient in two days"]
    assert limit == (str(rules.repeat_limit) if rules.repeat_limit else "no limit")


def test_files_begin_with_their_one_idea() -> None:
    sources = [path for folder in ("flows", "reports") for path in (ROOT / folder).rglob("*.py")]

    silent = [str(path.relative_to(ROOT)) for path in sources if not first_line(path)]

    assert silent == []


def first_line(path: Path) -> str:
    found = re.match(r'"""(.+)', path.read_text(encoding="utf-8"))
    return found[1] if found else ""


def reasons_for_a_person() -> list[str]:
    """The longest unchanging part of what each NeedsAPerson in the code says."""
    found = []
    for source in [*(ROOT / "flows").rglob("*.py"), *(ROOT / "reports").rglob("*.py")]:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NeedsAPerson"
            if named and "sandbox" not in source.parts and node.args:
                constants = [one.value for one in ast.walk(node.args[0]) if is_text(one)]
                if constants:
                    found.append(max(constants, key=len).strip(" :,;("))
    return found


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_message_that_needs_a_person_is_in_the_runbook() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")

    missing = sorted({reason for reason in reasons_for_a_person() if reason not in runbook})

    assert len(reasons_for_a_person()) > 20
    assert missing == []


def test_the_page_of_the_reconciliation_has_the_rules_of_the_code() -> None:
    text = (ROOT / "docs/reconciliation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-D]\d+) \| (\w+) \|.*\| (.+) \|$", text, re.MULTILINE)

    assert rows == [(rule.code, str(rule.severity), rule.do) for rule in RECONCILED]


def test_every_rule_has_its_words_for_finance() -> None:
    words = sentences("reconciliation.toml")
    wanted = {f"{name}_{rule.code}" for rule in RECONCILED for name in ("regel", "tiltak")}

    assert wanted - words.keys() == set()


def test_every_reason_not_to_check_has_its_words_for_finance() -> None:
    sources = (ROOT / "flows/receipts").glob("rules_of_*.py")
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    kinds = set(re.findall(r"(?:Unchecked\(|NONE_RECORDED = )\"(\w+)\"", text))

    assert len(kinds) >= 8
    assert {f"ikke_{kind}" for kind in kinds} - sentences("reconciliation.toml").keys() == set()
