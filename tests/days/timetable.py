"""Runs by schedule: Prefect's scheduler makes them, a worker takes them, nobody starts one by hand.

Days must pass in a minute. So each deployment's cron gives way to a rule for one moment, soon, and
the schedule's parameters say which moment of the simulated days that is; it must be one at which
the cron in prefect.yaml would have fired.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from crons import crons
from days.trial import wait_for

FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

SOON = timedelta(seconds=4)
"""By then the scheduler has made the run, and a worker has started a process that waits."""


@dataclass
class Timetable:
    """The schedules of a running Prefect server."""

    prefect: httpx.Client
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By flow."""
    known: set[str] = field(default_factory=set)
    """Runs that were there before, or have been asked for."""

    def take_over(self) -> None:
        """Switch every cron off, once each has been seen to give scheduled runs.

        Runs that a real tick has begun meanwhile are waited for: they find nothing to do.
        """
        found = self._ask("deployments/filter", {})
        self.deployments = {one["entrypoint"].rpartition(".")[2]: one for one in found}
        wait_for(self._all_have_runs, "scheduled runs for every deployment")
        for one in found:
            for schedule in one["schedules"]:
                self._set(one["id"], schedule["id"], {"active": False})
        begun = [run["id"] for run in self.runs()]
        self.ends(*begun)
        self.known = set(begun)

    def as_deployed(self) -> list[Any]:
        """Return what a deployment sets, for every flow, and what else the server was given."""
        kept = ("name", "entrypoint", "work_pool_name", "concurrency_options", "parameters")
        said = ("slug", "schedule", "parameters")  # not whether somebody has paused it: that stays
        flows = [
            [
                *[one[name] for name in kept],
                *sorted([each[name] for name in said] for each in one["schedules"]),
            ]
            for one in self._ask("deployments/filter", {})
        ]
        others = [self._ask(f"{what}/filter", {}) for what in ("automations", "work_pools")]
        names = [sorted(one["name"] for one in each) for each in others]
        return [*sorted(flows, key=lambda flow: str(flow[1])), *names]

    def tick(self, flow: str, at: datetime, *, starts: datetime | None = None) -> str:
        """Have a flow scheduled for a moment of its cron; return the run, made and not yet begun.

        starts: the moment it is when the run begins, if nobody is there to begin it in time.
        """
        assert any(cron.fires_at(at) for cron in crons() if cron.flow == flow), f"{flow} at {at}"
        deployment = self.deployments[flow]
        for _ in range(10):
            soon = datetime.now(UTC) + SOON
            rule = f"DTSTART:{soon:%Y%m%dT%H%M%S}\nRRULE:FREQ=SECONDLY;COUNT=1"
            change = {
                "active": True,
                "schedule": {"rrule": rule, "timezone": "UTC"},
                "parameters": {"at": (starts or at).isoformat()},
            }
            self._set(deployment["id"], deployment["schedules"][0]["id"], change)
            while datetime.now(UTC) < soon + SOON / 2:
                for run in self.runs(deployment["id"]):
                    if run["id"] not in self.known:
                        self.known.add(run["id"])
                        return str(run["id"])
        raise AssertionError(f"Prefect's scheduler made no run of {flow}")

    def ends(self, *runs: str) -> list[str]:
        """Wait until runs have ended; return how."""
        return [wait_for(lambda one=one: self._ending(one), f"an end of {one}") for one in runs]

    def ticks(self, *flows_and_moments: tuple[str, datetime]) -> list[str]:
        """Have flows scheduled, and wait until they have ended; return how."""
        return self.ends(*[self.tick(flow, at) for flow, at in flows_and_moments])

    def run(self, run_id: str) -> dict[str, Any]:
        run: dict[str, Any] = self.prefect.get(f"/flow_runs/{run_id}").raise_for_status().json()
        return run

    def runs(self, deployment_id: str | None = None) -> list[dict[str, Any]]:
        which = {"deployments": {"id": {"any_": [deployment_id]}}} if deployment_id else {}
        return self._ask("flow_runs/filter", which)

    def is_named(self, run_id: str, *states: str) -> bool:
        return self.run(run_id)["state"]["name"] in states

    def is_past(self, run_id: str) -> bool:
        """Say whether a run should have begun by now."""
        return datetime.fromisoformat(self.run(run_id)["expected_start_time"]) < datetime.now(UTC)

    def tries_again(self, run_id: str) -> bool:
        """Say whether a task of a run has failed and waits for its next try."""
        tasks = self._ask("task_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
        return any(task["state"]["name"] == "AwaitingRetry" for task in tasks)

    def _ending(self, run_id: str) -> str:
        state = self.run(run_id)["state"]
        return str(state["name"]) if state["type"] in FINAL else ""

    def _all_have_runs(self) -> bool:
        question = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        waiting = {run["deployment_id"] for run in self._ask("flow_runs/filter", question)}
        return waiting == {one["id"] for one in self.deployments.values()}

    def _set(self, deployment: str, schedule: str, change: dict[str, Any]) -> None:
        where = f"/deployments/{deployment}/schedules/{schedule}"
        self.prefect.patch(where, json=change).raise_for_status()

    def _ask(self, what: str, question: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.prefect.post(f"/{what}", json={**question, "limit": 200}).raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found
