"""What a person tries once more: letters that failed, packages that were put away."""

from collections.abc import Sequence
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.acting import Who, Why
from flows.commands.handling import SomeLetters, ids_of
from flows.commands.instants import instant
from flows.commands.opened import opened_database
from flows.database import retrying
from flows.database.acts import record_act
from flows.database.senders import all_senders
from flows.database.session import reading, transaction
from flows.domain.retrying import Choice
from flows.errors import NeedsAPerson
from flows.intake.replaying import lay_again, put_away_packages
from flows.settings import read_settings

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; do nothing.")]


def retry(
    letters: SomeLetters = None,
    by: Annotated[str, typer.Option("--by", help="Your name or initials; kept.")] = "",
    why: Annotated[str, typer.Option("--why", help="The reason; kept.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Try letters again that failed: those named, or list what can be tried.

    Without letters nothing is done: everything that failed is listed, with what it takes.
    """
    if letters and not dry_run and not (by.strip() and why.strip()):
        raise typer.BadParameter("say who and why: --by NAME --why WHY")
    with opened_database() as database:
        if letters and not dry_run:
            with transaction(database) as tx:
                done = retrying.try_again(tx, ids_of(tx, letters), by=by, why=why, at=clock.now())
            _show(done, "done")
            return
        with reading(database) as tx:
            ids = ids_of(tx, letters) if letters else retrying.failed_letters(tx)
            would, others = retrying.choices(tx, ids), retrying.other_failures(tx)
    _show(would, "what can be tried")
    if not letters:
        screen.show_rows(("open item", "about", "how it is tried again"), others)
    screen.console().print("nothing was done")


def replay(
    sender: Annotated[str, typer.Argument(help="Whose inbox.")],
    by: Who,
    why: Why,
    packages: Annotated[
        list[str] | None, typer.Argument(help="Packages' names; left out, all.")
    ] = None,
    since: Annotated[str, typer.Option(help="Only those put away from this day on.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Lay packages that were put away in the inbox again; `svarut run intake` takes them in.

    What was taken in before gets its first answer again: nothing is ever sent twice.
    """
    inbox = read_settings().inbox_folder / sender
    if sender in {"", ".", ".."} or "/" in sender or not inbox.is_dir():
        raise NeedsAPerson("no such inbox", where=sender, do="svarut doctor counts the inboxes")
    with opened_database() as database:
        with reading(database) as tx:
            if sender not in all_senders(tx):
                raise NeedsAPerson(
                    "no such sender", where=sender, do="import it first: svarut senders import"
                )
        wanted = frozenset(packages or ())
        found = list(put_away_packages(inbox, wanted, instant(since)))
        can = [one for one in found if not one.why_not]
        if not dry_run and can:
            with transaction(database) as tx:
                record_act(
                    tx,
                    "laid in the inbox again",
                    about="packages",
                    subject=sender,
                    by=by,
                    why=why,
                    at=clock.now(),
                    detail={"packages": len(can)},
                )
            can = [one for one in can if lay_again(one, inbox)]
    # Names are the sender's, and may be personal: they are counted, and asked for with names only.
    left = [one.why_not for one in found if one.why_not]
    counts = {"laid in the inbox" if not dry_run else "would be laid in the inbox": len(can)}
    screen.show_counts("packages", {**counts, **{each: left.count(each) for each in set(left)}})
    if can and not dry_run:
        screen.console().print("now: svarut run intake")


def _show(chosen: Sequence[Choice], title: str) -> None:
    screen.show_rows(
        ("shipment", title, "why not"),
        [(one.letter, one.tried or "", one.why_not) for one in chosen],
    )
