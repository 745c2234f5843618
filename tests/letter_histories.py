"""A year of letters as the database counts them, small enough to reckon by hand."""

from datetime import UTC, datetime

import pandas as pd

from reports.letter_statistics.history import COUNTS, POSTINGS, READINGS, History, _counts

NAMES = tuple(f"2026-{month:02d}" for month in range(1, 13))
LAST = datetime(2026, 12, 31, 20, tzinfo=UTC)
INJECTED = '=HYPERLINK("x")'


def a_history(**changes: object) -> History:
    """October to December of two senders: one digital, one whose name would be a formula."""
    counted = {
        "letters": [
            (9, "nordvik", "vedtak", "LEST", 60),
            (9, "nordvik", "", "PRINTET", 30),
            (10, "nordvik", "vedtak", "LEST", 80),
            (10, "nordvik", "*", "AVVIST", 3),
            (11, "nordvik", "vedtak", "VARSLET", 7),
            (11, "sorvik", "vedtak", "SENDT_PRINT", 20),
            (11, "sorvik", "vedtak", "MANUELT_HANDTERT", 1),
        ],
        "published": [(9, "nordvik", "vedtak", 4, 4), (11, "nordvik", "vedtak", 3, 1)],
        "late": [(9, "nordvik", "vedtak", 1)],
        "rejected": [(10, "nordvik", "PDF_TOM", 3), (10, "nordvik", "FIL_MANGLER", 1)],
        "returned": [(10, "nordvik", "", "R01", 2), (11, "nordvik", "", "R09", 1)],
    }
    values = {
        "names": NAMES,
        "last": LAST,
        "senders": pd.DataFrame(
            {
                "sender_id": ["nordvik", "sorvik"],
                "sender": ["Nordvik kommune", INJECTED],
                "organisation_number": ["310000108", "010000109"],
            }
        ).astype("str"),
        "readings": pd.DataFrame(
            [
                (9, "nordvik", "vedtak", 1.0, True, True),
                (9, "nordvik", "vedtak", 3.0, True, True),
                (9, "nordvik", "vedtak", 80.0, False, True),
                (11, "nordvik", "vedtak", 2.0, True, False),
            ],
            columns=list(READINGS),
        ).astype(READINGS),
        "postings": pd.DataFrame(
            [(9, "nordvik", "", 3.0, False), (10, "nordvik", "", 5.0, True)],
            columns=list(POSTINGS),
        ).astype(POSTINGS),
        **{name: _counts(rows, COUNTS[name]) for name, rows in counted.items()},
        **changes,
    }
    return History(**values)  # type: ignore[arg-type]


def no_history() -> History:
    """Nothing at all."""
    frames = {name: _counts([], columns) for name, columns in COUNTS.items()}
    return a_history(
        last=None,
        readings=pd.DataFrame(columns=list(READINGS)).astype(READINGS),
        postings=pd.DataFrame(columns=list(POSTINGS)).astype(POSTINGS),
        **frames,
    )
