"""What finance opens: sums that add up, codes as text, the same bytes for the same facts."""

import io
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from flows.errors import NeedsAPerson
from reports import cost
from reports.controls import controls
from reports.flow import _bounds
from reports.letter_facts import CHARGE_COLUMNS
from reports.workbook import Month, workbook


def charges_of(*letters: dict[str, Any]) -> pd.DataFrame:
    """Two charges a letter, as the facts give them."""
    rows = []
    for number, changes in enumerate(letters):
        letter = {
            "posted_on": date(2026, 11, 25),
            "sender_id": "nordvik",
            "sender": "Nordvik kommune",
            "organisation_number": "310000108",
            "account_code": "0410",
            "shipment_id": f"letter-{number:04d}",
            "pages_black_white": 3,
            "pages_colour": 1,
            "sheets_by_machine": 2,
            "extra_sheets_by_machine": 1,
            "sheets_by_hand": 0,
            "extra_sheets_by_hand": 0,
            "weight_grams": 17,
            "production": 261,
            "postage": 1450,
            **changes,
        }
        for kind, net in (
            ("PRODUCTION", letter.pop("production")),
            ("POSTAGE", letter.pop("postage")),
        ):
            rows.append({**letter, "kind": kind, "net_ore": net, "vat_ore": (net + 2) // 4})
    return pd.DataFrame(rows, columns=list(CHARGE_COLUMNS)).astype(CHARGE_COLUMNS)


def a_month(charges: pd.DataFrame) -> Month:
    letters = cost.by_letter(charges)
    applied = len(letters)
    totals = {"letters:PRINTET": applied, "lines:APPLIED": applied, "charges": len(charges)}
    totals["taken_in"] = applied
    totals["charged_letters"] = applied
    return Month(
        month="2026-11",
        data_until="25.11.2026",
        senders=cost.by_sender(letters),
        codes=cost.by_account_code(letters),
        letters=letters,
        controls=controls(totals, letters, charges),
    )


def opened(charges: pd.DataFrame) -> Any:
    return load_workbook(io.BytesIO(workbook(a_month(charges))))


def test_a_letters_counts_are_taken_once_though_it_has_two_charges() -> None:
    (letter,) = cost.by_letter(charges_of({})).to_dict("records")

    assert letter["pages_black_white"] == 3
    assert (letter["production_ore"], letter["postage_ore"]) == (261, 1450)
    assert letter["gross_ore"] == letter["net_ore"] + letter["vat_ore"]


def test_the_sheets_are_those_finance_knows() -> None:
    assert opened(charges_of({})).sheetnames == [
        "Les meg",
        "Sammendrag",
        "Per konteringskode",
        "Forbruk",
        "Avstemming",
    ]


def test_leading_zeros_survive_and_an_empty_code_has_a_row() -> None:
    book = opened(charges_of({"account_code": "0041"}, {"account_code": ""}))

    codes = [row[2].value for row in book["Per konteringskode"].iter_rows(min_row=2)]

    assert [code or "" for code in codes] == ["", "0041"]


@pytest.mark.parametrize("text", ["=1+1", "+47", "-x", "@SUM(A1)"])
def test_no_text_is_ever_a_formula(text: str) -> None:
    book = opened(charges_of({"sender": text}))

    cell = book["Forbruk"]["B2"]

    assert cell.value == text
    assert cell.data_type == "s"


def test_money_is_numbers_in_kroner_and_tables_are_tables() -> None:
    book = opened(charges_of({}, {"production": 100}))
    sheet = book["Forbruk"]
    header = [cell.value for cell in sheet[1]]
    net = sheet.cell(2, header.index("Netto, kr") + 1)

    assert net.value == 17.11
    assert net.number_format == "#,##0.00"
    assert list(sheet.tables) == ["tbl_letters"]
    assert sheet.freeze_panes == "A2"
    assert not sheet.merged_cells.ranges


def test_the_same_facts_give_the_same_bytes() -> None:
    charges = charges_of({}, {"account_code": "7"})

    assert workbook(a_month(charges)) == workbook(a_month(charges))


def test_a_month_without_letters_is_a_workbook_too() -> None:
    book = opened(charges_of())

    assert book["Forbruk"].max_row == 1
    assert book["Les meg"]["B5"].value == "0"


def test_a_letter_that_came_and_is_nowhere_is_a_difference() -> None:
    charges = charges_of({})
    totals = {"letters:PRINTET": 1, "taken_in": 2, "lines:APPLIED": 1, "charges": 2}

    found = controls(totals, cost.by_letter(charges), charges)

    assert {one.name: one.difference for one in found}["all_letters"] == -1


def test_a_control_that_does_not_agree_is_said_on_the_first_sheet() -> None:
    charges = charges_of({})
    letters = cost.by_letter(charges)
    totals = {"letters:PRINTET": 2, "taken_in": 2, "lines:APPLIED": 1, "charges": 2}
    wrong = controls(totals, letters, charges)
    month = a_month(charges)

    book = load_workbook(
        io.BytesIO(
            workbook(
                Month("2026-11", "", month.senders, month.codes, month.letters, wrong),
            )
        )
    )

    said = [row[1].value for row in book["Les meg"].iter_rows(min_row=3)]
    assert "1 går ikke opp: se arket Avstemming" in said


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "sender": st.sampled_from(["A", "B"]),
                "account_code": st.sampled_from(["", "01", "02"]),
                "production": st.integers(0, 100_000),
                "postage": st.integers(0, 20_000),
            }
        ),
        max_size=40,
    )
)
def test_every_sum_is_the_sum_of_its_lines(letters: list[dict[str, Any]]) -> None:
    charges = charges_of(*letters)

    by_letter = cost.by_letter(charges)

    for frame in (by_letter, cost.by_sender(by_letter), cost.by_account_code(by_letter)):
        assert frame["net_ore"].sum() == charges["net_ore"].sum()
        assert frame["vat_ore"].sum() == charges["vat_ore"].sum()
        assert frame["gross_ore"].sum() == charges["net_ore"].sum() + charges["vat_ore"].sum()
    assert cost.by_sender(by_letter)["letters"].sum() == len(letters)


@pytest.mark.parametrize(
    ("month", "first", "before"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 12, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_month_has_a_first_day_and_a_next(month: str, first: date, before: date) -> None:
    assert _bounds(month) == (first, before)


def test_what_is_no_month_is_said() -> None:
    with pytest.raises(NeedsAPerson, match="no month"):
        _bounds("november")
