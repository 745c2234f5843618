"""A step of the night in a process of its own, and how it ended."""

import multiprocessing
import os
import resource
import traceback
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import dying

from flows.errors import NeedsAPerson, TryAgainLater
from flows.settings import Settings

PROCESSES = multiprocessing.get_context("forkserver")
# What each child would otherwise import anew; the server finds it by this.
TESTS = str(Path(__file__).parents[1])
os.environ["PYTHONPATH"] = os.pathsep.join([TESTS, str(Path(TESTS).parent)])
PROCESSES.set_forkserver_preload(["dying", "nights.night"])

HANGS_AFTER_SECONDS = 300


class Ending(StrEnum):
    """How a process ended."""

    DONE = "done"
    KILLED = "killed"
    LATER = "try again later"
    PERSON = "needs a person"
    FAULT = "an error that nobody expected"


ENDINGS = {0: Ending.DONE, -9: Ending.KILLED, 3: Ending.PERSON, 4: Ending.LATER}


@dataclass(frozen=True)
class Limits:
    """What strikes a process from outside of its own doing; nothing by default."""

    die_at: int = 0
    """Killed at this commit point."""
    die_after_seconds: float | None = None
    most_bytes: int | None = None
    """No file may become larger: what a full disk looks like to whoever writes."""


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    how: Ending
    points: int
    """Commit points it passed; 0 when it did not come to its end."""
    words: str
    """What it said on its way out."""


def run(work: str, settings: Settings, now: datetime, limits: Limits, said: Path) -> Ended:
    """Run a step of the night to its end, whatever that is.

    said: a file for what it says.
    """
    said.write_text("")
    process = PROCESSES.Process(target=_do, args=(work, settings, now, limits, said))
    process.start()
    process.join(timeout=limits.die_after_seconds or HANGS_AFTER_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        assert limits.die_after_seconds, f"{work} hangs"
    words = said.read_text(errors="replace")
    how = ENDINGS.get(process.exitcode or 0, Ending.FAULT)
    points = int(words.split()[-1]) if how is Ending.DONE else 0
    return Ended(how, points, words)


def _do(work: str, settings: Settings, now: datetime, limits: Limits, said: Path) -> None:
    with said.open("w") as words:
        os.dup2(words.fileno(), 2)
        _give_room(limits.most_bytes)
        try:
            points = dying.run(work, settings, now, limits.die_at)
        except (NeedsAPerson, TryAgainLater) as fault:
            code, last = (3 if isinstance(fault, NeedsAPerson) else 4), f"{fault}"
        except BaseException as fault:  # noqa: BLE001  -- whatever it was, the parent is told
            traceback.print_exc(file=words)
            code, last = 1, f"{type(fault).__name__}: {fault}".splitlines()[0]
        else:
            code, last = 0, str(points)
        _give_room(None)
        print(last, file=words, flush=True)
        os._exit(code)


def _give_room(most_bytes: int | None) -> None:
    """Let no file become larger. Python ignores SIGXFSZ: a write fails as on a full disk."""
    infinite = resource.RLIM_INFINITY
    limit = infinite if most_bytes is None else most_bytes
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, infinite))
