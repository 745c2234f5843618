"""What deploy/ holds is well-formed: shell, systemd units, settings and the container file.

No container engine and no systemd run here: what a lint can see is looked at, no more. The shell
scripts and the units' commands are run by tests/days.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

DEPLOY = ROOT / "deploy"
SCRIPTS = sorted(DEPLOY.glob("*.sh"))
UNITS = [unit for unit in sorted(DEPLOY.glob("systemd/*.service")) if unit.stem != "svarut-watch"]
"""Those that run all the time; the watch is started by its timer."""
TEMPLATES = sorted(DEPLOY.glob("etc/*"))

HARDENED = (
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "SystemCallFilter=@system-service",
)


def program(name: str) -> str:
    """A program that looks at files; where it is not installed, the test says so."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine: the files were not looked at by it")
    return found


def test_the_scripts_are_shell() -> None:
    for script in SCRIPTS:
        subprocess.run(["bash", "-n", script], check=True)


def test_shellcheck_has_nothing_to_say() -> None:
    words = [program("shellcheck"), "--external-sources", "--source-path=SCRIPTDIR", *SCRIPTS]

    said = subprocess.run(words, capture_output=True, text=True, check=False)

    assert said.stdout == ""


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    verify = program("systemd-analyze")
    for unit in DEPLOY.glob("systemd/*"):
        text = unit.read_text(encoding="utf-8")
        # The programs are not where they will be: only whether they are executable is left out.
        text = re.sub(r"(?<==)(-?)/(opt|usr)/\S+", r"\1/bin/true", text)
        (tmp_path / unit.name).write_text(text)
    (tmp_path / "svarut-worker@.service").rename(tmp_path / "svarut-worker@1.service")

    said = subprocess.run(
        [verify, "verify", *sorted(tmp_path.iterdir())],
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.stem)
def test_a_unit_belongs_to_the_target_and_comes_back(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")

    assert "PartOf=svarut.target" in text
    assert "WantedBy=svarut.target" in text
    assert "Restart=always" in text


@pytest.mark.parametrize("name", ["svarut-prefect", "svarut-worker@", "svarut-watch"])
def test_what_runs_in_production_may_do_little(name: str) -> None:
    lines = (DEPLOY / f"systemd/{name}.service").read_text(encoding="utf-8").splitlines()

    assert [line for line in HARDENED if line not in lines] == []
    assert any(line.startswith("User=svarut") for line in lines)


def test_no_template_holds_a_password_and_every_place_in_it_is_filled() -> None:
    filled = set(re.findall(r"s\|(@\w+@)\|", (DEPLOY / "steps.sh").read_text(encoding="utf-8")))
    asked = {
        place for template in TEMPLATES for place in re.findall(r"@[A-Z_]+@", template.read_text())
    }
    secrets = [
        line
        for template in TEMPLATES
        for line in template.read_text(encoding="utf-8").splitlines()
        if re.search(r"(PASSWORD|TOKEN|AUTH_STRING|DATABASE_URL)=", line) and "@" not in line
    ]

    assert asked <= filled
    assert secrets == []


def test_the_container_is_built_from_the_lock_and_runs_as_nobody_in_particular() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line[:1] not in {"", "#"}]
    words = [line.split() for line in lines]
    installs = [line for line in lines if "pip install" in line]
    last_stage = words[max(n for n, one in enumerate(words) if one[0] == "FROM") :]

    assert all("--no-deps" in line for line in installs)
    assert any("--require-hashes" in line and "requirements.lock" in line for line in installs)
    assert {one[1] for one in words if one[0] == "FROM"} == {
        "docker.io/library/python:3.11-slim-bookworm"
    }
    assert ["USER", "10001:10001"] in last_stage
    assert last_stage.index(["USER", "10001:10001"]) > last_stage.index(["WORKDIR", "/opt/svarut"])
    assert not [one for one in words if one[0] == "ADD"]
    assert not re.search(r"(?i)(password|token|secret)\w*=", text)


def test_everything_the_container_copies_is_sent_to_the_build() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
        for word in line.split()[:-1]
    }
    sent = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()

    assert copied == {line[1:] for line in sent if line.startswith("!")}
    assert all((ROOT / one).exists() for one in copied)
