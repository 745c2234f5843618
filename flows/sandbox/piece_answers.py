"""What a print shop says of single pieces: which it will not print, and which it stopped in time.

Formats: docs/formats/package.md, section 7, and docs/formats/stop_list.md.
"""

from datetime import datetime
from typing import Any, Final

FINDING: Final = {
    "code": "TEXT_IN_MARK_ZONE",
    "page": 1,
    "zone": "marks",
    "x_mm": 4.5,
    "y_mm": 120.0,
    "width_mm": 9.0,
    "height_mm": 3.2,
}
"""What the sandbox has against a piece when it is told to refuse one."""


def approval(
    taken_in: dict[str, Any], letters: list[dict[str, Any]], refused: set[str], now: datetime
) -> dict[str, Any]:
    """Return the word on the pieces of a package that was taken in; refused: by number."""
    no = [one for one in letters if one["number"] in refused]
    return {
        "schema": "svarut/godkjenning/1",
        "package": taken_in["package"],
        "batch": taken_in["batch"],
        "attempt": taken_in["attempt"],
        "decided": now.isoformat(),
        "sha256": taken_in["sha256"],
        "approved": len(letters) - len(no),
        "refused": [
            {"piece": int(one["number"]), "shipment": one["shipment"], "findings": [FINDING]}
            for one in no
        ],
    }
