"""prefect.yaml names flows that are there, in Norwegian time, one run at a time."""

from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from conftest import ROOT

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "prefect.yaml").read_text(encoding="utf-8")
)["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one["entrypoint"])
def test_a_deployment_is_a_flow_with_a_schedule(deployment: dict[str, Any]) -> None:
    module, _, name = deployment["entrypoint"].rpartition(".")

    flow = getattr(import_module(module), name)

    assert type(flow).__name__ == "Flow"
    assert deployment["concurrency_limit"]["limit"] == 1
    for schedule in deployment["schedules"]:
        assert ZoneInfo(schedule["timezone"]).key == "Europe/Oslo"
        assert schedule["slug"]


def test_every_flow_is_deployed() -> None:
    sources = [*(ROOT / "flows").glob("*/flow.py"), ROOT / "reports/flow.py"]
    flows = set()
    for source in sources:
        module = ".".join(source.relative_to(ROOT).with_suffix("").parts)
        found = vars(import_module(module))
        flows |= {
            f"{module}.{name}" for name, value in found.items() if type(value).__name__ == "Flow"
        }

    assert flows == {deployment["entrypoint"] for deployment in DEPLOYMENTS}


def test_nothing_is_scheduled_in_the_hour_that_summer_time_moves() -> None:
    hours = [
        (deployment["name"], schedule["cron"].split()[1])
        for deployment in DEPLOYMENTS
        for schedule in deployment["schedules"]
    ]

    assert [name for name, hour in hours if "2" in hour.split(",")] == []
