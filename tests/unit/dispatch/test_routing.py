"""The choice between digital and paper: every combination there is."""

import re
from itertools import product

import pytest
from conftest import ROOT

from flows.dispatch.channel import Refusal
from flows.dispatch.routing import Choice, Reason, Way, choose_route, must_be_looked_up
from flows.domain.contact import Contact
from flows.domain.shipment import RecipientKind, ShipmentId, ToRoute

YES_NO = (False, True)
EVERY_LETTER = [
    ToRoute(ShipmentId("1"), *facts)
    for facts in product(RecipientKind, YES_NO, YES_NO, YES_NO, YES_NO, YES_NO, (None, *Contact))
]


def a_letter(**changes: object) -> ToRoute:
    values = {
        "id": ShipmentId("1"),
        "recipient": RecipientKind.PERSON,
        "sender_digital": True,
        "digital_only": False,
        "information": False,
        "confidential": False,
        "confidential_resource": False,
        "contact": Contact.NOTIFIABLE,
        **changes,
    }
    return ToRoute(**values)  # type: ignore[arg-type]


# The table of the reference: verdict, decision letter, information letter, digital only.
VERDICTS = {
    Contact.RESERVED: (Way.PAPER, Way.PAPER, Way.NOWHERE),
    Contact.NOTIFIABLE: (Way.DIGITAL, Way.DIGITAL, Way.DIGITAL),
    Contact.NOT_NOTIFIABLE: (Way.PAPER, Way.DIGITAL, Way.DIGITAL),
    Contact.NOT_REGISTERED: (Way.PAPER, Way.PAPER, Way.NOWHERE),
    Contact.DELETED: (Way.PAPER, Way.PAPER, Way.NOWHERE),
    None: (Way.WAITS, Way.WAITS, Way.WAITS),
}


@pytest.mark.parametrize("contact", VERDICTS, ids=str)
def test_a_persons_letter_goes_as_the_register_says(contact: Contact | None) -> None:
    decision = choose_route(a_letter(contact=contact), register_is_asked=True).way
    information = choose_route(
        a_letter(contact=contact, information=True), register_is_asked=True
    ).way
    digital_only = choose_route(
        a_letter(contact=contact, digital_only=True), register_is_asked=True
    ).way

    assert (decision, information, digital_only) == VERDICTS[contact]


def expected(letter: ToRoute, *, asked: bool) -> Way:
    """The same once more, written the other way around: what could make it digital."""
    may = letter.sender_digital and letter.recipient is not RecipientKind.NOBODY
    may = may and (letter.confidential_resource or not letter.confidential)
    if may and letter.recipient is RecipientKind.PERSON and asked:
        if letter.contact is None:
            return Way.WAITS
        if letter.contact is Contact.NOT_NOTIFIABLE:
            may = letter.information or letter.digital_only
        else:
            may = letter.contact is Contact.NOTIFIABLE
    if may:
        return Way.DIGITAL
    return Way.NOWHERE if letter.digital_only else Way.PAPER


@pytest.mark.parametrize("asked", YES_NO, ids=["register not asked", "register asked"])
def test_every_combination_has_the_way_the_table_gives_it(asked: bool) -> None:
    wrong = [
        (letter, found)
        for letter in EVERY_LETTER
        if (found := choose_route(letter, register_is_asked=asked)).way
        is not expected(letter, asked=asked)
    ]

    assert len(EVERY_LETTER) == 3 * 2**5 * 6
    assert wrong == []


def test_no_digital_only_letter_goes_on_paper_and_no_other_goes_nowhere() -> None:
    for letter, asked in product(EVERY_LETTER, YES_NO):
        way = choose_route(letter, register_is_asked=asked).way

        assert not (letter.digital_only and way is Way.PAPER)
        assert letter.digital_only or way is not Way.NOWHERE


def test_only_people_whose_letters_hang_on_it_are_looked_up() -> None:
    for letter in EVERY_LETTER:
        waits = choose_route(letter, register_is_asked=True).way is Way.WAITS

        assert must_be_looked_up(letter) == waits
        assert not (waits and letter.recipient is not RecipientKind.PERSON)


REASONS = {
    "a sender on paper": ({"sender_digital": False}, Way.PAPER, Reason.SENDER_NOT_DIGITAL),
    "nobody's id": ({"recipient": RecipientKind.NOBODY}, Way.PAPER, Reason.NO_DIGITAL_ID),
    "confidential": ({"confidential": True}, Way.PAPER, Reason.CONFIDENTIAL),
    "confidential with a way": (
        {"confidential": True, "confidential_resource": True},
        Way.DIGITAL,
        Reason.NOTIFIABLE,
    ),
    "an organisation": (
        {"recipient": RecipientKind.ORGANISATION, "contact": None},
        Way.DIGITAL,
        Reason.ORGANISATION,
    ),
    "information, nobody told": (
        {"information": True, "contact": Contact.NOT_NOTIFIABLE},
        Way.DIGITAL,
        Reason.INFORMATION_WITHOUT_NOTICE,
    ),
    "digital only, nobody told": (
        {"digital_only": True, "contact": Contact.NOT_NOTIFIABLE},
        Way.DIGITAL,
        Reason.DIGITAL_ONLY_WITHOUT_NOTICE,
    ),
    "digital only and reserved": (
        {"digital_only": True, "contact": Contact.RESERVED},
        Way.NOWHERE,
        Reason.RESERVED,
    ),
}


@pytest.mark.parametrize(("changes", "way", "reason"), REASONS.values(), ids=list(REASONS))
def test_every_choice_has_its_reason(changes: dict[str, object], way: Way, reason: Reason) -> None:
    assert choose_route(a_letter(**changes), register_is_asked=True) == Choice(way, reason)


def test_the_document_has_every_reason_and_no_other() -> None:
    text = (ROOT / "docs/routing.md").read_text(encoding="utf-8")
    written = set(re.findall(r"^\|.*\| `(\w+)` \|$", text, re.MULTILINE))

    assert written == {*Reason, *Refusal, "QUARANTINED"}
