"""A process that looks at one document after the other, with a limit on time and memory for each.

Started by `worker_pool.py`, which gives it three pipes: requests and answers, a line of JSON each,
and a lifeline. When the lifeline closes, its parent is gone, and the kernel ends this process
whatever it is doing.
"""

import fcntl
import importlib
import json
import os
import resource
import select
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO, Final

READY: Final = {"ready": True}
_MEGABYTE: Final = 1024 * 1024

Job = Callable[[dict[str, Any]], dict[str, Any]]


def main(job_name: str, memory_mb: int, seconds: float, pipes: tuple[int, int, int]) -> None:
    """Answer requests until there are no more."""
    requests, answers, lifeline = pipes
    _die_with(lifeline)
    module, _, function = job_name.partition(":")
    job: Job = getattr(importlib.import_module(module), function)
    limit = memory_mb * _MEGABYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(requests, "rb") as reader, os.fdopen(answers, "wb") as writer:
        _write(writer, READY)
        for line in reader:
            _limit_time(seconds)
            answer = _answer(job, json.loads(line))
            _write(writer, answer)
            if "memory" in answer:
                return  # what is left of the memory may be in pieces


def _answer(job: Job, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": job(request)}
    except MemoryError:
        return {"memory": True}
    except OSError as fault:
        return {"os_error": fault.errno or 0}
    except Exception as fault:  # noqa: BLE001  -- the outermost loop: the next document is another's
        place = traceback.extract_tb(fault.__traceback__)[-1]
        # Where it happened, and never what it says: that may be from the document.
        return {"fault": f"{type(fault).__name__} at {place.filename}:{place.lineno}"}


def _write(writer: BinaryIO, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    writer.flush()


def _limit_time(seconds: float) -> None:
    """Let this process use so much more of the processor; beyond that the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _die_with(lifeline: int) -> None:
    """Have the kernel end this process (SIGIO) when the other end of a pipe closes."""
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        sys.exit(1)  # it closed before we were listening


if __name__ == "__main__":
    name, memory, time_limit, *numbers = sys.argv[1:]
    first, second, third = (int(number) for number in numbers)
    main(name, int(memory), float(time_limit), (first, second, third))
