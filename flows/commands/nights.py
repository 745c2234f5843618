"""A print night before it runs: what it would send, and a person's approval of a large one."""

from datetime import datetime
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.opened import opened_database
from flows.database.session import transaction
from flows.domain.money import kroner
from flows.print_batch import approving, reserving
from flows.settings import read_settings

batch_app = typer.Typer(help="Print nights and their batches.", no_args_is_help=True)

HEADINGS = ("class", "sender", "letters", "sheets", "kg", "kr without VAT", "no price for")


@batch_app.command()
def approve(
    night: Annotated[
        str, typer.Argument(help="The night's name, its date, or one of its batches.")
    ],
    by: Annotated[str, typer.Option("--by", help="Your name or initials; kept.")],
    why: Annotated[str, typer.Option("--why", help="The reason; kept.")],
) -> None:
    """Let all letters of a night go, however many; the next `svarut run print` takes them."""
    wanted = approving.night_named(read_settings(), night)
    with opened_database() as database, transaction(database) as tx:
        new = approving.approve(tx, wanted, by=by, why=why, at=clock.now())
    screen.console().print(f"{wanted}: {'approved' if new else 'it was approved already'}")


def show_the_night(at: datetime | None) -> None:
    """Show what a print night would send: by job class and sender, and in all."""
    with opened_database() as database:
        night = reserving.show_night(database, read_settings(), at or clock.now())
    rows = [
        (
            job_class,
            sender,
            row.letters,
            row.sheets,
            f"{row.weight_grams / 1000:.2f}",
            kroner(row.net_ore),
            ", ".join(sorted(row.unknown)),
        )
        for (job_class, sender), row in night.rows.items()
    ]
    every = night.rows.values()
    total = (
        "in all",
        "",
        sum(row.letters for row in every),
        sum(row.sheets for row in every),
        f"{sum(row.weight_grams for row in every) / 1000:.2f}",
        kroner(sum(row.net_ore for row in every)),
        "",
    )
    screen.show_rows(HEADINGS, [*rows, total])
    screen.console().print(f"expected by the prices of {night.posted_on:%d.%m.%Y}")
    screen.show_counts("letters that would wait", night.waiting)
    if night.kept_back:
        kept = [(sender, why, count) for (sender, why), count in night.kept_back.items()]
        screen.show_rows(("sender", "kept back for a person", "letters"), kept)
