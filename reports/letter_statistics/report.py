"""The statistics of twelve months, ready to be written."""

from datetime import date
from functools import partial

from flows.database.session import Tx
from reports.deliverables import Language
from reports.export.files import Report
from reports.letter_statistics.history import read_history
from reports.letter_statistics.in_words import in_words, words_of
from reports.letter_statistics.tables import tables_of
from reports.letter_statistics.workbook import workbook


def statistics_report(tx: Tx, first: date, language: Language) -> Report:
    """Return the statistics of the twelve months that end with the one that begins that day."""
    month = f"{first:%Y-%m}"
    history = read_history(tx, first)
    tables, words = tables_of(history), words_of(language)
    statuses = {name.removeprefix("status_"): said for name, said in words.items()}
    return Report(
        book="statistikk",
        month=month,
        language=language,
        workbook=partial(workbook, tables, month, history.last, words),
        tables=tables,
        tables_in_words=in_words(tables, words),
        words={**statuses, **words},
    )
