"""Everything that is done with open items, by whom and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, select, update

from flows.database.session import Tx, in_chunks
from flows.database.tables import open_item_acts, open_items
from flows.domain.reconciliation import ClosedAs, KeptItem
from flows.errors import NeedsAPerson

BY_ITSELF: Final = "reconciliation"
"""Who did what no person did."""


@dataclass(frozen=True)
class ItemFigures:
    """What an item says, as it is found now. Nothing personal."""

    code: str
    subject: str
    what: str
    action: str
    counts: Mapping[str, int]
    ore: int | None
    owner: str


@dataclass(frozen=True)
class ListedItem:
    """An item with all that a list of them shows."""

    kept: KeptItem
    what: str
    action: str
    owner: str
    comment: str
    """The last thing somebody said about it."""


def kept_items(tx: Tx, codes: Collection[str]) -> dict[tuple[str, str], KeptItem]:
    """Return the items under some codes, closed ones too, by code and subject."""
    rows = tx.execute(select(open_items).where(open_items.c.code.in_(codes))).mappings()
    return {(row["code"], row["subject"]): _kept(row) for row in rows}


def listed_items(
    tx: Tx, *, closed_since: datetime | None = None, code: str | None = None
) -> list[ListedItem]:
    """Return the items that are open, or were closed since; oldest first."""
    shown: ColumnElement[bool] = open_items.c.closed_at.is_(None)
    if closed_since is not None:
        shown |= open_items.c.closed_at >= closed_since
    query = select(open_items).where(shown)
    if code is not None:
        query = query.where(open_items.c.code == code)
    rows = tx.execute(
        query.order_by(open_items.c.first_seen_at, open_items.c.code, open_items.c.subject),
    ).mappings()
    comments = _last_words(tx)
    return [
        ListedItem(
            kept=_kept(row),
            what=row["what"],
            action=row["action"],
            owner=row["owner"],
            comment=comments.get((row["code"], row["subject"]), ""),
        )
        for row in rows
    ]


def find_item(tx: Tx, code: str, subject: str) -> KeptItem:
    """Return one item, for a change; raises NeedsAPerson when there is none."""
    row = (
        tx.execute(select(open_items).where(_is(code, subject)).with_for_update())
        .mappings()
        .first()
    )
    if row is None:
        raise NeedsAPerson(
            "no item has that code and subject",
            where=f"{code} {subject}",
            do="svarut items list names them all",
        )
    return _kept(row)


def raise_items(tx: Tx, items: Sequence[ItemFigures], at: datetime) -> None:
    """Keep items that are new."""
    if items:
        tx.execute(insert(open_items), [{**_row(one), "first_seen_at": at} for one in items])
    record_acts(tx, [(one.code, one.subject) for one in items], "raised", at)


def update_items(tx: Tx, items: Sequence[ItemFigures]) -> None:
    """Put the figures of items that are open, and of those that open again."""
    if items:
        tx.execute(
            update(open_items)
            .where(
                open_items.c.code == bindparam("of_code"),
                open_items.c.subject == bindparam("of_subject"),
            )
            .values(closed_at=None, closed_as="", gone_at=None),
            [{**_row(one), "of_code": one.code, "of_subject": one.subject} for one in items],
        )


def close_items(
    tx: Tx, keys: Sequence[tuple[str, str]], as_: ClosedAs, *, at: datetime, by: str, why: str
) -> None:
    """Close items."""
    _change(tx, keys, {"closed_at": at, "closed_as": str(as_)})
    record_acts(tx, keys, "gone" if as_ is ClosedAs.GONE else "closed", at, by=by, why=why)


def note_gone(tx: Tx, keys: Sequence[tuple[str, str]], at: datetime) -> None:
    """Remember that the cause of items which people closed is not there any more."""
    _change(tx, keys, {"gone_at": at})


def take_item(tx: Tx, code: str, subject: str, *, by: str, why: str, at: datetime) -> None:
    """Say that a person sees to an item."""
    _open_or_refuse(tx, code, subject)
    _change(tx, [(code, subject)], {"taken_by": by})
    record_acts(tx, [(code, subject)], "taken", at, by=by, why=why)


def comment_item(tx: Tx, code: str, subject: str, *, by: str, why: str, at: datetime) -> None:
    """Keep what a person says about an item, open or closed."""
    find_item(tx, code, subject)
    record_acts(tx, [(code, subject)], "commented", at, by=by, why=why)


def close_item(
    tx: Tx, code: str, subject: str, as_: ClosedAs, *, by: str, why: str, at: datetime
) -> None:
    """Close an item by a person's word."""
    _open_or_refuse(tx, code, subject)
    close_items(tx, [(code, subject)], as_, at=at, by=by, why=why)


def record_acts(
    tx: Tx,
    keys: Sequence[tuple[str, str]],
    act: str,
    at: datetime,
    *,
    by: str = BY_ITSELF,
    why: str = "",
) -> None:
    """Write down what was done with items."""
    if keys:
        tx.execute(
            insert(open_item_acts),
            [
                {"code": code, "subject": subject, "at": at, "act": act, "by": by, "why": why}
                for code, subject in keys
            ],
        )


def acts_of(tx: Connection, code: str, subject: str) -> list[tuple[datetime, str, str, str]]:
    """Return everything done with an item, oldest first: when, what, by whom, why."""
    acts = open_item_acts.c
    rows = tx.execute(
        select(acts.at, acts.act, acts.by, acts.why)
        .where(acts.code == code, acts.subject == subject)
        .order_by(acts.id),
    )
    return [(row.at, row.act, row.by, row.why) for row in rows]


def _open_or_refuse(tx: Tx, code: str, subject: str) -> None:
    if find_item(tx, code, subject).closed_at is not None:
        raise NeedsAPerson(
            "the item is closed",
            where=f"{code} {subject}",
            do="nothing is to be done; it opens by itself if it is so again",
        )


def _change(tx: Tx, keys: Sequence[tuple[str, str]], values: Mapping[str, Any]) -> None:
    for some in in_chunks(keys):
        tx.execute(
            update(open_items)
            .where(
                open_items.c.code == bindparam("of_code"),
                open_items.c.subject == bindparam("of_subject"),
            )
            .values(**values),
            [{"of_code": code, "of_subject": subject} for code, subject in some],
        )


def _last_words(tx: Tx) -> dict[tuple[str, str], str]:
    acts = open_item_acts.c
    latest = select(func.max(acts.id)).where(acts.why != "").group_by(acts.code, acts.subject)
    rows = tx.execute(select(acts.code, acts.subject, acts.why).where(acts.id.in_(latest)))
    return {(row.code, row.subject): row.why for row in rows}


def _is(code: str, subject: str) -> ColumnElement[bool]:
    return and_(open_items.c.code == code, open_items.c.subject == subject)


def _row(item: ItemFigures) -> dict[str, Any]:
    return {
        "code": item.code,
        "subject": item.subject,
        "what": item.what,
        "action": item.action,
        "counts": dict(item.counts),
        "amount_ore": item.ore,
        "owner": item.owner,
    }


def _kept(row: Any) -> KeptItem:
    return KeptItem(
        code=row["code"],
        subject=row["subject"],
        first_seen_at=row["first_seen_at"],
        counts=row["counts"],
        ore=row["amount_ore"],
        closed_at=row["closed_at"],
        closed_as=row["closed_as"],
        gone_at=row["gone_at"],
        taken_by=row["taken_by"],
    )
