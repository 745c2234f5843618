"""Work given to processes of their own: one that hangs, crashes or swells is ended and replaced."""

import json
import logging
import os
import queue
import select
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO, Final

from flows.errors import ImpossibleState

log = logging.getLogger(__name__)

RENEWED_AFTER: Final = 2000
"""Requests a process answers before a new one takes its place: what leaks, leaks no further."""

WALL_FACTOR: Final = 4
"""The wall clock's limit, as a multiple of the processor's: the machine may be busy."""

STARTING_SECONDS: Final = 120
STOPPING_SECONDS: Final = 5


class Cause(StrEnum):
    """Why a request got no answer; the values are what the log says."""

    TIME = "took too long"
    MEMORY = "took too much memory"
    CRASH = "ended the process"
    FAULT = "ended in a fault of ours"


@dataclass(frozen=True)
class Failed:
    """A request that could not be answered."""

    cause: Cause


@dataclass(frozen=True)
class Limits:
    """What one request may use."""

    seconds: float
    """Of the processor."""
    memory_mb: int
    """Of the whole process, its libraries among them."""


class WorkerPool:
    """Some processes that each answer one request at a time; any thread may ask.

    Processes start when they are first needed, and end when the pool closes or this process does.
    """

    def __init__(self, job: str, limits: Limits, processes: int) -> None:
        """Prepare a pool; job: `module:function`, from a JSON object to a JSON object."""
        self._job, self._limits = job, limits
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="worker-pool")
        self._places: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(processes):
            self._places.put(None)

    def begin(self, request: dict[str, Any]) -> "Future[dict[str, Any] | Failed]":
        """Let a process answer a request; its future raises OSError where the disk failed."""
        return self._threads.submit(self._answer, request)

    def close(self) -> None:
        """End the processes; what was asked and not begun is dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._places.empty():  # nobody is at work any more, so all places are here
            worker = self._places.get()
            if worker is not None:
                worker.stop()

    def _answer(self, request: dict[str, Any]) -> dict[str, Any] | Failed:
        found = self._ask(request)
        if found == Failed(Cause.CRASH):
            # Somebody else may have ended it (the machine short of memory): asked once more.
            found = self._ask(request)
        if isinstance(found, Failed):
            log.warning("a document %s", found.cause)
        return found

    def _ask(self, request: dict[str, Any]) -> dict[str, Any] | Failed:
        worker = self._places.get()
        try:
            if worker is None:
                worker = _Worker(self._job, self._limits)
            return worker.ask(request)
        finally:
            if worker is not None and worker.is_spent():
                worker.stop()
                worker = None
            self._places.put(worker)


class _Worker:
    """One process and the pipes to it."""

    def __init__(self, job: str, limits: Limits) -> None:
        self._limits, self._asked, self._broken = limits, 0, False
        their_requests, requests = os.pipe()
        answers, their_answers = os.pipe()
        their_lifeline, self._lifeline = os.pipe()
        theirs = (their_requests, their_answers, their_lifeline)
        arguments = [job, str(limits.memory_mb), str(limits.seconds), *map(str, theirs)]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "flows.intake.examining.worker", *arguments],
                pass_fds=theirs,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_surroundings(),
            )
        finally:
            for pipe in theirs:
                os.close(pipe)
        self._requests: BinaryIO = os.fdopen(requests, "wb")
        self._answers: BinaryIO = os.fdopen(answers, "rb")
        if self._read(STARTING_SECONDS) is None:
            self.stop()
            raise ImpossibleState(
                "a process that looks at documents did not start",
                where=job,
                do="see why: python -m flows.intake.examining.worker; no letter was judged",
            )

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | Failed:
        """Return the answer to a request, or why there is none; raises OSError."""
        self._asked += 1
        try:
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
        except BrokenPipeError:
            read = None
        else:
            read = self._read(self._limits.seconds * WALL_FACTOR)
        if read is None:
            self._broken = True
            return Failed(self._cause())
        if "os_error" in read:
            raise OSError(read["os_error"], os.strerror(read["os_error"]))
        if "fault" in read:
            log.error("looking at a document: %s", read["fault"])
            return Failed(Cause.FAULT)
        if "memory" in read:
            self._broken = True
            return Failed(Cause.MEMORY)
        answer: dict[str, Any] = read["answer"]
        return answer

    def is_spent(self) -> bool:
        """Say whether another must take its place."""
        return self._broken or self._asked >= RENEWED_AFTER

    def stop(self) -> None:
        """End the process: by itself, or by force."""
        for pipe in (self._requests, self._answers):
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # it is gone already
        try:
            if self._broken:
                self._process.kill()
            self._process.wait(STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._lifeline)

    def _read(self, seconds: float) -> dict[str, Any] | None:
        """Return the next answer, or None where the process ends or the time is up."""
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        line = self._answers.readline() if poll.poll(seconds * 1000) else b""
        read: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
        return read

    def _cause(self) -> Cause:
        try:
            ended = self._process.wait(0.1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return Cause.TIME
        return Cause.TIME if ended == -signal.SIGXCPU else Cause.CRASH


def _surroundings() -> dict[str, str]:
    """Return the environment of a worker: our import path, and none of our secrets."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
