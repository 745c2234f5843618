"""Invoices to the senders: drafts, approval, numbers, files, credit notes."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import clock, screen
from flows.commands.acting import WhoElse, record_import
from flows.commands.months import month_or_last
from flows.commands.opened import opened_database
from flows.database import account_rules, credited_invoices, issued_invoices
from flows.database.issued_invoices import Issued
from flows.database.session import reading, transaction
from flows.domain.account_rules import parse_account_rules
from flows.domain.crediting import Standing, Wanted
from flows.domain.money import kroner, ore_from_kroner
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
        _show(issued_invoices.invoices_of(tx, month_or_last(month)))


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
        standing = credited_invoices.standing_of(tx, found.id)
    _show_lines(entries, standing)
    total = sum(entry["billed_ore"] for entry in entries)
    screen.console().print(f"{len(entries)} entries of the ledger, {kroner(total)} kr")
    for file in issuing.files_of(found, read_settings()) if found.number else ():
        screen.console().print(str(file), markup=False)


@app.command()
def draft(month: Month = "", dry_run: DryRun = False) -> None:
    """Make a month's drafts anew from the receipts that have come; as often as wanted."""
    with opened_database() as database:
        kept = issuing.draft_month(
            database, read_settings(), month_or_last(month), clock.now(), dry_run=dry_run
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
            month_or_last(month),
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
    line: Annotated[
        list[str] | None,
        typer.Option(help="A line, `2`, or kroner of it without VAT, `2=100,00`; may repeat."),
    ] = None,
    bill_again: Annotated[
        bool | None,
        typer.Option(
            "--bill-again/--no-bill-again",
            help="Put the same charges on the next draft. Left out: lines are, amounts are not.",
        ),
    ] = None,
) -> None:
    """Take an invoice back, or lines of it: the credit note waits to be frozen."""
    if not why:
        raise typer.BadParameter("say why", param_hint="--why")
    wanted = [_wanted(text) for text in line or []]
    if bill_again is None:
        bill_again = all(one.amount_ore is None for one in wanted)
    with opened_database() as database:
        note = issuing.credit(
            database,
            named,
            wanted=wanted,
            bill_again=bill_again,
            by=by,
            why=why,
            now=clock.now(),
        )
    _show([note])


def _show_lines(entries: list[dict[str, Any]], standing: list[Standing]) -> None:
    """Show each line, and what credit notes have left of it."""
    billed: dict[int, int] = defaultdict(int)
    left: dict[int, int] = defaultdict(int)
    about = {one["invoice_line"]: (one["sku"], one["account_code"]) for one in entries}
    for entry in entries:
        billed[entry["invoice_line"]] += entry["billed_ore"]
    for one in standing:
        left[one.line] += one.left_ore
    screen.show_rows(
        ("line", "article", "account code", "net kr", "not credited kr"),
        [(n, *about[n], kroner(billed[n]), kroner(left[n])) for n in sorted(about)],
    )


def _wanted(text: str) -> Wanted:
    number, _, amount = text.partition("=")
    try:
        return Wanted(int(number), ore_from_kroner(amount) if amount else None)
    except ValueError:
        raise typer.BadParameter("write 2, or 2=100,00", param_hint="--line") from None


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
