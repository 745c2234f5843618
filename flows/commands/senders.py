"""Who sends letters, and how: read from a file, held against what is kept, written again."""

from pathlib import Path
from typing import Annotated

import typer

from flows import screen
from flows.commands.acting import WhoElse, record_import
from flows.commands.opened import opened_database
from flows.database.senders import all_senders, keep_senders
from flows.database.session import reading, transaction
from flows.domain.sender import changes_to, parse_senders, to_toml

app = typer.Typer(help="Who sends letters, and how.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="TOML; see docs/senders.md.", exists=True)]


@app.command("import")
def import_senders(file: File, by: WhoElse = "") -> None:
    """Add and change senders from a file. None is removed."""
    wanted = parse_senders(file.read_text(encoding="utf-8"))
    with opened_database() as database, transaction(database) as tx:
        new, changed = keep_senders(tx, wanted)
        record_import(tx, "senders", file, by, new=new, changed=changed)
    screen.console().print(f"{new} new senders, {changed} changed")


@app.command("check")
def check_senders(file: File) -> None:
    """Show what importing a file would change, field by field; change nothing."""
    wanted = parse_senders(file.read_text(encoding="utf-8"))
    with opened_database() as database, reading(database) as tx:
        known = all_senders(tx)
    new = sum(each.id not in known for each in wanted)
    changes = {
        each.id: changes_to(known[each.id], each)
        for each in wanted
        if each.id in known and known[each.id] != each
    }
    screen.show_changes(
        [
            (sender, name, before, after)
            for sender, fields in changes.items()
            for name, (before, after) in fields.items()
        ],
    )
    screen.console().print(f"would be: {new} new senders, {len(changes)} changed")


@app.command("export")
def export_senders() -> None:
    """Write all senders as TOML to standard output, as `senders import` reads them."""
    with opened_database() as database, reading(database) as tx:
        typer.echo(to_toml(all_senders(tx).values()), nl=False)
