"""What people see in a terminal: lists, one letter's walk, the day's figures."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.clock import OSLO
from flows.database.follow import Tally
from flows.domain.status import Status
from flows.errors import LetterError

NARROWEST = 140
"""Columns when the output goes to a file or a pipe, where nobody can say how wide it is."""

IDENTITY: Final = {
    Status.READ: "read",
    Status.PRINTED: "printed",
    Status.REJECTED: "rejected",
    Status.NOT_DELIVERED: "not delivered",
    Status.MANUALLY_HANDLED: "by hand",
}
"""Each final status by the word of the identity that says no letter is lost."""

ALWAYS_SAID: Final = {"read", "printed", "rejected", "open"}

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
"""An instant as events keep it; people are shown Norwegian time."""

ID_LENGTH = 36
"""A shipment's id is never cut: people copy it."""


def console(*, errors: bool = False) -> Console:
    """Return a console for results, or for errors."""
    piped = None if os.isatty(2 if errors else 1) else NARROWEST
    return Console(stderr=errors, highlight=False, width=piped, soft_wrap=piped is not None)


def local(instant: datetime | None) -> str:
    """Return an instant as people in Norway say it."""
    return instant.astimezone(OSLO).strftime("%d.%m.%Y %H:%M:%S") if instant else "–"


def norwegian_times(text: str) -> str:
    """Return a text with its instants as people in Norway say them."""
    return _INSTANT.sub(lambda found: local(datetime.fromisoformat(found[0])), text)


def show_error(fault: LetterError) -> None:
    """Say what happened, where, and what to do."""
    out = console(errors=True)
    out.print(f"[bold red]{type(fault).__name__}[/]: {fault.what}", markup=True)
    for label, text in (("where", fault.where), ("do", fault.do)):
        if text:
            out.print(f"  {label}: ", end="", style="bold")
            out.print(text, markup=False)


def show_summary(title: str, summary: Any) -> None:
    """Show what a flow answered: one line a count."""
    table = Table(title, "", box=None, show_header=True, header_style="bold", pad_edge=False)
    for name in getattr(summary, "__dataclass_fields__", {}):
        table.add_row(name.replace("_", " "), _value(getattr(summary, name)))
    console().print(table)


def show_tally(tally: Tally) -> None:
    """Show where the letters are, and whether any is lost: the parts add up to all, or not."""
    table = Table("where the letters are", "", box=None, pad_edge=False, header_style="bold")
    for status in Status:
        if tally[status]:
            table.add_row(str(status), str(tally[status]))
    console().print(table)
    parts = {IDENTITY[status]: tally[status] for status in IDENTITY} | {"open": tally.open}
    shown = [(name, count) for name, count in parts.items() if count or name in ALWAYS_SAID]
    console().print(
        f"{' + '.join(name for name, _ in shown)} = taken in:  "
        f"{' + '.join(str(count) for _, count in shown)} "
        f"{'=' if tally.adds_up else '≠'} {tally.taken_in}",
    )


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "–"
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return local(datetime.fromisoformat(value))
    return "–" if value is None else str(value)


def show_counts(title: str, counts: Mapping[str, Any]) -> None:
    """Show names and what belongs to each, if there is any."""
    if counts:
        table = Table(title, "", box=None, pad_edge=False, header_style="bold")
        for name, value in counts.items():
            table.add_row(name, str(value))
        console().print(table)


def show_changes(changes: Sequence[tuple[str, str, str, str]]) -> None:
    """Show what would change: whose, which field, from what, to what."""
    for sender, name, before, after in changes:
        console().print(f"[bold]{escape(sender)}[/] {name}")
        for label, value in (("is", before), ("would be", after)):
            console().print(f"  {label}: {value or '–'}", markup=False)


def show_findings(findings: Sequence[Any]) -> None:
    """Show what `svarut doctor` found: a line each, and what to do about the faults."""
    table = Table("", "what", "says", "do", box=None, pad_edge=False)
    for finding in findings:
        mark = "[green]ok[/]" if finding.well else "[red]fault[/]"
        table.add_row(mark, finding.what, finding.says, finding.do)
    console().print(table)


def show_fields(title: str, thing: Any) -> None:
    """Show a dataclass and those inside it: a line a field."""
    table = Table(title, "", box=None, pad_edge=False, header_style="bold")
    for name, value in _fields("", thing):
        table.add_row(name, _value(value))
    console().print(table)


def _fields(above: str, thing: Any) -> Iterator[tuple[str, Any]]:
    for name in getattr(thing, "__dataclass_fields__", {}):
        value = getattr(thing, name)
        if hasattr(value, "__dataclass_fields__"):
            yield from _fields(f"{above}{name}.", value)
        else:
            yield f"{above}{name}", value


def show_rows(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Show rows under headings; a time as Norwegians say it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        is_id = heading == "shipment"
        table.add_column(heading, no_wrap=is_id, min_width=ID_LENGTH if is_id else None)
    for row in rows:
        table.add_row(
            *(local(one) if isinstance(one, datetime) else _value(one) for one in row),
        )
    console().print(table)
