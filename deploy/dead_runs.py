"""Runs that died with their worker on this machine let go of their place in line.

Prefect gives a killed run's place away when it has not been renewed for five minutes, and calls
the run running for longer still. A worker's unit runs this before the worker starts. Where other
machines have workers too, nothing is done: there Prefect's own ways must do (docs/installing.md).
"""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from prefect_api import POOL, open_api

STARTING: Final = timedelta(minutes=2)
"""A run that was taken by a worker, and has no process after this long, never gets one."""

CRASHED: Final = {
    "type": "CRASHED",
    "name": "Crashed",
    "message": "Its process is gone. The next run goes on where this one was.",
}


def main() -> None:
    """Say of every run that cannot be alive that it crashed."""
    with open_api() as api:
        if not _is_only_ours(api):
            return
        for run in _under_way(api):
            if _is_dead(run, datetime.now(UTC)):
                order = {"state": CRASHED, "force": True}
                api.post(f"/flow_runs/{run['id']}/set_state", json=order).raise_for_status()
                print(f"crashed: run {run['id']} of {run['name']}")


def _is_only_ours(api: httpx.Client) -> bool:
    """Say whether all workers are of this machine: a run's process has a number, and no machine."""
    workers = api.post(f"/work_pools/{POOL}/workers/filter", json={}).raise_for_status().json()
    return all(one["name"].rpartition("-")[0] == socket.gethostname() for one in workers)


def _under_way(api: httpx.Client) -> Iterator[dict[str, Any]]:
    states = {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}
    question = {"flow_runs": {"state": states}, "limit": 200}
    yield from api.post("/flow_runs/filter", json=question).raise_for_status().json()


def _is_dead(run: dict[str, Any], now: datetime) -> bool:
    """Say whether a run has no process, and will have none."""
    if run["infrastructure_pid"]:
        return not _is_process_of(run["id"], run["infrastructure_pid"].rpartition(":")[2])
    since = datetime.fromisoformat(run["state"]["timestamp"])
    return bool(run["state"]["type"] == "PENDING" and now - since > STARTING)


def _is_process_of(run_id: str, pid: str) -> bool:
    """Say whether a process is that run's: a number may have been given to another since."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"PREFECT__FLOW_RUN_ID={run_id}".encode() in environment


if __name__ == "__main__":
    main()
