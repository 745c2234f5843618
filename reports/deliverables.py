"""What reports are written as: their languages, formats and file names."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

LAST: Final = "last"
"""The month before the one it is: for schedules."""


class Language(StrEnum):
    """The languages that workbooks are written in."""

    BOKMAL = "nb"
    NYNORSK = "nn"
    ENGLISH = "en"


class Format(StrEnum):
    """What a report is written as; all of them hold the same tables."""

    XLSX = "xlsx"
    CSV = "csv"
    PARQUET = "parquet"
    ALL = "all"


def month_named(month: str | None, today: date) -> str:
    """Return a month as `2026-11`: the one named, or without a name the one it is."""
    if month == LAST:
        today = today.replace(day=1) - timedelta(days=1)
    elif month:
        return month
    return f"{today:%Y-%m}"


def stem(book: str, month: str, language: Language) -> str:
    """Return a report's name without its ending: `statistikk-2026-11`, or `statistikk-2026-11-en`.

    A report in another language lies beside the one in bokmål, and does not take its place.
    """
    return f"{book}-{month}" + ("" if language is Language.BOKMAL else f"-{language}")
