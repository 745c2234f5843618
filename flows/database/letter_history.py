"""How letters went, as it was known at an instant: what statistics are made of.

Everything is read from events, which are never changed, and from what is written once about a
letter. So a month that is over gives the same figures whenever it is asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from flows.database.session import Tx
from flows.database.tables import events, offers, problems, senders, shipments
from flows.domain.status import Status

AT_ONCE: Final = 20_000
"""Rows that are held while a long answer is read."""

OTHER_TYPES: Final = "*"
"""The type of letters whose own type is not among those that are told apart."""


@dataclass(frozen=True)
class Months:
    """Whole months in a row, as instants: each month's beginning, and the end of the last."""

    begins: tuple[datetime, ...]
    ends: datetime
    """What was recorded from here on is not known yet."""


class _Seconds(FunctionElement[int]):
    """Whole seconds since 1970 of an instant, or of a text that says one."""

    type = BigInteger()
    inherit_cache = True


@compiles(_Seconds, "sqlite")
def _seconds_in_sqlite(element: _Seconds, compiler: Any, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER)"


@compiles(_Seconds, "postgresql")
def _seconds_in_postgres(element: _Seconds, compiler: Any, **kw: Any) -> str:
    instant = f"CAST({compiler.process(element.clauses, **kw)} AS timestamptz)"
    return f"CAST(floor(extract(epoch FROM {instant})) AS bigint)"


def common_types(tx: Tx, months: Months, most: int) -> list[str]:
    """Return the shipment types with most letters, at most so many.

    A type is the sender's own word, so nobody knows how many there are.
    """
    query = (
        select(shipments.c.shipment_type)
        .where(*_taken_in(months))
        .group_by(shipments.c.shipment_type)
        .order_by(func.count().desc(), shipments.c.shipment_type)
        .limit(most)
    )
    return list(tx.scalars(query))


def sender_names(tx: Tx) -> list[tuple[str, str, str]]:
    """Return every sender: id, name, organisation number."""
    query = select(senders.c.id, senders.c.name, senders.c.organisation_number)
    return [(row.id, row.name, row.organisation_number) for row in tx.execute(query)]


def last_recorded(tx: Tx, months: Months) -> datetime | None:
    """Return when the last thing that is counted was recorded."""
    query = (
        select(events.c.at).where(events.c.at < months.ends).order_by(events.c.id.desc()).limit(1)
    )
    return tx.scalar(query)


def status_counts(tx: Tx, months: Months, types: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return letters taken in, by the status they had at the end.

    Columns: month (its number from 0), sender_id, type, status, letters.
    """
    then = (
        select(events.c.to_status)
        .where(
            events.c.shipment_id == shipments.c.id,
            events.c.to_status.is_not(None),
            events.c.at < months.ends,
        )
        .order_by(events.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    # Who has not moved since is where it was: only the others' events are looked up.
    status = case((shipments.c.status_at < months.ends, shipments.c.status), else_=then)
    keys = (_month(shipments.c.received_at, months), shipments.c.sender_id, _type(types), status)
    return _counts(tx, _counted(keys).where(*_taken_in(months)))


def published_counts(tx: Tx, months: Months, types: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return letters published in a digital channel, by the month of that.

    Columns: month, sender_id, type, published, due (those whose deadline has passed).
    """
    due = func.sum(case((shipments.c.due_at < months.ends, 1), else_=0))
    keys = (_month(shipments.c.published_at, months), shipments.c.sender_id, _type(types))
    return _counts(tx, _counted(keys, due).where(*_published(months)))


def readings(tx: Tx, months: Months, types: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return every letter published in these months and read, by what was recorded in them.

    Columns: published (seconds since 1970), sender_id, type, read, due (seconds).
    """
    said = _Seconds(events.c.detail["read_at"].as_string())
    # A letter that was given back from print says it in its offer alone.
    offered = (
        select(func.min(_Seconds(offers.c.read_at)))
        .where(offers.c.shipment_id == shipments.c.id)
        .scalar_subquery()
    )
    query = (
        select(
            _Seconds(shipments.c.published_at),
            shipments.c.sender_id,
            _type(types),
            func.coalesce(said, offered),
            _Seconds(shipments.c.due_at),
        )
        .join(shipments, shipments.c.id == events.c.shipment_id)
        .where(events.c.to_status == Status.READ, events.c.at < months.ends, *_published(months))
    )
    return _streamed(tx, query)


def read_on_paper_too(tx: Tx, months: Months, types: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return letters read after their paper had left, by the month they were published.

    Columns: month, sender_id, type, letters.
    """
    keys = (_month(shipments.c.published_at, months), shipments.c.sender_id, _type(types))
    query = _counted(keys, letters=func.count(func.distinct(shipments.c.id)))
    return _counts(
        tx,
        query.join(events, events.c.shipment_id == shipments.c.id).where(
            events.c.kind == "read_after_hand_over", events.c.at < months.ends, *_published(months)
        ),
    )


def postings(tx: Tx, months: Months, types: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return every printed letter, by what was recorded in these months.

    Columns: posted (seconds since 1970: by its first receipt, or when its sender confirmed it),
    sender_id, type, received (seconds), offered (1: it was published digitally before).
    """
    posted = func.coalesce(
        _Seconds(events.c.detail["posted_at"].as_string()), _Seconds(events.c.at)
    )
    query = (
        select(
            posted,
            shipments.c.sender_id,
            _type(types),
            _Seconds(shipments.c.received_at),
            case((shipments.c.published_at.is_not(None), 1), else_=0),
        )
        .join(shipments, shipments.c.id == events.c.shipment_id)
        .where(
            events.c.to_status == Status.PRINTED,
            events.c.at >= months.begins[0],
            events.c.at < months.ends,
        )
    )
    return _streamed(tx, query)


def rejections(tx: Tx, months: Months) -> Iterator[tuple[Any, ...]]:
    """Return rejected letters by reason; one with several reasons counts at each of them.

    Columns: month, sender_id, code, letters.
    """
    keys = (_month(shipments.c.received_at, months), shipments.c.sender_id, problems.c.code)
    query = _counted(keys, letters=func.count(func.distinct(shipments.c.id)))
    return _counts(
        tx,
        query.join(problems, problems.c.shipment_id == shipments.c.id).where(
            shipments.c.status == Status.REJECTED, ~problems.c.note, *_taken_in(months)
        ),
    )


def returned(tx: Tx, months: Months, types: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Return letters that came back, by the month it was recorded.

    Columns: month, sender_id, type, reason, letters.
    """
    reason = events.c.detail["reason"].as_string()
    keys = (_month(events.c.at, months), shipments.c.sender_id, _type(types), reason)
    return _counts(
        tx,
        _counted(keys)
        .join(events, events.c.shipment_id == shipments.c.id)
        .where(
            events.c.kind == "returned",
            events.c.at >= months.begins[0],
            events.c.at < months.ends,
        ),
    )


def _counted(
    keys: Sequence[ColumnElement[Any]],
    *sums: ColumnElement[int],
    letters: ColumnElement[int] | None = None,
) -> Select[Any]:
    """Count letters by keys; sums follow the count."""
    count = func.count() if letters is None else letters
    # By their places, since PostgreSQL takes an expression with parameters for another one.
    places = [text(str(place)) for place in range(1, len(keys) + 1)]
    return select(*keys, count, *sums).select_from(shipments).group_by(*places)


def _month(instant: ColumnElement[Any], months: Months) -> ColumnElement[int]:
    """Return which month an instant is in, from 0; it must be in one."""
    later = months.begins[1:]
    if not later:
        return literal(0)
    return case(
        *((instant < begins, place) for place, begins in enumerate(later)), else_=len(later)
    )


def _type(types: Sequence[str]) -> ColumnElement[str]:
    column = shipments.c.shipment_type
    return case((column.in_(types), column), else_=OTHER_TYPES)


def _taken_in(months: Months) -> tuple[ColumnElement[bool], ...]:
    column = shipments.c.received_at
    return (column >= months.begins[0], column < months.ends)


def _published(months: Months) -> tuple[ColumnElement[bool], ...]:
    column = shipments.c.published_at
    return (column >= months.begins[0], column < months.ends)


def _counts(tx: Tx, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Return rows that the database has counted, which are few."""
    return iter([tuple(row) for row in tx.execute(query)])


def _streamed(tx: Tx, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield rows without holding all of them."""
    if tx.dialect.name == "postgresql":
        # It plans a cursor as if a tenth of it were asked for: slower when all of it is.
        tx.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
    for rows in tx.execute(query, execution_options={"yield_per": AT_ONCE}).partitions():
        yield from (tuple(row) for row in rows)
