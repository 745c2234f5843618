"""The soak's own verdict: it sees what grows."""

from dataclasses import replace

import pytest
from soak.run_days import SETTLING_DAYS, Stand, what_grows

FLAT = Stand(
    day=1, seconds=60, cpu_seconds=30, memory_mib=400, database_mib=10, archive_mib=100,
    letters=2000, ended=2000, steps={},
)  # fmt: skip


def days(**grows: float) -> list[Stand]:
    """Thirty days on which letters come, and what is named grows by so much a day."""
    return [
        replace(
            FLAT,
            day=day,
            letters=2000 * day,
            database_mib=10.0 * day,
            **{name: getattr(FLAT, name) * (1 + more) ** day for name, more in grows.items()},
        )
        for day in range(1, 31)
    ]


def test_days_that_are_all_alike_are_well() -> None:
    assert list(what_grows(days())) == []


@pytest.mark.parametrize(("name", "says"), [("cpu_seconds", "processor"), ("memory_mib", "memory")])
def test_what_grows_every_day_is_told(name: str, says: str) -> None:
    (told,) = what_grows(days(**{name: 0.03}))

    assert says in told


def test_a_database_that_grows_faster_than_its_letters_is_told() -> None:
    grown = [replace(one, database_mib=10.0 * one.day * (1 + one.day / 30)) for one in days()]

    (told,) = what_grows(grown)

    assert "room in the database" in told


def test_the_first_days_while_queues_fill_say_nothing() -> None:
    few = days(memory_mib=0.5)[:SETTLING_DAYS]

    assert list(what_grows(few)) == []
