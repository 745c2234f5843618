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
from flows.errors import NeedsAPerson
from flows.settings import read_settings

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


@vendors_app.command("certify")
def certify(
    folder: Annotated[Path, typer.Argument(help="A new folder, as the vendor's server is.")],
    vendor: Annotated[str, typer.Option(help="The profile's id.")] = DEFAULT,
    check: Annotated[
        bool, typer.Option("--check", help="Look at the vendor's answers in the folder.")
    ] = False,
) -> None:
    """Make test packages for a vendor, of every kind of letter; then check its answers to them."""
    from flows.certification.checking import check_answers  # noqa: PLC0415  -- every room
    from flows.certification.making import make_set  # noqa: PLC0415

    now = clock.now()
    if not check:
        with opened_database() as database, reading(database) as tx:
            profile = profile_on(tx, vendor, clock.oslo_date(now))
        made = make_set(folder, profile, now, read_settings().openpgp)
        screen.show_counts("the set", {trial.name: trial.tries for trial in made.trials})
        packages = {str(batch.package): f"{batch.letters} letters" for batch in made.batches}
        screen.show_counts("its packages", packages)
        return
    judged = check_answers(folder, now)
    wrong = [one for one in judged if one.wrong]
    screen.show_findings(judged)
    if wrong:
        raise NeedsAPerson(
            f"{len(wrong)} of {len(judged)} answers are not as they must be",
            where=str(folder),
            do="let the vendor mend what is listed, and check again; docs/guides/vendors.md",
        )


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
