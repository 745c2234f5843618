"""Who did what: everything that a person did, from every table that has a name in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Label,
    Row,
    Select,
    Text,
    cast,
    func,
    insert,
    literal,
    select,
    text,
)

from flows.database.attempt_tables import batch_events
from flows.database.item_history import BY_ITSELF as THE_RECONCILIATION
from flows.database.ledger_tables import invoice_acts
from flows.database.operator_tables import BY_A_PERSON, holds, operator_acts
from flows.database.session import Tx
from flows.database.standing_holds import BY_ITSELF, Held
from flows.database.tables import events, open_item_acts, receipt_events
from flows.domain.acts import Act, Wanted, in_order


@dataclass(frozen=True)
class _Columns:
    """Where a table has what an act is made of."""

    at: Any
    by: Any
    act: Any
    subject: Any
    why: Any


def record_act(
    tx: Tx,
    act: str,
    *,
    about: str,
    subject: str,
    by: str,
    at: datetime,
    why: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Keep what a person did that no other table has their name for. Nothing personal.

    about: what kind of thing; subject: which.
    """
    tx.execute(
        insert(operator_acts).values(
            at=at,
            by=by,
            act=act,
            about=about,
            subject=subject,
            why=why,
            detail=dict(detail or {}),
        ),
    )


def acts_done(tx: Connection, wanted: Wanted) -> list[Act]:
    """Return what people did, the latest first, at most `wanted.limit`.

    What was done with many letters at once is one act.
    """
    found: list[Act] = []
    for part in _parts(tx, wanted):
        found += part
    return in_order(found, wanted.limit)


def _parts(tx: Connection, wanted: Wanted) -> Iterator[list[Act]]:
    own = operator_acts.c
    yield _plain(
        tx,
        wanted,
        _Columns(own.at, own.by, own.act, own.subject, own.why),
        own.about,
    )
    yield _with_letters(tx, wanted)
    yield _with_batches(tx, wanted)
    lines = receipt_events.c
    place = lines.file_sha256 + func.coalesce(":" + cast(lines.line, Text), "")
    yield _plain(
        tx,
        wanted,
        _Columns(lines.at, lines.actor, lines.kind, place, lines.why),
        literal("receipt line"),
    )
    items = open_item_acts.c
    yield _plain(
        tx,
        wanted,
        _Columns(items.at, items.by, items.act, items.code + " " + items.subject, items.why),
        literal("open item"),
        items.by != THE_RECONCILIATION,
    )
    bills = invoice_acts.c
    yield _plain(
        tx,
        wanted,
        _Columns(bills.at, bills.by, bills.act, bills.invoice_id, bills.why),
        literal("invoice"),
        bills.by != BY_ITSELF,
    )
    held = holds.c
    for at, by, act, why in (
        (held.held_at, held.held_by, "held", held.why),
        (held.released_at, held.released_by, "released", held.released_why),
    ):
        columns = _Columns(at, by, literal(act), held.subject, why)
        of_senders = (held.kind == Held.SENDER, at.is_not(None), by != BY_ITSELF)
        yield _plain(tx, wanted, columns, literal("sender"), *of_senders)


def _plain(tx: Connection, wanted: Wanted, columns: _Columns, about: Any, *where: Any) -> list[Act]:
    query = select(
        columns.at.label("at"),
        columns.by.label("by"),
        columns.act.label("act"),
        columns.subject.label("subject"),
        columns.why.label("why"),
        about.label("about"),
    )
    query = _narrowed(query, wanted, columns).where(*where)
    rows = tx.execute(query.order_by(columns.at.desc()).limit(wanted.limit))
    return [Act(row.at, row.by, row.act, row.about, row.subject, row.why) for row in rows]


def _with_letters(tx: Connection, wanted: Wanted) -> list[Act]:
    """Return what was done with letters; the same done with many at the same instant is one."""
    own = events.c
    same = (own.at, own.actor, own.kind, own.from_status, own.to_status, _as_text(events))
    query = select(*same, func.min(own.shipment_id).label("first"), func.count().label("letters"))
    columns = _Columns(own.at, own.actor, own.kind, own.shipment_id, None)
    # An event also says which batch or print file it was about.
    query = _narrowed(query.where(text(BY_A_PERSON)), wanted, columns, _as_text(events).element)
    rows = tx.execute(query.group_by(*same).order_by(own.at.desc()).limit(wanted.limit))
    return [
        Act.from_event(
            row.at,
            row.actor,
            f"{row.from_status} → {row.to_status}" if row.to_status else row.kind,
            "letter" if row.letters == 1 else f"{row.letters} letters",
            row.first,
            row.said,
        )
        for row in rows
    ]


def _with_batches(tx: Connection, wanted: Wanted) -> list[Act]:
    own = batch_events.c
    query = select(own.at, own.actor, own.kind, own.batch_id, _as_text(batch_events))
    query = _narrowed(
        query.where(text(BY_A_PERSON)),
        wanted,
        _Columns(own.at, own.actor, own.kind, own.batch_id, None),
    )
    rows: Sequence[Row[Any]] = tx.execute(query.order_by(own.at.desc()).limit(wanted.limit)).all()
    return [
        Act.from_event(row.at, row.actor, row.kind, "batch", row.batch_id, row.said) for row in rows
    ]


def _as_text(table: FromClause) -> Label[str]:
    """Return what an event says as text: PostgreSQL cannot hold JSON against JSON."""
    return cast(table.c.detail, Text).label("said")


def _narrowed(
    query: Select[Any], wanted: Wanted, columns: _Columns, said: Any = None
) -> Select[Any]:
    if wanted.by:
        query = query.where(columns.by == wanted.by)
    if wanted.since:
        query = query.where(columns.at >= wanted.since)
    if wanted.until:
        query = query.where(columns.at < wanted.until)
    if wanted.about:
        found = columns.subject.startswith(wanted.about, autoescape=True)
        if said is not None:
            found |= said.contains(f'"{wanted.about}', autoescape=True)
        query = query.where(found)
    return query
