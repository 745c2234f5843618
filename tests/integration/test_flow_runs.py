"""Every run of a flow is written down, however it ends."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from builders import MONDAY

from flows.database import flow_runs, follow
from flows.database.session import Database, reading, transaction
from flows.domain.flow_run import Ended, FlowHistory
from flows.errors import ImpossibleState, LetterError, NeedsAPerson, TryAgainLater
from flows.intake.retention import remove_old
from flows.recorded import recorded
from flows.settings import Settings

pytestmark = pytest.mark.integration

LATER = MONDAY + timedelta(hours=1)


@dataclass(frozen=True)
class Summary:
    letters: int = 4
    refused: bool = True
    by_class: dict[str, int] = field(default_factory=lambda: {"C5SHS": 3, "C4SHD": 1})
    file: str = "not a figure"


@recorded("works")
def works(at: datetime | None = None, dry_run: bool = False) -> Summary:
    return Summary()


@pytest.fixture
def here(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database that the settings name."""
    monkeypatch.setenv("SVARUT_DATABASE_URL", str(sqlite.url))
    return sqlite


def a_run(database: Database, at: datetime, ending: Ended = Ended.WELL) -> None:
    with transaction(database) as tx:
        flow_runs.end(tx, flow_runs.begin(tx, "works", "1", at), ending, at=at, counts={"n": 1})


def known(database: Database, flow: str, now: datetime = LATER) -> FlowHistory:
    with reading(database) as tx:
        (history,) = flow_runs.histories(tx, [flow], now)
    return history


def test_a_run_is_known_with_its_figures(here: Database) -> None:
    works(at=MONDAY)

    run = known(here, "works").last
    assert run is not None
    assert (run.started_at, run.ended_as) == (MONDAY, Ended.WELL)
    assert run.ended_at is not None
    assert run.counts == {
        "letters": 4,
        "refused": 1,
        "by_class.C5SHS": 3,
        "by_class.C4SHD": 1,
    }


@pytest.mark.parametrize(
    ("fault", "ended_as", "says"),
    [
        (TryAgainLater("the line is down"), Ended.TRY_AGAIN, "the line is down"),
        (NeedsAPerson("no key", do="make one"), Ended.NEEDS_A_PERSON, "no key; do: make one"),
        (ImpossibleState("lost"), Ended.OUR_MISTAKE, "lost"),
        (KeyError("Oline Prøve"), Ended.OUR_MISTAKE, "KeyError"),
        (KeyboardInterrupt(), Ended.STOPPED, ""),
    ],
    ids=["try again", "a person", "impossible", "unforeseen", "interrupted"],
)
def test_a_run_that_fails_says_how_and_still_fails(
    here: Database, fault: BaseException, ended_as: Ended, says: str
) -> None:
    @recorded("fails")
    def fails(at: datetime | None = None) -> None:
        raise fault

    with pytest.raises(type(fault)):
        fails(at=MONDAY)

    run = known(here, "fails").last
    assert run is not None
    assert (run.ended_as, run.says) == (ended_as, says)


def test_a_killed_run_never_ended(here: Database) -> None:
    works(at=MONDAY)
    with transaction(here) as tx:
        flow_runs.begin(tx, "works", "1", MONDAY + timedelta(minutes=5))

    history = known(here, "works")

    assert history.last is not None
    assert history.last.ended_at is None
    assert history.last_ended == history.last_well


def test_a_flow_fails_since_the_first_run_after_the_last_good_one(database: Database) -> None:
    for minutes, ending in enumerate((Ended.WELL, Ended.TRY_AGAIN, Ended.TRY_AGAIN)):
        a_run(database, MONDAY + timedelta(minutes=minutes), ending)

    assert known(database, "works").failing_since == MONDAY + timedelta(minutes=1)
    assert known(database, "works", now=MONDAY).failing_since is None


def test_a_dry_run_is_none_and_a_run_is_nothing_a_second_run_changes(here: Database) -> None:
    with reading(here) as tx:
        before = follow.row_counts(tx)

    works(at=MONDAY, dry_run=True)
    works(at=MONDAY)
    works(at=LATER)

    with reading(here) as tx:
        assert follow.row_counts(tx) == before
    assert known(here, "works").last == known(here, "works").last_well


def test_what_cannot_be_written_down_stops_nothing(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SVARUT_DATABASE_URL", "sqlite:////nowhere/at/all.db")

    with caplog.at_level(logging.WARNING):
        assert works(at=MONDAY) == Summary()

    assert "not written down" in caplog.text


def test_old_runs_are_forgotten_but_the_newest_of_each_flow(database: Database) -> None:
    for days, ending in ((300, Ended.WELL), (200, Ended.WELL), (100, Ended.TRY_AGAIN)):
        a_run(database, MONDAY - timedelta(days=days), ending)
    with transaction(database) as tx:
        gone = flow_runs.forget(tx, MONDAY - timedelta(days=90))

    history = known(database, "works")
    assert gone == 1
    assert history.last is not None
    assert history.last_well is not None
    assert history.last.started_at == MONDAY - timedelta(days=100)
    assert history.last_well.started_at == MONDAY - timedelta(days=200)
    assert history.last.counts == {"n": 1}


def test_the_retention_forgets_them(sqlite: Database, tmp_path: Path) -> None:
    for days in (200, 1):
        a_run(sqlite, MONDAY - timedelta(days=days))

    remove_old(sqlite, Settings(home=tmp_path), MONDAY)

    with reading(sqlite) as tx:
        assert flow_runs.first_known(tx) == MONDAY - timedelta(days=1)


def test_every_kind_of_error_has_an_ending() -> None:
    kinds = {kind for kind in LetterError.__subclasses__() if kind.__module__ == "flows.errors"}

    assert kinds == {TryAgainLater, NeedsAPerson, ImpossibleState}
