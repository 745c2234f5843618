"""Print vendors' profiles: import, export, show."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.acting import WhoElse, record_import
from flows.commands.opened import opened_database
from flows.database.session import reading, transaction
from flows.database.vendors import all_profiles, keep_profiles, profile_on
from flows.domain.vendor_profile import DEFAULT
from flows.domain.vendor_toml import parse_profiles, to_toml

vendors_app = typer.Typer(help="What is so about a print vendor, and when.", no_args_is_help=True)


@vendors_app.command("import")
def import_vendors(
    file: Annotated[Path, typer.Argument(help="TOML; see docs/vendors.md.", exists=True)],
    by: WhoElse = "",
) -> None:
    """Put the versions of each vendor in the file in the place of those there are."""
    wanted = parse_profiles(file.read_text(encoding="utf-8"))
    with opened_database() as database, transaction(database) as tx:
        keep_profiles(tx, wanted)
        record_import(tx, "vendors", file, by)
    vendors = len({one.id for one in wanted})
    screen.console().print(f"{len(wanted)} versions of {vendors} vendors")


@vendors_app.command("export")
def export_vendors() -> None:
    """Write all profiles as TOML to standard output, as `vendors import` reads them."""
    with opened_database() as database, reading(database) as tx:
        typer.echo(to_toml(all_profiles(tx)), nl=False)


@vendors_app.command("show")
def show_vendor(
    vendor: Annotated[str, typer.Argument(help="The profile's id.")] = DEFAULT,
    on: Annotated[str, typer.Option(help="The day, yyyy-mm-dd. Today.")] = "",
) -> None:
    """Show what holds for a vendor on a day, what is left at its default too."""
    try:
        day = date.fromisoformat(on) if on else clock.oslo_date(clock.now())
    except ValueError:
        raise typer.BadParameter(f"{on!r} is no day; write 2026-11-26") from None
    with opened_database() as database, reading(database) as tx:
        profile = profile_on(tx, vendor, day)
    screen.show_fields(f"{profile.id} on {day}", profile)
