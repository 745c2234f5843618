"""What a print shop says of single pieces: which it will not print, and which it stopped in time.

Formats: docs/formats/package.md, section 7, and docs/formats/stop_list.md.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
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


def not_printed(books: Path) -> dict[tuple[str, int], str]:
    """Return what lies in the shop and is not posted: the letter, by package and piece."""
    found: dict[tuple[str, int], str] = {}
    for book in sorted(books.glob("*.zip.json")):
        job = json.loads(book.read_text(encoding="utf-8"))
        if job["accepted"] and not job.get("posted"):
            found |= {
                (job["package"], int(one["number"])): one["shipment"] for one in job["letters"]
            }
    return found


def stops(
    name: str, content: bytes, here: dict[tuple[str, int], str], now: datetime
) -> tuple[set[tuple[str, int]], dict[str, Any]]:
    """Return which pieces of a stop list are stopped, and the answer; here: as `not_printed`."""
    wanted = json.loads(content)
    places = {(one["package"], one["piece"]): one for one in wanted["pieces"]}
    stopped = {at for at, one in places.items() if here.get(at) == one["shipment"]}
    same = ("batch", "attempt", "piece", "shipment")
    return stopped, {
        "schema": "svarut/stoppsvar/1",
        "list": name,
        "number": wanted["number"],
        "answered": now.isoformat(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "pieces": [
            {
                **{each: one[each] for each in same},
                "result": "stopped" if at in stopped else "too_late",
            }
            for at, one in places.items()
        ],
    }


def take_out(books: Path, stopped: set[tuple[str, int]]) -> None:
    """Forget letters that are not to be printed."""
    for package in sorted({package for package, _ in stopped}):
        book = books / f"{package}.json"
        job = json.loads(book.read_text(encoding="utf-8"))
        job["letters"] = [
            one for one in job["letters"] if (package, int(one["number"])) not in stopped
        ]
        book.write_text(json.dumps(job), encoding="utf-8")
