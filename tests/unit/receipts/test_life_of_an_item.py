"""An item is raised once, follows what is found, closes itself, and opens again with a reason."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from small_world import NIGHT, a_batch, a_letter, a_price_list, a_today, a_world, unanswered

from flows.domain.batch import BatchStatus
from flows.domain.price_list import PriceList
from flows.domain.reconciliation import ClosedAs, Facts, KeptItem
from flows.receipts.item_life import Becomes, changes
from flows.receipts.reconciliation import reconcile

MONDAY = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
MISSING = Facts(letters=[unanswered()])
KEY = ("B2", "SVAR-20261124-01-C5SHD")


def an_item(code: str = "B2", **changes: Any) -> KeptItem:
    item = KeptItem(
        code=code,
        subject=KEY[1],
        first_seen_at=MONDAY,
        counts={"no_receipt": 1},
        ore=None,
        closed_at=None,
        closed_as="",
        gone_at=None,
    )
    return replace(item, **changes)


def becoming(facts: Facts, *kept: KeptItem) -> list[tuple[tuple[str, str], Becomes, str]]:
    found = reconcile(facts, a_today(MONDAY))
    return [
        (one.key, one.becomes, one.why) for one in changes({item.key: item for item in kept}, found)
    ]


def test_what_is_found_first_is_raised() -> None:
    assert becoming(MISSING) == [(KEY, Becomes.RAISED, "")]


def test_what_is_found_again_changes_nothing() -> None:
    assert becoming(MISSING, an_item()) == []


def test_an_open_item_follows_what_is_found() -> None:
    assert becoming(MISSING, an_item(counts={"no_receipt": 7})) == [(KEY, Becomes.CHANGED, "")]


def test_an_item_whose_cause_is_gone_closes_itself() -> None:
    ((key, becomes, why),) = becoming(a_world(), an_item())

    assert (key, becomes) == (KEY, Becomes.GONE)
    assert "does not find it any more" in why


@pytest.mark.parametrize(
    ("closed_as", "changed", "why"),
    [
        (ClosedAs.CORRECTED, {}, "it is so again, or still"),
        (ClosedAs.GONE, {}, "it is so again, or still"),
        ("", {}, "it is so again, or still"),
        (ClosedAs.ACCEPTED, {"counts": {"no_receipt": 9}}, "not what was accepted any more"),
        (ClosedAs.EXPLAINED, {"ore": 9}, "not what was accepted any more"),
        (ClosedAs.ACCEPTED, {"gone_at": MONDAY}, "it had gone, and has come again"),
    ],
)
def test_a_closed_item_that_recurs_opens_again(
    closed_as: str, changed: dict[str, Any], why: str
) -> None:
    item = an_item(closed_at=MONDAY, closed_as=closed_as, **changed)

    ((_, becomes, said),) = becoming(MISSING, item)

    assert becomes is Becomes.REOPENED
    assert why in said


@pytest.mark.parametrize("closed_as", [ClosedAs.ACCEPTED, ClosedAs.EXPLAINED])
def test_what_a_person_accepted_stays_closed_while_it_is_the_same(closed_as: str) -> None:
    assert becoming(MISSING, an_item(closed_at=MONDAY, closed_as=closed_as)) == []


def test_that_an_accepted_cause_is_gone_is_remembered_once() -> None:
    accepted = an_item(closed_at=MONDAY, closed_as=ClosedAs.ACCEPTED)

    assert becoming(a_world(), accepted) == [(KEY, Becomes.GONE_AFTER, "")]
    assert becoming(a_world(), replace(accepted, gone_at=MONDAY)) == []


def test_what_was_not_looked_at_is_not_gone() -> None:
    dear = an_item("B8", counts={"other_production_cost": 1})
    unpriced = Facts(letters=[a_letter()], prices=PriceList(()))
    priced = Facts(letters=[a_letter()], prices=a_price_list())

    assert becoming(unpriced, dear) == []
    assert [becomes for _, becomes, _ in becoming(priced, dear)] == [Becomes.GONE]


def test_what_a_flow_told_at_once_is_not_told_twice_and_closes_when_the_answer_comes() -> None:
    told = an_item("ACKNOWLEDGEMENT_MISSING", counts={})
    waiting = Facts(batches=[a_batch(status=BatchStatus.HANDED_OVER, answer_due_at=NIGHT)])

    still, after = becoming(waiting, told), becoming(Facts(batches=[a_batch()]), told)

    assert [(key[0], becomes) for key, becomes, _ in still] == [
        ("ACKNOWLEDGEMENT_MISSING", Becomes.CHANGED),
    ]
    assert [becomes for _, becomes, _ in after] == [Becomes.GONE]


def test_items_of_other_flows_are_left_alone() -> None:
    assert becoming(a_world(), an_item("UNKNOWN_SENDER")) == []
