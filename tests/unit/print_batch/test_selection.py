"""Which letters go in which batch."""

import random
from dataclasses import replace
from datetime import date

from flows.domain.batch import Candidate
from flows.domain.shipment import SenderId, ShipmentId
from flows.print_batch.selection import plan_batches, within_caps

NIGHT = {"customer": "SVAR", "day": date(2026, 11, 24), "first_run": 1}


def a_candidate(
    number: int,
    *pages: int,
    duplex: bool = False,
    colour: bool = False,
    postcode: str = "8900",
) -> Candidate:
    shipment_id = ShipmentId(f"00000000-0000-4000-8000-{number:012d}")
    return Candidate(shipment_id, SenderId("nordvik"), duplex, colour, postcode, pages or (1,))


def planned(*letters: Candidate, letters_per_batch: int = 500, first_run: int = 1) -> list[str]:
    night = {**NIGHT, "first_run": first_run}
    made = plan_batches(letters, letters_per_batch=letters_per_batch, **night)  # type: ignore[arg-type]
    return [batch.id for batch in made]


def test_letters_that_run_together_share_a_batch() -> None:
    letters = (
        a_candidate(1, 2, duplex=True),
        a_candidate(2, 2),
        a_candidate(3, 2, colour=True),
        a_candidate(4, 30),
        a_candidate(5, 4, duplex=True),
    )

    assert planned(*letters) == [
        "SVAR-20261124-01-C4SHS",
        "SVAR-20261124-02-C5SHS",
        "SVAR-20261124-03-C5SHD",
        "SVAR-20261124-04-C5FAS",
    ]


def test_a_one_page_letter_is_simplex_whatever_was_asked() -> None:
    assert planned(a_candidate(1, 1, duplex=True)) == ["SVAR-20261124-01-C5SHS"]


def test_the_cover_counts_when_the_envelope_is_chosen() -> None:
    assert planned(a_candidate(1, 5)) == ["SVAR-20261124-01-C5SHS"]
    assert planned(a_candidate(1, 6)) == ["SVAR-20261124-01-C4SHS"]


def test_inside_a_batch_come_sheets_then_postcode_then_id() -> None:
    letters = [
        a_candidate(4, 1, postcode="0150"),
        a_candidate(3, 1, postcode="9520"),
        a_candidate(2, 1, postcode="0150"),
        a_candidate(1, 3, postcode="0001"),
    ]

    (batch,) = plan_batches(letters, letters_per_batch=500, **NIGHT)  # type: ignore[arg-type]

    assert [int(one[-12:]) for one in batch.shipment_ids] == [2, 4, 3, 1]


def test_a_batch_is_cut_and_no_letter_is_lost_or_doubled() -> None:
    letters = [a_candidate(number, number % 4 + 1) for number in range(1, 1001)]

    made = plan_batches(letters, letters_per_batch=300, **NIGHT)  # type: ignore[arg-type]

    assert [len(batch.shipment_ids) for batch in made] == [300, 300, 300, 100]
    assert sorted(one for batch in made for one in batch.shipment_ids) == sorted(
        one.id for one in letters
    )


def test_the_order_of_the_question_does_not_change_the_answer() -> None:
    letters = [a_candidate(n, n % 9 + 1, duplex=n % 2 == 0, colour=n % 3 == 0) for n in range(200)]
    shuffled = random.Random(1).sample(letters, len(letters))

    assert plan_batches(letters, letters_per_batch=20, **NIGHT) == plan_batches(  # type: ignore[arg-type]
        shuffled,
        letters_per_batch=20,
        **NIGHT,  # type: ignore[arg-type]
    )


def test_runs_go_on_where_the_day_has_come_to_and_past_ninety_nine() -> None:
    letters = [a_candidate(number) for number in (1, 2)]

    assert planned(*letters, letters_per_batch=1, first_run=99) == [
        "SVAR-20261124-99-C5SHS",
        "SVAR-20261124-100-C5SHS",
    ]


def test_nothing_due_is_no_batch() -> None:
    assert planned() == []


def test_a_sender_with_a_cap_sends_its_oldest_and_a_second_run_adds_none() -> None:
    waiting = [
        replace(a_candidate(number), sender_id=SenderId(sender))
        for number, sender in enumerate(["skatt", "skole", "skatt", "skatt", "skole"])
    ]
    caps = {SenderId("skatt"): 2}

    first = within_caps(waiting, caps, {})
    second = within_caps([waiting[3]], caps, {SenderId("skatt"): 2, SenderId("skole"): 2})

    assert [one.id for one in first] == [waiting[0].id, waiting[1].id, waiting[2].id, waiting[4].id]
    assert second == []
