"""What Prefect's server must have before flows are deployed: a pool, and an eye on dead runs."""

import sys
import time
from typing import Any, Final

import httpx
from prefect_api import POOL, open_api

START_SECONDS: Final = 180
"""A fresh server makes its tables first."""

HEARTBEAT: Final = "prefect.flow-run.heartbeat"
ENDINGS: Final = [
    f"prefect.flow-run.{name}" for name in ("Completed", "Failed", "Cancelled", "Crashed")
]

DEAD_RUNS: Final[dict[str, Any]] = {
    "name": "svarut: a run without heartbeats is dead",
    "description": "Its machine is gone: three heartbeats are missed. A worker that comes back "
    "tells of the dead on its own machine at once (deploy/dead_runs.py).",
    "trigger": {
        "type": "event",
        "posture": "Proactive",
        "match": {"prefect.resource.id": ["prefect.flow-run.*"]},
        "for_each": ["prefect.resource.id"],
        "after": [HEARTBEAT],
        "expect": [HEARTBEAT, *ENDINGS],
        "threshold": 1,
        "within": 540,
    },
    "actions": [
        {
            "type": "change-flow-run-state",
            "state": "CRASHED",
            "message": "No heartbeat for nine minutes. The next run goes on where this one was.",
        }
    ],
}


def main() -> int:
    """Wait for the server, and make what is missing."""
    with open_api() as api:
        if not _answers(api):
            print("Prefect's server does not answer: see its log", file=sys.stderr)
            return 1
        if api.get(f"/work_pools/{POOL}").status_code == httpx.codes.NOT_FOUND:
            api.post("/work_pools/", json={"name": POOL, "type": "process"}).raise_for_status()
        known = api.post("/automations/filter", json={}).raise_for_status().json()
        if DEAD_RUNS["name"] not in {one["name"] for one in known}:
            api.post("/automations/", json=DEAD_RUNS).raise_for_status()
    return 0


def _answers(api: httpx.Client) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if api.get("/health").is_success:
                return True
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    sys.exit(main())
