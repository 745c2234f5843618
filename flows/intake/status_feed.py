"""Tell each sender every move of its letters since last time, as numbered files in its inbox.

What goes in a feed, its number and its time are in the database before the file is written, so a
feed that is written again is the same bytes. Format: docs/formats/status_feed.md.
"""

import json
import logging
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flows.database import feeds
from flows.database.feeds import Feed, Move
from flows.database.session import Database, reading, transaction
from flows.domain.status import Status
from flows.intake.problems import NOTES
from flows.settings import Settings
from flows.sftp import Sftp, connect

log = logging.getLogger(__name__)

FEEDS: Final = ".status"
"""The folder of a sender's inbox. Hidden like .ferdig and .avvist: no package can be called so."""

SCHEMA: Final = "svarut/statusfil/1"
MOST_MOVES: Final = 10_000
"""In one file; more make more files, so that none is large for whoever reads it (2 MB)."""


def make_feeds(database: Database, now: datetime, *, most_moves: int = MOST_MOVES) -> int:
    """Put every move that no feed has yet in one; return how many feeds that made."""
    with reading(database) as tx:
        senders = feeds.senders_with_news(tx)
    made = 0
    for sender in senders:
        while True:
            with transaction(database) as tx:
                feed = feeds.make_feed(tx, sender, now, most_moves=most_moves)
            if feed is None:
                break
            made += 1
    return made


def deliver_feeds(database: Database, settings: Settings, now: datetime) -> int:
    """Write each feed where its sender has an inbox, here, on the server or both; return how many.

    A sender without any gets a folder here. Each sender's are written in order.
    Raises NeedsAPerson and TryAgainLater as `connect` does, when what lies here is written.
    """
    with reading(database) as tx:
        waiting = feeds.not_delivered(tx)
    here = {feed.sender_id for feed in waiting if (settings.inbox_folder / feed.sender_id).is_dir()}
    for feed in waiting:
        if feed.sender_id in here:
            _write_here(feed, database, settings)
    there: set[str] = set()
    if waiting and settings.inbox_server.host:
        with connect(settings.inbox_server) as server:
            there = {one.name for one in server.entries_in(settings.inbox_server.folder)}
            for feed in waiting:
                if feed.sender_id in there:
                    _write_there(feed, database, settings, server)
    for feed in waiting:
        if feed.sender_id not in here | there:
            _write_here(feed, database, settings)
        _delivered(feed, database, now)
    return len(waiting)


def name_of(feed: Feed) -> str:
    """Return a feed's file name; in the order of names they are in the order of numbers."""
    return f"status-{feed.number:08d}.json"


def feed_file(feed: Feed, moves: Iterable[Move]) -> bytes:
    """Return a feed as its file: a line a move, the same bytes for the same feed."""
    head = {
        "skjema": SCHEMA,
        "avsender": feed.sender_id,
        "nummer": feed.number,
        "laget": feed.made_at.isoformat(),
    }
    rows = ",\n".join(_text(_row(move)) for move in moves)
    return f'{_text(head)[:-1]}, "hendelser": [\n{rows}\n]}}\n'.encode()


def _row(move: Move) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": move.shipment_id,
        "eksternReferanse": move.reference,
        "korrelasjonsid": move.correlation_id or None,
        "status": move.status,
        "tidspunkt": move.at.isoformat(),
    }
    reasons = _reasons(move)
    return {**row, "aarsaker": reasons} if reasons else row


def _reasons(move: Move) -> list[str]:
    """Return the codes of why; an event's other words may be a person's own, and stay here."""
    if move.status is Status.REJECTED:
        return [code for code in move.detail.get("problems", []) if code not in NOTES]
    if move.status is Status.NOT_DELIVERED and "reason" in move.detail:
        return [str(move.detail["reason"])]
    return []


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _content(feed: Feed, database: Database) -> bytes:
    with reading(database) as tx:
        return feed_file(feed, feeds.moves_in(tx, feed))


def _write_here(feed: Feed, database: Database, settings: Settings) -> None:
    folder = settings.inbox_folder / feed.sender_id / FEEDS
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{name_of(feed)}.part"
    with temporary.open("wb") as target:
        target.write(_content(feed, database))
        target.flush()
        os.fsync(target.fileno())  # it must not be said to be delivered and lost in a power cut
    Path(temporary).replace(folder / name_of(feed))


def _write_there(feed: Feed, database: Database, settings: Settings, server: Sftp) -> None:
    folder = f"{settings.inbox_server.folder}/{feed.sender_id}/{FEEDS}"
    server.make_folder(folder)
    server.replace_bytes(_content(feed, database), folder, name_of(feed))


def _delivered(feed: Feed, database: Database, now: datetime) -> None:
    with transaction(database) as tx:
        feeds.record_delivered(tx, feed, now)
    log.info("delivered feed sender=%s number=%d", feed.sender_id, feed.number)
