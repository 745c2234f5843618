"""An invoice's whole life on both databases: every charge is billed once, and it adds up."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY, handed_over
from lxml import etree
from sqlalchemy import func, select
from vendor_writers import a_letter, written

from flows.database import issued_invoices
from flows.database.account_rules import keep_account_rules
from flows.database.ledger_tables import issued_invoices as table
from flows.database.ledger_tables import ledger, ledger_invoiced
from flows.database.prices import keep_price_list
from flows.database.reconciled_money import own_invoices
from flows.database.senders import all_senders, keep_senders
from flows.database.session import Database, reading, transaction
from flows.database.tables import charges
from flows.domain.account_rules import AccountRules
from flows.domain.crediting import Wanted
from flows.domain.invoicing import InvoiceState, Series
from flows.domain.price_list import parse_prices
from flows.domain.shipment import ShipmentId
from flows.domain.vendor_profile import NEUTRAL
from flows.errors import NeedsAPerson
from flows.receipts.ingestion import book_file, stage_receipts
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.settings import InvoiceSettings, Settings
from reports.invoicing import issuing
from reports.invoicing.issuing import draft_month, export, freeze_month
from reports.invoicing.posting_file import posting_file

pytestmark = pytest.mark.integration

DAY = MONDAY + timedelta(days=3)
AFTER = datetime(2026, 12, 7, 9, tzinfo=UTC)
PRICES = "\n".join(
    f'[[price]]\nsku = "{sku}"\nprice_ore = "{ore}"\nvalid_from = 2026-01-01\n'
    for sku, ore in {"PRINT-SH-SIDE": "42", "KONV-AUTO-C5": "45", "EKSTRAARK-AUTO": "45"}.items()
)


class Office:
    """A finance office with a month of letters."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.settings = Settings(
            home=home,
            invoice=InvoiceSettings(
                seller_name="Brevhuset IKS",
                seller_organisation_number="987654325",
                seller_street="Storgata 1",
                seller_postcode="8900",
                seller_city="Brønnøysund",
                seller_in_business_register=True,
                bank_account="15032080119",
            ),
        )
        with transaction(database) as tx:
            keep_price_list(tx, parse_prices(PRICES))

    def letters(self, count: int) -> list[ShipmentId]:
        found = handed_over(self.database, count)
        self.pieces = {one: number for number, one in enumerate(found, start=1)}
        return found

    def book(self, letters: list[ShipmentId], at: Any = DAY, **changes: object) -> None:
        lines = [a_letter(self.pieces[one], shipment_id=one, **changes) for one in letters]
        content = written(lines, NEUTRAL)
        read = read_receipt_file(content, customer="SVAR")
        assert isinstance(read, ReceiptFile), read
        sha256 = hashlib.sha256(content).hexdigest()
        stage_receipts(self.database, "default", "a.csv", sha256, read, at)
        book_file(self.database, sha256, at)

    def set_up(self, **changes: object) -> None:
        with transaction(self.database) as tx:
            senders = list(all_senders(tx).values())
            keep_senders(tx, [replace(one, **changes) for one in senders])  # type: ignore[arg-type]

    def draft(self, month: str = "2026-11", now: datetime = AFTER) -> list[issued_invoices.Issued]:
        return draft_month(self.database, self.settings, month, now)

    def approve(self, *named: str, month: str = "2026-11", now: datetime = AFTER) -> list[str]:
        done, _ = issuing.approve(
            self.database, self.settings, named, month, by="KA", why="first month", now=now
        )
        return [one.id for one in done]

    def freeze(self, now: datetime = AFTER) -> issuing.Frozen:
        return freeze_month(self.database, self.settings, by="KA", now=now)

    def issue(self) -> issued_invoices.Issued:
        """Take the only draft of November to frozen."""
        (one,) = self.draft()
        self.approve(one.id)
        (frozen,) = self.freeze().invoices
        return frozen

    def all(self) -> list[Any]:
        with reading(self.database) as tx:
            return list(tx.execute(select(table).order_by(table.c.id)).all())

    def adds_up(self) -> bool:
        with reading(self.database) as tx:
            billed = tx.scalar(
                select(func.sum(ledger.c.billed_ore)).where(ledger.c.category == "USAGE")
            )
            return (
                own_invoices(tx) == []
                and issued_invoices.missing_numbers(tx, Series.OUTGOING) == []
                and billed == tx.scalar(select(func.sum(charges.c.net_ore)))
            )


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


def test_a_month_is_drafted_approved_frozen_and_sent(office: Office, tmp_path: Path) -> None:
    office.book(office.letters(3))
    office.set_up(invoice_reference="4711")

    frozen = office.issue()
    sent = export(office.database, office.settings, tmp_path / "out", by="KA", now=AFTER)

    assert (frozen.number, frozen.state) == (10001, InvoiceState.FROZEN)
    assert frozen.net_ore == 3 * (260 + 1992)
    assert [one.number for one in sent] == [10001]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["10001.pdf", "10001.xml"]
    xml = etree.fromstring((tmp_path / "out" / "10001.xml").read_bytes())
    assert xml.findtext(".//{*}PayableAmount") == "84.45"
    assert office.adds_up()


def test_a_draft_is_made_anew_when_late_receipts_come(office: Office) -> None:
    letters = office.letters(3)
    office.set_up(invoice_reference="4711")
    office.book(letters[:2])
    (first,) = office.draft()

    office.book(letters[2:], datetime(2026, 12, 4, 9, tzinfo=UTC))
    (second,) = office.draft()

    assert (first.id, first.net_ore) == (second.id, 2 * (260 + 1992))
    assert second.net_ore == 3 * (260 + 1992)
    assert office.adds_up()


def test_nothing_is_approved_while_late_receipts_may_come(office: Office) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="4711")
    office.draft()

    with pytest.raises(NeedsAPerson, match=r"still come until 06\.12\.2026"):
        office.approve(now=datetime(2026, 12, 5, 12, tzinfo=UTC))


def test_a_receipt_after_the_invoice_goes_on_the_next_month(office: Office) -> None:
    letters = office.letters(2)
    office.set_up(invoice_reference="4711")
    office.book(letters[:1])
    office.issue()

    office.book(letters[1:], datetime(2026, 12, 20, 9, tzinfo=UTC))
    (december,) = office.draft("2026-12", datetime(2027, 1, 7, tzinfo=UTC))

    assert (december.billing_period, december.net_ore) == ("2026-12", 260 + 1992)
    assert office.adds_up()


def test_a_correction_of_less_than_nothing_waits_for_the_next_month(office: Office) -> None:
    letters = office.letters(2)
    office.set_up(invoice_reference="4711")
    office.book(letters[:1])
    office.issue()
    late = datetime(2026, 12, 20, 9, tzinfo=UTC)
    office.book(letters[:1], late, postage_ore=1400, kind="korreksjon")
    (december,) = office.draft("2026-12", datetime(2027, 1, 7, tzinfo=UTC))

    with pytest.raises(NeedsAPerson, match="negative invoice is not sent"):
        office.approve(december.id, month="2026-12", now=datetime(2027, 1, 7, tzinfo=UTC))

    office.book(letters[1:], datetime(2027, 1, 20, 9, tzinfo=UTC))
    (january,) = office.draft("2027-01", datetime(2027, 2, 7, tzinfo=UTC))
    assert december.net_ore == 1400 - 1992
    assert january.net_ore == 1400 - 1992 + 260 + 1992
    assert len(office.all()) == 2
    assert office.adds_up()


def test_a_credited_invoice_is_billed_again_once(office: Office) -> None:
    office.book(office.letters(2))
    office.set_up(invoice_reference="4711")
    frozen = office.issue()

    for _ in range(2):
        note = issuing.credit(
            office.database, str(frozen.number), bill_again=True, by="KA", why="x", now=AFTER
        )
    (credit_note,) = office.freeze().invoices
    (again,) = office.draft("2026-12", datetime(2027, 1, 7, tzinfo=UTC))

    assert (note.net_ore, credit_note.number) == (-frozen.net_ore, 10002)
    assert (again.net_ore, again.billing_period) == (frozen.net_ore, "2026-12")
    xml = etree.fromstring((office.settings.invoices_folder / "10002.xml").read_bytes())
    assert etree.QName(xml).localname == "CreditNote"
    assert xml.findtext(".//{*}BillingReference//{*}ID") == "10001"
    assert xml.findtext(".//{*}PayableAmount") == "56.30"
    assert [one.state for one in office.all() if one.id == frozen.id] == ["CREDITED"]
    assert office.adds_up()


def test_a_credited_invoice_can_be_written_off(office: Office) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="4711")
    frozen = office.issue()

    issuing.credit(office.database, frozen.id, bill_again=False, by="KA", why="x", now=AFTER)

    assert office.draft("2026-12", datetime(2027, 1, 7, tzinfo=UTC)) == []
    assert office.adds_up()


def test_what_breaks_a_rule_uses_no_number_and_stops_nobody(office: Office) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="4711")
    (one,) = office.draft()
    office.approve(one.id)
    wrong = office.settings.invoice.model_copy(update={"bank_account": "15032080118"})
    settings = office.settings.model_copy(update={"invoice": wrong})

    refused = freeze_month(office.database, settings, by="KA", now=AFTER)

    assert refused.invoices == ()
    assert "account number's check digit" in refused.refused[one.id]
    (frozen,) = office.freeze().invoices
    assert frozen.number == 10001


def test_a_sender_without_a_reference_is_left_for_a_person(office: Office) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="")

    (one,) = office.draft()

    assert "has no invoice_reference" in one.unusual
    assert office.approve() == []
    with pytest.raises(NeedsAPerson, match="has no invoice_reference"):
        office.approve(one.id)


def test_within_one_legal_entity_a_posting_file_takes_the_place_of_an_invoice(
    office: Office,
) -> None:
    office.book(office.letters(2))
    with reading(office.database) as tx:
        (own,) = {one.organisation_number for one in all_senders(tx).values()}
    inside = office.settings.invoice.model_copy(update={"seller_organisation_number": own})
    office.settings = office.settings.model_copy(update={"invoice": inside})

    frozen = office.issue()

    assert (frozen.series, frozen.vat_ore) == (Series.INTERNAL, 0)
    content = (office.settings.invoices_folder / "intern-10001.csv").read_text("utf-8-sig")
    assert content.splitlines()[0] == "Bilag;Periode;Konteringskode;Tekst;Debet;Kredit"
    assert content.splitlines()[-1] == "I10001;2026-11;;Motpost print og porto;;45,04"


def test_an_account_code_can_name_another_payer(office: Office) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="4711")
    with transaction(office.database) as tx:
        (own,) = {one.organisation_number for one in all_senders(tx).values()}
        (code,) = set(tx.scalars(select(charges.c.account_code)))
        keep_account_rules(
            tx, [AccountRules(own, payers={code: "974760673"}, default=code)], DAY.date()
        )

    (one,) = office.draft()

    assert (one.payer, one.id.endswith("-974760673")) == ("974760673", True)
    assert "no sender has the payer's organisation number 974760673" in one.unusual


def test_a_dry_run_keeps_nothing(office: Office) -> None:
    office.book(office.letters(1))

    shown = draft_month(office.database, office.settings, "2026-11", AFTER, dry_run=True)

    assert [one.net_ore for one in shown] == [260 + 1992]
    assert office.all() == []
    with reading(office.database) as tx:
        assert tx.scalar(select(func.count()).select_from(ledger)) == 0


def test_a_file_that_is_not_what_was_frozen_is_not_sent(office: Office, tmp_path: Path) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="4711")
    office.issue()
    (office.settings.invoices_folder / "10001.pdf").write_bytes(b"other")

    with pytest.raises(NeedsAPerson, match="not what was frozen"):
        export(office.database, office.settings, tmp_path / "out", by="KA", now=AFTER)


def test_the_database_bills_an_entry_once(office: Office) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="4711")
    office.issue()

    with reading(office.database) as tx:
        times = tx.execute(
            select(func.count()).select_from(ledger_invoiced).group_by(ledger_invoiced.c.ledger_id)
        )
        assert set(times.scalars()) == {1}
    assert office.draft() == []


def test_a_dry_run_of_freezing_judges_everything_and_uses_no_number(office: Office) -> None:
    office.book(office.letters(1))
    office.set_up(invoice_reference="4711")
    (one,) = office.draft()
    office.approve(one.id)

    shown = freeze_month(office.database, office.settings, by="KA", now=AFTER, dry_run=True)

    assert [each.number for each in shown.invoices] == [10001]
    assert [each.state for each in office.all()] == [InvoiceState.APPROVED]
    assert not office.settings.invoices_folder.exists()
    (frozen,) = office.freeze().invoices
    assert frozen.number == 10001


def test_a_larger_posting_has_no_space_that_makes_it_text(office: Office) -> None:
    entry = {"account_code": "0410", "billed_ore": 123_456_78}

    content = posting_file("I1", "2026-11", [entry]).decode("utf-8-sig")

    assert "I1;2026-11;0410;Print og porto;123456,78;" in content


def credited(office: Office, number: int | None, *wanted: Wanted, **said: Any) -> Any:
    why = said.pop("why", "x")
    said = {"bill_again": False, **said}
    return issuing.credit(
        office.database, str(number), wanted=wanted, by="KA", why=why, now=AFTER, **said
    )


def test_parts_are_credited_and_never_more_than_is_left(office: Office) -> None:
    office.book(office.letters(3))
    office.set_up(invoice_reference="4711")
    frozen = office.issue()
    with reading(office.database) as tx:
        (postage,) = {
            one["invoice_line"]
            for one in issued_invoices.entries_on(tx, frozen.id)
            if one["kind"] == "POSTAGE"
        }

    for _ in range(2):  # the same again is the same
        first = credited(office, frozen.number, Wanted(postage, 1000))
    with pytest.raises(NeedsAPerson, match=r"49,76 kr is left of line \d, not 49,77 kr"):
        credited(office, frozen.number, Wanted(postage, 4977))
    rest = credited(office, frozen.number, Wanted(postage), why="the rest")
    with pytest.raises(NeedsAPerson, match="nothing is left of line"):
        credited(office, frozen.number, Wanted(postage), why="once more")
    all_ = credited(office, frozen.number)

    done = office.freeze()
    assert (first.net_ore, rest.net_ore, all_.net_ore) == (-1000, -4976, -780)
    assert done.refused == {}
    assert [one.number for one in done.invoices] == [10002, 10003, 10004]
    assert [one.state for one in office.all() if one.id == frozen.id] == ["CREDITED"]
    with reading(office.database) as tx:
        left = tx.execute(
            select(func.sum(ledger.c.billed_ore), func.sum(ledger.c.vat_ore)).group_by(
                ledger.c.shipment_id, ledger.c.sku
            )
        )
        assert set(left.all()) == {(0, 0)}
    assert office.draft("2026-12", datetime(2027, 1, 7, tzinfo=UTC)) == []
    assert office.adds_up()


def test_a_line_that_is_billed_again_can_be_credited_again(office: Office) -> None:
    office.book(office.letters(2))
    office.set_up(invoice_reference="4711")
    frozen = office.issue()
    later = datetime(2027, 1, 7, tzinfo=UTC)
    for amount in (30, 40):
        credited(office, frozen.number, Wanted(1, amount), bill_again=True)
    (again,) = office.draft("2026-12", later)
    office.approve(again.id, month="2026-12", now=later)
    office.freeze(later)

    note = credited(office, again.id)

    assert (again.net_ore, note.net_ore) == (70, -70)
    assert office.freeze(later).refused == {}
    assert office.adds_up()
