"""Tasks in processes of their own: of this machine, or of a Dask cluster."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner
from prefect.tasks import Task

from flows.errors import NeedsAPerson, TryAgainLater
from flows.local_prefect import leave_our_errors_to_us
from flows.settings import WorkersSettings

Name = TypeVar("Name")
Result = TypeVar("Result")

CLUSTER_PATIENCE_SECONDS: Final = 30
"""How long a cluster may be without any worker before it counts as dead."""

LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"


class WorkerDiedError(Exception):
    """The process that did a task is gone, and nobody knows how far it came."""


@contextmanager
def in_workers(
    task: Task[..., Result],
    calls: Mapping[Name, Mapping[str, Any]],
    wanted: WorkersSettings,
) -> Iterator[Callable[[Name], Result]]:
    """Start the task once for each call; give a function that waits for one of them.

    That function raises what the task raised, or WorkerDiedError. Parameters and results travel
    between machines and are kept by Prefect: ids and times, nothing personal.
    Raises TryAgainLater when the Dask cluster does not answer, NeedsAPerson when Dask is missing or
    its workers could not reach Prefect.
    """
    api_url = _api_url()
    if wanted.task_runner == "dask" and _is_here(api_url) and not _is_here(wanted.scheduler):
        raise _api_out_of_reach(wanted)
    started = _dask(wanted) if wanted.task_runner == "dask" else _process_pool(wanted, len(calls))
    # Without this each worker would start a Prefect server of its own, and leave it behind.
    with temporary_settings({PREFECT_API_URL: api_url}), started as (runner, result_of):
        futures = {name: runner.submit(task, dict(call)) for name, call in calls.items()}
        yield lambda name: result_of(futures[name])


def alone(task: Task[..., Result], call: Mapping[str, Any]) -> Result:
    """Do one task in a process that does nothing else; its death harms no other."""
    one = WorkersSettings(task_runner="process_pool", processes=1)
    with in_workers(task, {"": call}, one) as result_of:
        return result_of("")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def workers_that_see(folder: Path, wanted: WorkersSettings) -> Mapping[str, bool]:
    """Ask a Dask cluster that stands already: its workers' addresses, and who sees a folder.

    Raises NeedsAPerson when Dask is not installed, TryAgainLater when nobody answers.
    """
    try:
        from distributed import Client  # noqa: PLC0415  -- the extra `dask`
        from prefect_dask.task_runners import DaskTaskRunner  # noqa: F401, PLC0415
    except ImportError as fault:
        raise _dask_is_missing() from fault
    if not wanted.scheduler:
        return {}
    try:
        with Client(  # type: ignore[no-untyped-call]
            wanted.scheduler, timeout=5, set_as_default=False
        ) as client:
            return dict(client.run(os.path.isdir, str(folder)))
    except OSError as fault:
        raise _no_cluster(wanted) from fault


_Started = Iterator[tuple[TaskRunner[Any], Callable[[Any], Any]]]


@contextmanager
def _process_pool(wanted: WorkersSettings, calls: int) -> _Started:
    level = logging.getLogger().getEffectiveLevel()
    count = min(wanted.processes or processors(), calls)
    with ProcessPoolTaskRunner(count, initializer=_become_a_worker, initargs=(level,)) as runner:
        yield runner, _result_from_the_pool


def _result_from_the_pool(future: Any) -> Any:
    try:
        return future.result()
    except BrokenProcessPool as fault:
        raise WorkerDiedError from fault


def _become_a_worker(level: int) -> None:
    """Log as the run does, and never outlive it: the next run may be at the same batch."""
    logging.basicConfig(format=LOG_FORMAT, level=level)
    leave_our_errors_to_us()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _dask(wanted: WorkersSettings) -> _Started:
    try:
        from distributed import KilledWorker  # noqa: PLC0415  -- the extra `dask`
        from distributed.client import FutureCancelledError  # noqa: PLC0415
        from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415
    except ImportError as fault:
        raise _dask_is_missing() from fault

    logging.getLogger("distributed").setLevel(logging.WARNING)

    def result_of(future: Any) -> Any:
        while True:
            try:
                return future.result(timeout=CLUSTER_PATIENCE_SECONDS)
            except TimeoutError:
                # Nobody else says so: a task of a cluster that lost its last worker waits for ever.
                if not runner.client.scheduler_info()["workers"]:
                    raise WorkerDiedError from None
            except (KilledWorker, FutureCancelledError) as fault:
                raise WorkerDiedError from fault

    with ExitStack() as stack:
        try:
            runner = stack.enter_context(DaskTaskRunner(**_cluster(wanted)))
            runner.client.wait_for_workers(1, timeout=CLUSTER_PATIENCE_SECONDS)
        except OSError as fault:  # nobody listens there, or too late
            raise _no_cluster(wanted) from fault
        yield runner, result_of


def _cluster(wanted: WorkersSettings) -> dict[str, Any]:
    if wanted.scheduler:
        return {"address": wanted.scheduler, "client_kwargs": {"timeout": CLUSTER_PATIENCE_SECONDS}}
    return {
        "cluster_kwargs": {
            "n_workers": wanted.processes or processors(),
            "threads_per_worker": 1,  # a package fills a processor
            "dashboard_address": ":0",  # any port: nobody looks
        },
    }


def _no_cluster(wanted: WorkersSettings) -> TryAgainLater:
    return TryAgainLater(
        "the Dask cluster does not answer, or has no worker",
        where=wanted.scheduler or "workers.scheduler is empty: a cluster on this machine",
        do="start it: docs/scaling.md. Or set workers.task_runner to process_pool",
    )


def _dask_is_missing() -> NeedsAPerson:
    return NeedsAPerson(
        "workers.task_runner is dask, and Dask is not installed here",
        where="SVARUT_WORKERS__TASK_RUNNER",
        do="install svarut[dask] from the lock file, or set it to process_pool",
    )


def _api_out_of_reach(wanted: WorkersSettings) -> NeedsAPerson:
    return NeedsAPerson(
        "Dask's workers are on other machines, and this run's Prefect is only on this one",
        where=wanted.scheduler,
        do="run a Prefect server and set PREFECT_API_URL to an address that the workers reach",
    )


def _is_here(url: str) -> bool:
    return not url or urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


def _api_url() -> str:
    """Return where this run's own Prefect API is: a server's, or the one it started for itself."""
    with get_client(sync_client=True) as client:
        return str(client.api_url)
