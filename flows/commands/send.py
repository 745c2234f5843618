"""Send letters from the command line: check them here, lay them in the sender's inbox."""

import shutil
import zipfile
from pathlib import Path
from typing import Annotated, Final

import typer

from flows import clock, screen
from flows.archive import sha256_of
from flows.commands.opened import opened_database
from flows.commands.verdicts import Verdicts, verdicts_on
from flows.database.senders import all_senders
from flows.database.session import Database, reading
from flows.domain.sender import Sender
from flows.domain.shipment import SenderId
from flows.errors import NeedsAPerson
from flows.intake.drop_folder import ANSWER_SUFFIX, is_waiting, package_name
from flows.intake.registration import open_desk
from flows.intake.spreadsheet import documents_named_in, read_sheet
from flows.settings import read_settings
from flows.workspace import work_folder

_SHEETS: Final = {".xlsx": "utsending.xlsx", ".csv": "utsending.csv"}


def send(
    package: Annotated[
        Path,
        typer.Argument(
            help="A folder or zip as docs/formats say, or a sheet.",
            exists=True,
            metavar="PACKAGE",
        ),
    ],
    sender: Annotated[str, typer.Option(help="Whose letters these are.")],
    attachments: Annotated[
        Path | None,
        typer.Option(
            help="For a sheet: the folder with its documents. The sheet's own.",
            exists=True,
            file_okay=False,
        ),
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
    settings, package = read_settings(), package.resolve()
    with opened_database() as database, work_folder(settings.work_folder, "sending") as work:
        known = _sender(sender, database)
        is_sheet = package.suffix.lower() in _SHEETS
        ready = _packed(package, attachments or package.parent, work) if is_sheet else package
        desk = open_desk(known, settings, database, clock.now(), dry_run=True)
        found = verdicts_on(ready, desk, work)
        found.show()
        if found.faulty and not (good_rows and found.good):
            _say_nothing_was_sent(found)
            raise typer.Exit(3)
        if not dry_run:
            inbox = settings.inbox_folder / known.id
            laid = _lay(ready, inbox)
            screen.console().print("it lies in the inbox" if laid else "it lies there already")
            screen.console().print(
                f"svarut run intake takes it in, and answers in "
                f"{inbox / package_name(ready)}{ANSWER_SUFFIX}",
                markup=False,
            )


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


def _packed(sheet: Path, documents: Path, work: Path) -> Path:
    """Pack a sheet and the documents it names as a run, under the sheet's own name."""
    target, name = work / f"{sheet.stem}.zip", _SHEETS[sheet.suffix.lower()]
    named = documents_named_in(read_sheet(sheet.read_bytes(), name) or [])
    with zipfile.ZipFile(target, "w", strict_timestamps=False) as package:
        package.write(sheet, name)
        for each in sorted(named - {name}):
            # What is not there is said row by row; a name with a folder in it is no name.
            if Path(each).name == each and (documents / each).is_file():
                package.write(documents / each, each)
    return target


def _say_nothing_was_sent(found: Verdicts) -> None:
    said = "nothing was sent; mend what is said above"
    if found.good:
        said += f", or send the {found.good} good row{'s' * (found.good != 1)} alone: --good-rows"
    screen.console().print(said)


def _lay(package: Path, inbox: Path) -> bool:
    """Put a package in an inbox so that it appears there whole; False when it lies there already.

    Raises NeedsAPerson when another lies there, or the name is one that is never taken in.
    """
    target, temporary = inbox / package.name, inbox / f".{package.name}.part"
    if not is_waiting(package.name):
        raise NeedsAPerson(
            "the package has a name that is never taken in",
            where=f"inbox {inbox.name}",
            do=f"give it one that does not begin with a dot, nor end in .part, .tmp or "
            f"{ANSWER_SUFFIX}",
        )
    if target.exists():
        if _contents(target) == _contents(package):
            return False
        raise NeedsAPerson(
            "a package of that name lies in the inbox already",
            where=f"inbox {inbox.name}",
            do="let svarut run intake take it in first, or give yours another name",
        )
    inbox.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(temporary, ignore_errors=True)
    if package.is_dir():
        temporary.unlink(missing_ok=True)
        shutil.copytree(package, temporary)
    else:
        shutil.copyfile(package, temporary)
    temporary.rename(target)
    return True


def _contents(package: Path) -> dict[str, str]:
    files = [package] if package.is_file() else [one for one in package.rglob("*") if one.is_file()]
    return {str(one.relative_to(package)): sha256_of(one) for one in files}
