"""Bring receipt files home, and book what they say, once however often they arrive.

Fetched, kept in the archive, staged (one commit), booked (one commit), and only then put away at
the vendor. Killed in between, the next run finds the file where it was and goes on from there.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.archive import Archive
from flows.database import receipts
from flows.database.open_items import OpenItem, raise_item
from flows.database.session import Database, reading, transaction
from flows.domain.receipt import LineState
from flows.receipts.matching import Matching, match_lines
from flows.receipts.receipt_file import ReceiptFile, RefusedFile, read_receipt_file
from flows.settings import Settings
from flows.sftp import Sftp, connect
from flows.workspace import work_folder

log = logging.getLogger(__name__)

FOLDER: Final = "ut/kvittering"
PUT_AWAY: Final = "arkiv"
ENDING: Final = ".csv"
OK: Final = ".ok"


@dataclass(frozen=True)
class FoundFile:
    """A receipt file that lies complete at the vendor."""

    name: str
    sha256: str


@dataclass(frozen=True)
class BookingCounts:
    """What became of the lines of a file."""

    applied: int = 0
    duplicates: int = 0
    quarantined: int = 0
    refused: int = 0
    """1 when the whole file was refused."""
    known: int = 0
    """1 when the file was booked or refused before, and is only put away."""


def complete_files(server: Sftp) -> list[str]:
    """Return the names of the receipt files that have their `.ok`, oldest first."""
    names = {file.name for file in server.files_in(FOLDER)}
    return sorted(name for name in names if name.endswith(ENDING) and f"{name}{OK}" in names)


def put_away_strays(server: Sftp) -> None:
    """Put away the `.ok` of files that a killed run had already put away."""
    names = {file.name for file in server.files_in(FOLDER)}
    for ok in sorted(name for name in names if name.endswith(f"{ENDING}{OK}")):
        gone = ok.removesuffix(OK) not in names
        if gone and server.size_of(f"{PUT_AWAY}/{ok.removesuffix(OK)}") is not None:
            server.move(f"{FOLDER}/{ok}", f"{PUT_AWAY}/{ok}")


def ingest(database: Database, settings: Settings, name: str, now: datetime) -> BookingCounts:
    """Bring one receipt file home, book it, and put it away at the vendor."""
    with connect(settings.vendor) as server:
        content = server.read(f"{FOLDER}/{name}")
        if not _is_as_promised(content, server.read(f"{FOLDER}/{name}{OK}")):
            return _refuse(database, server, name, content, "not the file its .ok describes", now)
        sha256 = _keep(settings, content)
        with reading(database) as tx:
            state = receipts.file_state(tx, sha256)
        counts = BookingCounts(known=1)
        if state is None:
            read = read_receipt_file(content, customer=settings.vendor.customer)
            if isinstance(read, RefusedFile):
                return _refuse(database, server, name, content, read.reason, now)
            _stage(database, sha256, name, read, now)
        if state in {None, "STAGED"}:
            counts = book_file(database, sha256, now)
        _put_away(server, name)
        return counts


def unfinished(database: Database) -> list[str]:
    """Return the SHA-256 of files an earlier run staged and did not book."""
    with reading(database) as tx:
        return receipts.staged_files(tx)


def book_file(database: Database, sha256: str, now: datetime) -> BookingCounts:
    """Decide about every staged line of a file and book them, in one transaction."""
    with transaction(database) as tx:
        lines = receipts.staged_lines(tx, sha256)
        named = [line.receipt.shipment_id for line in lines if line.receipt is not None]
        matching = match_lines(lines, receipts.sent_pieces(tx, named))
        receipts.book(tx, sha256, applied=matching.applied, set_aside=matching.set_aside, at=now)
        counts = counted(matching)
        if counts.quarantined:
            raise_item(
                tx,
                OpenItem(
                    "RECEIPT_LINES_QUARANTINED",
                    sha256[:12],
                    f"{counts.quarantined} receipt lines could not be booked",
                    "look at their reasons: svarut show SHIPMENT; ask the vendor",
                ),
                now,
            )
    log.info("booked file=%s applied=%d", sha256[:12], counts.applied)
    return counts


def look_only(settings: Settings, database: Database) -> Iterator[BookingCounts]:
    """Say for each file at the vendor what booking it would do, and do nothing."""
    with connect(settings.vendor) as server:
        for name in complete_files(server):
            content = server.read(f"{FOLDER}/{name}")
            read = read_receipt_file(content, customer=settings.vendor.customer)
            with reading(database) as tx:
                if receipts.file_state(tx, hashlib.sha256(content).hexdigest()) is not None:
                    yield BookingCounts(known=1)
                elif isinstance(read, RefusedFile):
                    yield BookingCounts(refused=1)
                else:
                    named = [one.receipt.shipment_id for one in read.lines if one.receipt]
                    yield counted(match_lines(read.lines, receipts.sent_pieces(tx, named)))


def counted(matching: Matching) -> BookingCounts:
    """Count what becomes of a file's lines."""
    aside = Counter(line.state for line in matching.set_aside)
    return BookingCounts(
        applied=len(matching.applied),
        duplicates=aside[LineState.DUPLICATE],
        quarantined=aside[LineState.QUARANTINED],
    )


def _is_as_promised(content: bytes, ok: bytes) -> bool:
    try:
        promised = json.loads(ok)
    except ValueError:
        return False
    return isinstance(promised, dict) and (
        promised.get("sha256") == hashlib.sha256(content).hexdigest()
        and promised.get("size_bytes") == len(content)
    )


def _keep(settings: Settings, content: bytes) -> str:
    """Keep the file as it came, before anything is read out of it."""
    with work_folder(settings.work_folder, "receipts") as work:
        file = work / "receipts"
        file.write_bytes(content)
        return Archive(settings.archive_folder).put(file)


def _stage(database: Database, sha256: str, name: str, read: ReceiptFile, now: datetime) -> None:
    with transaction(database) as tx:
        if receipts.file_state(tx, sha256) is None:
            receipts.stage(tx, sha256=sha256, name=name, lines=read.lines, at=now)


def _refuse(
    database: Database,
    server: Sftp,
    name: str,
    content: bytes,
    reason: str,
    now: datetime,
) -> BookingCounts:
    """Keep that a file was refused, tell a person, and put it away; nothing of it is booked."""
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction(database) as tx:
        new = receipts.file_state(tx, sha256) is None
        if new:
            receipts.refuse(tx, sha256=sha256, name=name, reason=reason, at=now)
        raise_item(
            tx,
            OpenItem(
                "RECEIPT_REFUSED",
                name,
                f"a receipt file was refused whole: {reason}",
                "ask the vendor for a right file; the refused one is in the archive and in arkiv/",
            ),
            now,
        )
    log.warning("refused file=%s: %s", sha256[:12], reason)
    _put_away(server, name)
    return BookingCounts(refused=1) if new else BookingCounts(known=1)


def _put_away(server: Sftp, name: str) -> None:
    """Move a booked file to the archive folder at the vendor, its `.ok` last.

    An `.ok` without its file is nothing to anyone; `put_away_strays` finds it.
    """
    for each in (name, f"{name}{OK}"):
        server.move(f"{FOLDER}/{each}", f"{PUT_AWAY}/{each}")
