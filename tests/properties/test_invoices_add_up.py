"""Laws of a ledger of ten thousand entries: each is billed once, and invoices are its sum."""

from collections import Counter
from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from invoices import an_invoice
from lxml import etree

from flows.database.drafted_invoices import Draft, OpenEntry
from flows.domain.account_rules import AccountRules
from flows.domain.invoicing import Series
from flows.domain.money import vat_of
from reports.invoicing.drafting import drafts_of
from reports.invoicing.ehf import to_ehf
from reports.invoicing.ehf_rules import findings
from reports.invoicing.invoice import Entry, InvoiceLine, lines_of

ENTRIES = 10_000
SELLER = "987654325"
ORGANISATIONS = (SELLER, "974760673", "310000108")
ARTICLES = ("PRINT-SH-SIDE", "KONV-AUTO-C5", "PORTO-BREV-20G", "PORTO-BREV-50G", "PRODUKSJON")


def a_ledger(seed: int) -> list[OpenEntry]:
    """Ten thousand entries of six senders in three months, some of them taken back."""
    random = Random(seed)
    entries = []
    for number in range(ENTRIES):
        sender = random.randrange(6)
        sign = -1 if random.random() < 0.05 else 1
        entries.append(
            OpenEntry(
                ledger_id=number,
                sender_id=f"sender-{sender}",
                organisation_number=ORGANISATIONS[sender % len(ORGANISATIONS)],
                account_code=random.choice(["0410", "0420", "0430-skole", ""]),
                sku=random.choice(ARTICLES),
                charged_on=date(2026, 9, 1) + timedelta(days=random.randrange(90)),
                quantity=sign * random.randrange(1, 9),
                billed_ore=sign * random.choice([0, 15, 42, 1992, random.randrange(10**7)]),
            )
        )
    return entries


def drafted(entries: list[OpenEntry]) -> list[Draft]:
    rules = {"974760673": AccountRules("974760673", payers={"0420": SELLER})}
    return drafts_of(
        "2026-11",
        entries,
        seller=SELLER,
        rules=rules,
        earlier={},
        percent=50,
        fault_of=lambda _sender, _payer: "",
    )


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10**6))
def test_what_is_billed_on_an_invoice_is_what_is_to_be_paid_without_vat(seed: int) -> None:
    ledger = {one.ledger_id: one for one in a_ledger(seed)}

    drafts = drafted(list(ledger.values()))

    assert Counter(entry for draft in drafts for entry in draft.lines) == Counter(ledger.keys())
    for draft in drafts:
        billed = sum(ledger[entry].billed_ore for entry in draft.lines)
        assert draft.net_ore == billed
        if draft.series is Series.INTERNAL:
            assert draft.vat_ore == 0
            continue
        document = to_ehf(an_invoice(*on_paper(draft, ledger)))
        said = etree.fromstring(document)
        assert said.findtext(".//{*}TaxExclusiveAmount") == as_text(billed)
        assert said.findtext(".//{*}PayableAmount") == as_text(billed + vat_of(billed))
        assert draft.vat_ore == vat_of(billed)
        assert findings(document) == []


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 0.9))
def test_drafts_of_what_is_left_bill_each_entry_once(seed: int, share: float) -> None:
    entries, random = a_ledger(seed), Random(seed)
    early = [one for one in entries if random.random() < share]

    first = drafted(early)
    again = drafted(early)
    gone = {entry for draft in first for entry in draft.lines}
    second = drafted([one for one in entries if one.ledger_id not in gone])

    assert first == again
    billed = Counter(entry for draft in (*first, *second) for entry in draft.lines)
    assert billed == Counter(range(ENTRIES))
    total = sum(draft.net_ore for draft in (*first, *second))
    assert total == sum(one.billed_ore for one in entries)


def on_paper(draft: Draft, ledger: dict[int, OpenEntry]) -> tuple[InvoiceLine, ...]:
    """Make an invoice's lines as freezing does: of the entries that stand on it."""
    found = [ledger[entry] for entry in draft.lines]
    lines, where = lines_of(
        Entry(
            one.ledger_id,
            one.sku,
            one.account_code,
            one.charged_on,
            one.quantity,
            one.billed_ore,
        )
        for one in found
    )
    assert where == draft.lines
    return lines


def as_text(ore: int) -> str:
    return f"{ore // 100}.{ore % 100:02d}"
