"""The files of a report: a workbook, or a folder with a file a table."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reports.deliverables import Format, Language, stem
from reports.export.as_csv import as_csv
from reports.export.as_parquet import as_parquet
from reports.whole_file import write_whole

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Report:
    """A report that can be written: its workbook, and the same tables."""

    book: str
    """Its name on files: `statistikk`."""
    month: str
    language: Language
    workbook: Callable[[], bytes]
    tables: Tables
    """With codes and names as they are recorded: what Parquet holds."""
    tables_in_words: Tables
    """As people read them: what CSV holds."""
    words: Mapping[str, str]
    """The headings of the columns."""


def contents(report: Report, wanted: Format) -> dict[str, bytes]:
    """Return every file of a report in a format, by its name below the reports' folder."""
    name = stem(report.book, report.month, report.language)
    found: dict[str, bytes] = {}
    if wanted in {Format.XLSX, Format.ALL}:
        found[f"{name}.xlsx"] = report.workbook()
    if wanted in {Format.CSV, Format.ALL}:
        for table, frame in report.tables_in_words.items():
            found[f"{name}/{table}.csv"] = as_csv(frame, report.words)
    if wanted in {Format.PARQUET, Format.ALL}:
        # Its columns have names for programs, which are the same in every language.
        plain = stem(report.book, report.month, Language.BOKMAL)
        for table, frame in report.tables.items():
            said = {"book": report.book, "month": report.month, "table": table}
            found[f"{plain}/{table}.parquet"] = as_parquet(frame, said)
    return found


def in_short(names: Collection[str]) -> tuple[str, ...]:
    """Return names of files, those of one folder and kind as one: `x/*.csv (12)`."""
    kinds = Counter(f"{Path(name).parent}/*{Path(name).suffix}" for name in names if "/" in name)
    alone = [name for name in names if "/" not in name]
    return (*alone, *(f"{kind} ({count})" for kind, count in kinds.items()))


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder, each whole or not at all."""
    for name, content in files.items():
        write_whole(folder / name, content)
