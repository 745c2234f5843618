"""How everything stands, for people, for machines, and for Prometheus."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from standings import THURSDAY, a_batch, ago, all_is_well, some_letters

from flows.domain.batch import BatchStatus
from flows.domain.standing import Forecast, Items, Night, Standing
from flows.domain.status import Status
from flows.errors import NeedsAPerson
from flows.watch_settings import WatchSettings
from flows.watching import metrics
from flows.watching.overview import age, as_json, parts_of
from flows.watching.rules import alarms_of


def a_busy_day() -> Standing:
    return all_is_well(
        items=[Items("UNKNOWN_SENDER", 2, ago(hours=3), 1, ago(hours=2))],
        batches=[
            a_batch(BatchStatus.HANDED_OVER),
            a_batch(BatchStatus.ACKNOWLEDGED, id="SVAR-20261126-02-C4SHS", unanswered=9),
        ],
        night=Night(
            ago(hours=-13),
            date(2026, 11, 27),
            [Forecast("C5SHD", 7, 20, 9050), Forecast("C4SHS", 1, 30, 4000, ("KONV-MAN",))],
            {"above the sender's cap": 4},
        ),
    )


def rows(standing: Standing, title: str) -> list[tuple[str, ...]]:
    parts = parts_of(standing, alarms_of(standing, WatchSettings()), ())
    (part,) = [one for one in parts if one.title.startswith(title)]
    return [tuple(map(str, row)) for row in part.rows]


def metric(text: bytes) -> dict[tuple[str, str], float]:
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_each_status_is_shown_with_its_oldest_and_the_ended_without() -> None:
    shown = rows(all_is_well(), "letters")

    assert ("PRINTET", "900", "") in shown
    assert ("VARSLET", "6", "1 d 0 h") in shown


def test_the_forecast_is_added_up_and_what_has_no_price_is_named() -> None:
    assert rows(a_busy_day(), "the night of 27.11. 01:02") == [
        ("C5SHD", "7", "20", "90,50", ""),
        ("C4SHS", "1", "30", "40,00", "KONV-MAN"),
        ("in all", "8", "50", "130,50", ""),
        ("would wait: above the sender's cap", "4", "", "", ""),
    ]


def test_what_the_vendor_owes_is_shown_with_what_is_late() -> None:
    assert rows(a_busy_day(), "the vendor's answers") == [
        ("packages", "1", "50", "10 h 32 min", "1"),
        ("letters", "1", "9", "10 h 32 min", ""),
    ]


def test_a_muted_alarm_is_shown_and_says_so() -> None:
    standing = a_busy_day()
    alarms = alarms_of(standing, WatchSettings())

    (part,) = [one for one in parts_of(standing, alarms, alarms[:1]) if one.title == "alarms"]

    assert [("(muted)" in row[3]) for row in part.rows] == [True, *[False] * (len(alarms) - 1)]


def test_the_json_says_the_same_in_whole_figures() -> None:
    standing = a_busy_day()
    alarms = alarms_of(standing, WatchSettings())

    said = json.loads(as_json(standing, alarms, ()))

    assert said["at"] == "2026-11-26T11:02:00+00:00"
    assert said["letters"]["VARSLET"] == {"letters": 6, "oldest": "2026-11-25T11:02:00+00:00"}
    assert said["night"]["classes"][0]["net_ore"] == 9050
    assert {one["code"] for one in said["alarms"]} == {one.code for one in alarms}
    assert said["flows"][0]["last"]["ended_as"] == "WELL"


@pytest.mark.parametrize(
    ("time", "said"),
    [({"minutes": 5}, "5 min"), ({"minutes": 125}, "2 h 5 min"), ({"hours": 76}, "3 d 4 h")],
    ids=["minutes", "hours", "days"],
)
def test_an_age_is_said_as_people_do(time: dict[str, float], said: str) -> None:
    assert age(ago(**time), THURSDAY) == said


def test_the_metrics_have_names_units_and_help() -> None:
    standing = a_busy_day()
    text = metrics.as_text(standing, alarms_of(standing, WatchSettings()), ())
    families = list(text_string_to_metric_families(text.decode()))

    assert all(re.fullmatch(r"svarut_[a-z_]+", one.name) for one in families)
    assert all(one.documentation for one in families)
    found = metric(text)
    assert found["svarut_letters", "PRINTET"] == 900
    assert found["svarut_oldest_letter_age_seconds", "VARSLET"] == 24 * 3600
    assert found["svarut_forecast_cost_kroner", "C5SHD"] == 90.5
    assert found["svarut_vendor_answers_late", "packages"] == 1
    assert found["svarut_alarms", "ACKNOWLEDGEMENT_MISSING,no"] == 1
    assert found["svarut_flow_last_success", "print-batch"] == 1
    assert found["svarut_watched_timestamp_seconds", ""] == THURSDAY.timestamp()


def test_the_metrics_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "there" / "svarut.prom"
    metrics.write(file, all_is_well(), (), ())
    first = file.read_bytes()

    later = all_is_well(letters=[some_letters(Status.RECEIVED, letters=99)])
    metrics.write(file, later, (), ())

    assert metric(first)["svarut_letters", "MOTTATT"] == 3
    assert metric(file.read_bytes())["svarut_letters", "MOTTATT"] == 99
    assert [one.name for one in file.parent.iterdir()] == ["svarut.prom"]


def test_a_metrics_file_that_cannot_be_written_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(NeedsAPerson, match="metrics"):
        metrics.write(tmp_path / "file" / "svarut.prom", all_is_well(), (), ())
