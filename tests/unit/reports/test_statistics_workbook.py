"""The statistics workbook is one an analyst uses as it is, and says the same as its tables."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from letter_histories import INJECTED, LAST, a_history, no_history
from openpyxl import load_workbook
from recalculating import differences

from reports.deliverables import Language
from reports.letter_statistics import workbook as made
from reports.letter_statistics.in_words import words_of
from reports.letter_statistics.tables import tables_of
from reports.letter_statistics.workbook import workbook

WORDS = words_of(Language.BOKMAL)
CONTENT = workbook(tables_of(a_history()), "2026-12", LAST, WORDS)


def opened(content: bytes = CONTENT) -> Any:
    return load_workbook(io.BytesIO(content), data_only=True)


def test_a_spreadsheet_program_reckons_the_same(tmp_path: Path) -> None:
    assert differences(CONTENT, tmp_path) == []


def test_equal_figures_give_equal_bytes() -> None:
    assert workbook(tables_of(a_history()), "2026-12", LAST, WORDS) == CONTENT


@pytest.mark.parametrize("history", [a_history, no_history], ids=["letters", "no letters"])
@pytest.mark.parametrize("language", Language)
def test_it_is_written_in_every_language_with_every_control_at_nought(
    history: Any, language: Language
) -> None:
    words = words_of(language)
    found = history()

    book = opened(workbook(tables_of(found), "2026-12", found.last, words))

    controls = book[words["sheet_controls"]]
    rows = [[cell.value for cell in row] for row in controls.iter_rows(min_row=2)]
    assert len(rows) == len(made.CONTROLS)
    assert {row[3] for row in rows} == {0}


def test_every_table_is_real_with_a_filter_and_its_heading_in_view() -> None:
    book = opened()

    tables = {sheet.title: list(sheet.tables.values()) for sheet in book if sheet.tables}

    assert list(tables) == [WORDS[f"sheet_{name}"] for name in made.SHEETS]
    assert all(one.autoFilter is not None for (one,) in tables.values())
    assert all(book[title].freeze_panes == "A2" for title in tables)
    assert not any(sheet.merged_cells.ranges for sheet in book)


def test_names_are_text_and_never_a_formula() -> None:
    sheet = load_workbook(io.BytesIO(CONTENT))[WORDS["sheet_senders"]]

    assert (sheet["A3"].value, sheet["A3"].data_type) == (INJECTED, "s")
    assert sheet["B3"].value == "010000109"


def test_the_key_figures_are_stored_beside_their_formulas() -> None:
    sheet = opened()[WORDS["sheet_summary"]]

    found = {row[0].value: row[2].value for row in sheet.iter_rows(min_row=4, max_row=23)}

    assert found["Brev"] == 201
    assert found["Digital andel"] == pytest.approx(140 / 190)
    assert found["Timer til lest, median"] == 2.5


def test_a_reason_stands_in_words_beside_its_code() -> None:
    sheet = opened()[WORDS["sheet_rejections"]]

    assert [cell.value for cell in sheet[2]][:3] == ["PDF_TOM", "PDF uten sider", 3]


def test_it_has_its_charts() -> None:
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as archive:
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        drawn = b"".join(archive.read(name) for name in charts)

    assert len(charts) == 10
    assert b"doughnutChart" in drawn
    assert b"#REF" not in drawn


def test_a_year_with_too_many_kinds_of_letters_is_put_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(made, "MOST_ROWS", 3)

    sheet = opened(workbook(tables_of(a_history()), "2026-12", LAST, WORDS))[WORDS["sheet_letters"]]

    assert WORDS["type"] not in [cell.value for cell in sheet[1]]
    total = sheet.max_row
    assert sum(row[6].value for row in sheet.iter_rows(min_row=2, max_row=total - 1)) == 201
