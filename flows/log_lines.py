"""How log lines look, the same in every process."""

import logging
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"

CHATTY: Final = ("asyncio", "distributed", "httpx", "paramiko")
"""What others log may hold addresses of calls, and so the ids in them: ours says enough."""


def log_from(level: int | str) -> None:
    """Log our own steps from a level on, and others' warnings."""
    logging.basicConfig(format=FORMAT, level=level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
