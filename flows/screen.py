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
from flows.database.follow import Event, Listed, Tally, Walk
from flows.domain.money import kroner
from flows.domain.status import FINAL, Status
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


def show_error(fault: LetterError) -> None:
    """Say what happened, where, and what to do."""
    out = console(errors=True)
    out.print(f"[bold red]{type(fault).__name__}[/]: {fault.what}", markup=True)
    for label, text in (("where", fault.where), ("do", fault.do)):
        if text:
            out.print(f"  {label}: ", end="", style="bold")
            out.print(text, markup=False)


def show_list(letters: Sequence[Listed]) -> None:
    """Show letters as a table, without anything personal."""
    table = Table(box=None)
    table.add_column("shipment", min_width=ID_LENGTH, no_wrap=True)
    for heading in ("sender", "reference", "status", "since", "due"):
        table.add_column(heading)
    for one in letters:
        table.add_row(
            one.id,
            one.sender_id,
            one.reference,
            one.status,
            local(one.status_at),
            local(one.due_at) if one.status not in FINAL else "",
        )
    console().print(table)


def show_walk(walk: Walk) -> None:
    """Show one letter's whole walk, step by step, from its events."""
    out, letter = console(), walk.letter
    out.print(f"[bold]{letter.id}[/]  {letter.status}  since {local(letter.status_at)}")
    out.print(
        f"sender {letter.sender_id}, reference {letter.reference}, "
        f"account code {walk.account_code or '–'}, "
        f"{walk.document_count} documents, {walk.page_count} pages",
        markup=False,
    )
    if walk.route:
        out.print(f"route {walk.route} ({walk.route_reason}), due {local(letter.due_at)}")
    table = Table("when", "what", "by", "detail", box=None, pad_edge=False)
    for event in walk.events:
        table.add_row(local(event.at), _what(event), event.actor, _detail(event.detail))
    out.print(table)
    for offer in walk.offers:
        out.print(
            f"offer {offer['channel']} {offer['state']}, key {offer['key']}, "
            f"reference {offer['channel_reference'] or '–'} {offer['reason']}",
            markup=False,
        )
    for piece in walk.pieces:
        left = "" if piece["live"] else " (left it again)"
        out.print(
            f"batch {piece['batch_id']} {piece['batch_status']}, piece {piece['number']}{left}, "
            f"{piece['sheets'] or '–'} sheets",
            markup=False,
        )
    for line in walk.receipts:
        out.print(
            f"receipt {line['file_sha256'][:12]} line {line['line']} {line['state']} "
            f"{line['reason']}",
            markup=False,
        )
    if walk.net_ore:
        out.print(f"cost {kroner(walk.net_ore)} kr without VAT")


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


def _what(event: Event) -> str:
    if event.to_status is None:
        return event.kind.replace("_", " ")
    return f"{event.from_status or '–'} → {event.to_status}"


def _detail(detail: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in detail.items())


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
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(
            *(local(one) if isinstance(one, datetime) else _value(one) for one in row),
        )
    console().print(table)
