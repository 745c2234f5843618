"""Packages assembled one after the other, by two processes, and by two workers of Dask.

`python benchmarks/scale_out.py LETTERS...`. Packages of 500 letters, SQLite, without the hand-over.
Each way starts from the same database, in a process of its own; Prefect itself is started before
the clock is. Waiting for worker processes to start is measured, and so is their end.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assembly import NIGHT, make_letters
from print_night import register

from flows.database import schema
from flows.database.session import open_database
from flows.local_prefect import flows_run_here
from flows.print_batch import sending
from flows.print_batch.reserving import reserve_batches
from flows.settings import Settings, WorkersSettings, read_settings

WAYS = (
    ("one after the other", WorkersSettings(processes=1)),
    ("a pool of one", WorkersSettings(processes=1)),
    ("a pool of two", WorkersSettings(processes=2)),
    ("Dask, two workers", WorkersSettings(task_runner="dask", processes=2)),
)

DOCUMENTS = 4000
"""Then the same come again: never twice in a package."""


def main() -> None:
    """Measure every way for each number of letters."""
    for count in [int(each) for each in sys.argv[1:]] or [4000]:
        with tempfile.TemporaryDirectory() as name:
            home = Path(name)
            prepare(home, count)
            for way, _ in WAYS:
                print(f"{count:6} letters  {way:20} {measured(home, way)}", flush=True)


def prepare(home: Path, count: int) -> None:
    """Make letters, and reserve them in batches."""
    letters = Path(os.environ.get("SVARUT_BENCH_LETTERS", home / "letters"))
    made = make_letters(letters, min(count, DOCUMENTS))
    made = (made * (count // len(made) + 1))[:count]
    (home / "archive").symlink_to(letters / "archive")
    settings = Settings(home=home, test_population=True)
    with open_database(settings.database_url) as database:
        schema.upgrade(database)
        register(database, made)
        reserve_batches(database, settings, NIGHT)
    shutil.copy(home / "svarut.db", home / "reserved.db")


def measured(home: Path, way: str) -> str:
    """Assemble everything in one way, from the beginning."""
    for file in home.glob("svarut.db*"):
        file.unlink()
    shutil.rmtree(home / "packages", ignore_errors=True)
    shutil.copy(home / "reserved.db", home / "svarut.db")
    done = subprocess.run(
        [sys.executable, __file__, "--way", way],
        env={**os.environ, "SVARUT_HOME": str(home), "SVARUT_TEST_POPULATION": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    cost = json.loads(done.stdout.splitlines()[-1])
    return (
        f"{cost['packages']} packages  wall {cost['wall']:6.2f} s  processor {cost['cpu']:6.2f} s  "
        f"first after {cost['first']:5.2f} s  peak {cost['peak']} MiB a process  "
        f"load {os.getloadavg()[0]:.1f}"
    )


def assemble_all(name: str) -> None:
    """Assemble what is reserved, and say what it cost."""
    wanted = dict(WAYS)[name]
    settings = read_settings()
    with flows_run_here(settings.home / ".prefect"), open_database(settings.database_url) as base:
        from prefect import flow  # noqa: PLC0415  -- after its settings

        from flows.print_batch.flow import assemble  # noqa: PLC0415
        from flows.task_workers import in_workers  # noqa: PLC0415

        calls = {
            one.id: {"batch_id": one.id, "now": NIGHT} for one in sending.batches_under_way(base)
        }

        @flow
        def night() -> list[float]:
            moments = []
            if name == WAYS[0][0]:
                for call in calls.values():
                    assemble(**call)
                    moments.append(time.perf_counter())
            else:
                with in_workers(assemble, calls, wanted) as result_of:
                    for each in calls:
                        result_of(each)
                        moments.append(time.perf_counter())
            return moments

        @flow
        def nothing() -> None:
            return None

        nothing()
        began, used = time.perf_counter(), sum(os.times()[:4])
        moments = night()
        ended, used = time.perf_counter(), sum(os.times()[:4]) - used
    who = resource.RUSAGE_SELF if name == WAYS[0][0] else resource.RUSAGE_CHILDREN
    cost = {
        "packages": len(list(settings.packages_folder.glob("*.zip"))),
        "wall": ended - began,
        "cpu": used,
        "first": moments[0] - began,
        "peak": resource.getrusage(who).ru_maxrss // 1024,
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        assemble_all(sys.argv[2])
    else:
        main()
