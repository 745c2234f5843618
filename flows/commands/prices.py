"""The dated price list: read from a file, or only tried on a month."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows import screen
from flows.commands.acting import WhoElse, record_import
from flows.commands.months import bounds, month_or_last
from flows.commands.opened import opened_database
from flows.database.prices import keep_price_list, read_price_list
from flows.database.session import reading, transaction
from flows.database.used_articles import articles_used
from flows.domain.money import kroner
from flows.domain.price_list import (
    Price,
    PriceKind,
    PriceList,
    gaps,
    of_kind,
    overlaps,
    parse_prices,
    read_prices,
)
from flows.domain.price_trial import Sum, Tried, in_all, remarks, try_prices

app = typer.Typer(help="The dated price list.", no_args_is_help=True)

HEADINGS = ("sender", "article", "quantity", "now kr", "new kr", "difference kr", "unknown")

File = Annotated[Path, typer.Argument(help="TOML; see docs/prices.md.", exists=True)]


@app.command("import")
def import_prices(file: File, by: WhoElse = "") -> None:
    """Put a price list in the place of the one there is."""
    wanted = parse_prices(file.read_text(encoding="utf-8"))
    with opened_database() as database, transaction(database) as tx:
        keep_price_list(tx, wanted)
        record_import(tx, "prices", file, by)
    screen.console().print(f"{len(wanted)} prices")
    _show_gaps(wanted)


@app.command("try")
def try_list(
    file: File,
    month: Annotated[
        str,
        typer.Option(help="The month whose letters are priced; left out, the one before this."),
    ] = "",
    on: Annotated[
        str, typer.Option(help="Read the new list as if all were posted that day, yyyy-mm-dd.")
    ] = "",
) -> None:
    """Price a month's letters by another list, beside the one there is; write nothing."""
    day = _day(on)
    wanted = read_prices(file.read_text(encoding="utf-8"))
    both = overlaps(wanted)
    for each in both:
        screen.console().print(f"[red]overlap[/] {each}")
    _show_gaps(wanted)
    if both:
        raise typer.Exit(3)
    first, before = bounds(month_or_last(month))
    with opened_database() as database, reading(database) as tx:
        rows = try_prices(
            articles_used(tx, first=first, before=before),
            read_price_list(tx),
            PriceList(of_kind(wanted, PriceKind.CONTRACT)),
            on=day,
        )
    screen.show_rows(HEADINGS, [_shown(row) for row in [*rows, *in_all(rows)]])
    last = date.fromordinal(before.toordinal() - 1)
    for each in remarks(rows, wanted, last=last, on=day):
        screen.console().print(f"[yellow]note[/] {each}")
    screen.console().print(f"letters posted {first:%d.%m.%Y} to {last:%d.%m.%Y}; nothing was kept")


def _shown(row: Tried) -> tuple[object, ...]:
    difference = row.difference_ore
    unknown = {"now": row.old.unknown, "new": row.new.unknown}
    return (
        row.sender_id or "all",
        row.sku or "in all",
        row.quantity or "",
        _kroner(row.old),
        _kroner(row.new),
        "unknown" if difference is None else kroner(difference),
        ", ".join(f"{count} {name}" for name, count in unknown.items() if count),
    )


def _kroner(known: Sum) -> str:
    return "unknown" if known.unknown and not known.net_ore else kroner(known.net_ore)


def _show_gaps(wanted: Sequence[Price]) -> None:
    for gap in gaps(wanted):
        screen.console().print(f"[yellow]gap[/] {gap}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter("write it as 2027-01-01", param_hint="--on") from None
