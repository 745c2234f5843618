"""What an operator sees of the watch: the screen, JSON, alarms muted, metrics, the flow."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from builders import MONDAY, a_registration, registered
from listeners import web_server
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.database import alarms, flow_runs
from flows.database.session import Database, reading, transaction
from flows.watching.schedules import SCHEDULES

pytestmark = pytest.mark.integration

NEVER = dict.fromkeys(SCHEDULES, "")


@pytest.fixture
def here(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A home with a letter that nothing moves, where nothing is scheduled."""
    monkeypatch.setenv("SVARUT_HOME", str(tmp_path))
    monkeypatch.setenv("SVARUT_WATCH__SCHEDULES", json.dumps(NEVER))
    monkeypatch.setenv("SVARUT_WATCH__DISK_FREE_GB", "0")
    with transaction(sqlite) as tx:
        registered(tx, a_registration(), at=MONDAY)
    return sqlite


def svarut(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def at(hours: int) -> str:
    return (MONDAY + timedelta(hours=hours)).isoformat()


def test_the_screen_says_whether_a_person_is_needed(here: Database) -> None:
    well, not_well = svarut("status", "--at", at(1)), svarut("status", "--at", at(5))

    assert (well.exit_code, not_well.exit_code) == (0, 3)
    assert "all is well" in well.output
    assert "1 alarm: a person is needed" in not_well.output
    assert "LETTER_STUCK" in not_well.output


def test_the_json_is_for_machines(here: Database) -> None:
    result = svarut("status", "--json", "--no-forecast", "--at", at(5))

    said = json.loads(result.output)
    assert result.exit_code == 3
    assert [one["code"] for one in said["alarms"]] == ["LETTER_STUCK"]
    assert said["letters"]["AKSEPTERT"]["letters"] == 1
    assert said["night"] is None


def test_a_watch_keeps_the_alarm_and_a_person_mutes_it(here: Database) -> None:
    first = svarut("watch", "--quiet", "--at", at(5))
    muted = svarut(
        *("alarms", "mute", "LETTER_STUCK", "AKSEPTERT", "--until", "2099-01-01"),
        *("--by", "KN", "--why", "the sender knows"),
    )
    second = svarut("watch", "--at", at(6))
    listed = svarut("alarms", "list")
    again = svarut("alarms", "unmute", "LETTER_STUCK", "AKSEPTERT", "--by", "KN", "--why", "x")
    third = svarut("watch", "--quiet", "--at", at(7))

    codes = [one.exit_code for one in (first, muted, second, listed, again, third)]
    assert codes == [3, 0, 0, 0, 0, 3]
    assert first.output == ""
    assert "(muted)" in second.output
    assert "by KN: LETTER_STUCK AKSEPTERT: the sender knows" in listed.output
    with reading(here) as tx:
        (kept,) = alarms.live(tx)
        (history,) = flow_runs.histories(tx, ["watch"], MONDAY + timedelta(days=1))
    assert kept.raised_at == MONDAY + timedelta(hours=5)
    assert history.last is not None
    assert history.last.counts["alarms"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("NO_SUCH_ALARM", "--until", "2099-01-01"),
        ("DISK_LOW", "--until", "2020-01-01"),
        ("DISK_LOW", "--until", "soon"),
    ],
    ids=["unknown code", "past", "no day"],
)
def test_a_mute_that_makes_no_sense_is_refused(here: Database, arguments: tuple[str, ...]) -> None:
    result = svarut("alarms", "mute", *arguments, "--by", "KN", "--why", "x")

    assert result.exit_code == 2


def test_each_watch_writes_the_metrics_and_is_heard(
    here: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARUT_WATCH__METRICS_FILE", "svarut.prom")
    with web_server() as outside:
        monkeypatch.setenv("SVARUT_WATCH__HEARTBEAT_URL", f"{outside.url}/alive")
        result = svarut("watch", "--quiet", "--at", at(1))

    assert result.exit_code == 0
    assert 'svarut_letters{status="AKSEPTERT"} 1.0' in (tmp_path / "svarut.prom").read_text()
    assert [what for what, _, _ in outside.heard] == ["GET /alive"]


def test_metrics_that_cannot_be_written_stop_no_heartbeat(
    here: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SVARUT_WATCH__METRICS_FILE", "file/svarut.prom")
    with web_server() as outside:
        monkeypatch.setenv("SVARUT_WATCH__HEARTBEAT_URL", f"{outside.url}/alive")
        result = CliRunner().invoke(app, ["watch", "--at", at(1)])

    assert "metrics cannot be written" in str(result.exception)
    assert len(outside.heard) == 1


def test_the_metrics_command_writes_where_it_is_told(here: Database, tmp_path: Path) -> None:
    svarut("metrics", "--file", str(tmp_path / "x.prom"))

    assert "svarut_watched_timestamp_seconds" in (tmp_path / "x.prom").read_text()


def test_nothing_personal_is_on_the_screen_in_the_file_or_in_the_message(
    here: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server() as outside:
        monkeypatch.setenv("SVARUT_WATCH__WEBHOOK_URL", outside.url)
        monkeypatch.setenv("SVARUT_WATCH__WEBHOOK_SECRET", "secret")
        shown = svarut("watch", "--at", at(5)).output
    svarut("metrics", "--file", str(tmp_path / "x.prom"))
    shown += svarut("status", "--json").output + (tmp_path / "x.prom").read_text()
    shown += outside.heard[0][2].decode()

    personal = ("Oline", "Fjellveien", "01818550029", "Vedtak", "vedlegg", "SAK-", "Nordvik")
    assert [word for word in personal if word in shown] == []
