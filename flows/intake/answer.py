"""The answer a sender finds beside its package."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from flows.domain.problem import Problem, faults
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.intake.drop_folder import ANSWER_SUFFIX, package_name, shown_name
from flows.intake.problems import say

SCHEMA: Final = "svarut/kvittering/1"


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
        "status": Status.REJECTED if faults(problems) else Status.ACCEPTED,
        "problemer": [_said(each) for each in problems if not each.note],
        "merknader": [_said(each) for each in problems if each.note],
    }
    text = json.dumps(answer, ensure_ascii=False, indent=2) + "\n"
    name = f"{package_name(package)}{ANSWER_SUFFIX}"
    for folder in (package.parent, copy_to):
        if folder is not None:
            folder.mkdir(exist_ok=True)
            temporary = folder / f".{name}.part"
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(folder / name)


def _said(found: Problem) -> dict[str, str | int]:
    where: dict[str, str | int] = {"kode": found.code, "felt": found.field}
    if found.page is not None:
        where["side"] = found.page
    return {**where, "tekst": say(found)}
