"""The night without faults, that every other is held against."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from cut_line import Towards
from nights.outcome import Outcome, outcome_of
from nights.plan import Conduct
from nights.shop import OddShop, Printed, marks, printed
from nights.steps import MINUTES, let_the_vendor_work, run_step
from nights.struck import Ending, Limits
from nights.world import World

from flows.database.session import open_database


@dataclass(frozen=True)
class Step:
    """What a step came to in the night without faults."""

    points: int
    seconds: float
    carried: Mapping[Towards, int]


@dataclass(frozen=True)
class QuietNight:
    """The night without faults, that every other is held against."""

    steps: Mapping[str, Step]
    outcome: Outcome
    printed: Printed
    letters_of: Mapping[str, frozenset[str]]
    """The shipments of each package, by its name."""
    largest_bytes: int

    @property
    def points(self) -> dict[str, int]:
        return {name: step.points for name, step in self.steps.items()}


def a_quiet_night(world: World, *, read_marks: bool = True) -> QuietNight:
    """Run the night without faults, and look at every piece mark as a camera would."""
    world.put_back("sqlite")
    shop = OddShop(world.server.root, Conduct.PROMPT, "")
    steps = {}
    for step in MINUTES:
        let_the_vendor_work(shop, before=step)
        world.line.mend()
        began = time.perf_counter()
        ended = run_step(world, step, Limits())
        assert ended.how is Ending.DONE, ended.words
        steps[step] = Step(ended.points, time.perf_counter() - began, dict(world.line.moved))
    with open_database(world.settings.database_url) as database:
        outcome = outcome_of(database)
    packages = sorted((world.server.root / "inn").glob("*.zip"))
    if read_marks:
        for package in packages:
            promised, read = marks(package)
            assert promised == read, f"{package.name}: a camera reads other marks"
    return QuietNight(
        steps,
        outcome,
        printed(shop),
        letters_of={
            f"{batch}-f1.zip": frozenset(
                about.removeprefix("letter ")
                for about, said in outcome.rows.items()
                if about.startswith("letter ") and any(f'"batch_id": "{batch}"' in s for s in said)
            )
            for batch in outcome.batches
        },
        largest_bytes=max(package.stat().st_size for package in packages),
    )
