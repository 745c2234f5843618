"""Small nights in which much goes wrong: each letter is printed once, and a person is told enough.

A slice of what `make faults` runs: 200 seeds over nights of 2,000 letters.
"""

from collections.abc import Iterator

import pytest
from nights.night import a_struck_night
from nights.plan import Conduct, Kind, plan_of
from nights.quiet import QuietNight, a_quiet_night
from nights.world import World, open_world

pytestmark = pytest.mark.faults

SEEDS = (19, 44, 113)
"""Both databases; every kind of blow; a vendor who is wrong, never there, and there twice."""

POINTS = {"print": 98, "answers": 36, "receipts": 10, "reconcile": 8}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("nights")
    with open_world(folder, 60, letters_per_batch=15, postgres=postgres_server) as world:
        yield world


@pytest.fixture(scope="module")
def quiet(world: World) -> QuietNight:
    return a_quiet_night(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_night_of_faults_ends_as_one_without(world: World, quiet: QuietNight, seed: int) -> None:
    plan = plan_of(seed, quiet.points)

    report = a_struck_night(world, quiet, plan)

    assert report.wrong == [], str(plan)


def test_two_hundred_seeds_strike_everywhere() -> None:
    plans = [plan_of(seed, POINTS) for seed in range(1, 201)]

    first = {step: {plan.blows[step][0].point for plan in plans} for step in POINTS}
    struck = {(step, blow.kind) for plan in plans for step in POINTS for blow in plan.blows[step]}

    assert all(set(range(1, POINTS[step] + 1)) <= first[step] for step in POINTS)
    assert len(struck) == len(POINTS) * len(Kind) - 2  # reconciling calls nobody
    assert {(plan.conduct, plan.database) for plan in plans} == {
        (conduct, database) for conduct in Conduct for database in ("sqlite", "postgres")
    }
    assert plan_of(17, POINTS) == plan_of(17, POINTS)
