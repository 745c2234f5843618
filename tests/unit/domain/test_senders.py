"""Senders as TOML: what is written is read back, and every fault is named at once."""

from dataclasses import fields, replace
from typing import Any

import pytest
import tomli_w
from builders import a_sender
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.sender import (
    LANGUAGES,
    MANUAL,
    Rules,
    Sender,
    changes_to,
    parse_senders,
    to_toml,
)
from flows.domain.working_days import DeadlinePolicy
from flows.errors import NeedsAPerson

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
several_lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))
a_folder_name = st.from_regex(r"[a-zæøå0-9]([ a-zæøå0-9_.-]{0,20}[a-zæøå0-9])?", fullmatch=True)
an_organisation = st.sampled_from(["310000108", "310000116"])
EVERYTHING: dict[str, st.SearchStrategy[Any]] = {
    "id": a_folder_name,
    "name": text,
    "organisation_number": an_organisation,
    "return_address": st.lists(text, min_size=1, max_size=3).map(tuple),
    "rules": st.sampled_from(Rules),
    "language": st.sampled_from(LANGUAGES),
    "cover_text": several_lines,
    "deadline_policy": st.sampled_from(
        [DeadlinePolicy("working_days", 2), DeadlinePolicy("working_hours", 40)]
    ),
    "digital": st.booleans(),
    "on_hold": st.booleans(),
    "nightly_cap": st.integers(0, 10_000),
    "resend_to_organisations": st.booleans(),
    "information_types": st.lists(text, max_size=3).map(tuple),
    "message_sender": text,
    "notification_texts": st.dictionaries(st.sampled_from(LANGUAGES), several_lines),
    "altinn_resource": st.just("") | text,
    "confidential_resource": st.just("") | text,
    "consumer_organisation": st.just("") | an_organisation,
    "print_vendor": st.sampled_from(["default", "posten", MANUAL]),
    "own_address_page": st.booleans(),
    "invoice_reference": text,
    "invoice_endpoint": st.sampled_from(["", "0192:310000108"]),
}
a_whole_sender = st.builds(Sender, **EVERYTHING)


def test_every_field_of_a_sender_is_tried() -> None:
    assert set(EVERYTHING) == {each.name for each in fields(Sender)}


@given(st.lists(a_whole_sender, min_size=1, max_size=3, unique_by=lambda one: one.id))
def test_senders_are_read_back_as_they_were_written(senders: list[Sender]) -> None:
    assert parse_senders(to_toml(senders)) == senders


@given(a_whole_sender, a_whole_sender)
def test_the_changes_to_a_sender_are_its_fields_that_differ(old: Sender, new: Sender) -> None:
    changes = changes_to(old, new)

    assert replace(old, **{name: getattr(new, name) for name in changes}) == new
    assert (old == new) == (not changes)


GOOD = {
    "id": "nordvik",
    "name": "Nordvik kommune",
    "organisation_number": "310000108",
    "return_address": ["Postboks 40", "8901 Brønnøysund"],
    "invoice_reference": "4410",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"organisation_number": "310000107"}, "no organisation number"),
        ({"consumer_organisation": "12"}, "consumer_organisation is no organisation number"),
        ({"invoice_reference": ""}, "invoice_reference is required before a vendor prints"),
        ({"invoice_endpoint": "310000108"}, "invoice_endpoint is 0192:"),
        ({"rules": "1999"}, "rules is one of 2014, 2015, now"),
        ({"language": "sv"}, "language is one of"),
        ({"notification_texts": {"sv": "Hej"}}, "notification_texts are by language"),
        ({"notification_texts": {"nb": 5}}, "holds something that is not text"),
        ({"return_address": ["a", "b", "c", "d"]}, "has 4 lines"),
        ({"return_address": [8900]}, "holds something that is not text"),
        ({"nightly_cap": -1}, "nightly_cap is at least 0"),
        ({"nightly_cap": True}, "nightly_cap is a bool"),
        ({"message_sender": "x" * 256}, "at most 255"),
        ({"deadline_policy": "soon"}, "deadline_policy is like"),
        ({"colour": "red"}, "colour is not a field"),
        ({"id": "../nordvik"}, "id is the name of a folder"),
        ({"id": ".ferdig"}, "id is the name of a folder"),
        ({"id": "nord/vik"}, "id is the name of a folder"),
        ({"id": "x" * 65}, "id is the name of a folder"),
    ],
)
def test_a_faulty_sender_is_refused_with_what_is_wrong(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(NeedsAPerson, match=said):
        parse_senders(_toml({**GOOD, **changes}))


def test_a_sender_that_prints_by_hand_needs_no_invoice_details() -> None:
    (sender,) = parse_senders(_toml({**GOOD, "invoice_reference": "", "print_vendor": "manual"}))

    assert sender.print_vendor == "manual"


def test_every_fault_of_every_sender_is_said_at_once() -> None:
    faulty = _toml({**GOOD, "rules": "x", "language": "y"}, {"id": "b"})

    with pytest.raises(NeedsAPerson) as caught:
        parse_senders(faulty)

    said = str(caught.value)
    assert "rules" in said
    assert "language" in said
    assert "sender 2 (b): name is missing" in said


def test_a_sender_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(NeedsAPerson, match="nordvik stands there 2 times"):
        parse_senders(_toml(GOOD, {**GOOD, "name": "Another"}))


@pytest.mark.parametrize("toml", ["sender = 5", '[sender]\nid = "x"', 'sender = ["x"]'])
def test_a_file_of_another_shape_says_how_it_is_written(toml: str) -> None:
    with pytest.raises(NeedsAPerson, match="not a table of senders"):
        parse_senders(toml)


def test_what_stands_at_its_default_is_not_written() -> None:
    assert "nightly_cap" not in to_toml([a_sender()])


def _toml(*rows: dict[str, object]) -> str:
    return tomli_w.dumps({"sender": list(rows)})
