"""The postcode register, read from Bring's file."""

from pathlib import Path
from typing import Annotated

import typer

from flows import screen
from flows.commands.acting import WhoElse, record_import
from flows.commands.opened import opened_database
from flows.database.postcodes import keep_postcodes
from flows.database.session import transaction
from flows.domain.postcode import parse_postcodes

app = typer.Typer(help="The postcode register.", no_args_is_help=True)


@app.command("import")
def import_postcodes(
    file: Annotated[Path, typer.Argument(help="Bring's register, tab-separated.", exists=True)],
    by: WhoElse = "",
) -> None:
    """Put a postcode register in the place of the one there is; intake then checks against it."""
    register = parse_postcodes(file.read_bytes())
    with opened_database() as database, transaction(database) as tx:
        keep_postcodes(tx, register)
        record_import(tx, "postcodes", file, by)
    screen.console().print(f"{len(register)} postcodes")
