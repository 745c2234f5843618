"""Every line of a receipt file ends in exactly one place."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.batch import BatchId
from flows.domain.receipt import LineState, PrintReceipt, SentPiece, StagedLine
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Status
from flows.receipts.matching import match_lines

BATCH = BatchId("SVAR-20261124-01-C5SHS")


def a_receipt(number: int = 1, **changes: object) -> PrintReceipt:
    receipt = PrintReceipt(
        batch_id=BATCH,
        piece_number=number,
        shipment_id=f"letter-{number}",
        pages_black_white=3,
        pages_colour=0,
        sheets_by_machine=3,
        extra_sheets_by_machine=2,
        sheets_by_hand=0,
        extra_sheets_by_hand=0,
        weight_grams=22,
        production_ore=261,
        postage_ore=1990,
        account_code="0410",
        posted_at=datetime(2026, 11, 30, 23, 30, tzinfo=UTC),
    )
    return replace(receipt, **changes)  # type: ignore[arg-type]


def a_piece(number: int = 1, **changes: object) -> SentPiece:
    piece = SentPiece(
        shipment_id=ShipmentId(f"letter-{number}"),
        sender_id=SenderId("nordvik"),
        status=Status.SENT_TO_PRINT,
        batch_id=BATCH,
        piece_number=number,
        account_code="0410",
        applied=None,
    )
    return replace(piece, **changes)  # type: ignore[arg-type]


def sent(*pieces: SentPiece) -> dict[str, SentPiece]:
    return {piece.shipment_id: piece for piece in pieces}


def test_a_line_that_answers_a_letter_is_booked_with_two_charges() -> None:
    matching = match_lines([StagedLine(3, a_receipt())], sent(a_piece()))

    (line,) = matching.applied
    assert [(charge.kind, charge.net_ore, charge.vat_ore) for charge in line.charges] == [
        ("PRODUCTION", 261, 65),
        ("POSTAGE", 1990, 498),
    ]
    # Half past eleven at night in UTC is December in Norway.
    assert line.posted_on == date(2026, 12, 1)


ASIDE = {
    "a letter nobody knows": (a_receipt(), {}, "no letter"),
    "never in a batch": (
        a_receipt(),
        sent(a_piece(batch_id=None, piece_number=None, status=Status.NOTIFIED)),
        "never handed over",
    ),
    "in a batch that has not left": (
        a_receipt(),
        sent(a_piece(status=Status.NOTIFIED)),
        "never handed over",
    ),
    "another piece": (a_receipt(piece_number=7), sent(a_piece()), "do not belong together"),
    "another batch": (a_receipt(batch_id="X"), sent(a_piece()), "do not belong together"),
    "other figures than are booked": (
        a_receipt(weight_grams=23),
        sent(a_piece(status=Status.PRINTED, applied=a_receipt())),
        "other figures",
    ),
}


@pytest.mark.parametrize(("receipt", "known", "why"), ASIDE.values(), ids=list(ASIDE))
def test_a_line_that_cannot_be_right_waits_for_a_person(
    receipt: PrintReceipt, known: dict[str, SentPiece], why: str
) -> None:
    matching = match_lines([StagedLine(3, receipt)], known)

    (line,) = matching.set_aside
    assert matching.applied == ()
    assert line.state is LineState.QUARANTINED
    assert why in line.reason


def test_the_same_receipt_again_is_a_duplicate() -> None:
    known = sent(a_piece(status=Status.PRINTED, applied=a_receipt()))

    matching = match_lines([StagedLine(3, a_receipt())], known)

    assert [line.state for line in matching.set_aside] == [LineState.DUPLICATE]


def test_the_same_letter_twice_in_one_file_is_booked_once() -> None:
    lines = [StagedLine(3, a_receipt()), StagedLine(4, a_receipt())]

    matching = match_lines(lines, sent(a_piece()))

    assert [line.line for line in matching.applied] == [3]
    assert [(line.line, line.state) for line in matching.set_aside] == [(4, LineState.DUPLICATE)]


def test_another_echo_of_the_account_code_changes_nothing() -> None:
    matching = match_lines([StagedLine(3, a_receipt(account_code="9999"))], sent(a_piece()))

    assert matching.applied[0].piece.account_code == "0410"


LINES = st.lists(
    st.one_of(
        st.builds(
            a_receipt,
            st.integers(1, 6),
            weight_grams=st.integers(20, 22),
            batch_id=st.sampled_from([BATCH, "X"]),
        ),
        st.none(),
    ),
    max_size=30,
)


@given(LINES, st.sets(st.integers(1, 6)))
def test_every_line_ends_in_exactly_one_place_and_no_letter_is_booked_twice(
    receipts: list[PrintReceipt | None], known: set[int]
) -> None:
    lines = [
        StagedLine(number, receipt, "" if receipt else "broken")
        for number, receipt in enumerate(receipts, start=3)
    ]

    matching = match_lines(lines, sent(*(a_piece(number) for number in known)))

    ended = [line.line for line in (*matching.applied, *matching.set_aside)]
    letters = [line.piece.shipment_id for line in matching.applied]
    assert sorted(ended) == [line.line for line in lines]
    assert len(letters) == len(set(letters))
    for line in matching.applied:
        net = sum(charge.net_ore for charge in line.charges)
        assert net == line.receipt.production_ore + line.receipt.postage_ore
