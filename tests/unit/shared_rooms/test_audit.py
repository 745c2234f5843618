"""What `make check` says of an audit: a known fault fails it, silence is no verdict."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

WELL = {"name": "good", "version": "1", "vulns": []}
ILL = {"name": "bad", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "new", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (json.dumps({"dependencies": [WELL, UNKNOWN]}), 0, "1 of 2 packages looked up, 0 faults"),
        (json.dumps({"dependencies": [WELL, ILL]}), 1, "bad 2: PYSEC-1, mended in 3"),
        (json.dumps({"dependencies": [UNKNOWN]}), 0, "NOT RUN"),
        ("", 0, "NOT RUN"),
    ],
)
def test_a_known_fault_fails_and_silence_is_said(
    tmp_path: Path, answer: str, code: int, says: str
) -> None:
    (tmp_path / "pip_audit").mkdir()
    (tmp_path / "pip_audit" / "__init__.py").touch()
    (tmp_path / "pip_audit" / "__main__.py").write_text(f"print({answer!r})", encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == code
    assert says in ran.stdout
