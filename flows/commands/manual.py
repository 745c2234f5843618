"""Letters that their senders print by hand: what waits, the files to print, and what was sent."""

from collections import defaultdict
from datetime import date
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.opened import opened_database
from flows.database import hand_print
from flows.database.hand_print import HandJob
from flows.errors import NeedsAPerson
from flows.print_batch import by_hand
from flows.print_batch.by_hand import Queue
from flows.settings import read_settings

app = typer.Typer(help="Letters that their senders print by hand.", no_args_is_help=True)

Sender = Annotated[str, typer.Option("--sender", help="The sender's id.")]

QUEUE = ("sender", "class", "letters", "sheets", "oldest since")
JOBS = ("file", "sender", "letters", "made", "oldest since", "read meanwhile: do not send")


@app.command("list")
def list_manual(sender: Sender = "") -> None:
    """List what waits to be printed, and the files that nobody has confirmed.

    Ends with exit code 3 when a sender's oldest letter has waited more than seven days.
    """
    now = clock.now()
    with opened_database() as database:
        found = by_hand.look(database, now, sender_id=sender)
        by_hand.tell_of_old(database, now)
    screen.console().print("in no file yet:")
    _show_queues(found.queues)
    screen.console().print("\nprinted, and not confirmed:")
    _show_jobs(found.jobs)
    for who, days in found.overdue.items():
        screen.console().print(
            f"[yellow]{who}: the oldest letter has waited {days} days[/]", markup=True
        )
    if found.overdue:
        raise typer.Exit(3)


@app.command("print")
def print_manual(
    sender: Annotated[str, typer.Option("--sender", help="The sender's id.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be printed, and make nothing.")
    ] = False,
) -> None:
    """Make a sender's files to print: one for each way the printer must be set.

    `C5SHD` is black and white, two-sided; `FA` is colour, `S` one-sided. Run it again: the same.
    """
    now, settings = clock.now(), read_settings()
    with opened_database() as database:
        if dry_run:
            waiting = by_hand.look(database, now, sender_id=sender).queues
            _show_queues(waiting)
            screen.console().print("nothing was made")
            return
        files = by_hand.print_by_hand(database, settings, sender, now)
    _show_jobs(tuple(files))
    for file in files.values():
        screen.console().print(str(file), markup=False)


@app.command()
def confirm(
    sender: Annotated[str, typer.Option("--sender", help="The sender's id.")],
    day: Annotated[str, typer.Option("--day", help="The day of the files, yyyy-mm-dd.")],
    by: Annotated[str, typer.Option("--by", help="Your name or initials; kept.")],
    except_: Annotated[
        list[str] | None,
        typer.Option(
            "--except",
            help="A letter that went wrong, and waits for the next file: FILE:NUMBER.",
        ),
    ] = None,
) -> None:
    """Say that a day's letters lie in their envelopes: they are PRINTET, and the files go."""
    with opened_database() as database:
        counts = by_hand.confirm(
            database,
            read_settings(),
            sender,
            _day(day),
            _numbers(except_ or []),
            by=by,
            now=clock.now(),
        )
    for job, count in counts.items():
        known = (
            f"confirmed before, by {job.confirmed_by}" if job.confirmed_at else f"{count} letters"
        )
        screen.console().print(f"{job.id}: {known}", markup=False)
        if read := job.left.get(hand_print.READ):
            numbers = ", ".join(map(str, read))
            screen.console().print(
                f"  read in Altinn meanwhile, and not to be sent: {numbers}", style="yellow"
            )


def _show_queues(queues: tuple[Queue, ...]) -> None:
    screen.show_rows(
        QUEUE,
        [
            (one.sender_id, one.job_class, one.letters, one.sheets, screen.local(one.oldest))
            for one in queues
        ],
    )


def _show_jobs(jobs: tuple[HandJob, ...]) -> None:
    screen.show_rows(
        JOBS,
        [
            (
                one.id,
                one.sender_id,
                one.live,
                screen.local(one.made_at),
                screen.local(one.oldest),
                ", ".join(map(str, one.left.get(hand_print.READ, ()))),
            )
            for one in jobs
        ],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it as 2026-11-26", param_hint="--day") from None


def _numbers(named: list[str]) -> dict[str, set[int]]:
    """Return the numbers by file; raises NeedsAPerson for what is no FILE:NUMBER."""
    found: dict[str, set[int]] = defaultdict(set)
    for each in named:
        file, _, number = each.rpartition(":")
        if not file or not number.isdigit():
            raise NeedsAPerson(
                "that is no letter of a file", where=each, do="write FILE:NUMBER, as the mark says"
            )
        found[file].add(int(number))
    return found
