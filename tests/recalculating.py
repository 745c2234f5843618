"""Let LibreOffice reckon a workbook anew, and read what it got."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
"""The setting that makes it reckon every formula when it opens a file."""


def recalculated(content: bytes, folder: Path) -> Any:
    """Return a workbook with the values LibreOffice reckons for its formulas.

    Without LibreOffice the test is skipped with its reason.
    """
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS, encoding="utf-8")
    (folder / "book.xlsx").write_bytes(content)
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(folder / "out"),
            str(folder / "book.xlsx"),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return load_workbook(folder / "out" / "book.xlsx", data_only=True)


def differences(content: bytes, folder: Path) -> list[str]:
    """Return the cells whose stored value is not what LibreOffice reckons, errors among them."""
    ours = load_workbook(io.BytesIO(content), data_only=True)
    formulas = load_workbook(io.BytesIO(content))
    theirs = recalculated(content, folder)
    found = []
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                here = ours[sheet.title][cell.coordinate].value
                there = theirs[sheet.title][cell.coordinate].value
                if not _alike(here, there):
                    found.append(f"{sheet.title}!{cell.coordinate}: {here!r}, reckoned {there!r}")
    return found


def _alike(here: object, there: object) -> bool:
    if isinstance(here, (int, float)) and isinstance(there, (int, float)):
        return abs(here - there) <= 1e-6 * max(1.0, abs(here))
    return here == there
