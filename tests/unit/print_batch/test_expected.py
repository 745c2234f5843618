"""What a night is expected to weigh and cost."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from small_world import a_price_list

from flows.domain.batch import Candidate
from flows.domain.shipment import PrintedDocument, SenderId, ShipmentId
from flows.domain.vendor_profile import NEUTRAL, Paper
from flows.print_batch.expected import expect

DAY = date(2026, 11, 24)
LETTER = Candidate(ShipmentId("one"), SenderId("bygg"), True, False, "8900", (PrintedDocument(4),))
"""Four sides on two sheets, and a cover."""


def test_a_letter_costs_what_a_receipt_of_it_would_say() -> None:
    found = expect([LETTER, LETTER], NEUTRAL, a_price_list(), DAY)

    one = found["C5SHD", SenderId("bygg")]
    assert (one.letters, one.sheets) == (2, 6)
    assert one.weight_grams == 2 * Decimal("21.970")
    assert one.net_ore == 2 * (5 * 42 + 45 + 2 * 45 + 1990)
    assert one.unknown == set()


def test_colour_is_counted_by_the_page_and_thick_letters_go_by_hand() -> None:
    by_hand = replace(NEUTRAL, paper=Paper(machine_sheets=2, c5_sheets=2, c4_grams=Decimal(20)))
    letter = replace(LETTER, colour=True, colour_pages=3)

    found = expect([letter], by_hand, a_price_list(), DAY)

    one = found["C4FAD", SenderId("bygg")]
    assert one.net_ore == 2 * 42 + 3 * 110 + 215 + 2 * 215 + 1990


def test_what_has_no_price_is_said_and_not_guessed() -> None:
    abroad = replace(LETTER, country="Sverige")
    heavy = replace(LETTER, documents=(PrintedDocument(60),))

    found = expect([abroad, heavy], NEUTRAL, a_price_list(), DAY)

    assert found["C5SHD", SenderId("bygg")].unknown == {"postage abroad"}
    assert found["C4SHD", SenderId("bygg")].unknown == {"KONV-AUTO-C4", "PORTO-BREV-350G"}
    assert (
        expect([LETTER], NEUTRAL, a_price_list(), date(2025, 1, 1))[
            "C5SHD", SenderId("bygg")
        ].net_ore
        == 0
    )
