"""The answer a sender finds beside its package."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.domain.problem import Problem, faults
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.intake.drop_folder import ANSWER_SUFFIX, package_name, shown_name
from flows.intake.problems import say

SCHEMA: Final = "svarut/kvittering/1"
RUN_SCHEMA: Final = "svarut/kvittering-utsending/1"


@dataclass(frozen=True)
class RowAnswer:
    """What the sender of a run is told about one row."""

    row: int
    """As the spreadsheet program counts."""
    reference: str | None
    shipment_id: ShipmentId | None
    """None in a dry run."""
    problems: tuple[Problem, ...]


def write_answer(
    package: Path,
    *,
    shipment_id: ShipmentId | None,
    reference: str | None,
    problems: Sequence[Problem],
    copy_to: Path | None = None,
) -> None:
    """Write `<name>.kvittering.json`, whole or not at all; the same answer is the same bytes.

    copy_to: a folder that gets a copy, where a rejected package is kept.
    Format: docs/formats/submission.md, section 3.
    """
    answer = {
        "skjema": SCHEMA,
        "pakke": shown_name(package),
        "id": shipment_id,
        "eksternReferanse": reference,
        **_verdict(problems),
    }
    _write(package, answer, copy_to)


def write_run_answer(
    package: Path,
    rows: Sequence[RowAnswer],
    *,
    copy_to: Path | None = None,
) -> None:
    """Write the one answer to a run: how many, and what became of each row.

    Format: docs/formats/spreadsheet_run.md.
    """
    rejected = sum(bool(faults(each.problems)) for each in rows)
    status = Status.ACCEPTED if not rejected else "DELVIS_AVVIST"
    answer = {
        "skjema": RUN_SCHEMA,
        "pakke": shown_name(package),
        "status": Status.REJECTED if rejected == len(rows) else status,
        "rader": len(rows),
        "akseptert": len(rows) - rejected,
        "avvist": rejected,
        "svar": [
            {
                "rad": each.row,
                "id": each.shipment_id,
                "eksternReferanse": each.reference,
                **_verdict(each.problems),
            }
            for each in rows
        ],
    }
    _write(package, answer, copy_to)


def _verdict(problems: Sequence[Problem]) -> dict[str, object]:
    return {
        "status": Status.REJECTED if faults(problems) else Status.ACCEPTED,
        "problemer": [_said(each) for each in problems if not each.note],
        "merknader": [_said(each) for each in problems if each.note],
    }


def _write(package: Path, answer: Mapping[str, object], copy_to: Path | None) -> None:
    text = json.dumps(answer, ensure_ascii=False, indent=2) + "\n"
    name = f"{package_name(package)}{ANSWER_SUFFIX}"
    for folder in (package.parent, copy_to):
        if folder is not None:
            folder.mkdir(exist_ok=True)
            temporary = folder / f".{name}.part"
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(folder / name)


_PLACE: Final = ("x_mm", "y_mm", "bredde_mm", "hoyde_mm")
"""Values that say where on a page: from the left, from the top, width and height."""


def _said(found: Problem) -> dict[str, object]:
    where: dict[str, object] = {"kode": found.code, "felt": found.field}
    if found.page is not None:
        where["side"] = found.page
    values = dict(found.values)
    if "sone" in values:
        where["sone"] = values["sone"]
    millimetres = {key.removesuffix("_mm"): values[key] for key in _PLACE if key in values}
    if millimetres:
        where["mm"] = millimetres
    return {**where, "tekst": say(found)}
