"""The steps of a night, when each runs, and what the vendor has done before."""

from datetime import datetime, timedelta

from nights import struck
from nights.shop import OddShop
from nights.struck import Ended, Limits
from nights.world import NIGHT, World

MINUTES = {"print": 0, "answers": 20, "receipts": 8 * 60, "reconcile": 21 * 60}
"""When each step runs, after the night has begun."""

POSTED_MINUTES = 7 * 60


def time_of(step: str) -> datetime:
    return NIGHT + timedelta(minutes=MINUTES[step])


def run_step(world: World, step: str, limits: Limits, now: datetime | None = None) -> Ended:
    """Run a step as a process; at its own time, when no other is given."""
    said = world.folder / "said.txt"
    return struck.run(step, world.settings, now or time_of(step), limits, said)


def let_the_vendor_work(shop: OddShop, before: str) -> None:
    """Do what the vendor has done before a step of ours begins."""
    if before == "answers":
        shop.take_in(time_of("print"))
    elif before == "receipts":
        shop.print_and_post(NIGHT + timedelta(minutes=POSTED_MINUTES))
