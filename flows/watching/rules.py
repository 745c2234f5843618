"""Every alarm there is: from how everything stands to what a person must hear of."""

from collections.abc import Sequence
from typing import Final

from flows.domain.alarm import Alarm
from flows.domain.standing import Standing
from flows.watch_settings import WatchSettings
from flows.watching import rules_of_letters as letters
from flows.watching import rules_of_runs as runs
from flows.watching import rules_of_the_house as house
from flows.watching import rules_of_the_vendor as vendor
from flows.watching.found import Owner, Rule

RULES: Final[Sequence[Rule]] = (
    Rule(
        "LETTER_STUCK",
        Owner.OPERATIONS,
        "hours in the status: `received_hours`, `accepted_hours`, `digital_days`",
        letters.letters_that_stand_still,
    ),
    Rule(
        "UNREAD_PAST_DUE",
        Owner.OPERATIONS,
        "the vendor's working days after the deadline: `due_working_days`; 5 with a cap a night",
        letters.unread_past_due,
    ),
    Rule(
        "PAPER_NOT_SENT",
        Owner.OPERATIONS,
        "the vendor's working days after acceptance: `due_working_days`; 5 with a cap a night",
        letters.paper_not_sent,
    ),
    Rule(
        "HELD_TOO_LONG",
        Owner.OPERATIONS,
        "days in the status: `held_days`",
        letters.held_too_long,
    ),
    Rule(
        "BATCH_STUCK",
        Owner.OPERATIONS,
        "hours in the batch's status: `batch_hours`",
        vendor.batches_that_stand_still,
    ),
    Rule(
        "ACKNOWLEDGEMENT_MISSING",
        Owner.VENDOR_CONTACT,
        "minutes of the vendor's opening hours after hand-over, as its profile says",
        vendor.acknowledgements_that_are_missing,
    ),
    Rule(
        "RECEIPTS_MISSING",
        Owner.VENDOR_CONTACT,
        "the vendor's working days after the acknowledgement, as its profile says",
        vendor.receipts_that_are_missing,
    ),
    Rule(
        "QUARANTINE_NOT_EMPTY",
        Owner.VENDOR_CONTACT,
        "none: at once",
        vendor.quarantines_that_are_not_empty,
    ),
    Rule(
        "DELIVERY_STUCK",
        Owner.OPERATIONS,
        "hours since it was fetched or made: `answer_hours`",
        vendor.deliveries_that_stand_still,
    ),
    Rule(
        "PRINT_NIGHT_NOT_RUN",
        Owner.OPERATIONS,
        "minutes after its schedule, Norwegian time: `grace_minutes`",
        runs.the_print_night,
    ),
    Rule(
        "FLOW_MISSED",
        Owner.OPERATIONS,
        "minutes after the flow's schedule, Norwegian time: `grace_minutes`",
        runs.schedules,
    ),
    Rule(
        "RUN_NEVER_ENDED",
        Owner.OPERATIONS,
        "hours since the run began: `run_hours`",
        runs.runs_that_never_ended,
    ),
    Rule(
        "FLOW_FAILS",
        Owner.OPERATIONS,
        "at once; `TRY_AGAIN` minutes after the first bad run: `failing_minutes`",
        runs.flows_that_fail,
    ),
    Rule(
        "ITEM_WAITS",
        Owner.OPERATIONS,
        "hours since the oldest was first seen: `item_hours`",
        runs.items_that_nobody_takes,
    ),
    Rule(
        "PRICE_UNKNOWN",
        Owner.FINANCE,
        "none for tonight; days before a price list ends: `price_days`",
        house.prices,
    ),
    Rule(
        "KEY_EXPIRES",
        Owner.OPERATIONS,
        "days before it ends: `expiry_days`",
        house.keys_and_certificates,
    ),
    Rule("DISK_LOW", Owner.OPERATIONS, "none: below `disk_free_gb`", house.disks),
    Rule("CHANNEL_FAILS", Owner.OPERATIONS, "none: at the next watch", house.ways_to_tell),
)
"""docs/watching.md has the same table, and the runbook a paragraph of each; tests compare."""

RULE_OF: Final = {rule.code: rule for rule in RULES}


def alarms_of(standing: Standing, limits: WatchSettings) -> list[Alarm]:
    """Return every alarm that should be on, by rule."""
    return [
        Alarm(rule.code, found.subject[:255], found.what, found.letters, found.since)
        for rule in RULES
        for found in rule.look(standing, limits)
    ]
