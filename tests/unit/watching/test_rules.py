"""Every alarm is raised when it should be, and by nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from standings import (
    THURSDAY,
    a_batch,
    a_run,
    ago,
    all_is_well,
    prices,
    ran,
    some_letters,
    some_paper,
    some_unread,
)

from flows.domain.batch import BatchStatus
from flows.domain.flow_run import Ended, FlowHistory
from flows.domain.standing import (
    ChannelTrouble,
    Disk,
    Expiry,
    Forecast,
    Items,
    Night,
    Standing,
    Waiting,
)
from flows.domain.status import FINAL, Status
from flows.domain.vendor_profile import Calendar
from flows.print_batch.expected import ABROAD
from flows.watch_settings import WatchSettings
from flows.watching.rules import RULES, alarms_of
from flows.watching.rules_of_the_house import GIGABYTE

USUAL = WatchSettings()
LAST_WEEK = datetime(2026, 11, 19, 0, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)


def on(standing: Standing, limits: WatchSettings = USUAL) -> set[tuple[str, str]]:
    return {(one.code, one.subject) for one in alarms_of(standing, limits)}


def failing(flow: str, ended_as: Ended, since: datetime) -> FlowHistory:
    bad = a_run(flow, ago(minutes=1), ended_as, "the line is down")
    return FlowHistory(flow, bad, bad, a_run(flow, ago(days=1)), since)


def tonight(*unknown: str) -> Night:
    return Night(ago(hours=-13), date(2026, 11, 27), [Forecast("C5SHD", 7, 20, 9000, unknown)])


RAISED: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "a letter received and not judged": (
        {"letters": [some_letters(Status.RECEIVED, oldest=ago(hours=2))]},
        ("LETTER_STUCK", "MOTTATT"),
    ),
    "a letter accepted and not offered": (
        {"letters": [some_letters(Status.ACCEPTED, route="DIGITAL", oldest=ago(hours=5))]},
        ("LETTER_STUCK", "AKSEPTERT"),
    ),
    "a digital-only letter unread for a quarter": (
        {"letters": [some_letters(Status.SENT_DIGITALLY, oldest=ago(days=91))]},
        ("LETTER_STUCK", "SENDT_DIGITALT"),
    ),
    "a letter sent to print in no batch": (
        {"letters": [some_letters(Status.SENT_TO_PRINT, oldest=ago(hours=5))]},
        ("LETTER_STUCK", "SENDT_PRINT"),
    ),
    "a letter unread past its deadline": (
        {"letters": [some_unread(oldest_due=ago(days=1, hours=12))]},
        ("UNREAD_PAST_DUE", "letters"),
    ),
    "a paper letter no night took": (
        {"letters": [some_paper(oldest=ago(days=1))]},
        ("PAPER_NOT_SENT", "letters"),
    ),
    "a letter held for long": (
        {"letters": [some_letters(Status.ACCEPTED, held_for="OPERATOR", oldest=ago(days=8))]},
        ("HELD_TOO_LONG", "OPERATOR"),
    ),
    "a batch that does not leave": (
        {"batches": [a_batch(BatchStatus.HANDING_OVER, status_at=ago(hours=7))]},
        ("BATCH_STUCK", "SVAR-20261126-01-C5SHD"),
    ),
    "a batch the vendor refused": (
        {"batches": [a_batch(BatchStatus.REFUSED, status_at=ago(hours=7))]},
        ("BATCH_STUCK", "SVAR-20261126-01-C5SHD"),
    ),
    "a package without an answer": (
        {"batches": [a_batch(BatchStatus.HANDED_OVER)]},
        ("ACKNOWLEDGEMENT_MISSING", "SVAR-20261126-01-C5SHD"),
    ),
    "letters without a receipt": (
        {"batches": [a_batch(BatchStatus.ACKNOWLEDGED, acknowledged_at=LAST_WEEK)]},
        ("RECEIPTS_MISSING", "SVAR-20261126-01-C5SHD"),
    ),
    "receipt lines in quarantine": (
        {"quarantined": [Waiting("receipt lines", 2, ago(minutes=1))]},
        ("QUARANTINE_NOT_EMPTY", "receipt lines"),
    ),
    "letters that Altinn will not have": (
        {"letters": [some_letters(Status.ACCEPTED, held_for="OFFER_QUARANTINED")]},
        ("QUARANTINE_NOT_EMPTY", "letters for Altinn"),
    ),
    "a file that is not booked": (
        {"undelivered": [Waiting("files of the vendor's not booked", 1, ago(hours=3))]},
        ("DELIVERY_STUCK", "files of the vendor's not booked"),
    ),
    "a print night that did not run": (
        {"runs": [ran("print-batch", ago(days=1))]},
        ("PRINT_NIGHT_NOT_RUN", "print-batch"),
    ),
    "a flow that did not run": (
        {"runs": [ran("receipts", ago(hours=2))]},
        ("FLOW_MISSED", "receipts"),
    ),
    "a flow that never ran": ({"runs": [FlowHistory("dispatch")]}, ("FLOW_MISSED", "dispatch")),
    "a run that was killed": (
        {"runs": [FlowHistory("intake", a_run("intake", ago(hours=5), None))]},
        ("RUN_NEVER_ENDED", "intake"),
    ),
    "a flow that needs a person": (
        {"runs": [failing("dispatch", Ended.NEEDS_A_PERSON, ago(minutes=1))]},
        ("FLOW_FAILS", "dispatch"),
    ),
    "a flow in an impossible state": (
        {"runs": [failing("intake", Ended.OUR_MISTAKE, ago(minutes=1))]},
        ("FLOW_FAILS", "intake"),
    ),
    "a flow without a network for long": (
        {"runs": [failing("dispatch", Ended.TRY_AGAIN, ago(minutes=61))]},
        ("FLOW_FAILS", "dispatch"),
    ),
    "an item nobody has taken": (
        {"items": [Items("UNKNOWN_SENDER", 2, ago(hours=3), 1, ago(hours=2))]},
        ("ITEM_WAITS", "UNKNOWN_SENDER"),
    ),
    "an article without a price": (
        {"night": tonight("PORTO-BREV-20G")},
        ("PRICE_UNKNOWN", "PORTO-BREV-20G"),
    ),
    "a price list about to end": (
        {"prices": prices(date(2026, 12, 1))},
        ("PRICE_UNKNOWN", "price list"),
    ),
    "a key about to end": (
        {"expiries": [Expiry("maskinporten key", ago(days=-29))]},
        ("KEY_EXPIRES", "maskinporten key"),
    ),
    "a certificate that has ended": (
        {"expiries": [Expiry("certificate", ago(days=1))]},
        ("KEY_EXPIRES", "certificate"),
    ),
    "a certificate that cannot be read": (
        {"expiries": [Expiry("certificate", None, "the file cannot be read")]},
        ("KEY_EXPIRES", "certificate"),
    ),
    "a full disk": ({"disks": [Disk("home", 4 * GIGABYTE)]}, ("DISK_LOW", "home")),
    "a mail server that is down": (
        {"channels": [ChannelTrouble("mail", 1, ago(minutes=10), "it does not answer")]},
        ("CHANNEL_FAILS", "mail"),
    ),
}


def test_nothing_is_raised_when_all_is_well() -> None:
    assert on(all_is_well()) == set()


@pytest.mark.parametrize(("changes", "alarm"), RAISED.values(), ids=RAISED)
def test_an_alarm_is_raised_by_what_it_is_about_and_by_no_other(
    changes: dict[str, Any], alarm: tuple[str, str]
) -> None:
    assert on(all_is_well(**changes)) == {alarm}


def test_every_rule_has_been_seen_to_raise() -> None:
    assert {rule.code for rule in RULES} == {code for _, (code, _) in RAISED.values()}


QUIET: dict[str, dict[str, Any]] = {
    "a letter received just now": {
        "letters": [some_letters(Status.RECEIVED, oldest=ago(minutes=59))]
    },
    "letters of a sender on hold": {
        "letters": [some_paper(oldest=ago(days=9), sender_on_hold=True)]
    },
    "a letter an open item keeps from paper": {
        "letters": [some_paper(oldest=ago(days=9), not_printable=True)]
    },
    "letters their sender prints": {"letters": [some_paper(oldest=ago(days=9), by_hand=True)]},
    "letters due since midnight, and the night has not passed a working day": {
        "letters": [some_unread()]
    },
    "letters in a batch": {"letters": [some_unread(oldest_due=ago(days=9), in_batch=True)]},
    "letters of a sender with a limit a night": {
        "letters": [some_unread(oldest_due=ago(days=3), capped=True)]
    },
    "a letter held since yesterday": {
        "letters": [some_letters(Status.ACCEPTED, held_for="OPERATOR", oldest=ago(days=1))]
    },
    "a package sent at night to a vendor who opens at noon": {
        "batches": [a_batch(BatchStatus.HANDED_OVER, calendar=Calendar(opens="12:00"))]
    },
    "letters without a receipt while the vendor was closed": {
        "batches": [
            a_batch(
                BatchStatus.ACKNOWLEDGED,
                acknowledged_at=LAST_WEEK,
                calendar=Calendar(closed_days=(date(2026, 11, 25),)),
            )
        ]
    },
    "a batch with every receipt": {
        "batches": [a_batch(BatchStatus.ACKNOWLEDGED, acknowledged_at=LAST_WEEK, unanswered=0)]
    },
    "a file fetched an hour ago": {"undelivered": [Waiting("status feeds", 1, ago(hours=1))]},
    "a flow still at work from its last tick": {
        "runs": [FlowHistory("receipts", a_run("receipts", ago(hours=3), None))]
    },
    "a flow that this installation never runs": {"runs": [FlowHistory("odd")]},
    "a schedule older than the first run anybody knows": {
        "runs": [FlowHistory("retention")],
        "watched_since": ago(minutes=15),
    },
    "a flow without a network for a moment": {
        "runs": [failing("dispatch", Ended.TRY_AGAIN, ago(minutes=20))]
    },
    "a flow that a person stopped": {"runs": [failing("dispatch", Ended.STOPPED, ago(minutes=90))]},
    "an item somebody has taken": {"items": [Items("UNKNOWN_SENDER", 2, ago(days=3))]},
    "an item that the quarantine's own alarm is about": {
        "items": [Items("RECEIPT_LINES_QUARANTINED", 1, ago(days=3), 1, ago(days=3))]
    },
    "postage abroad, which no list has": {"night": tonight(ABROAD)},
    "a key nobody knows the end of": {"expiries": [Expiry("vendor key", None)]},
}


@pytest.mark.parametrize("changes", QUIET.values(), ids=QUIET)
def test_nothing_is_raised_by_what_only_looks_like_it(changes: dict[str, Any]) -> None:
    assert on(all_is_well(**changes)) == set()


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL))
def test_a_letter_stands_still_in_no_open_status_unseen(status: Status) -> None:
    forgotten = some_letters(
        status, oldest=ago(days=365), past_due=status is Status.NOTIFIED, oldest_due=ago(days=360)
    )

    assert on(all_is_well(letters=[forgotten])) != set()


def test_a_weekend_is_no_working_day_for_what_is_due() -> None:
    friday_night = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
    sunday = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    late = some_unread(oldest_due=friday_night)

    codes = {
        one.code
        for now in (sunday, sunday + timedelta(days=1))
        for one in alarms_of(all_is_well(now=now, letters=[late], runs=[]), USUAL)
        if now == sunday
    }

    assert "UNREAD_PAST_DUE" not in codes
    monday = all_is_well(now=sunday + timedelta(days=1), letters=[late], runs=[], batches=[])
    assert ("UNREAD_PAST_DUE", "letters") in on(monday)


def test_the_limits_are_those_of_the_settings() -> None:
    standing = all_is_well(letters=[some_letters(Status.RECEIVED, oldest=ago(minutes=59))])

    assert on(standing, WatchSettings(received_hours=0)) == {("LETTER_STUCK", "MOTTATT")}


def test_an_alarm_says_how_many_letters_and_since_when() -> None:
    standing = all_is_well(batches=[a_batch(BatchStatus.ACKNOWLEDGED, acknowledged_at=LAST_WEEK)])

    (alarm,) = alarms_of(standing, USUAL)

    assert (alarm.letters, alarm.since) == (50, LAST_WEEK)
    assert alarm.what == "50 of 50 letters have no receipt, since 2026-11-19 00:30Z"


def test_a_missed_night_says_how_many_letters_wait_for_it() -> None:
    standing = all_is_well(
        letters=[some_paper(letters=7), some_unread(letters=5), some_letters(Status.NOTIFIED)],
        runs=[ran("print-batch", TUESDAY)],
    )

    (alarm,) = alarms_of(standing, USUAL)

    assert alarm.code == "PRINT_NIGHT_NOT_RUN"
    assert alarm.letters == 12
    assert alarm.since == THURSDAY.replace(hour=2, minute=30)  # its second run, 03:30 in Oslo
