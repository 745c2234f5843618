"""Run, inspect and repair the pipeline from a terminal."""

import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from flows import screen
from flows.commands.instants import instant
from flows.commands.on_demand import OnDemand
from flows.commands.opened import opened_database
from flows.database import schema
from flows.domain.role import may_run, role_named
from flows.errors import ImpossibleState, LetterError, NeedsAPerson, TryAgainLater
from flows.local_prefect import flows_run_here
from flows.log_lines import log_from
from flows.settings import read_settings
from reports.deliverables import Format, Language

EXIT_CODES: Final[dict[type[LetterError], int]] = {
    ImpossibleState: 1,
    NeedsAPerson: 3,
    TryAgainLater: 4,
}
"""0 is well done, 2 is a mistyped command. docs/commands.md explains each."""

app = typer.Typer(
    cls=OnDemand,
    help="Letters from senders' inboxes to recipients: digital first, printed when unread.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # local variables hold names and numbers
)
database_app = typer.Typer(help="The project's own database.", no_args_is_help=True)
app.add_typer(database_app, name="db")


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


class Flow(StrEnum):
    """The flows that `svarut run` runs."""

    INTAKE = "intake"
    FEEDS = "feeds"
    DISPATCH = "dispatch"
    PRINT = "print"
    ACKNOWLEDGEMENTS = "acknowledgements"
    RECEIPTS = "receipts"
    RECONCILE = "reconcile"
    REPORTS = "reports"
    STATISTICS = "statistics"
    DRAFTS = "drafts"
    RETENTION = "retention"
    WATCH = "watch"


FLOWS: Final[dict[Flow, tuple[str, ...]]] = {
    Flow.INTAKE: ("flows.intake.flow:intake", "flows.intake.flow:feeds"),
    Flow.FEEDS: ("flows.intake.flow:feeds",),
    Flow.DISPATCH: ("flows.dispatch.flow:dispatch",),
    # Altinn is asked about tonight's candidates right before they are put in a batch.
    Flow.PRINT: ("flows.dispatch.flow:last_look", "flows.print_batch.flow:print_batch"),
    Flow.ACKNOWLEDGEMENTS: ("flows.print_batch.flow:acknowledgements",),
    Flow.RECEIPTS: ("flows.receipts.flow:receipts",),
    Flow.RECONCILE: ("flows.receipts.flow:reconcile",),
    Flow.REPORTS: ("reports.flow:reports",),
    Flow.STATISTICS: ("reports.flow:statistics",),
    Flow.DRAFTS: ("reports.invoicing.flow:drafts",),
    Flow.RETENTION: ("flows.intake.flow:retention",),
    Flow.WATCH: ("flows.watching.flow:watch",),
}
"""Which flows stand behind each word, in order."""


@app.callback()
def options(
    context: typer.Context,
    log_level: Annotated[
        str, typer.Option(help="How much is logged, to standard error: INFO says each step.")
    ] = "WARNING",
    log_format: Annotated[
        LogFormat,
        typer.Option(envvar="SVARUT_LOG_FORMAT", help="How: text for people, json for machines."),
    ] = LogFormat.TEXT,
) -> None:
    """Set what holds for every command."""
    log_from(log_level.upper(), log_format.value)
    _may_run(context.invoked_subcommand or "")


@app.command()
def run(
    flow: Annotated[Flow, typer.Argument(help="Which flow.")],
    at: Annotated[
        str,
        typer.Option(help="The time it is to be, for example 2026-11-26T01:30 (Oslo). Now."),
    ] = "",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would happen; change nothing, send nothing."),
    ] = False,
    month: Annotated[
        str, typer.Option(help="For reports: yyyy-mm, or last. The month of --at.")
    ] = "",
    language: Annotated[
        Language, typer.Option(help="For reports: bokmål, nynorsk or English.")
    ] = Language.BOKMAL,
    file_format: Annotated[
        Format, typer.Option("--format", help="For reports: a workbook, or its tables as files.")
    ] = Format.XLSX,
) -> None:
    """Run one flow now, in this process. A second run changes nothing."""
    settings = read_settings()
    when = instant(at)
    with flows_run_here(settings.home / ".prefect"):
        for path in FLOWS[flow]:
            if dry_run and path.endswith(":last_look"):
                continue  # it asks Altinn and writes down the answers: not a thing to do dry
            options: dict[str, Any] = {"at": when}
            if not path.endswith(":last_look"):
                options["dry_run"] = dry_run
            if flow in {Flow.REPORTS, Flow.STATISTICS}:
                options |= {"language": language, "file_format": file_format}
                options |= {"month": month} if month else {}
            if flow is Flow.RECONCILE:
                from flows.commands import reconciled  # noqa: PLC0415  -- every rule and its report

                reconciled.show_outcome(partial(_flow(path), **options))
            else:
                screen.show_summary(path.partition(":")[2], _flow(path)(**options))
    if flow is Flow.PRINT and dry_run:
        from flows.commands import nights  # noqa: PLC0415  -- the print room

        nights.show_the_night(when)


@app.command()
def doctor(
    here: Annotated[
        bool, typer.Option("--here", help="Only this machine: ask neither Altinn nor the vendor.")
    ] = False,
) -> None:
    """Hold the settings against the world; say everything that is wrong, at once."""
    from flows.doctor.examination import examine  # noqa: PLC0415  -- reaches for the network libraries

    findings = examine(read_settings(), here=here)
    screen.show_findings(findings)
    if any(not finding.well for finding in findings):
        raise typer.Exit(EXIT_CODES[NeedsAPerson])


@app.command()
def demo(
    letters: Annotated[
        Path | None,
        typer.Option(
            help="A folder with PDFs of your own, instead of made-up letters.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many letters to make up.")] = 240,
    folder: Annotated[
        Path, typer.Option(help="Where to work; emptied first if a demo made it.")
    ] = Path(".demo"),
    seed: Annotated[int, typer.Option(help="Another seed, other letters.")] = 1,
) -> None:
    """Take letters from inbox to workbook, three simulated days, all on this machine."""
    from flows.demo import run_demo  # noqa: PLC0415  -- brings every room along

    if not run_demo(folder, count=count, own_letters=letters, seed=seed):
        raise typer.Exit(EXIT_CODES[ImpossibleState])


@database_app.command("upgrade")
def upgrade() -> None:
    """Bring the database to the shape this version needs."""
    with opened_database(checked=False) as database:
        screen.console().print(f"the database is at revision {schema.upgrade(database)}")


def main() -> None:
    """Run the command `svarut`; errors are said, not thrown, and decide the exit code."""
    try:
        app()
    except LetterError as fault:
        screen.show_error(fault)
        sys.exit(next(code for kind, code in EXIT_CODES.items() if isinstance(fault, kind)))


def _may_run(command: str) -> None:
    """Refuse what the role of the settings may not do; faulty settings are said by the command."""
    try:
        role = role_named(read_settings().acting_as)
    except NeedsAPerson:
        return
    if not may_run(role, command):
        raise NeedsAPerson(
            f"the role {role} may not run this",
            where=f"svarut {command}, setting acting_as",
            do="ask an operator",
        )


def _flow(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
