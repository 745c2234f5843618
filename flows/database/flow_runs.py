"""Every run of a flow: that it began, and how it ended."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from flows.database.session import Tx
from flows.database.watching_tables import alarm_messages, alarms, flow_runs
from flows.domain.flow_run import Ended, FlowHistory, FlowRun

LONGEST: Final = 500
"""Characters of what a run says; the column's width."""


def begin(tx: Tx, flow: str, version: str, at: datetime) -> int:
    """Write down that a run begins; return its id."""
    made = tx.execute(
        insert(flow_runs)
        .values(flow=flow, version=version, started_at=at)
        .returning(flow_runs.c.id)
    )
    return int(made.scalar_one())


def end(
    tx: Tx,
    run_id: int,
    ended_as: Ended,
    *,
    at: datetime,
    says: str = "",
    counts: Mapping[str, int] | None = None,
) -> None:
    """Write down how a run ended, and what it did."""
    tx.execute(
        update(flow_runs)
        .where(flow_runs.c.id == run_id)
        .values(ended_at=at, ended_as=ended_as, says=says[:LONGEST], counts=dict(counts or {})),
    )


def histories(tx: Tx, flows: Iterable[str], now: datetime) -> list[FlowHistory]:
    """Return what is known of each flow's runs until now; a few look-ups by index a flow."""
    return [_history(tx, flow, now) for flow in flows]


def first_known(tx: Tx) -> datetime | None:
    """Return when the first run that is still known began: since when anything is watched."""
    found: datetime | None = tx.scalar(select(func.min(flow_runs.c.started_at)))
    return found


def forget(tx: Tx, before: datetime) -> int:
    """Delete runs, alarms and messages that ended before an instant; return how many rows.

    The newest run of each flow stays, and the newest that went well.
    """
    kept = [
        select(func.max(flow_runs.c.id)).where(which).group_by(flow_runs.c.flow)
        for which in (flow_runs.c.id > 0, flow_runs.c.ended_as == Ended.WELL)
    ]
    old = (
        delete(flow_runs).where(
            flow_runs.c.started_at < before,
            *(flow_runs.c.id.not_in(newest) for newest in kept),
        ),
        delete(alarms).where(alarms.c.ended_at < before),
        delete(alarm_messages).where(alarm_messages.c.ended_at < before),
    )
    return sum(tx.execute(one).rowcount for one in old)


def _history(tx: Tx, flow: str, now: datetime) -> FlowHistory:
    run = flow_runs.c
    known = (run.flow == flow, run.started_at <= now)
    last_ended = _newest(tx, *known, run.ended_as != "")
    last_well = _newest(tx, *known, run.ended_as == Ended.WELL)
    failing_since = None
    if last_ended is not None and last_ended.ended_as is not Ended.WELL:
        after = () if last_well is None else (run.started_at > last_well.started_at,)
        failing_since = tx.scalar(
            select(func.min(run.started_at)).where(*known, run.ended_as != "", *after)
        )
    return FlowHistory(flow, _newest(tx, *known), last_ended, last_well, failing_since)


def _newest(tx: Tx, *which: ColumnElement[bool]) -> FlowRun | None:
    query = select(flow_runs).where(*which)
    query = query.order_by(flow_runs.c.started_at.desc(), flow_runs.c.id.desc()).limit(1)
    row = tx.execute(query).mappings().first()
    return None if row is None else _run(row)


def _run(row: Any) -> FlowRun:
    return FlowRun(
        flow=row["flow"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        ended_as=Ended(row["ended_as"]) if row["ended_as"] else None,
        says=row["says"],
        counts=row["counts"],
        version=row["version"],
    )
