"""The invoice run: enter what is new, draft, approve, freeze, send, credit."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from flows import clock
from flows.database import credited_invoices, drafted_invoices, issued_invoices
from flows.database.account_rules import read_account_rules
from flows.database.issued_invoices import Issued
from flows.database.ledger import enter_charges
from flows.database.senders import all_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.domain.account_rules import AccountRules
from flows.domain.crediting import Wanted
from flows.domain.invoicing import InvoiceState, Series
from flows.domain.sender import Sender
from flows.errors import NeedsAPerson
from flows.settings import InvoiceSettings, Settings
from flows.wording import sentences
from reports.invoicing.building import build, fault_of
from reports.invoicing.drafting import drafts_of
from reports.invoicing.ehf import to_ehf
from reports.invoicing.ehf_rules import findings
from reports.invoicing.invoice import Invoice
from reports.invoicing.paper import to_pdf
from reports.invoicing.posting_file import posting_file
from reports.invoicing.published_rules import PublishedRules
from reports.whole_file import write_whole

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Office:
    """What every invoice of a run is made with, read once: thousands have as many senders."""

    settings: Settings
    senders: Mapping[str, Sender]
    rules: Mapping[str, AccountRules]
    """How account codes are read today, by organisation number."""
    published: PublishedRules | None


@dataclass(frozen=True)
class Frozen:
    """What a run of freezing did."""

    invoices: tuple[Issued, ...]
    refused: dict[str, str]
    """By id: why it was not frozen; it stays approved."""


def draft_month(
    database: Database, settings: Settings, month: str, now: datetime, *, dry_run: bool = False
) -> list[Issued]:
    """Enter new charges in the ledger and make a month's drafts anew; return them.

    Safe at any time and again: an approved or frozen invoice is not touched. In a dry run the
    transaction is taken back.
    """
    own = _seller_is_known(settings)
    with transaction(database) as tx:
        enter_charges(tx, grace_days=own.grace_days)
        senders = {str(one): sender for one, sender in all_senders(tx).items()}
        drafts = drafts_of(
            month,
            drafted_invoices.open_entries(tx, month),
            seller=own.seller_organisation_number,
            rules=read_account_rules(tx, clock.oslo_date(now)),
            earlier=drafted_invoices.earlier_amounts(tx, month),
            percent=own.unusual_percent,
            fault_of=lambda sender, payer: fault_of(sender, payer, senders),
        )
        kept = drafted_invoices.keep_drafts(tx, month, drafts, now)
        if dry_run:
            tx.rollback()
    return kept


def approve(
    database: Database,
    settings: Settings,
    named: Sequence[str],
    month: str,
    *,
    by: str,
    why: str,
    now: datetime,
) -> tuple[list[Issued], list[Issued]]:
    """Approve drafts; return those that are approved now, and those left for a person.

    named: ids; none means every usual draft of the month. An unusual one must be named, with why.
    Raises NeedsAPerson while late receipts may still come, when one is negative, or cannot go.
    """
    _must_be_over(month, settings.invoice, now)
    with transaction(database) as tx:
        drafts = [
            one
            for one in issued_invoices.invoices_of(tx, month)
            if one.state is InvoiceState.DRAFT and (not named or one.id in named)
        ]
        unknown = set(named) - {one.id for one in drafts}
        if unknown:
            raise NeedsAPerson(
                "no such draft in the month",
                where=", ".join(sorted(unknown)),
                do=f"list them: svarut invoice list --month {month}",
            )
        wanted = [one for one in drafts if not one.unusual or (named and why)]
        senders = {str(one): sender for one, sender in all_senders(tx).items()}
        for one in wanted:
            _can_go(one, fault_of(one.sender_id, one.payer, senders))
            issued_invoices.move(tx, one, InvoiceState.APPROVED, now, by=by, why=why)
    done = {one.id for one in wanted}
    return wanted, [one for one in drafts if one.id not in done]


def freeze_month(
    database: Database, settings: Settings, *, by: str, now: datetime, dry_run: bool = False
) -> Frozen:
    """Give every approved invoice and credit note its number and files, one transaction each.

    One that breaks a rule is not frozen, uses no number, and does not stop the next. In a dry
    run everything is made and judged, and nothing is kept.
    """
    own = _seller_is_known(settings)
    published = PublishedRules(own.rules_folder) if own.rules_folder else None
    today = clock.oslo_date(now)
    with reading(database) as tx:
        senders = {str(one): sender for one, sender in all_senders(tx).items()}
        office = Office(settings, senders, read_account_rules(tx, today), published)
        waiting = issued_invoices.with_state(tx, InvoiceState.APPROVED)
    frozen: list[Issued] = []
    refused: dict[str, str] = {}
    for one in waiting:
        try:
            with transaction(database) as tx:
                frozen.append(
                    issued_invoices.give_number(
                        tx,
                        one,
                        first=own.first_number,
                        issued_on=today,
                        due_on=today + timedelta(days=own.days_to_pay),
                        write=partial(_write, tx, office, keep=not dry_run),
                        at=now,
                        by=by,
                    )
                )
                if dry_run:
                    tx.rollback()
        except NeedsAPerson as fault:
            log.warning("not frozen invoice=%s", one.id)
            refused[one.id] = fault.what
    return Frozen(tuple(frozen), refused)


def export(
    database: Database, settings: Settings, target: Path, *, by: str, now: datetime
) -> list[Issued]:
    """Copy every frozen document that was not sent to a folder, and say that it is sent.

    The bytes are those that were frozen; raises NeedsAPerson when they are not. A run that is
    stopped copies the same files again.
    """
    with reading(database) as tx:
        waiting = issued_invoices.with_state(tx, InvoiceState.FROZEN)
    for one in waiting:
        for file, sha256 in files_of(one, settings).items():
            content = file.read_bytes() if file.is_file() else b""
            if hashlib.sha256(content).hexdigest() != sha256:
                raise NeedsAPerson(
                    "the file is not what was frozen",
                    where=str(file),
                    do="restore it from the copy; nothing more was sent",
                )
            write_whole(target / file.name, content)
        with transaction(database) as tx:
            issued_invoices.move(tx, one, InvoiceState.SENT, now, by=by)
    return waiting


def credit(
    database: Database,
    named: str,
    *,
    wanted: Sequence[Wanted] = (),
    bill_again: bool,
    by: str,
    why: str,
    now: datetime,
) -> Issued:
    """Take a frozen or sent invoice back, or parts of it; return its credit note, to be frozen."""
    with transaction(database) as tx:
        return credited_invoices.credit(
            tx,
            issued_invoices.find_invoice(tx, named),
            wanted=wanted,
            period=f"{clock.oslo_date(now):%Y-%m}",
            bill_again=bill_again,
            by=by,
            why=why,
            at=now,
        )


def files_of(one: Issued, settings: Settings) -> dict[Path, str]:
    """Return the files of a frozen document, each with its SHA-256."""
    name = f"{'intern-' if one.series is Series.INTERNAL else ''}{one.number}"
    folder = settings.invoices_folder
    if one.series is Series.INTERNAL:
        return {folder / f"{name}.csv": one.xml_sha256}
    return {folder / f"{name}.xml": one.xml_sha256, folder / f"{name}.pdf": one.pdf_sha256}


def _write(tx: Tx, office: Office, one: Issued, *, keep: bool) -> tuple[str, str]:
    """Make a document's files, judge them, and write them; return their SHA-256."""
    entries = issued_invoices.entries_on(tx, one.id)
    if one.series is Series.INTERNAL:
        contents = [posting_file(f"I{one.number}", one.billing_period, entries)]
    else:
        invoice = _whole(tx, office, one, entries)
        xml = to_ehf(invoice)
        found = [*findings(xml), *(office.published.findings(xml) if office.published else ())]
        if found:
            raise NeedsAPerson(
                "; ".join(f"{each.rule} {each.what}" for each in found[:5]),
                where=one.id,
                do="mend what it is about (the sender's set-up, settings invoice.*), and freeze",
            )
        contents = [xml, to_pdf(invoice)]
    hashes = [hashlib.sha256(content).hexdigest() for content in contents]
    if keep:
        for file, content in zip(files_of(one, office.settings), contents, strict=True):
            write_whole(file, content)
    return hashes[0], hashes[1] if len(hashes) > 1 else ""


def _whole(tx: Tx, office: Office, one: Issued, entries: Sequence[dict[str, Any]]) -> Invoice:
    credited = issued_invoices.find_invoice(tx, one.credits_id) if one.credits_id else None
    return build(
        one,
        entries,
        senders=office.senders,
        rules=office.rules,
        settings=office.settings.invoice,
        credited=credited,
        description=sentences("invoice.toml")["attachment"],
    )


def _seller_is_known(settings: Settings) -> InvoiceSettings:
    own = settings.invoice
    missing = [
        name
        for name in ("seller_name", "seller_organisation_number", "bank_account")
        if not getattr(own, name)
    ]
    if missing:
        raise NeedsAPerson(
            f"who invoices is not said: {', '.join(f'invoice.{name}' for name in missing)}",
            where="settings",
            do="set them; docs/invoices.md says what each is",
        )
    return own


def _must_be_over(month: str, own: InvoiceSettings, now: datetime) -> None:
    """Refuse to approve a month while receipts that belong to it may still come."""
    year, number = (int(part) for part in month.split("-"))
    after = date(year + number // 12, number % 12 + 1, 1) + timedelta(days=own.grace_days)
    if clock.oslo_date(now) < after:
        raise NeedsAPerson(
            f"late receipts of {month} still come until {after:%d.%m.%Y}",
            where="invoices",
            do="approve that day, or later; drafts can be made as often as wanted",
        )


def _can_go(one: Issued, fault: str) -> None:
    if one.net_ore < 0:
        raise NeedsAPerson(
            "a negative invoice is not sent; its entries go on the next month's",
            where=one.id,
            do="leave it a draft",
        )
    if fault and one.series is Series.OUTGOING:
        raise NeedsAPerson(fault, where=one.id, do="mend it: svarut senders import")
