"""Documents looked at, each in a process of its own: what intake asks, and the answers."""

import atexit
import os
from collections.abc import Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

from flows.intake.examining.finding import Asked, Examined, Finding, from_json
from flows.intake.examining.worker_pool import Cause, Failed, Limits, WorkerPool
from flows.intake.problems import Code
from flows.settings import ExaminationSettings

JOB = "flows.intake.examining.examination:answer"


class Examination:
    """A document that is being looked at."""

    def __init__(self, future: "Future[dict[str, Any] | Failed]") -> None:
        self._future = future

    def result(self) -> Examined:
        """Wait for what was found; raises OSError where the disk failed.

        A document that hangs, crashes its reader or takes too much memory has a code of its own.
        """
        found = self._future.result()
        if not isinstance(found, Failed):
            return from_json(found)
        code = Code.PDF_UNREADABLE if found.cause is Cause.FAULT else Code.PDF_DEMANDING
        return Examined(0, (Finding.of(code),))


class Cut:
    """Pages that are being cut from a document."""

    def __init__(self, future: "Future[dict[str, Any] | Failed]") -> None:
        self._future = future

    def result(self) -> tuple[str, int]:
        """Wait for the code of what is wrong, empty for nothing; and the document's pages."""
        found = self._future.result()
        if isinstance(found, Failed):
            return Code.PDF_DEMANDING, 0
        return found["code"], found["pages"]


class Examiner:
    """Looks at documents in processes of their own; any thread may ask."""

    def __init__(self, settings: ExaminationSettings, job: str = JOB) -> None:
        processes = settings.processes or os.cpu_count() or 1
        limits = Limits(settings.seconds, settings.memory_mb)
        self._pool = WorkerPool(job, limits, processes)
        self.at_once = processes

    def begin(self, document: Path, asked: Asked, target: Path) -> Examination:
        """Begin to look at a document; target: where its print copy is written."""
        request = {
            "do": "examine",
            "document": str(document),
            "for_print": asked.for_print,
            "own_address": asked.own_address,
            "target": str(target),
        }
        return Examination(self._pool.begin(request))

    def cut(self, document: Path, pages: tuple[int, int], target: Path) -> "Cut":
        """Begin to cut pages, first and last from 1, from a document."""
        request = {
            "do": "cut",
            "document": str(document),
            "first": pages[0],
            "last": pages[1],
            "target": str(target),
        }
        return Cut(self._pool.begin(request))

    def draw(
        self, document: Path, page: int, boxes: Sequence[Sequence[float]], target: Path
    ) -> bool:
        """Draw a page with the zones and these boxes (mm) in it; False where that cannot be."""
        request = {
            "do": "draw",
            "document": str(document),
            "page": page,
            "boxes": [list(box) for box in boxes],
            "target": str(target),
        }
        found = self._pool.begin(request).result()
        return not isinstance(found, Failed)

    def close(self) -> None:
        """End the processes."""
        self._pool.close()


def shared_examiner(settings: ExaminationSettings) -> Examiner:
    """Return this process' examiner: starting one takes longer than a hundred documents."""
    return _shared(settings, os.getpid())


@cache
def _shared(settings: ExaminationSettings, process: int) -> Examiner:  # noqa: ARG001  -- the key
    examiner = Examiner(settings)
    atexit.register(examiner.close)
    return examiner
