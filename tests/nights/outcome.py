"""What a night has come to: every table without times and numbers of runs, sorted."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nights.plan import Conduct
from sqlalchemy import select

from flows.database.session import Database, reading
from flows.database.tables import metadata

TOLD_ASIDE = frozenset({"open_items", "open_item_acts", "receipt_files", "receipt_lines"})
"""Tables that say what happened on the way; looked at by themselves."""

OF_THE_WAY = frozenset({"file", "file_sha256", "line", "receipt", "reverses_file", "reverses_line"})
"""Which receipt file, and where in it: another one when the vendor leaves a package out."""

FIRST_RECEIPTS = "SVAR-20261124-001.csv"
"""The vendor's first receipt file of the night."""

Rows = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Outcome:
    """What a night has come to."""

    rows: Rows
    """By `letter <id>`, `batch <id>` or table: what is known of it, sorted."""
    statuses: Mapping[str, str]
    """Of each letter."""
    batches: Mapping[str, str]
    """The status of each batch."""
    lines: Mapping[str, int]
    """Receipt lines by what became of them."""
    open_items: frozenset[tuple[str, str]]
    closed_items: frozenset[tuple[str, str]]


def outcome_of(database: Database) -> Outcome:
    """Read everything the database knows of a night."""
    rows: dict[str, list[str]] = {}
    with reading(database) as tx:
        tables = {
            table.name: [dict(row) for row in tx.execute(select(table)).mappings()]
            for table in metadata.sorted_tables
        }
    for name, found in tables.items():
        if name not in TOLD_ASIDE:
            for row in found:
                rows.setdefault(_about(name, row), []).append(f"{name} {_said(name, row)}")
    states = [row["state"] for row in tables["receipt_lines"]]
    items = tables["open_items"]
    return Outcome(
        rows={about: sorted(said) for about, said in rows.items()},
        statuses={row["id"]: row["status"] for row in tables["shipments"]},
        batches={row["id"]: row["status"] for row in tables["batches"]},
        lines={state: states.count(state) for state in sorted(set(states))},
        open_items=frozenset((i["code"], i["subject"]) for i in items if i["closed_at"] is None),
        closed_items=frozenset((i["code"], i["subject"]) for i in items if i["closed_at"]),
    )


def items_expected(conduct: Conduct, package: str) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the open items a vendor's conduct leaves, and the codes that have come and gone."""
    batch = package.rpartition("-f")[0]
    answer = f"{package}.mottak.json"
    missing = ("ACKNOWLEDGEMENT_MISSING", batch)
    left: dict[Conduct, set[tuple[str, str]]] = {
        Conduct.OTHER_HASH: {("ACKNOWLEDGEMENT_DIFFERS", batch)},
        Conduct.OTHER_COUNTS: {("ACKNOWLEDGEMENT_DIFFERS", batch)},
        Conduct.GARBAGE: {("ACKNOWLEDGEMENT_UNREADABLE", answer), missing},
        Conduct.STRANGER: {("ACKNOWLEDGEMENT_UNKNOWN", answer.replace("-f1.", "-f7."))},
        Conduct.FILE_WRONG: {("RECEIPT_REFUSED", FIRST_RECEIPTS)},
        Conduct.REFUSED: {("PACKAGE_REFUSED", batch)},
        Conduct.NEVER_TAKEN: {missing},
        Conduct.NEVER_ANSWERED: {missing},
    }
    gone = {
        Conduct.LATE: {"ACKNOWLEDGEMENT_MISSING"},
        Conduct.MENDED: {"ACKNOWLEDGEMENT_DIFFERS"},
    }
    return left.get(conduct, set()), gone.get(conduct, set())


BATCH_LEFT = {
    Conduct.OTHER_HASH: "HANDED_OVER",
    Conduct.OTHER_COUNTS: "HANDED_OVER",
    Conduct.GARBAGE: "HANDED_OVER",
    Conduct.NEVER_TAKEN: "HANDED_OVER",
    Conduct.NEVER_ANSWERED: "HANDED_OVER",
    Conduct.REFUSED: "REFUSED",
}
"""The status a batch waits in, when not SETTLED as every other."""

NOT_PRINTED = frozenset({Conduct.REFUSED, Conduct.NEVER_TAKEN})
"""Where the vendor prints nothing of a package, and nothing may go again by itself."""


def _about(table: str, row: Mapping[str, Any]) -> str:
    if "shipment_id" in row:
        return f"letter {row['shipment_id']}"
    if table == "shipments":
        return f"letter {row['id']}"
    batch = row["id"] if table == "batches" else row.get("batch_id")
    return f"batch {batch}" if batch else table


def _said(table: str, row: Mapping[str, Any]) -> str:
    numbered = isinstance(row.get("id"), int)
    kept = {
        name: _plain(value)
        for name, value in row.items()
        if name not in OF_THE_WAY
        and not (numbered and name == "id")
        and not isinstance(value, datetime | date)
    }
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    """Leave out of a detail what says when, and from which file."""
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if key not in OF_THE_WAY}
    return value
