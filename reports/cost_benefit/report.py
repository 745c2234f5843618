"""Cost and benefit until a month's end, ready to be written."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from flows.database.session import Tx
from flows.wording import sentences
from reports.cost_benefit.assumptions import read_assumptions, with_measured
from reports.cost_benefit.basis import read_basis
from reports.cost_benefit.measured import figures
from reports.cost_benefit.tables import in_words, tables_of
from reports.cost_benefit.workbook import workbook
from reports.deliverables import Language
from reports.export.files import Report


def cost_benefit_report(tx: Tx, before: date, language: Language) -> Report:
    """Return the model with what was measured in the twelve months before a day, a month's first.

    Raises NeedsAPerson when no discount rate holds.
    """
    last = before - timedelta(days=1)
    words, basis = sentences(f"cost_benefit/{language}.toml"), read_basis(tx, before)
    said = read_assumptions(last)
    measured = replace(said, figures=with_measured(said.figures, figures(basis)))
    tables = tables_of(measured, basis)
    return Report(
        book="kost-nytte",
        month=f"{last:%Y-%m}",
        language=language,
        workbook=partial(workbook, said, basis, last, words),
        tables=tables,
        tables_in_words=in_words(tables, said, words),
        words=words,
    )
