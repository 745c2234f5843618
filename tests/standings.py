"""A moment when all is well, and its parts with defaults."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flows.domain.batch import BatchStatus
from flows.domain.flow_run import Ended, FlowHistory, FlowRun
from flows.domain.price_list import Price, PriceList
from flows.domain.shipment import Route
from flows.domain.standing import Disk, Expiry, OpenBatch, OpenLetters, Standing
from flows.domain.status import Status
from flows.watching.rules_of_the_house import GIGABYTE
from flows.watching.schedules import SCHEDULES

THURSDAY = datetime(2026, 11, 26, 11, 2, tzinfo=UTC)
"""Two minutes past noon in Oslo, in a week without holidays."""


def ago(*, now: datetime = THURSDAY, **time: float) -> datetime:
    return now - timedelta(**time)


def some_letters(status: Status, **changes: Any) -> OpenLetters:
    return replace(OpenLetters(status, 3, ago(minutes=10)), **changes)


def some_paper(**changes: Any) -> OpenLetters:
    return some_letters(Status.ACCEPTED, **{"route": Route.PAPER, **changes})


def some_unread(**changes: Any) -> OpenLetters:
    """Letters that were due at midnight before Thursday's night."""
    due = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    values = {"past_due": True, "oldest_due": due, "oldest": ago(days=3), **changes}
    return some_letters(Status.NOTIFIED, **values)


def a_batch(status: BatchStatus, **changes: Any) -> OpenBatch:
    night = datetime(2026, 11, 26, 0, 30, tzinfo=UTC)
    handed_over = night if status in {BatchStatus.HANDED_OVER, BatchStatus.ACKNOWLEDGED} else None
    answered = handed_over if status is BatchStatus.ACKNOWLEDGED else None
    batch = OpenBatch(
        "SVAR-20261126-01-C5SHD", status, ago(hours=1), night, handed_over, answered, 50, 50
    )
    return replace(batch, **changes)


def a_run(
    flow: str, began: datetime, ended_as: Ended | None = Ended.WELL, says: str = ""
) -> FlowRun:
    ended = None if ended_as is None else began + timedelta(seconds=30)
    return FlowRun(flow, began, ended, ended_as, says)


def ran(flow: str, began: datetime) -> FlowHistory:
    run = a_run(flow, began)
    return FlowHistory(flow, run, run, run)


def prices(ends: date | None = None) -> PriceList:
    return PriceList([Price("PORTO-BREV-20G", Decimal(1450), date(2026, 1, 1), ends)])


def all_is_well(**changes: Any) -> Standing:
    """Letters under way everywhere, each where it should be; every flow ran a moment ago."""
    standing = Standing(
        now=THURSDAY,
        ended={Status.PRINTED: 900, Status.READ: 400},
        letters=[
            some_letters(Status.RECEIVED),
            some_letters(Status.ACCEPTED),
            some_paper(),
            some_letters(Status.NOTIFIED, oldest=ago(days=1)),
            some_letters(Status.SENT_DIGITALLY, oldest=ago(days=20)),
            some_letters(Status.SENT_TO_PRINT, oldest=ago(days=2), in_batch=True),
            some_letters(Status.NOTIFIED, held_for="OPERATOR"),
        ],
        batches=[a_batch(BatchStatus.RESERVED), a_batch(BatchStatus.ACKNOWLEDGED)],
        runs=[ran(flow, ago(minutes=1)) for flow in SCHEDULES],
        watched_since=ago(days=30),
        schedules=SCHEDULES,
        prices=prices(),
        disks=[Disk("home", 100 * GIGABYTE)],
        expiries=[Expiry("vendor key", None), Expiry("certificate", ago(days=-300))],
    )
    return replace(standing, **changes)
