"""When other processes are started to assemble, and when the run does it by itself."""

import pickle
from datetime import UTC, datetime

import pytest

from flows.database.batches import Batch
from flows.domain.batch import BatchId, BatchStatus
from flows.errors import LetterError, NeedsAPerson
from flows.print_batch.sending import for_others
from flows.settings import WorkersSettings
from flows.sftp import WriteRefused

NIGHT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


def a_batch(number: int, letters: int = 500, status: BatchStatus = BatchStatus.RESERVED) -> Batch:
    return Batch(
        id=BatchId(f"SVAR-20261124-{number:02}-C5SHS"),
        job_class="C5SHS",
        status=status,
        attempt=1,
        created_at=NIGHT,
        letters=letters,
        pages=None,
        sheets=None,
        package=None,
        package_sha256=None,
        package_size_bytes=None,
        handed_over_at=None,
    )


MANY = [a_batch(number) for number in range(1, 5)]
ONE_LEFT = [a_batch(1), *(a_batch(number, 500, BatchStatus.ASSEMBLED) for number in range(2, 5))]


@pytest.mark.parametrize(
    ("under_way", "wanted", "count"),
    [
        (MANY, WorkersSettings(from_letters=2000), 4),
        (MANY, WorkersSettings(from_letters=2001), 0),
        (MANY, WorkersSettings(from_letters=0, processes=1), 0),
        (MANY, WorkersSettings(from_letters=0, processes=1, task_runner="dask"), 4),
        (ONE_LEFT, WorkersSettings(from_letters=0), 0),
        ([], WorkersSettings(from_letters=0), 0),
    ],
    ids=["many letters", "few", "one process", "Dask's own machines", "one to assemble", "none"],
)
def test_other_processes_are_started_where_it_pays(
    under_way: list[Batch], wanted: WorkersSettings, count: int
) -> None:
    assert len(for_others(under_way, wanted)) == count


@pytest.mark.parametrize("kind", [NeedsAPerson, WriteRefused])
def test_a_fault_says_the_same_in_another_process(kind: type[LetterError]) -> None:
    fault = kind("the disk is full", where="packages", do="make room")

    again = pickle.loads(pickle.dumps(fault))

    assert type(again) is kind
    assert str(again) == str(fault)
