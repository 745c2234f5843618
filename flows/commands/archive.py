"""The archive and a restored copy, proven: every document hashed again, the identity counted."""

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress

from flows import clock, screen
from flows.archive_check import Verified, unknown_in, verify
from flows.commands.opened import opened_database
from flows.database import archived, follow, restored
from flows.database.session import Database, reading
from flows.errors import NeedsAPerson
from flows.object_archive import open_archive
from flows.settings import Settings, read_settings

app = typer.Typer(help="Documents in the archive.", no_args_is_help=True)

NEEDS_A_PERSON: Final = 3
SHOWN: Final = 50
"""Documents of each kind that are named; the rest are counted."""
ON_ITS_WAY: Final = timedelta(days=1)
"""What was put later than this ago may be named in the database soon."""

Readers = Annotated[
    int, typer.Option(min=0, max=64, help="Documents read at once; 0: twice the processors.")
]


@app.command("verify")
def verify_archive(
    newest_days: Annotated[
        int,
        typer.Option(min=0, help="Only what came in the last so many days; 0: everything."),
    ] = 0,
    readers: Readers = 0,
) -> None:
    """Read every document in the archive and hash it again; changes nothing.

    Ends with exit code 3 when one is missing or has changed. What nothing needs is only named.
    """
    with opened_database() as database:
        if not _verify(database, read_settings(), newest_days, readers):
            raise typer.Exit(NEEDS_A_PERSON)


def drill(
    figures: Annotated[
        Path | None,
        typer.Option(help="Write the figures a copy is known by to this file, and do no more."),
    ] = None,
    same_as: Annotated[
        Path | None,
        typer.Option(help="Figures of the original, to be the same here.", exists=True),
    ] = None,
    readers: Readers = 0,
) -> None:
    """Prove a restored copy: its identity, its figures, and every document in its archive.

    deploy/restore-drill.sh restores one and runs this. Ends with exit code 3 when it is not whole.
    """
    with opened_database() as database:
        with reading(database) as tx:
            here, tally = restored.figures_of(tx), follow.tally(tx)
            contradicted = restored.contradicted(tx)
        if figures is not None:
            figures.write_text(json.dumps(here, indent=1) + "\n", encoding="utf-8")
            return
        screen.show_tally(tally)
        faults = [] if tally.adds_up else ["the letters do not add up to those taken in"]
        if contradicted:
            faults.append(f"{contradicted} letters have a status that no event tells of")
        if same_as is not None:
            faults += _unlike(here, same_as)
        if not _verify(database, read_settings(), 0, readers):
            faults.append("the archive is not whole")
    for fault in faults:
        screen.console(errors=True).print(fault, markup=False, style="red")
    if faults:
        raise typer.Exit(NEEDS_A_PERSON)
    screen.console().print("the copy is whole")


def _unlike(here: dict[str, int], file: Path) -> list[str]:
    try:
        theirs = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise NeedsAPerson(
            "that file has no figures", where=str(file), do="write it: svarut drill --figures FILE"
        ) from fault
    return [
        f"{name}: {mine} here, {there} there"
        for name, (mine, there) in restored.unlike(here, theirs).items()
    ]


def _verify(database: Database, settings: Settings, newest_days: int, readers: int) -> bool:
    since = clock.now() - timedelta(days=newest_days) if newest_days else None
    archive = open_archive(settings)
    with reading(database) as tx:
        wanted = archived.expected(tx, since)
    at_once = readers or 2 * (os.cpu_count() or 1)
    out = screen.console(errors=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        bar = progress.add_task("documents", total=len(wanted.needed))
        found = verify(
            archive,
            wanted.needed,
            readers=at_once,
            done=lambda read: progress.update(bar, completed=read),
        )
    if since is None:
        known = wanted.needed | wanted.allowed
        put_before = time.time() - ON_ITS_WAY.total_seconds()
        unknown = unknown_in(archive, known, put_before=put_before)
        found = Verified(found.read, found.missing, found.changed, unknown)
    _show(database, found)
    return found.well


def _show(database: Database, found: Verified) -> None:
    kinds = {"missing": found.missing, "changed": found.changed, "unknown": found.unknown}
    named = {what: hashes[:SHOWN] for what, hashes in kinds.items()}
    with reading(database) as tx:
        letters = archived.letters_with(tx, [*named["missing"], *named["changed"]])
    rows = [
        (what, sha256, letters.get(sha256, ""))
        for what, hashes in named.items()
        for sha256 in hashes
    ]
    if rows:
        screen.show_rows(("", "document", "shipment"), rows)
    screen.show_counts(
        "archive", {"read": found.read, **{what: len(hashes) for what, hashes in kinds.items()}}
    )
