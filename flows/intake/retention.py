"""Delete documents and what is personal when a letter has ended and been kept long enough.

First the rows, marked as cleared; then the files that no other letter needs; then the rows forget
the files' hashes. Killed anywhere, the next run does what is left.
"""

import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from flows.database import flow_runs
from flows.database import retention as rows
from flows.database.senders import all_senders
from flows.database.session import Database, in_chunks, reading, transaction
from flows.domain.batch import ENCRYPTED, ENCRYPTED_RECORD
from flows.domain.keeping import kept_since
from flows.intake.drop_folder import ANSWER_SUFFIX, DONE, REJECTED, UNFINISHED
from flows.intake.metadata import Description
from flows.intake.spreadsheet import HEADINGS, SHEETS
from flows.intake.status_feed import FEEDS
from flows.intake.submission import METADATA
from flows.object_archive import open_archive
from flows.settings import Settings
from flows.sftp import Sftp, connect
from flows.workspace import sweep

log = logging.getLogger(__name__)

LETTERS_AT_ONCE: Final = 900
"""Cleared in one transaction."""

JUST_PUT: Final = timedelta(days=1)
"""Longer than any intake takes from putting a document in the archive to naming it in a row."""


@dataclass(frozen=True)
class RetentionSummary:
    """What was removed, or would be in a dry run."""

    kept_since: datetime
    letters: int
    """Whose recipients and file names were removed."""
    documents: int
    """Files deleted from the archive."""
    inbox_files: int
    """Old packages, answers and status files in inboxes, here and on the server."""
    packages: int
    """Packages for the vendor, of batches closed long ago."""


def remove_old(
    database: Database,
    settings: Settings,
    now: datetime,
    *,
    dry_run: bool = False,
) -> RetentionSummary:
    """Remove everything personal that has been kept long enough; return how much.

    Raises NeedsAPerson and TryAgainLater as `connect` does, when all else is done.
    """
    before = kept_since(now, settings.retention_months)
    letters = clear_letters(database, before, now, dry_run=dry_run)
    documents = delete_documents(database, settings, before, dry_run=dry_run)
    packages = _delete_packages(database, settings, before, dry_run=dry_run)
    inbox_files = _sweep_inboxes(settings, before, dry_run=dry_run)
    if not dry_run:
        sweep(settings.work_folder)
        with transaction(database) as tx:
            flow_runs.forget(tx, now - timedelta(days=settings.watch.runs_kept_days))
        open_archive(settings).sweep(older_than=time.time() - JUST_PUT.total_seconds())
    inbox_files += _sweep_server(database, settings, before, dry_run=dry_run)
    return RetentionSummary(before, letters, documents, inbox_files, packages)


def clear_letters(database: Database, before: datetime, now: datetime, *, dry_run: bool) -> int:
    """Remove the personal rows of letters that ended before an instant; return how many letters."""
    with reading(database) as tx:
        due = rows.due_for_clearing(tx, before)
    cleared = 0
    for some in () if dry_run else in_chunks(due, LETTERS_AT_ONCE):
        with transaction(database) as tx:
            rows.clear(tx, some, is_field=names_a_field, at=now)
        cleared += len(some)
        log.info("cleared letters=%d of=%d", cleared, len(due))
    return len(due)


def delete_documents(
    database: Database,
    settings: Settings,
    before: datetime,
    *,
    dry_run: bool,
) -> int:
    """Delete what only cleared letters have named from the archive; return how many files."""
    archive = open_archive(settings)
    with reading(database) as tx:
        # Letters first: one cleared after that keeps its hashes for the next run.
        letters = rows.not_forgotten(tx)
        unused = rows.unused_documents(tx, and_due=before if dry_run else None)
    if dry_run:
        return sum(map(archive.has, unused))
    older_than = time.time() - JUST_PUT.total_seconds()
    deleted = sum(archive.discard(sha256, older_than=older_than) for sha256 in unused)
    for some in in_chunks(letters, LETTERS_AT_ONCE):
        with transaction(database) as tx:
            rows.forget_documents(tx, some)
    log.info("deleted documents=%d of=%d", deleted, len(unused))
    return deleted


_FIELDS: Final = frozenset(
    {str(one.alias) for one in Description.model_fields.values()}
    | {METADATA, *SHEETS, *HEADINGS, "utsending"},
)


def names_a_field(text: str) -> bool:
    """Say whether what a problem is about is a field of our formats; else it is a sender's file."""
    return text in _FIELDS or text.partition(".")[0].partition("[")[0] in _FIELDS


def _delete_packages(
    database: Database,
    settings: Settings,
    before: datetime,
    *,
    dry_run: bool,
) -> int:
    with reading(database) as tx:
        names = rows.old_packages(tx, before)
    names = [name for name in names if _has_files(settings.packages_folder, name)]
    for name in () if dry_run else names:
        for file in _files_of(settings.packages_folder, name):
            file.unlink(missing_ok=True)
    return len(names)


def _has_files(folder: Path, package: str) -> bool:
    return any(file.exists() for file in _files_of(folder, package))


def _files_of(folder: Path, package: str) -> list[Path]:
    """Return where a package may lie: as it is, encrypted, and half encrypted by a killed run.

    The package last: a run that is killed on its way finds the rest by it.
    """
    ways = (f".{package}{ENCRYPTED}.part", package + ENCRYPTED_RECORD, package + ENCRYPTED, package)
    return [folder / name for name in ways]


def _sweep_inboxes(settings: Settings, before: datetime, *, dry_run: bool) -> int:
    if not settings.inbox_folder.is_dir():
        return 0
    old = [
        entry
        for inbox in sorted(settings.inbox_folder.iterdir())
        if inbox.is_dir() and not inbox.is_symlink()
        for entry in _old_in(inbox, before)
    ]
    for entry in () if dry_run else old:
        _remove(entry)
    return len(old)


def _old_in(inbox: Path, before: datetime) -> Iterator[Path]:
    """Return what is old in one inbox: by when it was put there, and not by when it was written."""
    folders = [inbox / name for name in (DONE, REJECTED, FEEDS)]
    entries = [one for folder in folders if folder.is_dir() for one in sorted(folder.iterdir())]
    entries += [one for one in sorted(inbox.iterdir()) if _is_leftover(one.name)]
    for entry in entries:
        status = entry.lstat()
        if max(status.st_ctime, status.st_mtime) < before.timestamp():
            yield entry


def _is_leftover(name: str) -> bool:
    """Say whether a name in an inbox is an answer of ours, or a package never finished."""
    return name.endswith((ANSWER_SUFFIX, *UNFINISHED))


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


def _sweep_server(
    database: Database,
    settings: Settings,
    before: datetime,
    *,
    dry_run: bool,
) -> int:
    if not settings.inbox_server.host:
        return 0
    with reading(database) as tx:
        senders = list(all_senders(tx))
    with connect(settings.inbox_server) as server:
        root = settings.inbox_server.folder
        there = {one.name for one in server.entries_in(root) if one.is_folder}
        old = [
            path
            for sender in senders
            if sender in there
            for path in _old_there(server, f"{root}/{sender}", before)
        ]
        for path in () if dry_run else old:
            server.remove(path)
    return len(old)


def _old_there(server: Sftp, inbox: str, before: datetime) -> Iterator[str]:
    for folder in (f"{inbox}/{DONE}", f"{inbox}/{REJECTED}", f"{inbox}/{FEEDS}", inbox):
        for entry in server.entries_in(folder):
            mine = folder != inbox or _is_leftover(entry.name)
            if mine and entry.written_at < before.timestamp():
                yield f"{folder}/{entry.name}"
