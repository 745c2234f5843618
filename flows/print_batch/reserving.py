"""Reserve tonight's letters in batches."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from flows import clock
from flows.database import batches, due
from flows.database.open_items import OpenItem, silence_all_but, sound
from flows.database.prices import read_price_list
from flows.database.senders import all_senders
from flows.database.session import Database, Tx, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.batch import BatchId, Candidate, PlannedBatch
from flows.domain.shipment import SenderId
from flows.domain.vendor_profile import VendorProfile
from flows.print_batch.approving import TOO_MANY, is_approved, night_of
from flows.print_batch.cut_off import last_cut_off, posting_day
from flows.print_batch.expected import Expected, expect
from flows.print_batch.selection import (
    job_class_of,
    plan_batches,
    sheets_in,
    taken_by,
    within_caps,
)
from flows.settings import Settings

log = logging.getLogger(__name__)

NOT_TAKEN: Final = "JOB_CLASS_NOT_TAKEN"


@dataclass(frozen=True)
class NightPlan:
    """The batches of a night, and the letters that wait."""

    night: str
    batches: Sequence[PlannedBatch]
    going: Sequence[Candidate]
    above_cap: int
    """Letters that wait because their sender has had its share of the night."""
    to_approve: int
    """Letters that wait until a person has approved the night."""
    not_taken: Mapping[str, int]
    """Letters that wait because the vendor takes none of their job class, by class."""


@dataclass(frozen=True)
class Night:
    """What a print night would send, by job class; and what would wait, and why."""

    batches: int
    letters: Mapping[str, int]
    sheets: Mapping[str, int]
    waiting: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[tuple[str, SenderId], Expected] = field(default_factory=dict)
    """Letters, sheets, weight and cost, by job class and sender."""
    posted_on: date = date.min
    """The day whose prices these are."""
    kept_back: Mapping[tuple[SenderId, str], int] = field(default_factory=dict)
    """Letters that a person keeps back, by sender and why: the hold's or open item's code."""


def reserve_batches(database: Database, settings: Settings, now: datetime) -> list[BatchId]:
    """Put every letter that is due in a batch; return the new batches' ids.

    Two runs at once reserve every letter once, keep to caps together, and number their batches on.
    """
    with transaction(database) as tx:
        due.wait_for_turn(tx)
        profile = profile_on(tx, settings.vendor.profile, clock.oslo_date(now))
        cut_off = last_cut_off(now, profile.calendar)
        claimed = due.claim(tx, now=cut_off, asked_since=_asked_since(settings, now))
        plan = _plan(tx, settings, profile, claimed, now)
        batches.reserve(tx, plan.batches, now)
        _tell(tx, plan, now)
    for batch in plan.batches:
        log.info("reserved batch=%s letters=%d", batch.id, len(batch.shipment_ids))
    return [batch.id for batch in plan.batches]


def show_night(
    database: Database, settings: Settings, now: datetime, *, as_if_asked: bool = False
) -> Night:
    """Return what would be reserved now, and reserve nothing.

    as_if_asked: as if Altinn had just said that all of it is unread; so a night to come is known.
    """
    with reading(database) as tx:
        profile = profile_on(tx, settings.vendor.profile, clock.oslo_date(now))
        cut_off = last_cut_off(now, profile.calendar)
        asked_since = None if as_if_asked else _asked_since(settings, now)
        found = due.due_for_print(tx, now=cut_off, asked_since=asked_since)
        later = due.falls_due(tx, after=cut_off, until=now, asked_since=asked_since)
        plan = _plan(tx, settings, profile, found, now)
        prices = read_price_list(tx)
        kept_back = due.kept_back(tx, now=cut_off)
    letters: Counter[str] = Counter()
    sheets: Counter[str] = Counter()
    for one in plan.going:
        code = job_class_of(one, profile).code
        letters[code] += 1
        sheets[code] += sheets_in(one)
    waiting = {
        "after the cut-off": later,
        "above the sender's cap": plan.above_cap,
        "until somebody approves the night": plan.to_approve,
        **{f"no job class {code}": count for code, count in plan.not_taken.items()},
    }
    posted_on = posting_day(clock.oslo_date(now), profile.calendar)
    return Night(
        len(plan.batches),
        dict(sorted(letters.items())),
        dict(sorted(sheets.items())),
        {why: count for why, count in waiting.items() if count},
        expect(plan.going, profile, prices, posted_on),
        posted_on,
        kept_back,
    )


def _asked_since(settings: Settings, now: datetime) -> datetime:
    return now - timedelta(minutes=settings.read_check_max_age_minutes)


def _plan(
    tx: Tx,
    settings: Settings,
    profile: VendorProfile,
    found: Sequence[Candidate],
    now: datetime,
) -> NightPlan:
    """Choose who goes tonight: what the vendor takes, within each sender's cap and the night's."""
    night, day = night_of(settings, now), clock.oslo_date(now)
    midnight = datetime.combine(day, time(), tzinfo=clock.OSLO)
    reserved = due.reserved_since(tx, midnight)
    caps = {one.id: one.nightly_cap for one in all_senders(tx).values() if one.nightly_cap}
    takeable = [one for one in found if taken_by(profile, one)]
    capped = within_caps(takeable, caps, reserved)
    going = capped
    most = profile.selection.approve_above
    if most and not is_approved(tx, night):
        going = capped[: max(0, most - sum(reserved.values()))]
    return NightPlan(
        night,
        plan_batches(
            going,
            customer=settings.vendor.customer,
            day=day,
            first_run=due.runs_on(tx, f"{night}-") + 1,
            letters_per_batch=settings.letters_per_batch,
            profile=profile,
        ),
        going,
        above_cap=len(takeable) - len(capped),
        to_approve=len(capped) - len(going),
        not_taken=Counter(
            job_class_of(one, profile).code for one in found if not taken_by(profile, one)
        ),
    )


def _tell(tx: Tx, plan: NightPlan, now: datetime) -> None:
    """Say what waits for a person, and take back what was said of nights that are over."""
    waits = [
        OpenItem(
            "NIGHT_TO_APPROVE",
            plan.night,
            f"{plan.to_approve} letters wait: the night is larger than goes unasked",
            f"look: svarut run print --dry-run. Then: svarut batch approve {plan.night}, and "
            "svarut run print; or leave them to the nights to come",
        )
    ] * bool(plan.to_approve)
    classes = [
        OpenItem(
            "JOB_CLASS_NOT_TAKEN",
            code,
            f"{count} letters wait: the vendor's profile has no job class {code}",
            "add the class to job_classes of the profile, or let the letters be printed by hand",
        )
        for code, count in sorted(plan.not_taken.items())
    ]
    sound(tx, [*waits, *classes], now)
    silence_all_but(tx, TOO_MANY, [item.subject for item in waits], now)
    silence_all_but(tx, NOT_TAKEN, [item.subject for item in classes], now)
