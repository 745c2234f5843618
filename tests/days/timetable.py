"""Runs by schedule: Prefect's scheduler makes them, a worker takes them, nobody starts one by hand.

Days must pass in a minute. So each deployment's cron gives way to a rule for one moment, soon, and
the schedule's parameters say which moment of the simulated days that is; it must be one at which
the cron in prefect.yaml would have fired.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import yaml
from conftest import ROOT
from days.trial import wait_for
from prefect.server.schemas.schedules import CronSchedule

FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}

CRONS: dict[str, list[CronSchedule]] = {
    deployment["entrypoint"].rpartition(".")[2]: [
        CronSchedule(cron=one["cron"], timezone=one["timezone"]) for one in deployment["schedules"]
    ]
    for deployment in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
}
"""By flow."""


@dataclass
class Timetable:
    """The schedules of a running Prefect server."""

    prefect: httpx.Client
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """Runs that have been asked for."""

    def take_over(self) -> None:
        """Switch every cron off, once each has been seen to give scheduled runs."""
        found = self._ask("deployments/filter", {})
        self.deployments = {one["entrypoint"].rpartition(".")[2]: one for one in found}
        wait_for(self._all_have_runs, "scheduled runs for every deployment")
        for one in found:
            for schedule in one["schedules"]:
                self._set(one["id"], schedule["id"], {"active": False})
        self.known = {run["id"] for run in self._ask("flow_runs/filter", {})}

    def tick(self, flow: str, at: datetime, *, starts: datetime | None = None) -> str:
        """Let a flow be scheduled for a moment of its cron; return the run, which may not start yet.

        starts: the moment it is when the run begins, if nobody is there to begin it in time.
        """
        assert any(fires_at(cron, at) for cron in CRONS[flow]), f"{flow} is not due at {at}"
        deployment = self.deployments[flow]
        schedule = deployment["schedules"][0]["id"]
        told = {"at": (starts or at).isoformat()}
        for _ in range(10):
            soon = datetime.now(UTC) + timedelta(seconds=4)
            rule = f"DTSTART:{soon:%Y%m%dT%H%M%S}\nRRULE:FREQ=SECONDLY;COUNT=1"
            once = {"rrule": rule, "timezone": "UTC"}
            self._set(
                deployment["id"], schedule, {"active": True, "schedule": once, "parameters": told}
            )
            while datetime.now(UTC) < soon + timedelta(seconds=2):
                for run in self.runs(deployment["id"]):
                    if run["id"] not in self.known:
                        self.known.add(run["id"])
                        return str(run["id"])
        raise AssertionError(f"Prefect's scheduler made no run of {flow}")

    def run(self, run_id: str) -> dict[str, Any]:
        run: dict[str, Any] = self.prefect.get(f"/flow_runs/{run_id}").raise_for_status().json()
        return run

    def runs(self, deployment_id: str | None = None) -> list[dict[str, Any]]:
        which = {"deployments": {"id": {"any_": [deployment_id]}}} if deployment_id else {}
        return self._ask("flow_runs/filter", which)

    def is_named(self, run_id: str, *states: str) -> bool:
        return self.run(run_id)["state"]["name"] in states

    def waits_for_a_retry(self, run_id: str) -> bool:
        question = {"flow_runs": {"id": {"any_": [run_id]}}}
        tasks = self._ask("task_runs/filter", question)
        return any(task["state"]["name"] == "AwaitingRetry" for task in tasks)

    def ends(self, *runs: str) -> list[str]:
        """Wait until runs have ended; return how."""
        return [
            wait_for(lambda one=one: self._ending(one), f"the end of run {one}") for one in runs
        ]

    def ticks(self, *flows_and_moments: tuple[str, datetime]) -> list[str]:
        """Let flows be scheduled, and wait until they have ended; return how."""
        return self.ends(*[self.tick(flow, at) for flow, at in flows_and_moments])

    def _ending(self, run_id: str) -> str:
        state = self.run(run_id)["state"]
        return str(state["name"]) if state["type"] in FINAL else ""

    def _all_have_runs(self) -> bool:
        question = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "limit": 200}
        runs = self._ask("flow_runs/filter", question)
        return {one["id"] for one in self.deployments.values()} <= {
            one["deployment_id"] for one in runs
        }

    def _set(self, deployment: str, schedule: str, change: dict[str, Any]) -> None:
        where = f"/deployments/{deployment}/schedules/{schedule}"
        self.prefect.patch(where, json=change).raise_for_status()

    def _ask(self, what: str, question: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            self.prefect.post(f"/{what}", json=question).raise_for_status().json()
        )
        return found


def fires_at(cron: CronSchedule, at: datetime) -> bool:
    """Say whether a cron fires at a moment, as Prefect reckons it."""
    return moments(cron, at - timedelta(seconds=1), at) == [at]


def moments(cron: CronSchedule, after: datetime, until: datetime) -> Sequence[datetime]:
    """Return when a cron fires, in UTC."""
    start = after + timedelta(seconds=1)
    found = asyncio.run(cron.get_dates(n=1000, start=start, end=until))
    return [one.astimezone(UTC) for one in found]
