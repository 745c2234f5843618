"""Each rule is silent where all agrees, and tells exactly when its own thing does not."""

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from conftest import ROOT
from small_world import (
    BATCH,
    FRIDAY,
    NIGHT,
    POSTED,
    SENDER,
    a_batch,
    a_file,
    a_letter,
    a_price_list,
    a_today,
    a_world,
    an_invoice,
    buckets,
    its_articles,
    unanswered,
)

from flows.domain.batch import BatchStatus
from flows.domain.price_list import PriceList
from flows.domain.reconciliation import (
    CreditNote,
    Facts,
    IdleLetter,
    LedgerGap,
    OwnInvoice,
    Repeat,
    ReturnedLetter,
    SenderMonth,
    SetAside,
    StrayCharge,
    Unproved,
    WaitingLetter,
)
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.receipts.reconciliation import RULES, identity_of, reconcile

L1, L2 = ShipmentId("letter-001"), ShipmentId("letter-002")
THURSDAY_NOON = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A world that breaks one rule, and what is told of it."""

    rule: str
    kind: str
    subject: str
    facts: Facts
    ore: int | None = None
    now: datetime = FRIDAY


def one_letter(**changes: Any) -> Facts:
    """The world, with its first letter changed."""
    return a_world(letters=[a_letter(1, **changes), a_letter(2)])


def receipted(**changes: Any) -> Facts:
    """The world, with its first receipt changed, and charges and invoice that follow it."""
    letter = a_letter(1, **changes)
    production, postage = letter.production_ore, letter.postage_ore
    charged = letter._replace(charged_production_ore=production, charged_postage_ore=postage)
    return a_world(letters=[charged, a_letter(2)], invoices=[an_invoice()])


def many(odd: int, count: int = 20) -> Facts:
    """Twenty letters of a kind and one that costs so much more; no price list, no invoice."""
    letters = [a_letter(number) for number in range(1, count + 1)]
    dear = a_letter(count + 1, production_ore=345 + odd, charged_production_ore=345 + odd)
    return Facts(
        letters=[*letters, dear],
        buckets=buckets(PRINTED=count + 1),
        batches=[a_batch(count + 1)],
    )


def months(**last: int) -> Facts:
    """Four months of 100 letters, 300 sheets and 500 sides, the last otherwise."""
    usual = SenderMonth(SENDER, date(2026, 7, 1), 100, 300, 500, 50)
    return Facts(
        months=[
            *(replace(usual, month=date(2026, month, 1)) for month in (7, 8, 9)),
            replace(usual, month=date(2026, 10, 1), **last),
        ],
    )


def returns(*returned: ReturnedLetter, letters: int = 20) -> Facts:
    return Facts(letters=[a_letter(n) for n in range(1, letters + 1)], returned=returned)


CASES = (
    Case(
        "A1", "due_and_in_no_batch", SENDER,
        a_world(waiting=[WaitingLetter(L1, SENDER, THURSDAY_NOON, capped=False)]),
    ),
    Case(
        "A1", "batch_has_not_left", BATCH,
        Facts(batches=[a_batch(status=BatchStatus.HANDING_OVER, created_at=NIGHT)]),
    ),
    Case("A2", "totals_differ_from_pieces", BATCH, a_world(batches=[a_batch(live_sheets=5)])),
    Case(
        "A3", "read_before_hand_over", BATCH,
        one_letter(read_at=NIGHT - timedelta(minutes=1)), ore=345 + 1990,
    ),
    Case("A4", "in_two_live_batches", L1, one_letter(live_pieces=2)),
    Case("A4", "same_letter_again", L1, a_world(repeats=[Repeat(L1, L2, timedelta(hours=47))])),
    Case(
        "B1", "no_answer", BATCH,
        a_world(letters=[], invoices=[], batches=[a_batch(status=BatchStatus.HANDED_OVER)]),
        now=NIGHT + timedelta(minutes=31),
    ),
    Case(
        "B1", "answer_differs", BATCH,
        Facts(batches=[a_batch(status=BatchStatus.HANDED_OVER, answer_differs=True)]),
    ),
    Case("B1", "package_refused", BATCH, Facts(batches=[a_batch(status=BatchStatus.REFUSED)])),
    Case(
        "B2", "no_receipt", BATCH, Facts(letters=[unanswered()]),
        now=datetime(2026, 11, 30, 4, 0, tzinfo=UTC),
    ),
    Case(
        "B3", "receipt_line_set_aside", "file-1",
        a_world(set_aside=[SetAside("file-1", "unknown", 2335, None)]), ore=2335,
    ),
    Case(
        "B3", "printed_though_ended", BATCH,
        a_world(set_aside=[SetAside("file-1", L1, 2335, 2300, BATCH)]), ore=2335,
    ),
    Case(
        "B4", "contradicting_receipts", L1,
        a_world(set_aside=[SetAside("file-1", L1, 2335, 2300)]), ore=35,
    ),
    Case("B5", "other_pages", BATCH, one_letter(document_pages=3)),
    Case("B5", "other_sheets", BATCH, one_letter(sheets=4)),
    Case("B5", "other_colour_pages", BATCH, one_letter(colour=True)),
    Case(
        "B5", "colour_not_asked_for", BATCH,
        Facts(letters=[a_letter(pages_black_white=4, pages_colour=1)]),
    ),
    Case(
        "B6", "enveloped_by_hand", BATCH,
        Facts(
            letters=[
                a_letter(
                    sheets_by_machine=0, extra_sheets_by_machine=0,
                    sheets_by_hand=3, extra_sheets_by_hand=2,
                ),
            ],
        ),
    ),
    Case("B7", "other_weight", BATCH, one_letter(weight_grams=25), ore=0),
    Case(
        "B7", "other_postage_band", BATCH,
        Facts(letters=[a_letter(weight_grams=20, postage_ore=1450, charged_postage_ore=1450,
                                )], prices=a_price_list()),
        ore=1450 - 1990,
    ),
    Case(
        "B8", "other_production_cost", BATCH,
        receipted(production_ore=347), ore=2,
    ),
    Case(
        "B8", "other_production_cost_in_all", BATCH,
        Facts(
            letters=[a_letter(production_ore=101, charged_production_ore=101)],
            prices=a_price_list(**{
                "PRINT-SH-SIDE": "11", "KONV-AUTO-C5": "15", "EKSTRAARK-AUTO": "15",
            }),
        ),
        ore=1,
    ),
    Case("B9", "other_postage", BATCH, receipted(postage_ore=1991), ore=1),
    Case(
        "B10", "posted_before_hand_over", BATCH,
        one_letter(posted_at=NIGHT - timedelta(hours=3), posted_on=date(2026, 11, 23)),
    ),
    Case(
        "B10", "posted_in_the_future", BATCH,
        one_letter(posted_at=FRIDAY + timedelta(hours=1), posted_on=date(2026, 11, 27)),
    ),
    Case(
        "B10", "posted_on_a_closed_day", BATCH,
        one_letter(posted_at=None, posted_on=date(2026, 11, 28)),
        now=datetime(2026, 11, 30, 4, 0, tzinfo=UTC),
    ),
    Case(
        "B10", "posted_late", BATCH,
        one_letter(posted_at=POSTED + timedelta(days=2), posted_on=date(2026, 11, 27)),
        now=datetime(2026, 11, 30, 4, 0, tzinfo=UTC),
    ),
    Case("B11", "other_account_code", BATCH, one_letter(echoed_code="410")),
    Case("B12", "file_set_aside", "file-1", a_world(files=[a_file(quarantined=True)])),
    Case("C1", "other_quantity", "2026-11", a_world(articles=its_articles()[1:])),
    Case(
        "C1", "other_unit_price", "2026-11",
        a_world(articles=its_articles(**{"PORTO-BREV-50G": "1992.5"})), ore=5,
    ),
    Case(
        "C1", "other_total", "2026-11",
        a_world(invoices=[an_invoice(net_ore=4670 + 1001, lines_net_ore=4670 + 1001)]), ore=1001,
    ),
    Case(
        "C1", "total_is_not_the_lines", "2026-11",
        a_world(invoices=[an_invoice(lines_net_ore=4669)]), ore=1,
    ),
    Case(
        "C2", "not_invoiced", BATCH, one_letter(invoiced=False), ore=345 + 1990,
        now=datetime(2027, 1, 25, 4, 0, tzinfo=UTC),
    ),
    Case(
        "C2", "invoice_line_without_receipt", "2026-11",
        a_world(invoices=[an_invoice(without_receipt=1, without_receipt_ore=1990)]), ore=1990,
    ),
    Case(
        "C3", "receipt_without_charges", BATCH,
        one_letter(charge_count=1, charged_postage_ore=0, charged_vat_ore=86), ore=1990 + 498,
    ),
    Case(
        "C3", "ledger_differs_from_receipt", BATCH, one_letter(charged_production_ore=346), ore=1
    ),
    Case("C3", "charge_without_receipt", L1, a_world(stray_charges=[StrayCharge(L1, 5)]), ore=5),
    Case(
        "C3", "charge_not_entered", L1, ore=1990,
        facts=a_world(ledger_gaps=[LedgerGap(L1, date(2026, 11, 20), 1990, entered=False)]),
    ),
    Case(
        "C3", "entries_differ_from_charge", L1, ore=10,
        facts=a_world(ledger_gaps=[LedgerGap(L1, FRIDAY.date(), 1990, True, 1980)]),
    ),
    Case(
        "C3", "invoice_differs_from_ledger", "2026-11-nordvik", ore=5,
        facts=a_world(own_invoices=[OwnInvoice("2026-11-nordvik", 100, 95)]),
    ),
    Case(
        "C6", "credit_note_without_invoice", "K-1",
        a_world(credit_notes=[CreditNote("K-1", None, False, 0, 100)]),
    ),
    Case(
        "C6", "credit_note_to_another", "K-1",
        a_world(credit_notes=[CreditNote("K-1", "I-1", False, 100, 100)]),
    ),
    Case(
        "C6", "credited_too_much", "K-1", ore=1,
        facts=a_world(credit_notes=[CreditNote("K-1", "I-1", True, 100, 101)]),
    ),
    Case(
        "C4", "charged_more_than_once", BATCH,
        one_letter(charge_count=4, charged_production_ore=690, charged_postage_ore=3980),
        ore=345 + 1990,
    ),
    Case("C5", "odd_cost", BATCH, many(odd=2000), ore=2000),
    Case("C5", "odd_number_of_letters", f"{SENDER} 2026-10",
         months(letters=151, sheets=453, pages=755, colour_pages=75)),
    Case("C5", "odd_share_of_colour", f"{SENDER} 2026-10", months(colour_pages=76)),
    Case("C5", "odd_number_of_sheets", f"{SENDER} 2026-10", months(sheets=451)),
    Case(
        "D1", "letters_do_not_add_up", SENDER,
        a_world(buckets=[*buckets(PRINTED=2, REJECTED=1)[:-1],
                         replace(buckets(PRINTED=2, REJECTED=1)[-1], letters=1)]),
    ),
    Case(
        "D1", "status_without_its_reason", SENDER,
        a_world(unproved=[Unproved(L1, SENDER, Status.PRINTED)]),
    ),
    Case("D1", "stands_still", SENDER, a_world(idle=[IdleLetter(L1, SENDER, WEDNESDAY)])),
    Case(
        "D2", "many_returned", SENDER,
        returns(*(ReturnedLetter(ShipmentId(f"letter-{n:03d}"), SENDER, date(2026, 12, 1), str(n))
                  for n in (1, 2))),
    ),
    Case(
        "D2", "address_returned_again", L1,
        returns(
            ReturnedLetter(L2, SENDER, date(2026, 12, 2), "same"),
            ReturnedLetter(L1, SENDER, date(2026, 12, 1), "same"),
            letters=0,
        ),
    ),
    Case("D3", "file_is_not_kept", "file-1", a_world(files=[a_file(kept_well=False)])),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.kind}")
def test_a_rule_tells_what_breaks_it_and_no_other_rule_does(case: Case) -> None:
    results = reconcile(case.facts, a_today(case.now))

    told = {
        (one.rule, kind, one.subject, one.ore)
        for result in results
        for one in result.differences
        for kind in one.counts
    }
    assert told == {(case.rule, case.kind, case.subject, case.ore)}


def test_where_everything_agrees_every_rule_is_silent_and_every_one_could_look() -> None:
    results = reconcile(a_world(), a_today())

    assert [one for result in results for one in result.differences] == []
    assert {result.rule.code for result in results if result.whole_unchecked} == set()
    assert identity_of(a_world()).holds


def test_every_rule_is_broken_by_some_case_but_the_one_that_has_no_facts_yet() -> None:
    assert {rule.code for rule in RULES} - {case.rule for case in CASES} == set()


def test_every_kind_of_difference_has_its_words_and_its_case() -> None:
    words = tomllib.loads((ROOT / "templates/reconciliation.toml").read_text(encoding="utf-8"))

    worded = {name.removeprefix("avvik_") for name in words if name.startswith("avvik_")}

    assert worded == {case.kind for case in CASES}


def test_an_empty_world_breaks_nothing() -> None:
    assert [result for result in reconcile(Facts(), a_today()) if result.differences] == []


PATIENCE = (
    # A letter due on Friday noon has had no print night on Sunday; on Monday at five it has.
    ("A1", a_world(waiting=[WaitingLetter(L1, SENDER, FRIDAY, capped=False)]), "2026-11-29", None),
    ("A1", a_world(waiting=[WaitingLetter(L1, SENDER, FRIDAY, capped=False)]), "2026-11-30", 1),
    # A sender with a cap a night may wait a week.
    ("A1", a_world(waiting=[WaitingLetter(L1, SENDER, FRIDAY, capped=True)]), "2026-12-03", None),
    ("A1", a_world(waiting=[WaitingLetter(L1, SENDER, FRIDAY, capped=True)]), "2026-12-04", 1),
    # Accepted on Tuesday: Wednesday, Thursday and Friday are the three days; the weekend is none.
    ("B2", Facts(letters=[unanswered()]), "2026-11-29", None),
    ("B2", Facts(letters=[unanswered()]), "2026-11-30", 1),
    # Not accepted yet: B1 asks for that.
    ("B2", Facts(letters=[unanswered(batch_status=BatchStatus.HANDED_OVER)]), "2026-12-30", None),
    ("D1", Facts(idle=[IdleLetter(L1, SENDER, FRIDAY)]), "2026-11-30", None),
    ("D1", Facts(idle=[IdleLetter(L1, SENDER, FRIDAY)]), "2026-12-01", 1),
    # The 60th day after Wednesday is a Sunday in January.
    ("C2", one_letter(invoiced=False), "2027-01-24", None),
    ("C2", one_letter(invoiced=False), "2027-01-25", 1),
)


@pytest.mark.parametrize(("rule", "facts", "day", "count"), PATIENCE)
def test_a_rule_waits_as_long_as_its_page_says(
    rule: str, facts: Facts, day: str, count: int | None
) -> None:
    now = datetime.fromisoformat(f"{day}T05:00+01:00")

    (result,) = [one for one in reconcile(facts, a_today(now)) if one.rule.code == rule]

    assert len(result.found) == (count or 0)


def test_the_vendors_closing_days_are_no_working_days() -> None:
    facts = Facts(letters=[unanswered()])
    monday = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
    closed = frozenset({date(2026, 11, 26)})

    open_all_week = reconcile(facts, a_today(monday))
    closed_on_thursday = reconcile(facts, a_today(monday, closed=closed))

    assert sum(len(one.found) for one in open_all_week) == 1
    assert sum(len(one.found) for one in closed_on_thursday) == 0


def test_what_has_no_price_is_said_not_passed_over() -> None:
    facts = a_world(prices=PriceList(()), invoices=[], articles=[])

    results = {one.rule.code: one for one in reconcile(facts, a_today())}

    assert results["B8"].differences == ()
    assert [(one.kind, count) for one, count in results["B8"].unchecked] == [("no_price", 2)]
    assert results["B8"].not_looked_at == {BATCH}
    assert [one.detail for one, _ in results["B9"].unchecked] == ["PORTO-BREV-50G"]


def test_a_batch_is_one_difference_however_many_letters_it_is_about() -> None:
    letters = [unanswered(number) for number in range(1, 501)]

    results = reconcile(Facts(letters=letters), a_today(datetime(2026, 12, 1, 4, 0, tzinfo=UTC)))

    (difference,) = [one for result in results for one in result.differences]
    assert (difference.code, difference.subject) == ("B2", BATCH)
    assert difference.counts == {"no_receipt": 500}
    assert difference.letters == ("letter-001", "letter-002", "letter-003")
