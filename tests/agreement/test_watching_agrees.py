"""What is watched is what is documented, scheduled and recorded."""

import re
from importlib import import_module
from typing import Any

import pytest
import yaml
from conftest import ROOT
from prometheus_client.parser import text_string_to_metric_families
from standings import a_batch, all_is_well, some_letters

from flows.domain.batch import BatchStatus
from flows.domain.standing import Expiry, Forecast, Items, Night
from flows.domain.status import Status
from flows.watch_settings import WatchSettings
from flows.watching import metrics
from flows.watching.rules import RULES, alarms_of
from flows.watching.schedules import SCHEDULES

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "prefect.yaml").read_text(encoding="utf-8")
)["deployments"]


def flow_of(deployment: dict[str, Any]) -> Any:
    module, _, name = deployment["entrypoint"].rpartition(".")
    return getattr(import_module(module), name)


def test_the_table_of_alarms_is_the_rules() -> None:
    text = (ROOT / "docs/watching.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \|.*\| \[runbook\]\((.+)\) \|$", text, re.MULTILINE
    )

    assert rows == [
        (rule.code, str(rule.owner), rule.clock, f"runbook.md{rule.anchor}") for rule in RULES
    ]


def test_every_alarm_has_its_paragraph_in_the_runbook() -> None:
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    parts = dict(re.findall(r"^### ([A-Z_]+)\n\n(.+)", text, re.MULTILINE))

    assert list(parts) == [rule.code for rule in RULES]
    assert {f"#{code.lower()}" for code in parts} == {rule.anchor for rule in RULES}


def test_every_setting_that_a_clock_names_is_there() -> None:
    named = {name for rule in RULES for name in re.findall(r"`([a-z_]+)`", rule.clock)}

    assert named - set(WatchSettings.model_fields) == set()


def test_the_schedules_are_those_of_the_deployments() -> None:
    written = {flow_of(one).name: one["schedules"][0]["cron"] for one in DEPLOYMENTS}

    assert dict(SCHEDULES) == written


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one["entrypoint"])
def test_every_flow_is_recorded_by_its_name(deployment: dict[str, Any]) -> None:
    flow = flow_of(deployment)

    assert getattr(flow.fn, "recorded_as", None) == flow.name


def test_every_metric_is_in_the_document() -> None:
    standing = all_is_well(
        letters=[some_letters(Status.RECEIVED, held_for="OPERATOR")],
        items=[Items("UNKNOWN_SENDER", 2, all_is_well().now)],
        batches=[a_batch(BatchStatus.HANDED_OVER)],
        night=Night(all_is_well().now, all_is_well().now.date(), [Forecast("C5SHD", 7, 20, 9050)]),
        expiries=[Expiry("vendor key", all_is_well().now)],
    )
    text = metrics.as_text(standing, alarms_of(standing, WatchSettings()), ())
    rows = {
        f"| `{one.name}` | {', '.join(f'`{name}`' for name in one.samples[0].labels)} | "
        f"{one.documentation} |"
        for one in text_string_to_metric_families(text.decode())
    }
    document = (ROOT / "docs/watching.md").read_text(encoding="utf-8").splitlines()

    assert sorted(row for row in rows if row not in document) == []
