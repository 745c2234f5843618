"""The cost/benefit workbook is a living model: its formulas give what svarut reckoned."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from recalculating import differences

from flows.wording import sentences
from reports.cost_benefit.assumptions import read_assumptions
from reports.cost_benefit.measured import Basis, MeasuredMonth, MeasuredSender, figures
from reports.cost_benefit.model import results
from reports.cost_benefit.tables import in_words, tables_of
from reports.cost_benefit.workbook import workbook
from reports.deliverables import Language

DAY = date(2026, 11, 25)
SAID = read_assumptions(DAY)
WORDS = sentences("cost_benefit/nb.toml")
BASIS = Basis(
    (
        MeasuredMonth("2026-10", 900, 300, 279_000, 1_800_000, 2100),
        MeasuredMonth("2026-11", 1000, 500, 330_000, 1_990_000, 2300),
    ),
    (
        MeasuredSender("Nordvik kommune", "310000108", 1200, 700, 390_000, 2_400_000),
        MeasuredSender('=HYPERLINK("x")', "010000109", 700, 100, 219_000, 1_390_000),
    ),
)


@pytest.mark.parametrize("basis", [BASIS, Basis()], ids=["measured", "nothing measured"])
def test_a_spreadsheet_program_reckons_the_same(basis: Basis, tmp_path: Path) -> None:
    assert differences(workbook(SAID, basis, DAY, WORDS), tmp_path) == []


def test_equal_assumptions_give_equal_bytes() -> None:
    assert workbook(SAID, BASIS, DAY, WORDS) == workbook(SAID, BASIS, DAY, WORDS)


def test_it_has_the_sheets_an_analyst_looks_for() -> None:
    book = load_workbook(io.BytesIO(workbook(SAID, BASIS, DAY, WORDS)))

    assert book.sheetnames == [
        "Les meg",
        "Forutsetninger",
        "Målt grunnlag",
        "Per forsendelse",
        "Kontantstrøm",
        "Følsomhet",
        "Scenarier",
        "Per avsender",
        "Gevinstplan",
        "Ikke-prissatte",
        "Kontroll",
    ]
    assert not any(sheet.merged_cells.ranges for sheet in book.worksheets)


def test_what_was_measured_is_said_to_be() -> None:
    book = load_workbook(io.BytesIO(workbook(SAID, BASIS, DAY, WORDS)), data_only=True)
    sheet = book["Forutsetninger"]

    rows = {row[7].value: row for row in sheet.iter_rows(min_row=2)}

    assert rows["porto_med"][3].value == pytest.approx(3_790_000 / 1900 / 100)
    assert rows["porto_med"][5].value == "målt"
    assert "2026-10–2026-11" in rows["porto_med"][6].value
    assert rows["minutter_uten"][5].value == "anslag"


def test_a_year_is_reckoned_from_the_months_there_are() -> None:
    assert figures(BASIS)["volum"] == 2700 * 6
    assert figures(BASIS)["andel_digital"] == pytest.approx(800 / 2700)
    assert figures(Basis()) == {}


def test_what_a_digital_letter_costs_is_measured_where_every_month_knows_it() -> None:
    october, november = BASIS.months
    known = replace(october, digital_ore=30_000), replace(november, digital_ore=34_000)
    half = replace(BASIS, months=(known[0], november))
    full = replace(BASIS, months=known)

    book = load_workbook(io.BytesIO(workbook(SAID, full, DAY, WORDS)), data_only=True)

    rows = {row[7].value: row for row in book["Forutsetninger"].iter_rows(min_row=2)}
    assert rows["digital_pris"][3].value == pytest.approx(640 / 800)
    assert rows["digital_pris"][6].value.startswith("prislisten")
    assert "digital_pris" not in figures(half)
    assert "digital_pris" not in figures(BASIS)


def test_senders_are_ranked_by_what_they_would_save_and_no_name_is_a_formula() -> None:
    book = load_workbook(io.BytesIO(workbook(SAID, BASIS, DAY, WORDS)))
    sheet = book["Per avsender"]

    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2, max_row=3)]

    assert [row[0] for row in rows] == ["Nordvik kommune", '=HYPERLINK("x")']
    assert sheet["A3"].data_type == "s"
    assert rows[1][1] == "010000109"


@pytest.mark.parametrize("language", Language)
def test_it_says_the_same_in_every_language(language: Language) -> None:
    words = sentences(f"cost_benefit/{language}.toml")

    found = figures_of(workbook(SAID, BASIS, DAY, words))

    assert found == figures_of(workbook(SAID, BASIS, DAY, WORDS))
    assert len(found) > 150


def figures_of(content: bytes) -> list[float]:
    book = load_workbook(io.BytesIO(content), data_only=True)
    cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row)
    return [value for value in cells if isinstance(value, (int, float))]


@pytest.mark.parametrize("language", Language)
def test_its_tables_have_a_heading_for_every_column(language: Language) -> None:
    words = sentences(f"cost_benefit/{language}.toml")

    tables = in_words(tables_of(SAID, BASIS), SAID, words)

    assert {name for frame in tables.values() for name in frame.columns} - words.keys() == set()
    assert tables["scenarios"]["scenario"][0] == words["scenario_manuell"]


def test_its_tables_hold_what_the_model_reckons() -> None:
    tables = tables_of(SAID, BASIS)

    saving = tables["results"].set_index("id")["expected"]["sparing_aar"]
    assert saving == results(SAID.values())["sparing_aar"]
    assert tables["scenarios"].set_index("scenario")["saving_year"]["ventet"] == pytest.approx(
        saving
    )
    assert list(tables["senders"]["organisation_number"]) == ["310000108", "010000109"]


def test_without_measurements_the_tables_have_the_same_columns() -> None:
    full, empty = tables_of(SAID, BASIS), tables_of(SAID, Basis())

    assert {name: dict(frame.dtypes) for name, frame in empty.items()} == {
        name: dict(frame.dtypes) for name, frame in full.items()
    }
