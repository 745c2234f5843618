"""Who did what: what people did with letters, batches, files and settings."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from flows import screen
from flows.commands.instants import instant
from flows.commands.opened import opened_database
from flows.database.acts import acts_done
from flows.database.session import reading
from flows.domain.acts import Wanted

HEADINGS = ("when", "who", "what", "of", "which", "why")


def list_events(
    by: Annotated[str, typer.Option(help="Only this person's.")] = "",
    since: Annotated[str, typer.Option(help="From this day or time on.")] = "",
    until: Annotated[str, typer.Option(help="Before this day or time.")] = "",
    about: Annotated[
        str, typer.Option(help="Only with this letter, batch, sender, item, invoice or file.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List what people did, the latest first: who, when, with what, and why."""
    wanted = Wanted(by, instant(since), instant(until), about, limit)
    with opened_database() as database, reading(database) as tx:
        found = acts_done(tx, wanted)
    if as_json:
        for one in found:
            typer.echo(json.dumps({**asdict(one), "at": one.at.isoformat()}, ensure_ascii=False))
        return
    screen.show_rows(
        HEADINGS, [(one.at, one.by, one.act, one.about, one.subject, one.why) for one in found]
    )
