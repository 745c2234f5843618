"""Worker processes that kill themselves at a package. Python runs this first, if it is on the path.

Deaths lie ready as files in the folder that SVARUT_TEST_DEATHS names, `before-1` or `after-1`:
before or after the package gets its name. Whoever takes one dies. The run itself never does.
"""

import multiprocessing
import os
import signal
from pathlib import Path

_replace = Path.replace


def _dying_replace(source: Path, target: Path) -> Path:
    if Path(target).suffix != ".zip" or multiprocessing.parent_process() is None:
        return _replace(source, target)
    _die("before")
    found = _replace(source, target)
    _die("after")
    return found


def _die(moment: str) -> None:
    for death in Path(os.environ["SVARUT_TEST_DEATHS"]).glob(f"{moment}-*"):
        try:
            death.rename(death.with_name(f"died-{os.getpid()}-{death.name}"))
        except FileNotFoundError:
            continue  # another worker took it
        os.kill(os.getpid(), signal.SIGKILL)


if "SVARUT_TEST_DEATHS" in os.environ:
    Path.replace = _dying_replace  # type: ignore[method-assign,assignment]
