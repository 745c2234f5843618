"""Walks through the four machines: a shipment's life, a print run's, a receipt line's, a stop's."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.batch import (
    AT_THE_VENDOR,
    BATCH_MOVES,
    NOT_YET_LEAVING,
    STOP_MOVES,
    BatchStatus,
    StopState,
)
from flows.domain.receipt import LINE_MOVES, LineState
from flows.domain.status import (
    FINAL,
    FIRST,
    MOVES,
    NEVER_FOR_DIGITAL_ONLY,
    Mover,
    Status,
    can_follow,
    may_move,
)

STATUSES = st.sampled_from(Status)


def reachable(start: str, moves: Iterable[tuple[str, str]]) -> set[str]:
    """Return everything some walk from `start` comes to, itself only if a walk comes back."""
    moves, found = set(moves), set[str]()
    ahead = {new for old, new in moves if old == start}
    while ahead:
        found |= ahead
        ahead = {new for old, new in moves if old in ahead} - found
    return found


@given(st.lists(st.tuples(STATUSES, st.sampled_from(Mover)), max_size=60))
def test_whoever_asks_for_what_a_shipment_never_leaves_its_life(
    wishes: list[tuple[Status, Mover]],
) -> None:
    been = [FIRST]
    for wanted, mover in wishes:
        if may_move(been[-1], wanted, mover):
            been.append(wanted)

    # A final one only at the end, and every step in the table.
    assert not FINAL & set(been[:-1])
    assert set(pairwise(been)) <= set(MOVES)
    # A status comes again only after the paper was taken back: each stretch between has it once.
    for stretch in stretches(been):
        assert len(set(stretch)) == len(stretch)


def stretches(walk: list[Status]) -> list[list[Status]]:
    """Cut a walk where a letter has come back from print."""
    found: list[list[Status]] = [[]]
    for before, now in pairwise([FIRST, *walk[1:], walk[-1]]):
        found[-1].append(before)
        if (before, now) in TAKEN_BACK:
            found.append([])
    return found


TAKEN_BACK = {
    (Status.SENT_TO_PRINT, Status.ACCEPTED),
    (Status.SENT_TO_PRINT, Status.NOTIFIED),
}
"""The only steps back in the machine: the vendor's word that the letter is not printed."""


@given(STATUSES, STATUSES)
def test_what_can_follow_is_what_somebody_may_do(old: Status, new: Status) -> None:
    assert (new in can_follow(old)) == any(may_move(old, new, mover) for mover in Mover)


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL))
def test_an_operator_can_take_over_any_unfinished_shipment_and_nobody_else_can(
    status: Status,
) -> None:
    takers = {mover for mover in Mover if may_move(status, Status.MANUALLY_HANDLED, mover)}

    assert takers == {Mover.OPERATOR}


def test_a_digital_only_letter_comes_to_an_end_without_any_paper() -> None:
    without_paper = {move for move in MOVES if not NEVER_FOR_DIGITAL_ONLY & set(move)}
    by_flows = {move for move in without_paper if MOVES[move] != {Mover.OPERATOR}}

    assert reachable(FIRST, without_paper) == set(Status) - NEVER_FOR_DIGITAL_ONLY - {FIRST}
    # No flow leaves one lying: each unfinished status has a way on that needs no operator.
    unfinished = set(Status) - FINAL - NEVER_FOR_DIGITAL_ONLY
    assert unfinished == {old for old, _ in by_flows}


def test_without_the_vendors_word_there_is_no_way_back() -> None:
    forward = {move for move in MOVES if move not in TAKEN_BACK}

    # No status can be come to again: every loop goes through a package taken back.
    assert all(status not in reachable(status, forward) for status in Status)
    assert {MOVES[move] for move in TAKEN_BACK} == {
        frozenset({Mover.OPERATOR, Mover.PRINT_BATCH}),
    }


def test_there_is_one_door_to_print_and_back_only_by_the_vendors_word() -> None:
    after = reachable(Status.SENT_TO_PRINT, set(MOVES) - TAKEN_BACK)
    into = {old: MOVES[old, new] for old, new in MOVES if new is Status.SENT_TO_PRINT}

    assert after == {Status.PRINTED, Status.READ, Status.MANUALLY_HANDLED}
    assert into == {
        Status.ACCEPTED: {Mover.PRINT_BATCH},
        Status.NOTIFIED: {Mover.PRINT_BATCH},
    }


BATCH_ENDS = {BatchStatus.SETTLED, BatchStatus.ANNULLED}
LINE_ENDS = {LineState.REVERSED, LineState.DUPLICATE, LineState.DISMISSED}
"""A booked line may rest for ever, but it can still be taken back."""
STOP_ENDS = {StopState.TOO_LATE, StopState.CONTRADICTED}
"""A letter stopped rests for ever, unless a receipt says otherwise."""


@pytest.mark.parametrize(
    ("start", "states", "moves", "ends"),
    [
        (FIRST, set(Status), set(MOVES), FINAL),
        (BatchStatus.RESERVED, set(BatchStatus), BATCH_MOVES, BATCH_ENDS),
        (LineState.STAGED, set(LineState), LINE_MOVES, LINE_ENDS),
        (StopState.ASKED, set(StopState), STOP_MOVES, STOP_ENDS),
    ],
    ids=["shipment", "batch", "receipt line", "stop"],
)
def test_every_state_is_reached_and_leads_to_an_end(
    start: str, states: set[str], moves: set[tuple[str, str]], ends: set[str]
) -> None:
    assert {start} | reachable(start, moves) == states
    assert states - {old for old, _ in moves} == ends
    assert all(reachable(state, moves) & ends for state in states - ends)


def test_a_batch_that_has_begun_to_leave_is_assembled_again_only_as_the_next_attempt() -> None:
    # The guard against printing twice: the one road back ends the attempt before, and only a
    # person takes it (flows/database/attempts.py).
    forward = {move for move in BATCH_MOVES if move not in NEXT_ATTEMPT}

    assert {
        (old, new) for old, new in BATCH_MOVES if old in AT_THE_VENDOR and new in NOT_YET_LEAVING
    } == NEXT_ATTEMPT
    for status in set(BatchStatus) - NOT_YET_LEAVING:
        assert not reachable(status, forward) & {*NOT_YET_LEAVING, BatchStatus.HANDING_OVER}


NEXT_ATTEMPT = {(old, BatchStatus.RESERVED) for old in AT_THE_VENDOR}


def test_a_hand_over_of_unknown_outcome_can_only_be_completed() -> None:
    # Annulled while the vendor may hold it, its letters would be free for another batch.
    onward = {new for old, new in BATCH_MOVES if old is BatchStatus.HANDING_OVER}

    assert onward == {BatchStatus.HANDED_OVER}


def test_a_receipt_line_is_booked_at_most_once() -> None:
    for state in LineState:
        assert state not in reachable(state, LINE_MOVES)
