"""Which cover a letter gets: whose language, and whose address answers go to."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from builders import MONDAY, a_document, a_recipient, a_sender

from flows.domain.batch import BatchId, Letter, Piece
from flows.domain.postal_address import PostalAddress
from flows.domain.shipment import ShipmentId
from flows.print_batch.cover_page import Cover
from flows.print_batch.covers import cover_of

OFFICE = PostalAddress("Byggesak", ("Postboks 7",), "8902", "Brønnøysund")


def a_letter(**changes: Any) -> Letter:
    sender = a_sender()
    letter = Letter(
        piece=Piece(BatchId("SVAR-20261124-01-C5SHD"), 12, ShipmentId("x")),
        sender_id=sender.id,
        account_code="",
        duplex=True,
        colour=False,
        due_at=MONDAY + timedelta(days=2),
        route_reason="DIGITAL_ID",
        recipient=a_recipient(),
        documents=(a_document(1, 3), a_document(2, 1)),
    )
    return replace(letter, **changes)


def cover(letter: Letter, **sender: Any) -> Cover:
    return cover_of(letter, a_sender(**sender), sheets=4, printed_on=date(2026, 11, 25))


@pytest.mark.parametrize(
    ("recipient", "sender", "language"),
    [
        ("", "nb", "nb"),
        ("", "se", "se"),
        ("nn", "nb", "nn"),
        ("en", "se", "en"),
        ("fr", "nn", "nn"),
    ],
)
def test_a_cover_speaks_the_recipients_language_else_the_senders(
    recipient: str, sender: str, language: str
) -> None:
    assert cover(a_letter(recipient_language=recipient), language=sender).language == language


def test_answers_go_to_the_sender_unless_the_letter_says_otherwise() -> None:
    own = cover(a_letter())
    other = cover(a_letter(recipient=a_recipient(reply_to=OFFICE)))

    assert own.answers_to == ("Nordvik kommune", "Postboks 40", "8901 Brønnøysund")
    assert other.answers_to == ("Byggesak", "Postboks 7", "8902 Brønnøysund")
    assert other.sender_name == "Nordvik kommune"


def test_a_deadline_at_midnight_is_the_end_of_the_day_before() -> None:
    midnight_in_oslo = MONDAY.replace(day=25, hour=23)

    assert cover(a_letter(due_at=midnight_in_oslo)).unread_by == date(2026, 11, 25)
    assert cover(a_letter(due_at=None)).unread_by is None


def test_the_mark_names_batch_piece_and_sheet() -> None:
    assert cover(a_letter()).mark == "SVAR-20261124-01-C5SHD;000012;1/4"
    assert cover(a_letter()).pages == (3, 1)
