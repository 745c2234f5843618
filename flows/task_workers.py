"""Tasks in processes of their own: of this machine, or of a Dask cluster."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner
from prefect.tasks import Task

from flows.errors import NeedsAPerson, TryAgainLater
from flows.local_prefect import leave_our_errors_to_us
from flows.log_lines import Shape, log_from, shape_now
from flows.settings import WorkersSettings

Name = TypeVar("Name")
Result = TypeVar("Result")

CLUSTER_PATIENCE_SECONDS: Final = 30
"""How long a cluster may be without any worker before it counts as dead."""


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
    # Without this each worker would start a Prefect server of its own, and leave it behind.
    with temporary_settings({PREFECT_API_URL: api_url}):
        if wanted.task_runner == "dask":
            with _dask(wanted) as (runner, result_of):
                futures = {name: runner.submit(task, dict(call)) for name, call in calls.items()}
                yield lambda name: result_of(futures[name])
        else:
            with closing(_Pool(task, calls, wanted.processes or processors())) as pool:
                yield pool.result_of


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


class _Pool(Generic[Name, Result]):
    """Processes of this machine. One that dies takes the others along: then they are replaced.

    Nobody says which task killed it. Whoever waits is told that its worker died, when nothing runs
    any more, and may do that task alone; the rest is begun again when it is next waited for.
    """

    def __init__(
        self, task: Task[..., Result], calls: Mapping[Name, Mapping[str, Any]], count: int
    ) -> None:
        self._task, self._calls, self._count = task, calls, count
        self._futures: dict[Name, Any] = {}
        self._running = ExitStack()
        self._start(list(calls))

    def result_of(self, name: Name) -> Result:
        if name not in self._futures:
            self._start([one for one in self._calls if one not in self._futures])
        try:
            result: Result = self._futures[name].result()
        except BrokenProcessPool as fault:
            self.close()
            lost = [one for one, future in self._futures.items() if _came_to_nothing(future)]
            for one in lost:
                if one != name:
                    del self._futures[one]
            raise WorkerDiedError from fault
        return result

    def close(self) -> None:
        """End the processes: what is under way is waited for, what is not begun is dropped."""
        self._running.close()

    def _start(self, names: Sequence[Name]) -> None:
        level = logging.getLogger().getEffectiveLevel()
        runner = self._running.enter_context(
            ProcessPoolTaskRunner(
                min(self._count, len(names)),
                initializer=_become_a_worker,
                initargs=(level, shape_now()),
            )
        )
        for name in names:
            self._futures[name] = runner.submit(self._task, dict(self._calls[name]))


def _came_to_nothing(future: Any) -> bool:
    """Say whether a task has no end, good or bad; asked when its processes are gone."""
    try:
        return future.wrapped_future.exception(timeout=0) is not None
    except (CancelledError, TimeoutError):
        return True


def _become_a_worker(level: int, shape: Shape) -> None:
    """Log as the run does, and never outlive it: the next run may be at the same batch."""
    log_from(level, shape)
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
