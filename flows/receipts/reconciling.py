"""Look at everything every night: keep what does not agree, close what does again, report."""

import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from flows.clock import oslo_date
from flows.database import item_history
from flows.database.item_history import ItemFigures, ListedItem
from flows.database.reconciled import read_facts
from flows.database.session import Database, Tx, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.reconciliation import (
    ClosedAs,
    Difference,
    Facts,
    Limits,
    Severity,
)
from flows.errors import NeedsAPerson
from flows.object_archive import open_archive
from flows.receipts import reconciliation_report
from flows.receipts.due_answers import with_due_answers
from flows.receipts.item_life import Becomes, Change, changes
from flows.receipts.reconciliation import (
    RULES,
    Identity,
    RuleResult,
    identity_of,
    reconcile,
)
from flows.receipts.today import Today
from flows.settings import Settings
from flows.sftp import OUR_DISK, our_disk_is_full

log = logging.getLogger(__name__)

RULE_OF_CODE: Final = {code: rule for rule in RULES for code in rule.item_codes}
LETTER_SHOWN: Final = 8
"""So many characters of a shipment's id; `svarut show` needs no more."""

TAKEN_WORKING_DAYS: Final = 10
"""What somebody has taken asks for nobody else, for so long."""


@dataclass(frozen=True)
class Reconciled:
    """What one night's look found."""

    today: Today
    identity: Identity
    results: Sequence[RuleResult]
    items: Sequence[ListedItem]
    """Those open after this look; in a dry run those open before it."""
    raised: int
    gone: int
    needs_a_person: int
    """Open items that matter and that nobody has taken, or not lately."""
    file: str = ""
    """Where the report lies; empty in a dry run."""


class DifferencesNeedAPerson(NeedsAPerson):
    """The look was well done, and somebody must see to what it found; it carries the report."""

    def __init__(self, reconciled: Reconciled) -> None:
        """Say how much there is to see to."""
        super().__init__(
            f"{reconciled.needs_a_person} items wait for a person",
            where=reconciled.file,
            do="svarut items list shows them; svarut items take CODE SUBJECT says who sees to one",
        )
        self.reconciled = reconciled


def look(database: Database, settings: Settings, now: datetime) -> Reconciled:
    """Hold everything against every rule, and write nothing."""
    with reading(database) as tx:
        today = today_at(tx, settings, now)
        facts = _read(tx, settings, today)
        results = reconcile(facts, today)
        kept = item_history.kept_items(tx, RULE_OF_CODE)
        items = item_history.listed_items(tx)
    becoming = changes(kept, results)
    return _reconciled(today, facts, results, items, becoming)


def look_and_keep(database: Database, settings: Settings, now: datetime) -> Reconciled:
    """Hold everything against every rule, keep what becomes of the items, write the report.

    The items are kept in one transaction, and the report is made of what is kept: killed in
    between, the next run changes nothing more and writes the same report.
    """
    with reading(database) as tx:
        today = today_at(tx, settings, now)
        facts = _read(tx, settings, today)
    results = reconcile(facts, today)
    with transaction(database) as tx:
        becoming = changes(item_history.kept_items(tx, RULE_OF_CODE), results)
        _keep(tx, becoming, now)
        items = item_history.listed_items(tx)
    file = settings.reports_folder / f"avstemming-{oslo_date(now):%Y-%m-%d}.csv"
    reconciled = replace(_reconciled(today, facts, results, items, becoming), file=str(file))
    _write(file, reconciliation_report.summary(reconciled.identity, results, items))
    _write(_beside(file, "avvik"), reconciliation_report.items(items, today))
    _write(_beside(file, "brev"), reconciliation_report.letters(results))
    log.info("reconciled raised=%d gone=%d", reconciled.raised, reconciled.gone)
    return reconciled


def today_at(tx: Tx, settings: Settings, now: datetime) -> Today:
    """Return the moment on the calendar of the vendor's profile, and how much may differ."""
    profile = profile_on(tx, settings.vendor.profile, oslo_date(now))
    calendar = profile.calendar
    return Today(
        now,
        Limits(
            closed=frozenset(calendar.closed_days),
            receipt_working_days=calendar.receipts_within_working_days,
            machine_sheets=profile.paper.machine_sheets,
            posting_working_days=settings.reconcile.posting_working_days,
            invoice_days=settings.reconcile.invoice_days,
            looked_back_days=settings.reconcile.looked_back_days,
        ),
    )


def asks_for_somebody(item: ListedItem, today: Today) -> bool:
    """Say whether an open item waits for a person who has not come."""
    if item.kept.closed_at is not None:
        return False
    rule = RULE_OF_CODE.get(item.kept.code)
    if rule is not None and rule.severity is Severity.NOTE and item.kept.code == rule.code:
        return False  # what a flow tells of at once asks for somebody all the same
    old = today.working_days_since(item.kept.first_seen_at) > TAKEN_WORKING_DAYS
    return old or not item.kept.taken_by


def _read(tx: Tx, settings: Settings, today: Today) -> Facts:
    facts = read_facts(tx, now=today.now, looked_back_days=today.limits.looked_back_days)
    facts = with_due_answers(tx, settings.vendor.profile, facts)
    archive = open_archive(settings)
    return replace(
        facts,
        files=[
            replace(file, kept_well=_is_kept(archive.path_of(file.sha256), file.sha256))
            for file in facts.files
        ],
    )


def _is_kept(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest() == sha256


def _keep(tx: Tx, becoming: Collection[Change], now: datetime) -> None:
    def those(becomes: Becomes) -> list[Change]:
        return [one for one in becoming if one.becomes is becomes]

    item_history.raise_items(tx, _figures(those(Becomes.RAISED)), now)
    again = those(Becomes.REOPENED)
    item_history.update_items(tx, _figures([*those(Becomes.CHANGED), *again]))
    for change in again:
        item_history.record_acts(tx, [change.key], "reopened", now, why=change.why)
    gone = those(Becomes.GONE)
    if gone:
        keys, why = [one.key for one in gone], gone[0].why
        by = item_history.BY_ITSELF
        item_history.close_items(tx, keys, ClosedAs.GONE, at=now, by=by, why=why)
    item_history.note_gone(tx, [one.key for one in those(Becomes.GONE_AFTER)], now)


def _figures(becoming: Collection[Change]) -> list[ItemFigures]:
    return [_figure(one.difference) for one in becoming if one.difference is not None]


def _figure(difference: Difference) -> ItemFigures:
    rule = RULE_OF_CODE[difference.code]
    kinds = [
        f"{kind.replace('_', ' ')}{f': {count}' if count > 1 else ''}"
        for kind, count in difference.counts.items()
    ]
    shown = [letter[:LETTER_SHOWN] for letter in difference.letters]
    which = (
        f" ({', '.join(shown)})" if shown and difference.letters != (difference.subject,) else ""
    )
    return ItemFigures(
        code=difference.code,
        subject=difference.subject,
        what="; ".join(kinds) + which,
        action=rule.do,
        counts=difference.counts,
        ore=difference.ore,
        owner=rule.owner,
    )


def _reconciled(
    today: Today,
    facts: Facts,
    results: Sequence[RuleResult],
    items: Sequence[ListedItem],
    becoming: Collection[Change],
) -> Reconciled:
    new = {Becomes.RAISED, Becomes.REOPENED}
    return Reconciled(
        today=today,
        identity=identity_of(facts),
        results=results,
        items=items,
        raised=sum(one.becomes in new for one in becoming),
        gone=sum(one.becomes is Becomes.GONE for one in becoming),
        needs_a_person=sum(asks_for_somebody(one, today) for one in items),
    )


def _beside(file: Path, name: str) -> Path:
    return file.with_name(f"{file.stem}-{name}{file.suffix}")


def _write(file: Path, content: bytes) -> None:
    """Write a file whole, or not at all."""
    temporary = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(file)
    except OSError as fault:
        if fault.errno not in OUR_DISK:
            raise
        raise our_disk_is_full(str(file.parent)) from fault
