"""A document that hangs, crashes its reader or eats memory harms no other; nothing is left."""

import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from made_pdfs import a_hanging, a_swelling, at, drawn

from flows.errors import ImpossibleState
from flows.intake.examining.examiner import Examiner, shared_examiner
from flows.intake.examining.finding import Asked
from flows.intake.examining.worker_pool import Cause, Failed, Limits, WorkerPool
from flows.settings import ExaminationSettings

pytestmark = pytest.mark.integration

SMALL_BYTES = 30_000
MUTANTS = 1000


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    made = WorkerPool("hostile_jobs:misbehave", Limits(seconds=1, memory_mb=400), 2)
    yield made
    made.close()


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    made = Examiner(ExaminationSettings(processes=2, seconds=2, memory_mb=512))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("spin", Cause.TIME),
        ("sleep", Cause.TIME),
        ("swell", Cause.MEMORY),
        ("crash", Cause.CRASH),
        ("fault", Cause.FAULT),
    ],
)
def test_what_misbehaves_is_ended_and_the_others_are_answered(
    pool: WorkerPool, kind: str, cause: Cause
) -> None:
    asked = [pool.begin({"do": each}) for each in ("pid", kind, "pid", "pid")]

    answers = [each.result() for each in asked]

    assert answers[1] == Failed(cause)
    assert all(isinstance(each, dict) for each in (answers[0], *answers[2:]))


def test_a_process_ended_by_another_is_replaced_and_asked_again(
    pool: WorkerPool, tmp_path: Path
) -> None:
    answer = pool.begin({"do": "crash once", "marker": str(tmp_path / "m")}).result()

    assert isinstance(answer, dict)


def test_a_full_disk_is_not_the_documents_fault(pool: WorkerPool) -> None:
    with pytest.raises(OSError, match="No space left"):
        pool.begin({"do": "disk"}).result()


def test_our_own_fault_is_logged_by_its_place_and_not_by_what_it_says(
    pool: WorkerPool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        pool.begin({"do": "fault"}).result()

    assert "ZeroDivisionError at" in caplog.text
    assert "hostile_jobs.py" in caplog.text


def test_a_process_that_cannot_start_judges_no_letter() -> None:
    broken = WorkerPool("no_such_module:job", Limits(1, 400), 1)

    with pytest.raises(ImpossibleState, match="did not start"):
        broken.begin({"do": "pid"}).result()
    broken.close()


def test_processes_know_none_of_our_secrets(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARUT_ALTINN__TOKEN", "hemmelig")

    answer = pool.begin({"do": "secrets"}).result()

    assert isinstance(answer, dict)
    assert not [name for name in answer["found"] if name.startswith("SVARUT")]


def test_any_thread_may_ask(pool: WorkerPool) -> None:
    answers: list[object] = []

    def ask() -> None:
        answers.extend(pool.begin({"do": "pid"}).result() for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 160
    assert len({str(each) for each in answers}) <= 2


def test_closing_ends_the_processes_and_may_be_done_twice(pool: WorkerPool) -> None:
    answer = pool.begin({"do": "pid"}).result()
    assert isinstance(answer, dict)

    pool.close()
    pool.close()

    assert not is_alive(answer["process"])


def test_no_process_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "process"
    surroundings = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    parent = subprocess.Popen(
        [sys.executable, ROOT / "tests/hostile_jobs.py", str(file)], env=surroundings
    )
    assert waited_for(file.is_file)
    process = int(file.read_text())
    assert is_alive(process)

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    assert waited_for(lambda: not is_alive(process))


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def waited_for(happens: object) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if happens():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_real_monsters_are_refused_and_a_good_document_beside_them_is_not(
    examiner: Examiner, tmp_path: Path
) -> None:
    good = tmp_path / "good.pdf"
    good.write_bytes(drawn(at(30, 60)))
    files = [good, a_hanging(tmp_path), a_swelling(tmp_path), good]

    begun = [
        examiner.begin(file, Asked(), tmp_path / f"copy-{number}.pdf")
        for number, file in enumerate(files)
    ]

    codes = [[each.code for each in one.result().findings] for one in begun]
    assert codes == [[], ["PDF_FOR_KREVENDE"], ["PDF_FOR_KREVENDE"], []]


def test_a_process_has_one_examiner() -> None:
    settings = ExaminationSettings(processes=1)

    assert shared_examiner(settings) is shared_examiner(ExaminationSettings(processes=1))


def mutated(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """The same file after an accident, or after malice."""
    made = bytearray(content)
    kind = chance.choice(["bits", "cut", "splice", "swap", "repeat"])
    if kind == "bits":
        for _ in range(chance.randrange(1, 40)):
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del made[chance.randrange(len(made)) :]
    elif kind == "splice":
        other = chance.choice(others)
        made[chance.randrange(len(made)) :] = other[chance.randrange(len(other)) :]
    elif kind == "repeat":
        start = chance.randrange(len(made))
        made[start:start] = made[start : start + chance.randrange(1, 5000)]
    else:
        words = [b"/Type", b"/Page", b"/Kids", b"/Length", b" obj", b"endobj", b"stream", b" 0 R",
                 b"/Filter", b"xref", b"/MediaBox", b"/Count", b"/Parent", b"q", b"1"]  # fmt: skip
        for _ in range(chance.randrange(1, 4)):
            old, new = chance.sample(words, 2)
            made = bytearray(bytes(made).replace(old, new, chance.randrange(1, 4)))
    return bytes(made)


def test_a_thousand_damaged_copies_of_real_documents_each_get_a_verdict(
    shared: Path, tmp_path: Path
) -> None:
    samples = [file.read_bytes() for file in sorted((shared / "samples" / "pdf").glob("*.pdf"))]
    small = [content for content in samples if len(content) <= SMALL_BYTES]
    chance = random.Random(20261125)
    examiner = Examiner(ExaminationSettings(processes=2, seconds=10, memory_mb=768))
    begun = []
    for number in range(MUTANTS):
        file = tmp_path / f"{number}.pdf"
        file.write_bytes(mutated(small[number % len(small)], small, chance))
        begun.append(examiner.begin(file, Asked(), tmp_path / f"{number}.copy"))

    found = [each.result() for each in begun]

    examiner.close()
    codes = Counter(each.code for one in found for each in one.findings)
    assert len(small) >= 15
    assert len(found) == MUTANTS
    assert all(one.copied is not None or one.findings for one in found)
    assert codes["PDF_ULESELIG"] > 50
    assert codes["PDF_REPARERT"] > 50
