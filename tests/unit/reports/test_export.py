"""The same tables for other programs: they open right, read back equal, and are inert."""

import csv
import io
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letter_histories import INJECTED, a_history

from flows.domain.inert import STARTS
from reports.deliverables import Format, Language, month_named
from reports.export.as_csv import as_csv
from reports.export.as_parquet import as_parquet
from reports.export.files import Report, contents, in_short
from reports.letter_statistics.tables import tables_of

FRAME = pd.DataFrame(
    {
        "sender": ["Nordvik kommune", INJECTED],
        "account_code": ["0410", ""],
        "letters": [3, 4],
        "share": [0.125, float("nan")],
        "net_ore": [-1995, 7],
        "posted_on": [date(2026, 11, 25), None],
        "seen_at": pd.to_datetime([datetime(2026, 11, 25, 7, tzinfo=UTC), None], utc=True),
    }
).astype({"sender": "str", "account_code": "str"})


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_csv_is_what_a_norwegian_spreadsheet_opens() -> None:
    content = as_csv(FRAME, {"sender": "Avsender", "net_ore": "Netto, kr"})

    assert content.startswith(b"\xef\xbb\xbf")
    assert rows(content)[0][:2] == ["Avsender", "account_code"]
    assert rows(content)[0][4] == "Netto, kr"
    first, second = rows(content)[1:]
    assert first == [
        "Nordvik kommune",
        "0410",
        "3",
        "0,125",
        "-19,95",
        "2026-11-25",
        "2026-11-25T07:00:00+00:00",
    ]
    assert second == [f"'{INJECTED}", "", "4", "", "0,07", "", ""]


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
def test_no_text_in_a_csv_is_a_formula_and_none_is_lost(texts: list[str]) -> None:
    frame = pd.DataFrame({"a": texts, "b": texts}).astype("str")

    found = rows(as_csv(frame, {}))[1:]

    assert [row[1].removeprefix("'") for row in found] == [text.removeprefix("'") for text in texts]
    assert not any(cell.startswith(STARTS) for row in found for cell in row)


def test_parquet_has_types_and_says_what_it_is() -> None:
    table = pq.read_table(pa.BufferReader(as_parquet(FRAME, {"book": "statistikk"})))

    assert [str(field.type) for field in table.schema] == [
        "string",
        "string",
        "int64",
        "double",
        "int64",
        "date32[day]",
        "timestamp[us, tz=UTC]",
    ]
    assert table.schema.metadata == {b"svarut.version": b"1", b"svarut.book": b"statistikk"}
    assert table.column("share").to_pylist() == [0.125, None]
    assert table.column("sender").to_pylist() == list(FRAME["sender"])


def test_an_empty_table_keeps_its_types() -> None:
    full, empty = (pq.read_table(pa.BufferReader(as_parquet(f, {}))) for f in (FRAME, FRAME[:0]))

    assert empty.schema.equals(full.schema)


def a_report(language: Language = Language.BOKMAL) -> Report:
    tables = tables_of(a_history())
    return Report("statistikk", "2026-12", language, lambda: b"book", tables, tables, {})


def test_a_format_is_a_workbook_or_a_folder_with_a_file_a_table() -> None:
    files = contents(a_report(), Format.ALL)

    assert list(contents(a_report(), Format.XLSX)) == ["statistikk-2026-12.xlsx"]
    first, *_ = contents(a_report(Language.ENGLISH), Format.CSV)
    assert first.startswith("statistikk-2026-12-en/")
    assert in_short(files) == (
        "statistikk-2026-12.xlsx",
        "statistikk-2026-12/*.csv (12)",
        "statistikk-2026-12/*.parquet (12)",
    )


def test_equal_tables_give_equal_files() -> None:
    assert contents(a_report(), Format.ALL) == contents(a_report(), Format.ALL)


def test_every_table_of_the_statistics_reads_back_equal() -> None:
    report = a_report()

    for name, content in contents(report, Format.PARQUET).items():
        frame = report.tables[name.split("/")[1].removesuffix(".parquet")]

        found = pq.read_table(pa.BufferReader(content)).to_pandas()

        pd.testing.assert_frame_equal(found, frame, check_dtype=False)


@pytest.mark.parametrize(
    ("named", "month"), [(None, "2027-01"), ("last", "2026-12"), ("2026-07", "2026-07")]
)
def test_a_month_is_named_or_is_the_one_it_is(named: str | None, month: str) -> None:
    assert month_named(named, date(2027, 1, 31)) == month
