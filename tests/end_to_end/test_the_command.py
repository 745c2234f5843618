"""The command without a demo: help, exit codes, and what it says when something is missing."""

import json
import os
from pathlib import Path

import pikepdf
import pytest
from command_line import run_svarut
from conftest import ROOT

from flows.sandbox.letters import make_letters

pytestmark = pytest.mark.end_to_end


def at(home: Path) -> dict[str, str]:
    return {**os.environ, "SVARUT_HOME": str(home), "SVARUT_SETTINGS": ""}


def test_help_names_every_command() -> None:
    said = run_svarut("--help").stdout

    for command in ("run", "list", "show", "doctor", "demo", "db", "senders", "price", "sandbox"):
        assert command in said


def test_a_mistyped_command_is_code_2() -> None:
    assert run_svarut("rnu").returncode == 2
    assert run_svarut("run", "intake", "--at", "i går").returncode == 2


def test_a_database_that_was_never_made_says_what_to_do(tmp_path: Path) -> None:
    listed = run_svarut("list", environment=at(tmp_path))

    assert listed.returncode == 3
    assert "svarut db upgrade" in listed.stderr


def test_senders_are_imported_and_faults_are_said_together(tmp_path: Path) -> None:
    run_svarut("db", "upgrade", environment=at(tmp_path))
    file = tmp_path / "senders.toml"
    file.write_text('[[sender]]\nid = "x"\ncolour = true\n')

    faulty = run_svarut("senders", "import", str(file), environment=at(tmp_path))
    file.write_text(
        '[[sender]]\nid = "x"\nname = "X"\norganisation_number = "310000108"\n'
        'return_address = ["Postboks 1", "8900 Sted"]\ninvoice_reference = "1"\n'
    )
    good = run_svarut("senders", "import", str(file), environment=at(tmp_path))

    assert faulty.returncode == 3
    assert "5 faults" in faulty.stderr
    assert good.returncode == 0, good.stderr
    assert "1 new senders" in good.stdout


def test_what_an_import_would_change_is_shown_first(tmp_path: Path) -> None:
    a_home_with_a_sender(tmp_path)
    exported = run_svarut("senders", "export", environment=at(tmp_path)).stdout
    file = tmp_path / "senders.toml"
    file.write_text(exported.replace("mellom 09 og 15", "mellom 10 og 14"))

    checked = run_svarut("senders", "check", str(file), environment=at(tmp_path))

    assert checked.returncode == 0, checked.stderr
    assert "would be: 0 new senders, 1 changed" in checked.stdout
    assert "mellom 10 og 14" in checked.stdout
    assert run_svarut("senders", "export", environment=at(tmp_path)).stdout == exported


def test_prices_are_imported_and_overlaps_refused(tmp_path: Path) -> None:
    run_svarut("db", "upgrade", environment=at(tmp_path))
    row = '[[price]]\nsku = "PRINT-SH-SIDE"\nprice_ore = "42.5"\nvalid_from = 2026-01-01\n'
    file = tmp_path / "prices.toml"
    file.write_text(row + row.replace("2026-01-01", "2026-06-01"))

    overlapping = run_svarut("price", "import", str(file), environment=at(tmp_path))
    tried = run_svarut("price", "try", str(file), environment=at(tmp_path))
    file.write_text(row)
    good = run_svarut("prices", "import", str(file), environment=at(tmp_path))

    assert overlapping.returncode == 3
    assert "2026-06-01" in overlapping.stderr
    assert tried.returncode == 3
    assert "two prices of PRINT-SH-SIDE hold on 2026-06-01" in tried.stdout
    assert good.returncode == 0, good.stderr


def a_home_with_a_sender(home: Path) -> None:
    run_svarut("db", "upgrade", environment=at(home))
    example = ROOT / "templates/examples/senders.toml"
    run_svarut("senders", "import", str(example), environment=at(home))


def test_a_sheet_is_checked_row_by_row_and_sent_when_it_is_good(tmp_path: Path) -> None:
    home, documents = tmp_path / "home", tmp_path / "documents"
    home.mkdir()
    documents.mkdir()
    a_home_with_a_sender(home)
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595.28, 841.89))
        pdf.save(documents / "brev.pdf")
    sheet = tmp_path / "foreldremote.csv"
    headings = "referanse;tittel;navn;postnummer;poststed;dokumenter\n"
    good = "F-1;Foreldremøte;Oline Prøve;0150;Oslo;brev.pdf\n"
    faulty = "F-2;Foreldremøte;Åse Prøve;15;;borte.pdf\n"
    send = ("send", str(sheet), "--sender", "nordvik-skole", "--attachments", str(documents))

    sheet.write_text(headings + good + faulty)
    dry = run_svarut(*send, "--dry-run", environment=at(home))
    refused = run_svarut(*send, environment=at(home))
    sheet.write_text(headings + good)
    sent = run_svarut(*send, environment=at(home))
    taken = run_svarut("run", "intake", environment=at(home))

    assert (dry.returncode, refused.returncode) == (3, 3)
    for each in ("POSTNUMMER_UGYLDIG", "POSTSTED_MANGLER", "FIL_MANGLER", "2 letters, 1 faulty"):
        assert each in dry.stdout
    assert sent.returncode == 0, sent.stderr
    assert taken.returncode == 0, taken.stderr
    answer = home / "inbox" / "nordvik-skole" / "foreldremote.kvittering.json"
    assert json.loads(answer.read_text())["akseptert"] == 1


def a_letter_in(folder: Path, title: str = "Vedtak") -> Path:
    folder.mkdir(exist_ok=True)
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595.28, 841.89))
        pdf.save(folder / "vedtak.pdf", deterministic_id=True)
    recipient = {"navn": "Oline Prøve", "postnummer": "0150", "poststed": "Oslo"}
    described = {
        "tittel": title,
        "mottaker": recipient,
        "dokumenter": [{"filnavn": "vedtak.pdf", "mimeType": "application/pdf"}],
        "eksternReferanse": "SAK-1",
    }
    (folder / "forsendelse.json").write_text(json.dumps(described))
    return folder


def test_sending_a_letter_twice_is_harmless_and_another_one_in_its_place_is_refused(
    tmp_path: Path,
) -> None:
    home, letter = tmp_path / "home", a_letter_in(tmp_path / "vedtak")
    home.mkdir()
    a_home_with_a_sender(home)
    inbox = home / "inbox" / "nordvik-skole"
    send = ("send", str(letter), "--sender", "nordvik-skole")
    inbox.mkdir(parents=True)
    (inbox / ".vedtak.part").write_text("an earlier try was cut off")

    first = run_svarut(*send, environment=at(home))
    again = run_svarut(*send, environment=at(home))
    a_letter_in(letter, title="Et annet vedtak")
    another = run_svarut(*send, environment=at(home))
    a_letter_in(letter)
    run_svarut("run", "intake", environment=at(home))
    after = run_svarut(*send, environment=at(home))

    assert "it lies in the inbox" in first.stdout, first.stderr
    assert "it lies there already" in again.stdout, again.stderr
    assert (another.returncode, "lies in the inbox already" in another.stderr) == (3, True)
    assert "1 sent before" in after.stdout
    assert json.loads((inbox / "vedtak.kvittering.json").read_text())["status"] == "AKSEPTERT"


def test_a_sheet_with_one_thing_wrong_in_every_row_says_so_once(tmp_path: Path) -> None:
    a_home_with_a_sender(tmp_path)
    sheet = tmp_path / "stor.CSV"
    rows = [f"R-{n};Møte;Oline Prøve;15;Oslo;borte.pdf" for n in range(2, 302)]
    sheet.write_text("\n".join(["referanse;tittel;navn;postnummer;poststed;dokumenter", *rows]))

    said = run_svarut("send", str(sheet), "--sender", "nordvik-skole", environment=at(tmp_path))

    assert said.returncode == 3
    assert said.stdout.count("2-301") == 2
    assert "300 letters, 300 faulty" in said.stdout
    assert len(said.stdout.splitlines()) < 15
    assert not (tmp_path / "inbox" / "nordvik-skole").exists()


def test_letters_are_held_and_released_with_a_name(tmp_path: Path) -> None:
    a_home_with_a_sender(tmp_path)
    inbox = tmp_path / "inbox"
    make_letters(inbox, senders=["nordvik-skole"], count=1, seed=3, faulty=False)
    environment = {**at(tmp_path), "SVARUT_TEST_POPULATION": "true"}
    run_svarut("run", "intake", environment=environment)
    answer = next(inbox.glob("*/*.kvittering.json"))
    letter = json.loads(answer.read_text())["id"]

    nameless = run_svarut("hold", letter[:8], environment=environment)
    held = run_svarut(
        "hold", letter[:8], "--by", "Kari", "--why", "trukket", environment=environment
    )
    released = run_svarut("release", letter, "--by", "Ola", "--why", "ok", environment=environment)
    walk = run_svarut("show", letter, environment=environment)

    assert nameless.returncode == 2
    assert held.stdout == "1 letters held\n"
    assert released.stdout == "1 letters released\n"
    assert "Kari" in walk.stdout
    assert "trukket" in walk.stdout
