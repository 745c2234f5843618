"""`svarut vendors` and `svarut receipts quarantine`, as a person types them."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from builders import MONDAY
from conftest import ROOT
from sqlalchemy import insert
from typer.testing import CliRunner
from vendor_writers import a_letter, written

from flows.cli import app
from flows.database import receipts, schema
from flows.database.session import Database, open_database, reading, transaction
from flows.database.tables import receipt_files
from flows.domain.receipt import LineState
from flows.domain.vendor_profile import NEUTRAL
from flows.errors import NeedsAPerson
from flows.receipts import returned_mail
from flows.receipts.ingestion import book_file, stage_receipts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.settings import Settings

pytestmark = pytest.mark.integration

DAY = MONDAY + timedelta(days=3)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SVARUT_HOME", str(tmp_path))
    with open_database(Settings().database_url) as database:
        schema.upgrade(database)
    return tmp_path


def svarut(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def a_line_waits(database: Database) -> str:
    """Book a file about a letter nobody knows; return its SHA-256."""
    content = written([a_letter()], NEUTRAL)
    read = read_receipt_file(content, customer="SVAR")
    assert isinstance(read, ReceiptFile)
    sha256 = hashlib.sha256(content).hexdigest()
    stage_receipts(database, "default", "a.csv", sha256, read, DAY)
    book_file(database, sha256, DAY)
    return sha256


def test_profiles_are_imported_exported_and_shown(home: Path) -> None:
    imported = svarut("vendors", "import", str(ROOT / "templates/examples/vendors.toml"))
    exported = svarut("vendors", "export")
    (home / "again.toml").write_text(exported, encoding="utf-8")

    assert "3 versions of 2 vendors" in imported
    svarut("vendors", "import", str(home / "again.toml"))
    assert svarut("vendors", "export") == exported
    assert "windows-1252" in svarut("vendors", "show", "nordtrykk", "--on", "2026-11-01")


def test_a_waiting_line_is_listed_shown_fixed_replayed_and_dismissed(home: Path) -> None:
    with open_database(Settings().database_url) as database:
        sha256 = a_line_waits(database)
        place, who = f"{sha256[:12]}:3", ("--by", "ON", "--why", "asked")

        listed = svarut("receipts", "quarantine", "list")
        svarut("receipts", "quarantine", "fix", place, "--set", "weight_grams=25", *who)
        replayed = svarut("receipts", "quarantine", "replay", place, *who)
        shown = svarut("receipts", "quarantine", "show", place)
        dismissed = svarut("receipts", "quarantine", "dismiss", place, *who)

        assert place in listed
        assert "no letter has this shipment id" in listed
        assert "quarantined" in replayed
        assert "fixed" in shown
        assert "asked" in shown
        assert "1 dismissed" in dismissed
        assert place not in svarut("receipts", "quarantine", "list")
        with reading(database) as tx:
            assert receipts.quarantined(tx) == 0


def test_a_whole_file_that_waits_is_dismissed(home: Path) -> None:
    with open_database(Settings().database_url) as database:
        with transaction(database) as tx:
            tx.execute(
                insert(receipt_files).values(
                    sha256="ab" * 32,
                    name="a.csv",
                    fetched_at=DAY,
                    state=LineState.QUARANTINED,
                    line_count=0,
                    reason="the cost is gone",
                )
            )

        assert "the cost is gone" in svarut("receipts", "quarantine", "list")
        svarut("receipts", "quarantine", "dismiss", "abab", "--by", "ON", "--why", "wrong")

        with reading(database) as tx:
            assert receipts.file_state(tx, "ab" * 32) == "DISMISSED"


def test_a_waiting_line_of_returned_mail_is_shown_and_not_changed(home: Path) -> None:
    columns = "parti;stykke;forsendelse;årsak;tiltak;dato"
    line = "SVAR-20261124-01-C5SHS;1;ukjent;R04;;2026-12-03"
    content = f"#svarut-retur;1;SVAR;1\n{columns}\n{line}\n".encode()
    read = returned_mail.read_returns(content, customer="SVAR", profile=NEUTRAL)
    assert isinstance(read, returned_mail.ReturnFile)
    sha256, place = hashlib.sha256(content).hexdigest(), hashlib.sha256(content).hexdigest()[:12]
    with open_database(Settings().database_url) as database:
        returned_mail.stage(database, NEUTRAL, "r.csv", sha256, read, DAY)
        book_file(database, sha256, DAY)

        shown = svarut("receipts", "quarantine", "show", f"{place}:3")
        who = ["--set", "return_reason=R01", "--by", "ON", "--why", "asked"]
        fixed = CliRunner().invoke(app, ["receipts", "quarantine", "fix", f"{place}:3", *who])

    assert "R04" in shown
    assert "no letter has this shipment id" in shown
    assert isinstance(fixed.exception, NeedsAPerson) or "returned mail" in fixed.output
