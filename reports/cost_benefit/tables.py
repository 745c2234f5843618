"""The tables of the cost/benefit model, for other programs: kroner as they are reckoned."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

import pandas as pd

from reports.cost_benefit.assumptions import Assumptions
from reports.cost_benefit.expressions import evaluate
from reports.cost_benefit.measured import Basis, a_year
from reports.cost_benefit.model import cash_flow, changed, results
from reports.cost_benefit.outlook import SCENARIO_RESULTS, Words, changes_in_words, swings

SenderRow = tuple[str, str, int, float, float | None, float | None, float, float]

MeasuredRow = tuple[str, int, int, float | None, float | None, float | None, float | None]

SENDERS: Final = (
    "sender",
    "organisation_number",
    "letters_per_year",
    "share",
    "production_per_letter",
    "postage_per_letter",
    "one_point",
    "all_digital",
)
MEASURED: Final = (
    "month",
    "letters_printed",
    "letters_read",
    "share",
    "production_per_letter",
    "postage_per_letter",
    "sheets_per_letter",
)


def tables_of(said: Assumptions, basis: Basis) -> dict[str, pd.DataFrame]:
    """Return every table by its name; said: with what was measured in its place."""
    values = said.values()
    found = results(values)
    scenarios = [
        (
            one.id,
            *(evaluate(changed(result, one.changes), values) for _, result, _ in SCENARIO_RESULTS),
        )
        for one in said.scenarios
    ]
    return {
        "assumptions": _frame([asdict(one) for one in said.figures]),
        "measured": pd.DataFrame(measured_rows(basis), columns=list(MEASURED)).astype(
            {"month": "str", "letters_printed": "int64", "letters_read": "int64"}
            | dict.fromkeys(MEASURED[3:], "float64")
        ),
        "results": _frame([{"id": name, "expected": value} for name, value in found.items()]),
        "cash_flow": _frame([asdict(one) for one in cash_flow(values, said.discount_rate)]),
        "sensitivity": _frame(
            [
                {"id": one, "sensitivity_saving_low": low, "sensitivity_saving_high": high}
                for one, low, high in swings(said)
            ]
        ),
        "scenarios": pd.DataFrame(
            scenarios, columns=["scenario", *(name for name, _, _ in SCENARIO_RESULTS)]
        ).astype({"scenario": "str"}),
        "senders": pd.DataFrame(sender_rows(said, basis), columns=list(SENDERS)).astype(
            {"sender": "str", "organisation_number": "str", "letters_per_year": "int64"}
            | dict.fromkeys(SENDERS[3:], "float64")
        ),
    }


def in_words(
    tables: Mapping[str, pd.DataFrame], said: Assumptions, words: Words
) -> dict[str, pd.DataFrame]:
    """Return the tables as people read them: names beside what only formulas know."""
    found = {name: frame.copy() for name, frame in tables.items()}
    assumptions = found["assumptions"]
    assumptions.insert(1, "name", [words[f"figure_{one}"] for one in assumptions["id"]])
    for column in ("unit", "status"):
        assumptions[column] = [words[f"{column}_{one}"] for one in assumptions[column]]
    sensitivity = found["sensitivity"]
    sensitivity.insert(1, "name", [words[f"figure_{one}"] for one in sensitivity["id"]])
    scenarios = found["scenarios"]
    scenarios["scenario"] = [words[f"scenario_{one}"] for one in scenarios["scenario"]]
    changes = [changes_in_words(one.changes, words) for one in said.scenarios]
    scenarios.insert(1, "changes", changes)
    return found


def measured_rows(basis: Basis) -> list[MeasuredRow]:
    """Return MEASURED of each month."""
    return [
        (
            one.month,
            one.printed,
            one.read,
            _share(one.read, one.read + one.printed),
            _share(one.production_ore / 100, one.printed),
            _share(one.postage_ore / 100, one.printed),
            _share(one.sheets, one.printed),
        )
        for one in basis.months
    ]


def sender_rows(said: Assumptions, basis: Basis) -> list[SenderRow]:
    """Return SENDERS of each sender, first who would save most by more digital letters."""
    price = said.values()["digital_pris"]
    rows: list[SenderRow] = []
    for one in basis.senders:
        letters = a_year(one.printed + one.read, max(len(basis.months), 1))
        paper = _share((one.production_ore + one.postage_ore) / 100, one.printed) or 0.0
        worth = letters * 0.01 * (paper - price)
        digital = _share(one.read, one.read + one.printed) or 0.0
        rows.append(
            (
                one.sender,
                one.organisation_number,
                letters,
                digital,
                _share(one.production_ore / 100, one.printed),
                _share(one.postage_ore / 100, one.printed),
                worth,
                worth * 100 * (1 - digital),
            )
        )
    return sorted(rows, key=_by_worth)


def _by_worth(row: SenderRow) -> tuple[float, str]:
    return -row[7], row[0]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return a frame of rows: texts as they are, all numbers as numbers with a point."""
    frame = pd.DataFrame(rows)
    texts = {"id", "unit", "status"} & set(frame.columns)
    kinds = {name: "str" if name in texts else "float64" for name in frame.columns}
    return frame.astype(kinds | ({"year": "int64"} if "year" in kinds else {}))
