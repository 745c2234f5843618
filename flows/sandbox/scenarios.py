"""Numbers that choose what happens: synthetic recipients for every scenario, with no orders given.

A synthetic national number (month raised by 80) whose individual number is 9NN, or a synthetic
organisation number that begins with 39990NN, plays scenario NN of this table. A letter may also
name a scenario, or a habit, in `correspondence.propertyList.scenario`. Every other number gets its
habit by a hash of the seed and the number, the same in every run: 45 in 100 read, 1 to 40 hours
after publication; 5 confirm or download without opening; 4 persons have reserved themselves; the
rest never read.
"""

import hashlib
from dataclasses import dataclass
from random import Random
from typing import Final

from flows.sandbox import people
from flows.sandbox.altinn_readers import read_habit


@dataclass(frozen=True)
class Scenario:
    """What happens, and what the contact register says of the person."""

    digits: int
    habit: str
    contact: str = "notifiable"


SCENARIOS: Final = {
    "never_reads": Scenario(0, "never"),
    "reads_at_once": Scenario(1, "after:0.1h"),
    "reads_next_day": Scenario(2, "after:20h"),
    "only_fetches": Scenario(3, "fetched:2h"),
    "confirms_unread": Scenario(4, "confirm:3h"),
    "downloads_unread": Scenario(5, "download:3h"),
    "reads_then_downloads": Scenario(6, "after:2h+download:3h"),
    "reads_then_purges": Scenario(7, "after:2h+purge:5h"),
    "purges_unread": Scenario(8, "purge:3h"),
    "forwards": Scenario(9, "forward:4h"),
    "reads_too_late": Scenario(10, "after:200h"),
    "reserved": Scenario(20, "reserved", "reserved"),
    "reserved_later": Scenario(21, "reserved_later"),
    "unknown": Scenario(22, "unknown"),
    "stuck": Scenario(23, "stuck"),
    "six_hours_late": Scenario(24, "late:6h"),
    "fails": Scenario(25, "fails"),
    "malware": Scenario(26, "malware"),
    "lacks_roles": Scenario(27, "no_roles"),
    "not_notifiable": Scenario(28, "never", "not_notifiable"),
    "not_registered": Scenario(29, "never", "not_registered"),
    "deleted": Scenario(30, "never", "deleted"),
    "publication_wins": Scenario(31, "races+after:5h"),
    "gone_from_register": Scenario(32, "not_in_register"),
    "lost_answer": Scenario(40, "lost+after:5h"),
    "krr_down_twice": Scenario(41, "krr_down:2+after:5h"),
    "busy_once": Scenario(42, "busy+after:5h"),
    "gateway_once": Scenario(43, "gateway+after:5h"),
    "slow_once": Scenario(44, "slow+after:5h"),
    "upload_fault_once": Scenario(45, "upload_fault+after:5h"),
    "truncated_answer": Scenario(46, "truncated+after:5h"),
    "empty_answer": Scenario(47, "empty+after:5h"),
    "connection_reset": Scenario(48, "reset+after:5h"),
}
_BY_DIGITS: Final = {one.digits: one for one in SCENARIOS.values()}


def number_for(scenario: str, random: Random) -> str:
    """Return a valid synthetic national number that plays a scenario."""
    return people.national_number(random, individual=900 + SCENARIOS[scenario].digits)


def organisation_for(scenario: str, random: Random) -> str:
    """Return a valid synthetic organisation number that plays a scenario."""
    return people.organisation_number(random, begins=f"39990{SCENARIOS[scenario].digits:02d}")


def scenario_of(number: str) -> Scenario | None:
    """Return the scenario a number plays; most play none."""
    if len(number) == 11 and number[2] in "89" and number[6] == "9" and number[4] >= "4":
        return _BY_DIGITS.get(int(number[7:9]))
    if len(number) == 9 and number.startswith("39990"):
        return _BY_DIGITS.get(int(number[5:7]))
    return None


def habit_named(text: str) -> str:
    """Return the habit of a scenario's name, or the habit itself.

    Raises ValueError when it is neither.
    """
    habit = SCENARIOS[text].habit if text in SCENARIOS else text
    read_habit(habit)
    return habit


def usual_habit(seed: int, number: str) -> str:
    """Return what a number does that nobody has told anything about."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    chance, hours = digest[0] * 100 // 256, 1 + digest[1] % 40
    if len(number) == 11 and chance < 4:
        return "reserved"
    if chance < 49:
        return f"after:{hours}h"
    if chance < 52:
        return f"confirm:{hours}h"
    return f"download:{hours}h" if chance < 54 else "never"
