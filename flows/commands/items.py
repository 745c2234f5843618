"""What a person does with an open item: take it, say something about it, close it."""

from datetime import timedelta
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands import reconciled
from flows.commands.opened import opened_database
from flows.database import item_history
from flows.database.session import reading, transaction
from flows.domain.reconciliation import ClosedAs
from flows.receipts.reconciling import today_at
from flows.settings import read_settings

app = typer.Typer(help="What waits for a person: the open items.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="The item's code, for example B2.")]
Subject = Annotated[str, typer.Argument(help="What it is about, as the list has it.")]
Who = Annotated[str, typer.Option("--by", help="Your name or initials; kept with the item.")]
Why = Annotated[str, typer.Option("--why", help="What you say about it; kept with the item.")]


@app.command("list")
def list_items(
    code: Annotated[str | None, typer.Option(help="Only with this code.")] = None,
    closed: Annotated[
        int, typer.Option(min=0, help="Also those closed in the last so many days.")
    ] = 0,
    subject: Annotated[
        str | None, typer.Option(help="One item, with --code: everything done with it.")
    ] = None,
) -> None:
    """List what waits for a person, oldest first."""
    now = clock.now()
    with opened_database() as database, reading(database) as tx:
        since = now - timedelta(days=closed) if closed else None
        items = item_history.listed_items(tx, closed_since=since, code=code)
        if code and subject:
            items = [one for one in items if one.kept.subject == subject]
        reconciled.show_items(items, today_at(tx, read_settings(), now))
        if code and subject:
            for at, act, by, why in item_history.acts_of(tx, code, subject):
                screen.console().print(f"{screen.local(at)}  {act} by {by}  {why}", markup=False)


@app.command()
def take(code: Code, subject: Subject, by: Who, why: Why = "") -> None:
    """Say that you see to an item; it alarms nobody else for two weeks."""
    with opened_database() as database, transaction(database) as tx:
        item_history.take_item(tx, code, subject, by=by, why=why, at=clock.now())
    screen.console().print(f"{code} {subject}: taken by {by}", markup=False)


@app.command()
def comment(code: Code, subject: Subject, by: Who, why: Why) -> None:
    """Say something about an item; the last thing said stands in the report."""
    with opened_database() as database, transaction(database) as tx:
        item_history.comment_item(tx, code, subject, by=by, why=why, at=clock.now())
    screen.console().print(f"{code} {subject}: noted", markup=False)


@app.command()
def close(
    code: Code,
    subject: Subject,
    by: Who,
    why: Why,
    as_: Annotated[
        ClosedAs,
        typer.Option(
            "--as",
            help="CORRECTED opens if found again; EXPLAINED and ACCEPTED only if it changes.",
            case_sensitive=False,
        ),
    ] = ClosedAs.CORRECTED,
) -> None:
    """Close an item."""
    if as_ is ClosedAs.GONE:
        raise typer.BadParameter("only the reconciliation says that something is gone")
    with opened_database() as database, transaction(database) as tx:
        item_history.close_item(tx, code, subject, as_, by=by, why=why, at=clock.now())
    screen.console().print(f"{code} {subject}: closed as {as_}", markup=False)
