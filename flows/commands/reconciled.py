"""What the nightly reconciliation shows on a screen."""

from collections.abc import Callable, Sequence

from rich.markup import escape
from rich.table import Table

from flows.database.item_history import ListedItem
from flows.domain.money import kroner
from flows.receipts.reconciliation import Identity, RuleResult
from flows.receipts.reconciling import DifferencesNeedAPerson, Reconciled
from flows.receipts.today import Today, age_group
from flows.screen import IDENTITY, console, local


def show_outcome(run: Callable[[], Reconciled]) -> None:
    """Run the reconciliation and show what it found, also when it ends in a person's hands."""
    try:
        show_reconciled(run())
    except DifferencesNeedAPerson as told:
        show_reconciled(told.reconciled)
        raise


def show_reconciled(found: Reconciled) -> None:
    """Show the headline, a line a rule, and the open items."""
    out = console()
    out.print(_headline(found.identity))
    table = Table("rule", "", "says", "kr", "not checked", box=None, pad_edge=False)
    for result in found.results:
        table.add_row(
            result.rule.code,
            _verdict(result),
            _says(result),
            _amount(result),
            escape(_not_checked(result)),
        )
    out.print(table)
    if found.items:
        show_items(found.items, found.today)
    out.print(
        f"{found.raised} new, {found.gone} no longer so, {len(found.items)} open, "
        f"{found.needs_a_person} wait for a person",
    )
    if found.file:
        out.print(f"report: {found.file}", markup=False)


def show_items(items: Sequence[ListedItem], today: Today) -> None:
    """Show items: which, how old on the vendor's calendar, how much, and who sees to it."""
    table = Table(box=None, pad_edge=False)
    for heading in ("code", "subject", "since", "days", "kr", "state", "what", "do"):
        table.add_column(heading, no_wrap=heading in {"code", "subject"})
    for one in items:
        age = today.working_days_since(one.kept.first_seen_at)
        table.add_row(
            one.kept.code,
            escape(one.kept.subject),
            local(one.kept.first_seen_at)[:16],
            f"{age} ({age_group(age)})",
            "" if one.kept.ore is None else kroner(one.kept.ore),
            escape(_state(one)),
            escape(one.what + (f" – {one.comment}" if one.comment else "")),
            escape(one.action),
        )
    console().print(table)


def _headline(identity: Identity) -> str:
    parts = {IDENTITY[status]: count for status, count in identity.parts.items()}
    shown = {**parts, "open": identity.open}
    sign = "=" if identity.holds else "≠"
    returned = f" ({identity.returned} of the printed came back)" if identity.returned else ""
    return (
        f"{' + '.join(shown)} {sign} taken in:  "
        f"{' + '.join(map(str, shown.values()))} {sign} {identity.taken_in}{returned}"
    )


def _verdict(result: RuleResult) -> str:
    if result.differences:
        return f"[yellow]{result.rule.severity.lower()}[/]"
    return "–" if result.whole_unchecked else "[green]ok[/]"


def _says(result: RuleResult) -> str:
    counts: dict[str, int] = {}
    for difference in result.differences:
        for kind, count in difference.counts.items():
            counts[kind] = counts.get(kind, 0) + count
    return ", ".join(f"{kind.replace('_', ' ')}: {count}" for kind, count in counts.items())


def _amount(result: RuleResult) -> str:
    known = [one.ore for one in result.differences if one.ore is not None]
    return kroner(sum(known)) if known else ""


def _not_checked(result: RuleResult) -> str:
    return ", ".join(
        f"{one.kind.replace('_', ' ')}{f' ({one.detail})' if one.detail else ''}"
        f"{f': {count}' if count > 1 else ''}"
        for one, count in result.unchecked
    )


def _state(one: ListedItem) -> str:
    if one.kept.closed_at is not None:
        return one.kept.closed_as.lower() or "closed"
    return f"taken by {one.kept.taken_by}" if one.kept.taken_by else "open"
