"""Choose every new letter's way, once the contact register has said what only it can say."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flows.database import contacts, shipments
from flows.database.session import Database, reading, transaction
from flows.dispatch.contact_register import AT_ONCE, ContactRegister, Silence
from flows.dispatch.routing import Choice, Way, choose_route, must_be_looked_up
from flows.domain.contact import Verdict
from flows.domain.shipment import Route, ShipmentId, ToRoute

log = logging.getLogger(__name__)

ROUTED_AT_ONCE: Final = 5000

STALE_AFTER: Final = timedelta(days=1)
"""A verdict is asked for again when its letter is routed later than this."""


@dataclass(frozen=True)
class LookedUp:
    """What asking the register led to."""

    people: int = 0
    answered: int = 0
    silence: Silence | None = None
    """Why nobody more was asked."""


def look_up_recipients(database: Database, register: ContactRegister, now: datetime) -> LookedUp:
    """Ask the register about every person whose letter only it can decide; keep the verdicts.

    A thousand people a call, and a commit for each call: a killed run asks about the rest. The
    first silence ends it, and everybody left waits for the next run.
    """
    people = answered = 0
    for letters in _pages(database, now):
        ids = [letter.id for letter in letters if must_be_looked_up(letter)]
        with reading(database) as tx:
            waiting = contacts.numbers_of(tx, ids)
        numbers = sorted(waiting)
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            said = register.look_up(some)
            if isinstance(said, Silence):
                log.warning("the contact register is silent: %s", said.why)
                return LookedUp(people + len(some), answered, said)
            found: dict[Verdict, list[ShipmentId]] = {}
            for number in some:
                if number in said:
                    found.setdefault(said[number], []).extend(waiting[number])
            with transaction(database) as tx:
                contacts.record_verdicts(tx, found, now)
            people, answered = people + len(some), answered + len(said.keys() & set(some))
    if answered < people:
        log.warning("the contact register said nothing of %s people", people - answered)
    return LookedUp(people, answered)


def route_letters(
    database: Database,
    now: datetime,
    *,
    register_is_asked: bool = False,
) -> Counter[str]:
    """Choose the way of every new letter; return how often each reason was given."""
    reasons: Counter[str] = Counter()
    for letters in _pages(database, now):
        choices = _choices(letters, register_is_asked=register_is_asked)
        with transaction(database) as tx:
            shipments.record_routes(tx, _going(choices, Way.DIGITAL, Route.DIGITAL), now)
            shipments.record_routes(tx, _going(choices, Way.PAPER, Route.PAPER), now)
            shipments.record_not_delivered(
                tx,
                {one: each.reason for one, each in choices if each.way is Way.NOWHERE},
                now,
            )
        reasons.update(str(each.reason) for _, each in choices)
    return reasons


def routes_to_choose(
    database: Database,
    now: datetime,
    *,
    register_is_asked: bool = False,
) -> Counter[str]:
    """Say which way new letters would go, and write nothing."""
    return Counter(
        str(each.reason)
        for letters in _pages(database, now)
        for _, each in _choices(letters, register_is_asked=register_is_asked)
    )


def _choices(
    letters: Sequence[ToRoute], *, register_is_asked: bool
) -> list[tuple[ShipmentId, Choice]]:
    return [
        (letter.id, choose_route(letter, register_is_asked=register_is_asked)) for letter in letters
    ]


def _going(
    choices: Sequence[tuple[ShipmentId, Choice]], way: Way, route: Route
) -> list[tuple[ShipmentId, Route, str]]:
    return [(one, route, each.reason) for one, each in choices if each.way is way]


def _pages(database: Database, now: datetime) -> Iterator[list[ToRoute]]:
    """Give the letters that have no way yet, so many at a time, each once."""
    last: ShipmentId | None = None
    while True:
        with reading(database) as tx:
            letters = shipments.to_route(
                tx, ROUTED_AT_ONCE, after=last, asked_since=now - STALE_AFTER
            )
        if letters:
            yield letters
        if len(letters) < ROUTED_AT_ONCE:
            return
        last = letters[-1].id
