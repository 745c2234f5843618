"""Run Prefect's flows in this process, with no server to keep."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flows.errors import LetterError

SERVER_SERVICES: Final = (
    "CANCELLATION_CLEANUP",
    "EVENT_LOGGER",
    "EVENT_PERSISTER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TASK_RUN_RECORDER",
    "TRIGGERS",
)
"""What a real server does in the background. In a short-lived one on SQLite these hold the file
against the flow's own calls: "database is locked", and a minute lost (measured with 3.8.8)."""

_SETTINGS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # A fresh home migrates its database first; the default of 20 s is too short on a busy machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in SERVER_SERVICES},
}


@contextmanager
def flows_run_here(home: Path) -> Iterator[None]:
    """Let flows called inside run as flows, without a server, the network or a second's pause.

    home: where Prefect keeps its own small database between runs.
    An error that we throw ourselves is left to whoever called: Prefect does not log it as well.
    Where PREFECT_API_URL names a server, that server is used and nothing is changed.
    Must be entered before a module that imports Prefect is imported.
    """
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    for name, value in {"PREFECT_HOME": str(home), **_SETTINGS}.items():
        os.environ.setdefault(name, value)
    from prefect.settings import (  # noqa: PLC0415  -- reads the environment when imported
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    leave_our_errors_to_us()
    logging.getLogger("EventsWorker").setLevel(logging.ERROR)  # nobody here waits for its events
    # Each flow run otherwise waits up to a second for its heartbeat thread; here nobody listens.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


def leave_our_errors_to_us() -> None:
    """Let Prefect not log the errors that we throw ourselves, in this process."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_is_not_ours)


def _is_not_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], LetterError))
