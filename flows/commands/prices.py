"""The dated price list, read from a file."""

from pathlib import Path
from typing import Annotated

import typer

from flows import screen
from flows.commands.acting import WhoElse, record_import
from flows.commands.opened import opened_database
from flows.database.prices import keep_price_list
from flows.database.session import transaction
from flows.domain.price_list import gaps, parse_prices

app = typer.Typer(help="The dated price list.", no_args_is_help=True)


@app.command("import")
def import_prices(
    file: Annotated[Path, typer.Argument(help="TOML; see docs/prices.md.", exists=True)],
    by: WhoElse = "",
) -> None:
    """Put a price list in the place of the one there is."""
    wanted = parse_prices(file.read_text(encoding="utf-8"))
    with opened_database() as database, transaction(database) as tx:
        keep_price_list(tx, wanted)
        record_import(tx, "prices", file, by)
    screen.console().print(f"{len(wanted)} prices")
    for gap in gaps(wanted):
        screen.console().print(f"[yellow]gap[/] {gap}")
