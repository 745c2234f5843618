"""Every line of a receipt file ends in exactly one place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.batch import BatchId
from flows.domain.receipt import (
    BookedReceipt,
    EndedPiece,
    LineKind,
    LineState,
    PrintReceipt,
    SentPiece,
    StagedLine,
)
from flows.domain.shipment import SenderId, ShipmentId
from flows.domain.status import Status
from flows.receipts.matching import Terms, match_lines

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
        production_vat_ore=65,
        postage_vat_ore=498,
        reprints=0,
        product="",
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
    )
    return replace(piece, **changes)  # type: ignore[arg-type]


def sent(*pieces: SentPiece) -> dict[str, SentPiece]:
    return {piece.shipment_id: piece for piece in pieces}


def booked(receipt: PrintReceipt, line: int = 3) -> BookedReceipt:
    return BookedReceipt("ab" * 32, line, receipt)


TERMS = Terms(datetime(2026, 12, 2, tzinfo=UTC), "TEST-", "cd" * 32)


def test_a_line_that_answers_a_letter_is_booked() -> None:
    matching = match_lines([StagedLine(3, a_receipt())], sent(a_piece()), TERMS)

    (line,) = matching.applied
    assert (line.line, line.receipt, line.takes_back) == (3, a_receipt(), None)


SENT_AGAIN = datetime(2026, 11, 28, tzinfo=UTC)


def sent_again(**changes: object) -> SentPiece:
    """A letter of a batch whose first attempt was ended, and whose second has left."""
    ended = (EndedPiece(BATCH, 1, 1, SENT_AGAIN - timedelta(days=3)),)
    return a_piece(**{"attempt": 2, "handed_over_at": SENT_AGAIN, "ended": ended} | changes)


OF_THE_LIVE_ATTEMPT = {
    "posted after it left": a_receipt(),
    "and it says so": a_receipt(attempt=2),
    "a person says so of what was printed before": a_receipt(
        attempt=2, posted_at=SENT_AGAIN - timedelta(hours=1)
    ),
}


@pytest.mark.parametrize("receipt", OF_THE_LIVE_ATTEMPT.values(), ids=list(OF_THE_LIVE_ATTEMPT))
def test_a_receipt_of_the_live_attempt_is_booked(receipt: PrintReceipt) -> None:
    matching = match_lines([StagedLine(3, receipt)], sent(sent_again()), TERMS)

    assert [one.receipt for one in matching.applied] == [receipt]


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
        sent(a_piece(status=Status.PRINTED, in_force=booked(a_receipt()))),
        "other figures",
    ),
    "a test batch": (a_receipt(batch_id="TEST-1"), sent(a_piece()), "test batch"),
    "posted in the future": (
        a_receipt(posted_at=TERMS.now + timedelta(seconds=1)),
        sent(a_piece()),
        "in the future",
    ),
    "posted before it was handed over": (
        a_receipt(),
        sent(a_piece(handed_over_at=a_receipt().posted_at + timedelta(hours=12))),
        "is the hour right",
    ),
    "printed in an attempt that was sent again": (
        a_receipt(posted_at=SENT_AGAIN - timedelta(hours=1)),
        sent(sent_again()),
        "printed in an attempt that was ended: SVAR-20261124-01-C5SHS, attempt 1",
    ),
    "printed so, and the newer one too": (
        a_receipt(posted_at=SENT_AGAIN - timedelta(hours=1)),
        sent(sent_again(status=Status.PRINTED, in_force=booked(a_receipt()))),
        "attempt that was ended",
    ),
    "posted later, and the vendor names the ended attempt": (
        a_receipt(attempt=1),
        sent(sent_again()),
        "attempt that was ended",
    ),
    "printed between two attempts": (
        a_receipt(),
        sent(sent_again(status=Status.ACCEPTED, handed_over_at=None)),
        "was ended",
    ),
    "printed after it was annulled, and in another batch now": (
        a_receipt(),
        sent(sent_again(batch_id=BatchId("B"), piece_number=4)),
        "was ended",
    ),
    "posted before any attempt left": (
        a_receipt(posted_at=SENT_AGAIN - timedelta(days=9)),
        sent(sent_again()),
        "the hour right",
    ),
    "an attempt there never was": (
        a_receipt(attempt=3),
        sent(sent_again()),
        "names attempt 3, and the letter was never",
    ),
    "corrects nothing": (a_receipt(kind=LineKind.CORRECTION), sent(a_piece()), "not booked"),
    "takes back nothing": (a_receipt(kind=LineKind.REVERSAL), sent(a_piece()), "not booked"),
    "takes back other amounts": (
        a_receipt(kind=LineKind.REVERSAL, postage_ore=1),
        sent(a_piece(status=Status.PRINTED, in_force=booked(a_receipt()))),
        "other amounts",
    ),
    "a first word after a reversal, with other figures": (
        a_receipt(weight_grams=23),
        sent(a_piece(status=Status.PRINTED, superseded=(booked(a_receipt()),))),
        "taken back",
    ),
}


@pytest.mark.parametrize(("receipt", "known", "why"), ASIDE.values(), ids=list(ASIDE))
def test_a_line_that_cannot_be_right_waits_for_a_person(
    receipt: PrintReceipt, known: dict[str, SentPiece], why: str
) -> None:
    matching = match_lines([StagedLine(3, receipt)], known, TERMS)

    (line,) = matching.set_aside
    assert matching.applied == ()
    assert line.state is LineState.QUARANTINED
    assert why in line.reason


def test_the_same_receipt_again_is_a_duplicate() -> None:
    known = sent(a_piece(status=Status.PRINTED, in_force=booked(a_receipt())))

    matching = match_lines([StagedLine(3, a_receipt())], known, TERMS)

    assert [line.state for line in matching.set_aside] == [LineState.DUPLICATE]


def test_a_correction_takes_the_place_of_what_is_booked() -> None:
    old = booked(a_receipt())
    new = a_receipt(postage_ore=1450, postage_vat_ore=363, kind=LineKind.CORRECTION)

    matching = match_lines(
        [StagedLine(3, new)], sent(a_piece(status=Status.PRINTED, in_force=old)), TERMS
    )

    assert [line.takes_back for line in matching.applied] == [old]


def test_a_receipt_corrected_since_and_a_correction_known_already_are_duplicates() -> None:
    new = a_receipt(weight_grams=25, kind=LineKind.CORRECTION)
    piece = a_piece(
        status=Status.PRINTED, in_force=booked(new, 4), superseded=(booked(a_receipt()),)
    )

    matching = match_lines([StagedLine(3, a_receipt()), StagedLine(4, new)], sent(piece), TERMS)

    assert [line.state for line in matching.set_aside] == [LineState.DUPLICATE] * 2


def test_a_receipt_taken_back_is_taken_back_once() -> None:
    back = a_receipt(kind=LineKind.REVERSAL)
    known = sent(a_piece(status=Status.PRINTED, in_force=booked(a_receipt())))

    matching = match_lines([StagedLine(3, back), StagedLine(4, back)], known, TERMS)

    assert [line.line for line in matching.applied] == [3]
    assert [line.state for line in matching.set_aside] == [LineState.DUPLICATE]


def test_a_correction_before_what_it_corrects_in_one_file_is_booked_after_it() -> None:
    new = a_receipt(weight_grams=25, kind=LineKind.CORRECTION)

    matching = match_lines([StagedLine(3, new), StagedLine(4, a_receipt())], sent(a_piece()), TERMS)

    assert [line.line for line in matching.applied] == [4, 3]
    assert matching.applied[1].takes_back == BookedReceipt("cd" * 32, 4, a_receipt())


def test_the_same_letter_twice_in_one_file_is_booked_once() -> None:
    lines = [StagedLine(3, a_receipt()), StagedLine(4, a_receipt())]

    matching = match_lines(lines, sent(a_piece()), TERMS)

    assert [line.line for line in matching.applied] == [3]
    assert [(line.line, line.state) for line in matching.set_aside] == [(4, LineState.DUPLICATE)]


def test_another_echo_of_the_account_code_changes_nothing() -> None:
    matching = match_lines([StagedLine(3, a_receipt(account_code="9999"))], sent(a_piece()), TERMS)

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

    matching = match_lines(lines, sent(*(a_piece(number) for number in known)), TERMS)

    ended = [line.line for line in (*matching.applied, *matching.set_aside)]
    letters = [line.piece.shipment_id for line in matching.applied]
    assert sorted(ended) == [line.line for line in lines]
    assert len(letters) == len(set(letters))
