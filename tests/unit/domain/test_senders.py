"""Senders as TOML: what is written is read back, and every fault is named at once."""

import pytest
import tomli_w
from builders import a_sender
from hypothesis import given
from hypothesis import strategies as st

from flows.domain.sender import LANGUAGES, Rules, Sender, parse_senders, to_toml
from flows.domain.working_days import DeadlinePolicy
from flows.errors import NeedsAPerson

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
a_whole_sender = st.builds(
    Sender,
    id=text,
    name=text,
    organisation_number=st.sampled_from(["310000108", "310000116"]),
    return_address=st.lists(text, min_size=1, max_size=3).map(tuple),
    rules=st.sampled_from(Rules),
    language=st.sampled_from(LANGUAGES),
    cover_text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
    deadline_policy=st.sampled_from(
        [DeadlinePolicy("working_days", 2), DeadlinePolicy("working_hours", 40)]
    ),
    digital=st.booleans(),
    on_hold=st.booleans(),
    nightly_cap=st.integers(0, 10_000),
    resend_to_organisations=st.booleans(),
    information_types=st.lists(text, max_size=3).map(tuple),
    message_sender=text,
    notification_texts=st.dictionaries(st.sampled_from(LANGUAGES), text),
    invoice_reference=text,
    invoice_endpoint=st.sampled_from(["", "0192:310000108"]),
)


@given(st.lists(a_whole_sender, min_size=1, max_size=3))
def test_senders_are_read_back_as_they_were_written(senders: list[Sender]) -> None:
    assert parse_senders(to_toml(senders)) == senders


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


def test_what_stands_at_its_default_is_not_written() -> None:
    assert "nightly_cap" not in to_toml([a_sender()])


def _toml(*rows: dict[str, object]) -> str:
    return tomli_w.dumps({"sender": list(rows)})
