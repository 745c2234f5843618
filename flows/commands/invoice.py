"""Invoices to the senders: drafts, approval, numbers, files, credit notes."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.acting import WhoElse, record_import
from flows.commands.opened import opened_database
from flows.database import account_rules, issued_invoices
from flows.database.issued_invoices import Issued
from flows.database.session import reading, transaction
from flows.domain.account_rules import parse_account_rules
from flows.domain.money import kroner
from flows.errors import NeedsAPerson
from flows.settings import read_settings
from reports.invoicing import issuing

app = typer.Typer(help="Invoices to the senders.", no_args_is_help=True)

HEADINGS = ("id", "kind", "state", "number", "payer", "net kr", "VAT kr", "a person must look")

Month = Annotated[
    str, typer.Option(help="yyyy-mm; left out, the month before this.", metavar="YYYY-MM")
]
Who = Annotated[str, typer.Option("--by", help="Your name or initials; kept.")]
Why = Annotated[str, typer.Option("--why", help="The reason; kept.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what it would do, and keep nothing.")]


@app.command("list")
def list_invoices(month: Month = "") -> None:
    """List a month's invoices and credit notes."""
    with opened_database() as database, reading(database) as tx:
        _show(issued_invoices.invoices_of(tx, _month(month)))


@app.command()
def show(
    named: Annotated[str, typer.Argument(help="The invoice's id, or its number.")],
) -> None:
    """Show an invoice, and everything that was done with it."""
    with opened_database() as database, reading(database) as tx:
        found = issued_invoices.find_invoice(tx, named)
        _show([found])
        for at, act, by, why in issued_invoices.acts_of(tx, found.id):
            screen.console().print(f"{screen.local(at)}  {act} by {by}  {why}", markup=False)
        entries = issued_invoices.entries_on(tx, found.id)
    total = sum(entry["billed_ore"] for entry in entries)
    screen.console().print(f"{len(entries)} entries of the ledger, {kroner(total)} kr")
    for file in issuing.files_of(found, read_settings()) if found.number else ():
        screen.console().print(str(file), markup=False)


@app.command()
def draft(month: Month = "", dry_run: DryRun = False) -> None:
    """Make a month's drafts anew from the receipts that have come; as often as wanted."""
    with opened_database() as database:
        kept = issuing.draft_month(
            database, read_settings(), _month(month), clock.now(), dry_run=dry_run
        )
    _show(kept)
    if dry_run:
        screen.console().print("nothing was kept")


@app.command()
def approve(
    by: Who,
    named: Annotated[
        list[str] | None,
        typer.Argument(help="Ids; left out, every draft that no person must look at."),
    ] = None,
    month: Month = "",
    why: Why = "",
) -> None:
    """Approve drafts once the month's late receipts have come.

    What differs much from the usual is approved by its id, with --why.
    """
    with opened_database() as database:
        done, left = issuing.approve(
            database,
            read_settings(),
            named or [],
            _month(month),
            by=by,
            why=why,
            now=clock.now(),
        )
    _show(done)
    if left:
        screen.console().print("\nleft for a person; approve by id, with --why:")
        _show(left)
        raise typer.Exit(3)


@app.command()
def freeze(by: Who, dry_run: DryRun = False) -> None:
    """Give approved invoices and credit notes their numbers and files; nothing changes after."""
    with opened_database() as database:
        done = issuing.freeze_month(
            database, read_settings(), by=by, now=clock.now(), dry_run=dry_run
        )
    _show(done.invoices)
    for id_, fault in done.refused.items():
        screen.console(errors=True).print(f"{id_}: {fault}", markup=False)
    if dry_run:
        screen.console().print("nothing was kept")
    if done.refused:
        raise typer.Exit(3)


@app.command()
def export(
    to: Annotated[Path, typer.Option(help="A folder that the access point reads.")], by: Who
) -> None:
    """Copy what was frozen and not sent to a folder, and say that it is sent."""
    with opened_database() as database:
        _show(issuing.export(database, read_settings(), to, by=by, now=clock.now()))


@app.command()
def credit(
    named: Annotated[str, typer.Argument(help="The invoice's id, or its number.")],
    by: Who,
    why: Why,
    bill_again: Annotated[
        bool, typer.Option(help="Put the same charges on the next draft.")
    ] = True,
) -> None:
    """Take a whole invoice back: its credit note waits to be frozen."""
    if not why:
        raise typer.BadParameter("say why", param_hint="--why")
    with opened_database() as database:
        _show(
            [
                issuing.credit(
                    database, named, bill_again=bill_again, by=by, why=why, now=clock.now()
                )
            ]
        )


@app.command()
def rules(
    file: Annotated[Path, typer.Argument(help="TOML; see docs/invoices.md.", exists=True)],
    valid_from: Annotated[str, typer.Option(help="The first day, yyyy-mm-dd.")],
    by: WhoElse = "",
) -> None:
    """Import how organisations' account codes are read, from a day on."""
    wanted = parse_account_rules(file.read_text(encoding="utf-8"))
    try:
        begins = date.fromisoformat(valid_from)
    except ValueError:
        raise typer.BadParameter("write it as 2026-11-01", param_hint="--valid-from") from None
    with opened_database() as database, transaction(database) as tx:
        count = account_rules.keep_account_rules(tx, wanted, begins)
        record_import(tx, "account rules", file, by, begins=begins.isoformat())
    screen.console().print(f"rules of {count} organisations, from {begins:%d.%m.%Y}")


def _show(invoices: list[Issued] | tuple[Issued, ...]) -> None:
    screen.show_rows(
        HEADINGS,
        [
            (
                one.id,
                one.kind.lower().replace("_", " "),
                one.state.value.lower(),
                one.number or "",
                one.payer,
                kroner(one.net_ore),
                kroner(one.vat_ore),
                one.unusual,
            )
            for one in invoices
        ],
    )


def _month(text: str) -> str:
    """Return the month that is meant; without one, the month before this."""
    if not text:
        first = clock.oslo_date(clock.now()).replace(day=1)
        return f"{date.fromordinal(first.toordinal() - 1):%Y-%m}"
    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        raise NeedsAPerson(f"{text!r} is no month", where="--month", do="write 2026-11") from None
