"""What reports are written as: their languages, formats and file names."""

from enum import StrEnum


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


def stem(book: str, month: str, language: Language) -> str:
    """Return a report's name without its ending: `statistikk-2026-11`, or `statistikk-2026-11-en`.

    A report in another language lies beside the one in bokmål, and does not take its place.
    """
    return f"{book}-{month}" + ("" if language is Language.BOKMAL else f"-{language}")
