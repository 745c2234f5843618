"""The command without a demo: help, exit codes, and what it says when something is missing."""

import os
from pathlib import Path

import pytest
from command_line import run_svarut

pytestmark = pytest.mark.end_to_end


def at(home: Path) -> dict[str, str]:
    return {**os.environ, "SVARUT_HOME": str(home), "SVARUT_SETTINGS": ""}


def test_help_names_every_command() -> None:
    said = run_svarut("--help").stdout

    for command in ("run", "list", "show", "doctor", "demo", "db", "senders", "prices", "sandbox"):
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
        'return_address = ["Postboks 1", "8900 Sted"]\n'
    )
    good = run_svarut("senders", "import", str(file), environment=at(tmp_path))

    assert faulty.returncode == 3
    assert "4 faults" in faulty.stderr
    assert good.returncode == 0, good.stderr
    assert "1 new senders" in good.stdout


def test_prices_are_imported_and_overlaps_refused(tmp_path: Path) -> None:
    run_svarut("db", "upgrade", environment=at(tmp_path))
    row = '[[price]]\nsku = "PRINT-SH-SIDE"\nprice_ore = "42.5"\nvalid_from = 2026-01-01\n'
    file = tmp_path / "prices.toml"
    file.write_text(row + row.replace("2026-01-01", "2026-06-01"))

    overlapping = run_svarut("prices", "import", str(file), environment=at(tmp_path))
    file.write_text(row)
    good = run_svarut("prices", "import", str(file), environment=at(tmp_path))

    assert overlapping.returncode == 3
    assert "2026-06-01" in overlapping.stderr
    assert good.returncode == 0, good.stderr
