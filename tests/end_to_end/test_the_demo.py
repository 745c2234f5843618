"""The whole way through the command, as a newcomer sees it; and what its output never holds."""

import json
import os
import re
import subprocess
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import run_svarut
from lxml import etree
from openpyxl import load_workbook
from pypdf import PdfReader

from flows.domain.money import kroner
from flows.sandbox.letters import MadeLetter, make_letters
from reports.invoicing.ehf_rules import findings

pytestmark = pytest.mark.end_to_end

COUNT = 60
SENDERS = ["fjordbyen-kemner", "guovdageaidnu", "nordvik-byggesak", "nordvik-skole"]
"""In the order the demo has them."""


@dataclass(frozen=True)
class Demo:
    """A demo that has ended."""

    folder: Path
    output: str
    made: list[MadeLetter]

    def svarut(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command on what the demo left, its stand-ins gone."""
        environment = {
            **os.environ,
            "SVARUT_SETTINGS": str(self.folder / "svarut.toml"),
            "SVARUT_ALTINN__TOKEN": "sandbox",
        }
        return run_svarut(*arguments, environment=environment)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "here"
    done = run_svarut("--log-level", "INFO", "demo", "--count", str(COUNT), "--folder", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    # The same seed makes the same people: what the demo must never say is known.
    made = make_letters(tmp_path_factory.mktemp("same"), senders=SENDERS, count=COUNT, seed=1)
    return Demo(folder, done.stdout + done.stderr, made)


def test_every_letter_is_accounted_for(demo: Demo) -> None:
    said = re.search(r"= taken in:\s+([\d +]+) = (\d+)", demo.output)
    digital_only = re.search(r"SENDT_DIGITALT\s+(\d+)", demo.output)

    assert said is not None
    parts, taken_in = [int(part) for part in said[1].split("+")], int(said[2])
    assert sum(parts) == taken_in
    assert taken_in >= COUNT - 1  # one lay in an inbox that belongs to nobody
    # All that may be open are digital-only letters, which can be read for months.
    assert parts[-1] == (int(digital_only[1]) if digital_only else 0)
    assert "a second run of every step changed nothing" in " ".join(demo.output.split())


def test_senders_are_told_where_every_letter_of_theirs_is(demo: Demo) -> None:
    table = demo.output.split("where the letters are")[1].split("taken in")[0]
    shown = re.findall(r"^([A-Z_]+) +(\d+) *$", table, re.MULTILINE)
    last = {
        move["id"]: move["status"]
        for file in sorted((demo.folder / "inbox").glob("*/.status/*.json"))
        for move in json.loads(file.read_text(encoding="utf-8"))["hendelser"]
    }

    assert Counter(last.values()) == {status: int(count) for status, count in shown}


def test_there_are_things_to_open_and_they_agree(demo: Demo) -> None:
    look = demo.folder / "to-open"
    (manifest,) = look.glob("*manifest.xml")
    (batch,) = look.glob("*.pdf")
    (receipts,) = (
        look.glob("*.csv")
        if not list(look.glob("*manifest.csv"))
        else [file for file in look.glob("*.csv") if "manifest" not in file.name]
    )
    (book,) = (demo.folder / "reports-out").glob("print-og-porto-*.xlsx")
    (model,) = (demo.folder / "reports-out").glob("kost-nytte-*.xlsx")
    (counted,) = (demo.folder / "reports-out").glob("statistikk-*.xlsx")

    pieces = etree.parse(manifest).getroot()
    assert int(pieces.get("pages")) == len(PdfReader(batch).pages)
    assert receipts.read_text(encoding="utf-8").startswith("#svarut-kvittering;1;SVAR;")
    sheets = load_workbook(book)
    assert sheets.sheetnames[0] == "Les meg"
    states = [row[4].value for row in sheets["Avstemming"].iter_rows(min_row=2)]
    assert {state for state in states if state} <= {"Går opp", "Forklart"}
    measured = load_workbook(model)["Målt grunnlag"]
    assert measured["B2"].value == sheets["Forbruk"].max_row - 2
    statistics = load_workbook(counted, data_only=True)
    assert statistics["Sammendrag"]["C4"].value == len(demo.made)
    assert {row[3].value for row in statistics["Kontroll"].iter_rows(min_row=2)} == {0}


def test_one_invoice_has_gone_out_and_the_others_wait_for_a_person(demo: Demo) -> None:
    xml, pdf = demo.folder / "access-point/10001.xml", demo.folder / "access-point/10001.pdf"

    listed = demo.svarut("invoice", "list", "--month", "2026-11").stdout

    said = xml.read_bytes()
    document = etree.fromstring(said)
    net, payable, kid = (
        document.findtext(f".//{{*}}{name}") or ""
        for name in ("TaxExclusiveAmount", "PayableAmount", "PaymentID")
    )
    paper = PdfReader(pdf).pages[0].extract_text()
    assert findings(said) == []
    assert kroner(int(net.replace(".", ""))) in listed
    assert re.findall(r" (sent|draft|approved|frozen) ", listed).count("sent") == 1
    assert " draft " in listed
    assert "frozen" not in listed
    assert f"{kroner(int(payable.replace('.', '')))} kr" in paper
    assert kid
    assert kid in paper
    assert {"10001.xml", "10001.pdf"} <= set(re.findall(r"1\d{4}\.\w{3}", demo.output))


def test_no_name_number_or_address_is_ever_said(demo: Demo) -> None:
    prefect = b"".join(
        file.read_bytes() for file in (demo.folder / ".prefect").rglob("*") if file.is_file()
    )
    packages = [
        zipfile.ZipFile(file).read(name).decode()
        for file in (demo.folder / "packages").glob("*.zip")
        for name in ("manifest.xml", "manifest.csv", "jobb.xml")
    ]
    said = demo.output + prefect.decode("utf-8", "replace") + "".join(packages)
    personal = {
        text
        for letter in demo.made
        for text in (letter.person.name, letter.person.digital_id, letter.person.lines[-1])
    }

    leaked = sorted(text for text in personal if text in said)

    assert len(personal) > COUNT
    assert leaked == []


def test_show_tells_one_letters_whole_walk(demo: Demo) -> None:
    listed = demo.svarut("list", "--status", "PRINTET", "--limit", "1").stdout
    shipment = re.search(r"^\s*([0-9a-f-]{36})", listed, re.MULTILINE)
    assert shipment is not None

    shown = demo.svarut("show", shipment[1][:12])

    assert shown.returncode == 0, shown.stderr
    for step in ("MOTTATT", "AKSEPTERT", "routed", "reserved", "SENDT_PRINT", "PRINTET", "cost"):
        assert step in shown.stdout


def test_a_letter_nobody_knows_is_said_so(demo: Demo) -> None:
    shown = demo.svarut("show", "ffffffff-ffff")

    assert shown.returncode == 3
    assert "no letter has that id" in shown.stderr
    assert "svarut list" in shown.stderr


def test_the_doctor_names_what_is_down_and_what_to_do(demo: Demo) -> None:
    found = demo.svarut("doctor")

    assert found.returncode == 3
    assert re.search(r"fault\s+altinn", found.stdout)
    assert re.search(r"fault\s+print vendor", found.stdout)
    assert re.search(r"ok\s+database", found.stdout)


def test_a_vendor_that_is_down_is_for_the_next_run(demo: Demo) -> None:
    tried = demo.svarut("run", "acknowledgements")

    assert tried.returncode == 4, tried.stdout + tried.stderr
    assert "TryAgainLater" in tried.stderr


def test_a_dry_run_of_intake_changes_nothing(demo: Demo) -> None:
    inbox = demo.folder / "inbox" / "nordvik-skole"
    make_letters(demo.folder / "inbox", senders=["nordvik-skole"], count=3, seed=99, faulty=False)
    before = sorted(path.name for path in inbox.iterdir())
    rows = (demo.folder / "svarut.db").read_bytes()

    dry = demo.svarut("run", "intake", "--dry-run")

    assert dry.returncode == 0, dry.stderr
    assert sorted(path.name for path in inbox.iterdir()) == before
    assert (demo.folder / "svarut.db").read_bytes() == rows


def test_an_answer_lies_beside_every_package(demo: Demo) -> None:
    answers = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in demo.folder.glob("inbox/*/*.kvittering.json")
    ]

    assert len(answers) >= COUNT
    for answer in answers:
        assert answer["status"] in {"AKSEPTERT", "AVVIST"}
        assert bool(answer["problemer"]) == (answer["status"] == "AVVIST")


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "viktig.txt").write_text("mitt")

    refused = run_svarut("demo", "--folder", str(tmp_path))

    assert refused.returncode == 3
    assert (tmp_path / "viktig.txt").read_text() == "mitt"


def test_own_letters_go_the_whole_way(shared: Path, tmp_path: Path) -> None:
    samples = shared / "samples/pdf"

    done = run_svarut("demo", "--letters", str(samples), "--folder", str(tmp_path / "here"))

    assert done.returncode == 0, done.stdout + done.stderr
    answers = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in (tmp_path / "here").glob("inbox/*/*.kvittering.json")
    ]
    accepted = [answer["id"] for answer in answers if answer["status"] == "AKSEPTERT"]
    printed = [
        piece.get("shipment")
        for file in (tmp_path / "here/packages").glob("*.zip")
        for piece in etree.fromstring(zipfile.ZipFile(file).read("manifest.xml"))
    ]
    assert len(answers) == len(list(samples.glob("*.pdf")))
    assert sorted(printed) == sorted(accepted)
