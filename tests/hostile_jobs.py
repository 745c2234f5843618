"""Work that misbehaves, for the processes that look at documents; and an intake to be killed."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.intake.examining.worker_pool import Limits, WorkerPool


def misbehave(request: dict[str, Any]) -> dict[str, Any]:
    """Do as the request says."""
    kind = request["do"]
    found = WAYS[kind](request) if kind in WAYS else None
    return {"process": os.getpid(), "found": found}


def spin(_: dict[str, Any]) -> None:
    while True:
        pass


def sleep(_: dict[str, Any]) -> None:
    time.sleep(1000)


def swell(_: dict[str, Any]) -> None:
    held = []
    while True:
        held.append(bytearray(10_000_000))


def crash(_: dict[str, Any]) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def crash_once(request: dict[str, Any]) -> None:
    marker = Path(request["marker"])
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def fill_the_disk(_: dict[str, Any]) -> None:
    raise OSError(errno.ENOSPC, "full")


def divide_by_nothing(_: dict[str, Any]) -> float:
    return 1 / 0


def tell_secrets(_: dict[str, Any]) -> list[str]:
    return sorted(os.environ)


WAYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "spin": spin,
    "sleep": sleep,
    "swell": swell,
    "crash": crash,
    "crash once": crash_once,
    "disk": fill_the_disk,
    "fault": divide_by_nothing,
    "secrets": tell_secrets,
}


def parent(file: str) -> None:
    """Start a process that never answers, write down its id, and wait to be killed."""
    pool = WorkerPool("hostile_jobs:misbehave", Limits(60, 512), 1)
    answer = pool.begin({"do": "pid"}).result()
    assert isinstance(answer, dict)
    pool.begin({"do": "spin"})
    time.sleep(0.3)
    Path(file).write_text(str(answer["process"]))
    time.sleep(1000)


if __name__ == "__main__":
    parent(sys.argv[1])
