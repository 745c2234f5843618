"""Open items as they stood at a moment, by the acts that are kept of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select

from flows.database.session import Tx
from flows.database.tables import open_item_acts, open_items
from flows.domain.reconciliation import ClosedAs

OPEN: Final = "OPEN"
TAKEN: Final = "TAKEN"


@dataclass(frozen=True)
class ItemAt:
    """An item, and where it was at a moment."""

    code: str
    subject: str
    first_seen_at: datetime
    what: str
    counts: Mapping[str, int]
    ore: int | None
    owner: str
    state: str
    """OPEN, TAKEN (somebody sees to it), or as it was closed: ClosedAs."""
    taken_by: str
    comment: str
    """The last thing somebody said about it until then."""


def items_at(tx: Tx, until: datetime, *, since: datetime) -> list[ItemAt]:
    """Return the items first seen before `until` that were not closed before `since`.

    Figures are as they were last found. Oldest first.
    """
    item = open_items.c
    rows = tx.execute(
        select(open_items)
        .where(item.first_seen_at < until, or_(item.closed_at.is_(None), item.closed_at >= since))
        .order_by(item.first_seen_at, item.code, item.subject)
    ).mappings()
    acts: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for act in tx.execute(
        select(open_item_acts).where(open_item_acts.c.at < until).order_by(open_item_acts.c.id)
    ):
        acts[act.code, act.subject].append(act)
    return [_at(row, acts[row["code"], row["subject"]], until) for row in rows]


def _at(row: Any, acts: list[Any], until: datetime) -> ItemAt:
    state, taken_by, comment = OPEN, "", ""
    for act in acts:
        if act.act in {"raised", "reopened"}:
            state = OPEN
        elif act.act == "taken":
            state, taken_by = TAKEN, act.by
        elif act.act == "gone":
            state = ClosedAs.GONE.value
        elif act.act == "closed":
            # How it was closed is kept on the item alone: of an earlier closing it is forgotten.
            state = row["closed_as"] or ClosedAs.CORRECTED.value
        comment = act.why or comment
    closed_at = row["closed_at"]
    if closed_at is not None and closed_at < until:
        state = row["closed_as"] or ClosedAs.GONE.value
    return ItemAt(
        code=row["code"],
        subject=row["subject"],
        first_seen_at=row["first_seen_at"],
        what=row["what"],
        counts=row["counts"] or {},
        ore=row["amount_ore"],
        owner=row["owner"],
        state=state,
        taken_by=taken_by,
        comment=comment,
    )
