"""How everything stands, on one screen, as JSON, and as metrics."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from flows import clock, screen
from flows.commands.instants import instant
from flows.commands.opened import opened_database
from flows.errors import NeedsAPerson
from flows.settings import read_settings
from flows.watching import metrics as written
from flows.watching.overview import Part, as_json, parts_of
from flows.watching.watching import Overview, overview

ON: Final = 3
"""The exit code when something needs a person: as of `NeedsAPerson`, docs/commands.md."""

SAYS: Final = "says"
"""The column that may take what room is left."""


def status(
    as_json_: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    forecast: Annotated[
        bool, typer.Option(help="Look at the next night's letters too: what takes longest.")
    ] = True,
    at: Annotated[
        str, typer.Option(help="The time it is to be, for example 2026-11-26T01:30 (Oslo). Now.")
    ] = "",
) -> None:
    """Show how everything stands; exit code 3 when something needs a person."""
    seen = _seen(instant(at) or clock.now(), forecast=forecast)
    if as_json_:
        typer.echo(as_json(seen.standing, seen.alarms, seen.muted))
    else:
        show(seen)
    if seen.needs_a_person:
        raise typer.Exit(ON)


def metrics(
    file: Annotated[
        Path | None, typer.Option(help="Where; left out: as watch.metrics_file says.")
    ] = None,
    forecast: Annotated[bool, typer.Option(help="The next night's letters too.")] = True,
) -> None:
    """Write Prometheus' text file, whole or not at all."""
    wanted = file or read_settings().watch.metrics_file
    if wanted is None:
        raise NeedsAPerson(
            "no file for the metrics is named",
            where="watch.metrics_file",
            do="svarut metrics --file FILE, or set it",
        )
    seen = _seen(clock.now(), forecast=forecast)
    written.write(wanted, seen.standing, seen.alarms, seen.muted)


def show(seen: Overview) -> None:
    """Show every part as a table, the alarms first."""
    out = screen.console()
    head = f"svarut at {screen.local(seen.standing.now)}: "
    if seen.needs_a_person:
        on = len(seen.alarms) - len(seen.muted)
        out.print(f"{head}[bold red]{on} alarm{'s' * (on > 1)}: a person is needed[/]")
    else:
        out.print(f"{head}[bold green]all is well[/]")
    for part in parts_of(seen.standing, seen.alarms, seen.muted):
        out.print(_table(part))


def _seen(now: datetime, *, forecast: bool) -> Overview:
    with opened_database() as database:
        return overview(database, read_settings(), now, forecast=forecast)


def _table(part: Part) -> Table:
    table = Table(
        title=part.title, title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for heading in part.headings:
        figures = heading in {"letters", "sheets", "batches", "open", "nobody's", "late", "GB free"}
        table.add_column(heading, justify="right" if figures else "left", no_wrap=heading != SAYS)
    for row in part.rows:
        table.add_row(*(escape(cell) for cell in row))
    return table
