"""Submissions on an SFTP server: brought here, taken in as from a local inbox, answered there.

Killed half-way, the packages still lie where they lay, and the next run gives the same answers.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.database.session import Database
from flows.domain.sender import Sender
from flows.intake.answer import write_answer
from flows.intake.drop_folder import (
    ANSWER_SUFFIX,
    DONE,
    REJECTED,
    is_picture_of,
    is_waiting,
    package_name,
)
from flows.intake.inbox import SourceSummary, summed, take_in
from flows.intake.problems import Code, problem
from flows.settings import Settings
from flows.sftp import RemoteEntry, Sftp, connect
from flows.workspace import work_folder

log = logging.getLogger(__name__)

PACKAGES_AT_ONCE: Final = 100
"""Brought here, taken in and answered before the next are brought."""

_MEGABYTE: Final = 1024 * 1024


def sender_folders(settings: Settings) -> list[str]:
    """Return the names of the senders' folders on the server; none when there is no server."""
    if not settings.inbox_server.host:
        return []
    with connect(settings.inbox_server) as server:
        return [
            entry.name
            for entry in server.entries_in(settings.inbox_server.folder)
            if entry.is_folder and not entry.name.startswith(".")
        ]


def take_in_remote(
    name: str,
    sender: Sender | None,
    *,
    settings: Settings,
    database: Database,
    now: datetime,
    dry_run: bool = False,
) -> SourceSummary:
    """Take in every complete package of one sender's folder on the server, and answer it there.

    name: the folder's. sender: None when it belongs to nobody we know.
    Raises NeedsAPerson and TryAgainLater as `connect` does.
    """
    folder = f"{settings.inbox_server.folder}/{name}"
    parts: list[SourceSummary] = []
    with connect(settings.inbox_server) as server:
        waiting = [entry for entry in server.entries_in(folder) if is_waiting(entry.name)]
        for start in range(0, len(waiting), PACKAGES_AT_ONCE):
            some = waiting[start : start + PACKAGES_AT_ONCE]
            with work_folder(settings.work_folder, "fetched") as work:
                inbox = work / name
                inbox.mkdir()
                large = [each for each in some if not _fetch(server, folder, each, inbox, settings)]
                taken = take_in(
                    inbox, sender, settings=settings, database=database, now=now, dry_run=dry_run
                )
                if not dry_run:
                    _refuse_large(large, inbox, settings)
                    for each in some:
                        _answer_there(server, folder, each.name, inbox)
            parts.append(replace(taken, rejected=taken.rejected + len(large)))
    return summed(name, parts)


def _fetch(
    server: Sftp,
    folder: str,
    entry: RemoteEntry,
    inbox: Path,
    settings: Settings,
) -> bool:
    """Bring a package here, with its time; return False when it is too large to look at."""
    path, target = f"{folder}/{entry.name}", inbox / entry.name
    files = server.entries_in(path) if entry.is_folder else [entry]
    if sum(file.size_bytes for file in files) > settings.max_package_bytes:
        return False
    if entry.is_folder:
        target.mkdir()
        for file in files:
            if file.is_folder:
                (target / file.name).mkdir()  # said to be wrong when the package is opened
            else:
                server.fetch(f"{path}/{file.name}", target / file.name)
                os.utime(target / file.name, (file.written_at, file.written_at))
    else:
        server.fetch(path, target)
    os.utime(target, (entry.written_at, entry.written_at))
    return True


def _refuse_large(entries: Sequence[RemoteEntry], inbox: Path, settings: Settings) -> None:
    limit = settings.max_package_bytes // _MEGABYTE
    for entry in entries:
        size = -(-entry.size_bytes // _MEGABYTE)
        found = problem(Code.PACKAGE_TOO_LARGE, entry.name, mb=size, grense_mb=limit)
        write_answer(
            inbox / entry.name,
            shipment_id=None,
            reference=None,
            problems=[found],
            copy_to=inbox / REJECTED,
        )


def _answer_there(server: Sftp, folder: str, name: str, inbox: Path) -> None:
    """Put the answer beside the package and the package away; nothing where there is none yet."""
    answer = f"{package_name(Path(name))}{ANSWER_SUFFIX}"
    if not (inbox / answer).is_file():
        return
    content = (inbox / answer).read_bytes()
    rejected = (inbox / REJECTED / answer).is_file()
    away = f"{folder}/{REJECTED if rejected else DONE}"
    server.make_folder(away)
    for picture in sorted(inbox.iterdir()):
        if is_picture_of(package_name(Path(name)), picture.name):
            for there in (away, folder):
                server.replace_bytes(picture.read_bytes(), there, picture.name)
    if rejected:
        server.replace_bytes(content, away, answer)
    server.replace_bytes(content, folder, answer)
    target = f"{away}/{name}"
    if server.size_of(target) is not None:
        # The same name once more: kept beside the earlier one, told apart by its time.
        target = f"{away}/{_stamp()}-{name}"
    server.touch(f"{folder}/{name}")
    server.move(f"{folder}/{name}", target)


def _stamp() -> str:
    return os.urandom(4).hex()
