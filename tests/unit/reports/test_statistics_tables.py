"""The statistics' figures are what their definitions say."""

from datetime import date

import pandas as pd
import pytest
from letter_histories import a_history, no_history

from flows.domain.status import Status
from reports.letter_statistics.by_key import CHANNELS
from reports.letter_statistics.months import months_until
from reports.letter_statistics.tables import tables_of

TABLES = tables_of(a_history())


def figures(table: str, key: str) -> dict[str, dict[str, object]]:
    return TABLES[table].set_index(key).to_dict("index")


def test_every_status_belongs_to_a_channel() -> None:
    assert set(CHANNELS) == set(Status)


def test_the_digital_share_leaves_out_what_is_not_decided() -> None:
    months = figures("months", "month")

    assert list(months) == ["2026-10", "2026-11", "2026-12"]
    assert months["2026-10"]["digital_share"] == pytest.approx(60 / 90)
    assert months["2026-11"]["digital_share"] == 1.0
    assert months["2026-12"]["digital_share"] == 0.0
    assert (months["2026-12"]["under_way"], months["2026-12"]["other"]) == (7, 1)


def test_shares_read_are_of_letters_that_are_decided() -> None:
    reading = figures("reading", "month")

    october, december = reading["2026-10"], reading["2026-12"]
    assert (october["decided"], october["read"], october["in_time"]) == (4, 3, 2)
    assert (october["read_share"], october["in_time_share"]) == (0.75, 0.5)
    # One has passed its deadline unread, one was read before it came, one is still open.
    assert (december["published"], december["decided"], december["read_share"]) == (3, 2, 0.5)


def test_medians_are_as_a_spreadsheet_reckons_them() -> None:
    october = figures("reading", "month")["2026-10"]

    assert october["hours_median"] == 3.0
    assert october["hours_p90"] == pytest.approx(3 + 0.8 * 77)


def test_what_is_missing_is_not_nought() -> None:
    november = figures("reading", "month")["2026-11"]

    assert (november["published"], november["read"]) == (0, 0)
    assert pd.isna(november["read_share"])
    assert pd.isna(november["hours_median"])


def test_key_figures_are_of_the_last_month_and_of_all() -> None:
    found = figures("key_figures", "figure")

    assert found["letters"] == {"this_month": 28.0, "twelve_months": 201.0}
    assert found["digital_share"]["twelve_months"] == pytest.approx(140 / 190)
    assert found["returned_share"]["twelve_months"] == 1.5
    assert found["days_median"]["twelve_months"] == 4.0


def test_senders_and_types_are_in_order_of_size_with_the_rest_last() -> None:
    assert list(TABLES["senders"]["letters"]) == [180, 21]
    assert list(TABLES["types"]["type"]) == ["vedtak", "", "*"]


def test_reasons_are_in_order_of_size() -> None:
    rejections = TABLES["rejections"].to_dict("records")

    assert [row["code"] for row in rejections] == ["PDF_TOM", "FIL_MANGLER"]
    assert rejections[1]["share"] == pytest.approx(1 / 3)


def test_without_letters_every_table_has_its_columns() -> None:
    empty = tables_of(no_history())

    assert {name: list(frame.columns) for name, frame in empty.items()} == {
        name: list(frame.columns) for name, frame in TABLES.items()
    }


def test_the_year_that_ends_with_a_month_begins_at_midnight_in_norway() -> None:
    names, months = months_until(date(2026, 3, 1))

    assert (names[0], names[-1], len(names)) == ("2025-04", "2026-03", 12)
    assert months.begins[0].isoformat() == "2025-04-01T00:00:00+02:00"
    assert months.ends.isoformat() == "2026-04-01T00:00:00+02:00"
