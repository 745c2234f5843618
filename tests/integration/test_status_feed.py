"""Senders are told every move once, in numbered files, whatever is killed meanwhile."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY, a_registration, a_sender, notified, registered
from conftest import ROOT
from jsonschema import Draft202012Validator, FormatChecker
from servers import SftpServer
from sqlalchemy import func, insert, select
from sqlalchemy.engine.default import DefaultDialect

from flows.database import feeds as feeds_room
from flows.database import tables
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.database.shipments import move
from flows.domain.problem import Problem
from flows.domain.status import Mover, Status
from flows.errors import TryAgainLater
from flows.intake.status_feed import deliver_feeds, make_feeds
from flows.settings import InboxServerSettings, Settings

pytestmark = pytest.mark.integration

SCHEMA = json.loads((ROOT / "docs/formats/status_feed.schema.json").read_text(encoding="utf-8"))


class Feeds:
    """Senders with inboxes on this disk."""

    def __init__(self, home: Path, database: Database) -> None:
        self.database, self.settings = database, Settings(home=home)
        for sender in ("nordvik", "sorvik"):
            (self.settings.inbox_folder / sender).mkdir(parents=True)

    def run(self, at: datetime = MONDAY, most_moves: int = 10_000) -> int:
        make_feeds(self.database, at, most_moves=most_moves)
        return deliver_feeds(self.database, self.settings, at)

    def files(self, sender: str = "nordvik") -> dict[str, bytes]:
        folder = self.settings.inbox_folder / sender / ".status"
        return {
            path.name: path.read_bytes()
            for path in sorted(folder.glob("*"))
            if not path.name.endswith(".part")
        }

    def told(self, sender: str = "nordvik") -> list[tuple[str, str]]:
        return [
            (row["id"], row["status"])
            for content in self.files(sender).values()
            for row in json.loads(content)["hendelser"]
        ]

    def moved(self, sender: str = "nordvik") -> list[tuple[str, str]]:
        """What the database says has happened."""
        events, shipments = tables.events.c, tables.shipments.c
        query = (
            select(events.shipment_id, events.to_status)
            .join(tables.shipments, shipments.id == events.shipment_id)
            .where(shipments.sender_id == sender, events.to_status.is_not(None))
            .order_by(events.id)
        )
        with reading(self.database) as tx:
            return [(row[0], row[1]) for row in tx.execute(query)]


@pytest.fixture
def feeds(tmp_path: Path, database: Database) -> Feeds:
    return Feeds(tmp_path, database)


def two_letters_come(database: Database) -> None:
    with transaction(database) as tx:
        good, _, _ = registered(
            tx,
            a_registration(correlation_id="K-1"),
            a_registration(Problem("POSTNUMMER_MANGLER", "mottaker.postnummer")),
            a_registration(sender_id="sorvik"),
        )
        notified(tx, good)


def test_a_feed_is_what_its_schema_says(feeds: Feeds) -> None:
    two_letters_come(feeds.database)
    feeds.run()

    [content] = feeds.files().values()
    feed = json.loads(content)

    Draft202012Validator(SCHEMA, format_checker=FormatChecker()).validate(feed)
    assert [row["status"] for row in feed["hendelser"]] == [
        "MOTTATT",
        "AKSEPTERT",
        "MOTTATT",
        "AVVIST",
        "VARSLET",
    ]
    assert feed["hendelser"][0]["korrelasjonsid"] == "K-1"
    assert feed["hendelser"][3]["aarsaker"] == ["POSTNUMMER_MANGLER"]
    for personal in ("Oline", "Fjellveien", "01818550029", "skoleskyss", "vedlegg"):
        assert personal not in content.decode()


def test_the_schema_knows_every_status() -> None:
    row = SCHEMA["properties"]["hendelser"]["items"]["properties"]

    assert set(row["status"]["enum"]) == {str(status) for status in Status}


def test_each_move_is_told_once_and_only_to_its_sender(feeds: Feeds) -> None:
    two_letters_come(feeds.database)
    feeds.run()
    first = feeds.files()
    [letter, *_] = [one for one, status in feeds.moved() if status == "VARSLET"]
    with transaction(feeds.database) as tx:
        move(tx, [letter], Status.READ, by=Mover.DISPATCH, at=MONDAY + timedelta(hours=1))

    feeds.run(MONDAY + timedelta(hours=1))

    assert list(feeds.files()) == ["status-00000001.json", "status-00000002.json"]
    assert feeds.files() | first == feeds.files()
    assert feeds.told() == feeds.moved()
    assert feeds.told("sorvik") == feeds.moved("sorvik")


def test_nothing_moved_is_no_file(feeds: Feeds) -> None:
    two_letters_come(feeds.database)
    feeds.run()
    before = feeds.files()

    assert feeds.run(MONDAY + timedelta(minutes=5)) == 0
    assert feeds.files() == before


def test_many_moves_make_several_files_in_order(feeds: Feeds) -> None:
    with transaction(feeds.database) as tx:
        registered(tx, *(a_registration() for _ in range(7)))

    feeds.run(most_moves=4)

    assert [json.loads(one)["nummer"] for one in feeds.files().values()] == [1, 2, 3, 4]
    assert feeds.told() == feeds.moved()


def test_a_hundred_thousand_moves_are_told_in_bulk(feeds: Feeds) -> None:
    with transaction(feeds.database) as tx:
        [letter] = registered(tx, a_registration())
        row = tx.execute(
            select(tables.events).where(tables.events.c.to_status == "AKSEPTERT")
        ).mappings()
        kept = {name: value for name, value in row.one().items() if name != "id"}
        tx.execute(insert(tables.events), [kept] * 99_998)

    feeds.run()

    assert len(feeds.files()) == 10
    assert len(feeds.told()) == 100_000
    assert {one for one, _ in feeds.told()} == {letter}


class Stopped(BaseException):
    """The process is gone: nothing catches it."""


@contextmanager
def stopping_at(point: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Stop before or after the n-th commit or rename; 0 never stops."""
    passed = 0

    def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            raise Stopped

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any) -> Any:
            pass_point()
            result = function(*arguments)
            pass_point()
            return result

        return wrapper

    with monkeypatch.context() as patched:
        for owner, name in ((DefaultDialect, "do_commit"), (Path, "replace")):
            patched.setattr(owner, name, watched(getattr(owner, name)))
        yield lambda: passed


def test_stopped_anywhere_every_move_is_still_told_once(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = 0
    for point in range(1, 40):
        two_letters_come(feeds.database)
        earlier = feeds.files()
        at = MONDAY + timedelta(minutes=point)
        try:
            with stopping_at(point, monkeypatch):
                feeds.run(at)
        except Stopped:
            stopped += 1
        half_way = feeds.files()

        feeds.run(at + timedelta(seconds=30))

        # What a sender may have read is never changed afterwards.
        assert feeds.files() | earlier | half_way == feeds.files()
        assert [json.loads(one)["nummer"] for one in feeds.files().values()] == list(
            range(1, len(feeds.files()) + 1)
        )
        for sender in ("nordvik", "sorvik"):
            assert feeds.told(sender) == feeds.moved(sender), f"point {point}"
        if stopped < point:
            break

    assert 10 <= stopped < 39
    with reading(feeds.database) as tx:
        assert feeds_room.not_delivered(tx) == []


def make_impatiently(postgres: Database) -> None:
    with transaction(postgres) as tx:
        tx.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        feeds_room.make_feed(tx, a_sender().id, MONDAY, most_moves=3)


def test_two_runs_at_once_share_no_number_and_no_move(postgres: Database, tmp_path: Path) -> None:
    two_letters_come(postgres)

    with transaction(postgres) as first:
        made = feeds_room.make_feed(first, a_sender().id, MONDAY, most_moves=3)
        with pytest.raises(TryAgainLater):
            make_impatiently(postgres)
    with transaction(postgres) as other:
        rest = feeds_room.make_feed(other, a_sender().id, MONDAY, most_moves=3)

    assert made is not None
    assert rest is not None
    assert (made.number, rest.number) == (1, 2)


def on_a_server(feeds: Feeds, server: SftpServer) -> None:
    feeds.settings = feeds.settings.model_copy(
        update={
            "inbox_server": InboxServerSettings(
                host=server.host,
                port=server.port,
                user=server.user,
                key_file=server.key_file,
                known_hosts_file=server.known_hosts_file,
                folder="inbox",
            )
        }
    )


def test_a_sender_on_the_inbox_server_finds_its_feed_there(
    tmp_path: Path, sqlite: Database, sftp_server: SftpServer
) -> None:
    feeds = Feeds(tmp_path / "home", sqlite)
    on_a_server(feeds, sftp_server)
    there = sftp_server.root / "inbox" / "sorvik"
    there.mkdir(parents=True)
    (feeds.settings.inbox_folder / "sorvik").rmdir()
    two_letters_come(sqlite)

    feeds.run()

    assert [path.name for path in there.rglob("*") if path.is_file()] == ["status-00000001.json"]
    assert not (feeds.settings.inbox_folder / "sorvik").exists()
    assert list(feeds.files()) == ["status-00000001.json"]
    assert sorted(path.name for path in (sftp_server.root / "inbox").iterdir()) == ["sorvik"]


def test_a_sender_with_no_inbox_anywhere_gets_one_here(feeds: Feeds) -> None:
    with transaction(feeds.database) as tx:
        keep_senders(tx, [a_sender("vestvik")])
        registered(tx, a_registration(sender_id="vestvik"))

    feeds.run()

    assert len(feeds.told("vestvik")) == 2
    with reading(feeds.database) as tx:
        assert tx.scalar(select(func.count()).select_from(tables.feeds)) == 1
