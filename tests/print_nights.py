"""Print nights run as flows, one after the other, in a process of their own.

Run as a script: its input is a list of nights, each an environment; its output how each ended.
"""

import faulthandler
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from flows.errors import LetterError
from flows.local_prefect import flows_run_here

STUCK_SECONDS = 150
"""Three times what all nights take together."""


def main() -> None:
    # Seen once to stand still, and not since: it ends then, and says where every thread was.
    faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True)
    home, at = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    with flows_run_here(home):
        from flows.print_batch.flow import print_batch  # noqa: PLC0415  -- it imports Prefect

        for night in json.load(sys.stdin):
            os.environ.update(night)
            try:
                ended = {"handed_over": print_batch(at).handed_over}
            except LetterError as fault:
                ended = {"fault": type(fault).__name__, "where": fault.where}
            sys.stdout.write(f"{json.dumps(ended)}\n")


if __name__ == "__main__":
    main()
