"""Every run of a flow written down: when it began, how it ended, what it did."""

import inspect
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from importlib.metadata import version
from typing import Any, Final, ParamSpec, TypeVar

import httpx

from flows import clock
from flows.database import flow_runs
from flows.database.session import open_database, transaction
from flows.domain.flow_run import Ended
from flows.errors import LetterError, NeedsAPerson, TryAgainLater
from flows.log_lines import log_as, with_ids
from flows.settings import Settings, read_settings

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

Show = Callable[..., Any]
"""Prefect's `create_table_artifact`, given by the flow: only flow files know Prefect."""

ENDINGS: Final[dict[type[LetterError], Ended]] = {
    TryAgainLater: Ended.TRY_AGAIN,
    NeedsAPerson: Ended.NEEDS_A_PERSON,
}


def recorded(
    flow: str, show: Show | None = None
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Write down each run of a flow, before and after it; a dry run is none.

    The flow's `at`, where it has one, is when it began. What cannot be written down is logged, and
    stops nothing. With a Prefect server, what it did is shown there as a table too.
    """

    def wrap(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        signature = inspect.signature(function)

        @wraps(function)
        def run(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
            given = signature.bind(*args, **options).arguments
            if given.get("dry_run"):
                return function(*args, **options)
            with _one_run(flow, given.get("at"), show) as so_far:
                so_far.result = result = function(*args, **options)
            return result

        run.recorded_as = flow  # type: ignore[attr-defined]
        return run

    return wrap


def counts_of(summary: Any) -> dict[str, int]:
    """Return the whole numbers of a flow's answer, by name; of what has classes, each by itself."""
    counts: dict[str, int] = {}
    for name in getattr(summary, "__dataclass_fields__", {}):
        value = getattr(summary, name)
        if isinstance(value, Mapping):
            counts |= {f"{name}.{key}": n for key, n in value.items() if isinstance(n, int)}
        elif isinstance(value, int):
            counts[name] = int(value)
    return counts


@dataclass
class _SoFar:
    result: Any = None


@contextmanager
def _one_run(flow: str, at: datetime | None, show: Show | None) -> Iterator[_SoFar]:
    settings, began, so_far = read_settings(), time.monotonic(), _SoFar()
    log_as(settings.log_format)
    started = at or clock.now()
    run_id = _begin(settings, flow, started)
    ended_as, says = Ended.OUR_MISTAKE, ""
    try:
        with with_ids(flow=flow, run=run_id):
            yield so_far
        ended_as = Ended.WELL
    except LetterError as fault:
        kinds = (kind for kind in ENDINGS if isinstance(fault, kind))
        ended_as, says = ENDINGS.get(next(kinds, LetterError), Ended.OUR_MISTAKE), str(fault)
        raise
    except Exception as fault:
        says = type(fault).__name__  # what others say may hold anything
        raise
    except BaseException:
        ended_as = Ended.STOPPED
        raise
    finally:
        ended = started + timedelta(seconds=time.monotonic() - began)
        counts = counts_of(so_far.result)
        _end(settings, run_id, ended_as, at=ended, says=says, counts=counts)
        if show is not None and os.environ.get("PREFECT_API_URL"):
            _show(show, flow, ended_as, counts)


def _begin(settings: Settings, flow: str, at: datetime) -> int | None:
    try:
        with open_database(settings.database_url) as database, transaction(database) as tx:
            return flow_runs.begin(tx, flow, version("svarut"), at)
    except LetterError as fault:
        log.warning("not written down that it begins flow=%s: %s", flow, fault.what)
        return None


def _end(settings: Settings, run_id: int | None, ended_as: Ended, **what: Any) -> None:
    if run_id is None:
        return
    try:
        with open_database(settings.database_url) as database, transaction(database) as tx:
            flow_runs.end(tx, run_id, ended_as, **what)
    except LetterError as fault:
        log.warning("not written down how it ended run=%d: %s", run_id, fault.what)


def _show(show: Show, flow: str, ended_as: Ended, counts: Mapping[str, int]) -> None:
    """Show a run's figures as a table, where that can be done; the flow's end is not changed."""
    table: Sequence[Mapping[str, Any]] = [
        {"what": "ended", "figure": str(ended_as)},
        *({"what": name.replace("_", " "), "figure": count} for name, count in counts.items()),
    ]
    try:
        show(table=table, key=f"run-{flow}", description=f"What the last run of {flow} did")
    except (httpx.HTTPError, OSError) as fault:
        log.warning("not shown flow=%s: %s", flow, type(fault).__name__)
