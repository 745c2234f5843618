"""Send letters from the command line: check them here, lay them in the sender's inbox."""

import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import track
from rich.table import Table

from flows import clock, screen
from flows.commands.opened import opened_database
from flows.database.senders import all_senders
from flows.database.session import Database, reading
from flows.domain.problem import Problem, faults
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.errors import NeedsAPerson
from flows.intake.answer import RowAnswer
from flows.intake.checking import Looks, begin, finish
from flows.intake.drop_folder import open_package
from flows.intake.problems import say
from flows.intake.registration import open_desk
from flows.intake.spreadsheet_run import check_run, is_run
from flows.settings import Settings, read_settings
from flows.workspace import work_folder

_SHOWN: Final = 200
"""Faulty rows shown; a sheet with more has one thing wrong with all of them."""


def send(
    package: Annotated[
        Path,
        typer.Argument(help="A folder or zip as docs/formats say, or a sheet.", exists=True),
    ],
    sender: Annotated[str, typer.Option(help="Whose letters these are.")],
    attachments: Annotated[
        Path | None,
        typer.Option(help="For a sheet: the folder with its documents.", file_okay=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show everything that is wrong; send nothing.")
    ] = False,
    good_rows: Annotated[
        bool, typer.Option("--good-rows", help="Send a sheet although some rows are faulty.")
    ] = False,
) -> None:
    """Check a letter, or a sheet with a letter a row, and lay it in the sender's inbox.

    The next `svarut run intake` takes it in and answers there. Sending it twice is harmless.
    """
    settings = read_settings()
    with opened_database() as database, work_folder(settings.work_folder, "sending") as work:
        known = _sender(sender, database)
        ready = _packed(package, attachments, work) if package.suffix in _SHEETS else package
        unpacked = work / "unpacked"
        unpacked.mkdir()
        faulty, good = _show_problems(ready, known, settings, database, unpacked)
        if faulty and not (good_rows and good):
            raise typer.Exit(3)
        if not dry_run:
            _lay(ready, settings.inbox_folder / known.id)
            screen.console().print("it lies in the inbox; svarut run intake takes it in")


_SHEETS: Final = {".xlsx": "utsending.xlsx", ".csv": "utsending.csv"}


def _sender(name: str, database: Database) -> Sender:
    with reading(database) as tx:
        known = all_senders(tx)
    if name not in known:
        raise NeedsAPerson(
            "no such sender",
            where=f"sender {name}",
            do=f"one of: {', '.join(sorted(known)) or 'none yet; svarut senders import FILE'}",
        )
    return known[SenderId(name)]


def _packed(sheet: Path, attachments: Path | None, work: Path) -> Path:
    """Pack a sheet and its documents as a run, under the sheet's own name."""
    target = work / f"{sheet.stem}.zip"
    with zipfile.ZipFile(target, "w") as package:
        package.write(sheet, _SHEETS[sheet.suffix])
        for file in sorted(attachments.iterdir()) if attachments else ():
            if file.is_file() and not file.name.startswith("."):
                package.write(file, file.name)
    return target


def _show_problems(
    package: Path,
    sender: Sender,
    settings: Settings,
    database: Database,
    work: Path,
) -> tuple[int, int]:
    """Show what would be said of each letter; return how many are faulty, and how many are not."""
    desk = open_desk(sender, settings, database, clock.now(), dry_run=True)
    if is_run(package):
        of_all, answers = check_run(package, desk, work)
        rows = list(track(answers, "rows", console=screen.console(), transient=True))
        return _show_rows(of_all, rows)
    submission = open_package(package, work, max_bytes=settings.max_package_bytes)
    checked = finish(
        begin(package, submission, desk.standard, Looks(desk.examiner, work)), desk.standard
    )
    return _show_rows([], [RowAnswer(1, checked.given_reference, None, checked.problems)])


def _show_rows(of_all: list[Problem], rows: list[RowAnswer]) -> tuple[int, int]:
    faulty = sum(bool(faults(each.problems)) for each in rows) + bool(of_all)
    table = Table("row", "", "where", "what, and what to do")
    for row, found in list(_lines(of_all, rows))[:_SHOWN]:
        table.add_row(row, "note" if found.note else found.code, found.field, say(found))
    if table.row_count:
        screen.console().print(table)
    screen.console().print(f"{len(rows)} letters, {faulty} faulty")
    return faulty, len(rows) - faulty


def _lines(of_all: list[Problem], rows: Iterable[RowAnswer]) -> Iterator[tuple[str, Problem]]:
    yield from (("", found) for found in of_all)
    for each in rows:
        yield from ((str(each.row), found) for found in each.problems)


def _lay(package: Path, inbox: Path) -> None:
    """Put a package in an inbox so that it appears there whole or not at all."""
    inbox.mkdir(parents=True, exist_ok=True)
    target, temporary = inbox / package.name, inbox / f".{package.name}.part"
    if target.exists():
        raise NeedsAPerson(
            "a package of that name lies in the inbox already",
            where=f"inbox {inbox.name}",
            do="let svarut run intake take it in first, or give yours another name",
        )
    if package.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(package, temporary)
    else:
        shutil.copyfile(package, temporary)
    temporary.rename(target)
