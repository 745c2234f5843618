"""prefect.yaml names flows that are there, in Norwegian time, one run at a time."""

from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from conftest import ROOT

from flows.settings import InvoiceSettings

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
    sources = [*(ROOT / "flows").glob("*/flow.py"), *(ROOT / "reports").rglob("flow.py")]
    flows = set()
    for source in sources:
        module = ".".join(source.relative_to(ROOT).with_suffix("").parts)
        found = vars(import_module(module))
        flows |= {
            f"{module}.{name}"
            for name, value in found.items()
            if type(value).__name__ == "Flow" and value.fn.__module__ == module
        }

    assert flows == {deployment["entrypoint"] for deployment in DEPLOYMENTS}


def test_nothing_is_scheduled_in_the_hour_that_summer_time_moves() -> None:
    hours = [
        (deployment["name"], schedule["cron"].split()[1])
        for deployment in DEPLOYMENTS
        for schedule in deployment["schedules"]
    ]

    assert [name for name, hour in hours if "2" in hour.split(",")] == []


def test_drafts_are_made_when_the_late_receipts_have_come() -> None:
    (drafts,) = (one for one in DEPLOYMENTS if one["entrypoint"].endswith(".drafts"))
    (schedule,) = drafts["schedules"]

    assert int(schedule["cron"].split()[2]) > InvoiceSettings().grace_days + 1


def test_nothing_is_approved_frozen_or_sent_by_a_schedule() -> None:
    source = (ROOT / "reports/invoicing/flow.py").read_text(encoding="utf-8")

    assert not any(word in source for word in ("approve(", "freeze_month", "export("))
