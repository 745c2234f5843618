"""The whole set-up as deploy/set-up.sh brings it up, below a folder, and the orders it takes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from conftest import ROOT

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds; only a test that fails ever waits so long."""

SFTP, WORKERS = "svarut-vendor-sftp", ("svarut-worker@1", "svarut-worker@2")


@dataclass(frozen=True)
class Trial:
    """A running set-up: Prefect on PostgreSQL, two workers, OpenSSH, the stand-ins."""

    folder: Path

    def order(self, *words: str) -> None:
        """Do what systemctl would: start, stop or kill a unit, restart the database."""
        run_script("trial.sh", str(self.folder), *words)

    def once(self, unit: str, *options: str) -> int:
        """Run what a timer starts; return its exit code."""
        words = [ROOT / "deploy/trial.sh", self.folder, "once", unit, *options]
        return subprocess.run(words, check=False).returncode

    def freeze(self, unit: str) -> None:
        """Let a unit's program stand still: it is there, and answers nobody."""
        os.kill(self.pid_of(unit), signal.SIGSTOP)

    def thaw(self, unit: str) -> None:
        os.kill(self.pid_of(unit), signal.SIGCONT)

    def pid_of(self, unit: str) -> int:
        return int((self.folder / "run" / f"{unit}.pid").read_text())

    def worker_of(self, pid: int) -> str:
        """Return the worker whose child a run's process is."""
        status = Path(f"/proc/{pid}/status").read_text()
        parent = int(status.split("PPid:")[1].split()[0])
        return next(unit for unit in WORKERS if self.pid_of(unit) == parent)

    def environment(self, name: str) -> dict[str, str]:
        """Return what an EnvironmentFile says."""
        text = (self.folder / "etc/svarut" / name).read_text()
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)

    def port(self, name: str) -> str:
        lines = (self.folder / "run/ports.env").read_text().splitlines()
        return dict(line.split("=") for line in lines)[name]

    def prefect(self) -> httpx.Client:
        known = self.environment("worker.env")
        name, _, password = known["PREFECT_API_AUTH_STRING"].partition(":")
        return httpx.Client(base_url=known["PREFECT_API_URL"], auth=(name, password), timeout=60)

    def altinn(self, what: str, **order: Any) -> Any:
        return self._ordered(f"{self.port('ALTINN_PORT')}/sandbox/{what}", order)

    def vendor(self, what: str, **order: Any) -> Any:
        return self._ordered(f"{self.port('VENDOR_PORT')}/sandbox/{what}", order)

    def it_is(self, now: datetime) -> None:
        """Set Altinn's clock; everything else is told the time when it is asked to do something."""
        self.altinn("clock", now=now.isoformat())

    def _ordered(self, where: str, order: dict[str, Any]) -> Any:
        address = f"http://127.0.0.1:{where}"
        answer = httpx.post(address, json=order) if order else httpx.get(address)
        return answer.raise_for_status().json()

    def set_up(self) -> None:
        """Bring everything up, or look that it is."""
        run_script("set-up.sh", "--trial", str(self.folder))

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Return the settings, keys and ports, each with who may read it."""
        found = [*(self.folder / "etc").rglob("*"), *(self.folder / "srv").glob("*/ssh/*")]
        files = [file for file in (*found, self.folder / "run/ports.env") if file.is_file()]
        return {str(file): (file.stat().st_mode & 0o777, file.read_bytes()) for file in files}

    def programs(self) -> dict[str, int]:
        """Return the process of every unit."""
        return {file.stem: self.pid_of(file.stem) for file in self.folder.glob("run/*.pid")}

    def logs(self) -> str:
        """Return the end of every unit's log."""
        files = sorted((self.folder / "run").glob("*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text()[-3000:]}" for file in files)


def run_script(name: str, *words: str) -> str:
    """Run one of deploy/'s scripts with this interpreter; return what it said."""
    done = subprocess.run(
        [ROOT / "deploy" / name, *words],
        env={**os.environ, "PYTHON": sys.executable, "VENDOR_EVERY": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def set_up(folder: Path) -> Iterator[Trial]:
    """Bring everything up, and down again however it ends."""
    trial = Trial(folder)
    try:
        trial.set_up()
        yield trial
    except BaseException as fault:
        fault.add_note(trial.logs())
        raise
    finally:
        trial.order("down")


def wait_for(question: Callable[[], T], what: str) -> T:
    """Ask until there is an answer; a server whose database restarts may have none for a while."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            if answer := question():
                return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE:.0f} s, and still not: {what}")
