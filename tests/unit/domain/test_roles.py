"""What each role sees and may do."""

from datetime import UTC, datetime

import pytest

from flows.domain.history import Step, told_to
from flows.domain.role import OPERATOR, Role, may_run, narrowed, role_named, sight_of, whose
from flows.errors import NeedsAPerson

NORDVIK = role_named("sender:nordvik")
FINANCE = role_named("finance")
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("role", "only", "recipients", "money"),
    [
        (OPERATOR, None, True, True),
        (NORDVIK, "nordvik", True, True),
        (FINANCE, None, False, True),
    ],
    ids=str,
)
def test_what_a_role_is_shown(role: Role, only: str | None, recipients: bool, money: bool) -> None:
    sight = sight_of(role)

    assert (sight.only_sender, sight.recipients, sight.money) == (only, recipients, money)


@pytest.mark.parametrize("text", ["", "sender", "sender:", "finance:x", "boss", "operator:x"])
def test_what_is_no_role_is_refused(text: str) -> None:
    with pytest.raises(NeedsAPerson, match="no role"):
        role_named(text)


def test_an_operator_may_look_as_anybody_and_nobody_else_may() -> None:
    assert narrowed(OPERATOR, NORDVIK) == NORDVIK
    assert narrowed(NORDVIK, None) == narrowed(NORDVIK, NORDVIK) == NORDVIK
    for wanted in (OPERATOR, FINANCE, role_named("sender:sorvik")):
        with pytest.raises(NeedsAPerson, match="another role"):
            narrowed(NORDVIK, wanted)


def test_a_sender_looks_for_its_own_letters_whatever_it_asks_for() -> None:
    sight = sight_of(NORDVIK)

    assert whose(sight, None) == whose(sight, "") == whose(sight, "nordvik") == "nordvik"
    with pytest.raises(NeedsAPerson, match="its own letters alone"):
        whose(sight, "sorvik")
    assert whose(sight_of(FINANCE), "sorvik") == "sorvik"
    assert whose(sight_of(OPERATOR), None) is None


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (OPERATOR, ["list", "hold", "batch", "invoice", "anything"], []),
        (FINANCE, ["list", "show", "invoice"], ["hold", "batch", "events", "senders", "replay"]),
        (NORDVIK, ["list", "show"], ["invoice", "hold", "events", "run", "archive"]),
    ],
    ids=str,
)
def test_what_a_role_may_run(role: Role, may: list[str], may_not: list[str]) -> None:
    assert all(may_run(role, command) for command in may)
    assert not any(may_run(role, command) for command in may_not)


def test_a_sender_is_told_nothing_that_is_ours() -> None:
    steps = [
        Step(NOW, "held", "Kari", "spør etaten", internal=True),
        Step(NOW, "charged", "receipts", net_ore=1990),
        Step(NOW, "AKSEPTERT → MANUELT_HANDTERT", "Kari", "why spør etaten"),
    ]

    assert told_to(NORDVIK, steps) == [
        steps[1],
        Step(NOW, "AKSEPTERT → MANUELT_HANDTERT", "operator", ""),
    ]
    assert told_to(OPERATOR, steps) == told_to(FINANCE, steps) == steps
