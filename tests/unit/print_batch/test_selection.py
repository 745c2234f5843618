"""Which letters go in which batch."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.batch import Candidate, JobClass
from flows.domain.shipment import PrintedDocument, SenderId, ShipmentId
from flows.domain.vendor_profile import NEUTRAL, Paper, Selection, VendorProfile
from flows.print_batch.selection import (
    job_class_of,
    plan_batches,
    sheets_in,
    taken_by,
    within_caps,
)

NIGHT = {"customer": "SVAR", "day": date(2026, 11, 24), "first_run": 1}


def a_candidate(
    number: int,
    *pages: int,
    duplex: bool = False,
    colour: bool = False,
    postcode: str = "8900",
) -> Candidate:
    shipment_id = ShipmentId(f"00000000-0000-4000-8000-{number:012d}")
    documents = tuple(PrintedDocument(count) for count in pages or (1,))
    return Candidate(shipment_id, SenderId("nordvik"), duplex, colour, postcode, documents)


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


def a_profile(paper: Paper = NEUTRAL.paper, **selection: object) -> VendorProfile:
    return replace(NEUTRAL, paper=paper, selection=Selection(**selection))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("c5_sheets", "pages", "code"),
    [(6, 5, "C5SHS"), (6, 6, "C4SHS"), (3, 2, "C5SHS"), (3, 3, "C4SHS"), (9, 8, "C5SHS")],
)
def test_the_vendors_own_limit_chooses_the_envelope(c5_sheets: int, pages: int, code: str) -> None:
    profile = a_profile(Paper(c5_sheets=c5_sheets))

    assert job_class_of(a_candidate(1, pages), profile).code == code


@pytest.mark.parametrize(
    ("country", "code"),
    [("", "C5SHS"), ("Norge", "C5SHS"), ("Sverige", "C5SHSUTL"), ("Atlantis", "C5SHSUTL")],
)
def test_letters_abroad_are_a_class_of_their_own_where_the_vendor_has_a_product(
    country: str, code: str
) -> None:
    letter = replace(a_candidate(1), country=country)

    found = job_class_of(letter, a_profile(product_abroad="UTL"))

    assert found.code == code
    assert JobClass.of_code(code) == found
    assert job_class_of(letter, NEUTRAL).code == "C5SHS"


def test_a_vendor_takes_only_the_classes_of_its_profile() -> None:
    only_black_and_white = replace(NEUTRAL, job_classes=("C5SHS", "C4SHS"))

    assert taken_by(only_black_and_white, a_candidate(1))
    assert not taken_by(only_black_and_white, a_candidate(2, colour=True))
    assert taken_by(NEUTRAL, a_candidate(2, colour=True))


def test_by_the_policy_of_the_profile_a_batch_is_sorted_by_sender_first() -> None:
    letters = [
        replace(a_candidate(number, pages, postcode=postcode), sender_id=SenderId(sender))
        for number, pages, postcode, sender in [
            (1, 1, "0150", "skole"),
            (2, 2, "0150", "bygg"),
            (3, 1, "9520", "bygg"),
            (4, 1, "0150", "bygg"),
        ]
    ]

    (by_sender,) = plan_batches(
        letters,
        letters_per_batch=500,
        profile=a_profile(order="sender"),
        **NIGHT,  # type: ignore[arg-type]
    )
    (by_sheets,) = plan_batches(letters, letters_per_batch=500, **NIGHT)  # type: ignore[arg-type]

    assert [int(one[-12:]) for one in by_sender.shipment_ids] == [4, 3, 2, 1]
    assert [int(one[-12:]) for one in by_sheets.shipment_ids] == [1, 4, 3, 2]


def test_one_letter_above_every_limit_still_goes_by_itself() -> None:
    letters = [replace(a_candidate(n, 30), size_bytes=9000) for n in (1, 2)]

    made = plan_batches(
        letters,
        letters_per_batch=500,
        profile=a_profile(sheets=10, size_bytes=1000),
        **NIGHT,  # type: ignore[arg-type]
    )

    assert [len(batch.shipment_ids) for batch in made] == [1, 1]


printed = st.builds(
    PrintedDocument, st.integers(1, 9), st.lists(st.integers(1, 9), max_size=2).map(tuple)
)
candidates = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(lambda one: ShipmentId(str(one))),
        sender_id=st.sampled_from([SenderId("bygg"), SenderId("skole")]),
        duplex=st.booleans(),
        colour=st.booleans(),
        postcode=st.sampled_from(["0150", "8900", "9520"]),
        documents=st.lists(printed, min_size=1, max_size=3).map(tuple),
        own_address_page=st.booleans(),
        country=st.sampled_from(["", "Sverige"]),
        size_bytes=st.integers(0, 3000),
    ),
    max_size=40,
    unique_by=lambda one: one.id,
)
selections = st.builds(
    Selection,
    order=st.sampled_from(["sheets", "sender"]),
    letters=st.integers(0, 9),
    sheets=st.integers(0, 25),
    size_bytes=st.integers(0, 5000),
    product_abroad=st.sampled_from(["", "UTL"]),
)


@given(candidates, selections, st.integers(1, 12))
def test_every_letter_is_in_exactly_one_batch_and_no_batch_passes_a_limit(
    letters: list[Candidate], selection: Selection, letters_per_batch: int
) -> None:
    profile = replace(NEUTRAL, selection=selection)
    known = {one.id: one for one in letters}

    made = plan_batches(
        letters,
        letters_per_batch=letters_per_batch,
        profile=profile,
        **NIGHT,  # type: ignore[arg-type]
    )

    assert Counter(one for batch in made for one in batch.shipment_ids) == Counter(known.keys())
    assert len({batch.id for batch in made}) == len(made)
    most = min(selection.letters or letters_per_batch, letters_per_batch)
    for batch in made:
        inside = [known[one] for one in batch.shipment_ids]
        assert {job_class_of(one, profile) for one in inside} == {batch.job_class}
        assert len(inside) <= most
        if len(inside) > 1:
            assert not selection.sheets or sum(map(sheets_in, inside)) <= selection.sheets
            size = sum(one.size_bytes for one in inside)
            assert not selection.size_bytes or size <= selection.size_bytes


@given(candidates, st.integers(0, 9), st.integers(0, 9))
def test_a_cap_is_never_passed_and_takes_nothing_from_others(
    letters: list[Candidate], cap: int, already: int
) -> None:
    bygg, skole = SenderId("bygg"), SenderId("skole")

    going = within_caps(letters, {bygg: cap}, {bygg: already, skole: 3})

    assert sum(one.sender_id == bygg for one in going) == min(
        max(0, cap - already), sum(one.sender_id == bygg for one in letters)
    )
    assert [one for one in going if one.sender_id == skole] == [
        one for one in letters if one.sender_id == skole
    ]
