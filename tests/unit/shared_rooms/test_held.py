"""What one process holds, no other gets, and a kill lets go of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.errors import TryAgainLater
from flows.workspace import held

HOLD = """
import sys, time
from pathlib import Path
from flows.workspace import held
with held(Path(sys.argv[1]), "B1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_turned_away_until_the_first_is_gone(tmp_path: Path) -> None:
    lock = tmp_path / "packages" / ".B1.lock"
    first = subprocess.Popen([sys.executable, "-c", HOLD, lock], stdout=subprocess.PIPE, text=True)
    with first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"

        with pytest.raises(TryAgainLater, match="B1"), held(lock, "B1"):
            pytest.fail("held by two")
        os.kill(first.pid, signal.SIGKILL)
        first.wait()

        with held(lock, "B1"):
            assert lock.exists()
    assert not lock.exists()
