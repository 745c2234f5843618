"""Answers as Altinn's description and its senders show them, and instants as they really come."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.dispatch.altinn_answers import from_history, from_overview, offered, references
from flows.dispatch.altinn_codes import Means, fault_in
from flows.dispatch.channel import ChannelAnswer, Offered, Refusal, Unknown

FIRST = "0199d0aa-1f5c-7c0e-9b55-3b1f0c1a7d01"
PUBLISHED = datetime(2026, 11, 24, 5, 0, 4, 200000, tzinfo=UTC)
READ = datetime(2026, 11, 24, 17, 22, 41, tzinfo=UTC)


def example(shared: Path, name: str) -> Any:
    return json.loads((shared / "specs/altinn/examples" / f"{name}.json").read_text("utf-8"))


def test_an_offers_answer_holds_its_reference(shared: Path) -> None:
    assert offered(example(shared, "initialize-response-200")) == Offered(FIRST)


OVERVIEWS = {
    "overview-published-unread": ChannelAnswer(PUBLISHED),
    "overview-read": ChannelAnswer(PUBLISHED, READ),
    "overview-read-then-downloaded": ChannelAnswer(PUBLISHED, READ),
    "overview-failed": ChannelAnswer(refusal=Refusal.RESERVED),
}


@pytest.mark.parametrize(("name", "said"), OVERVIEWS.items(), ids=list(OVERVIEWS))
def test_an_overview_says_what_became_of_a_letter(
    shared: Path, name: str, said: ChannelAnswer
) -> None:
    assert from_overview(example(shared, name)) == said


def test_a_search_holds_references_or_none(shared: Path) -> None:
    assert references(example(shared, "list-by-idempotent-key-200")) == [FIRST]
    assert references(example(shared, "list-none-200")) == []


PROBLEMS = {
    "problem-400-1047-key-with-many-recipients": Means.OUR_MISTAKE,
    "problem-401-4001-no-access": Means.SET_UP,
    "problem-404-1001-not-found-or-purged": Means.GONE,
    "problem-404-1029-unknown-recipient": Means.UNKNOWN_RECIPIENT,
    "problem-409-1034-duplicate-key": Means.KEY_USED,
    "problem-422-1030-reserved": Means.RESERVED,
    "problem-500-1032-krr-down": Means.AGAIN,
    "problem-502-2002-upload": Means.AGAIN,
    "navikt/initialize-attachment-bad-request": Means.CONTENT,
    "navikt/initialize-attachment-internal-server-error": Means.AGAIN,
    "navikt/initialize-correspondence-attachment-not-published": Means.NOT_SCANNED,
    "navikt/initialize-correspondence-lacks-roles": Means.LACKS_ROLES,
}


@pytest.mark.parametrize(("name", "means"), PROBLEMS.items(), ids=list(PROBLEMS))
def test_a_problem_means_one_thing_and_repeats_nothing_personal(
    shared: Path, name: str, means: Means
) -> None:
    body = example(shared, name)

    fault = fault_in(httpx.Response(body["status"], json=body))

    assert fault is not None
    assert fault.means is means
    assert "urn:" not in fault.why


def test_every_problem_example_is_tested(shared: Path) -> None:
    folder = shared / "specs/altinn/examples"
    named = [*folder.glob("problem-*.json"), *(folder / "navikt").glob("*.json")]

    assert {str(each.relative_to(folder).with_suffix("")) for each in named} == set(PROBLEMS)


INSTANTS = {
    "in UTC": ("2026-11-24T05:00:04.2Z", PUBLISHED),
    "seven decimals": ("2026-11-24T05:00:04.2000000Z", PUBLISHED),
    "in Norway": ("2026-11-24T06:00:04.2+01:00", PUBLISHED),
    "without a zone": ("2026-11-24T05:00:04.2", PUBLISHED),
    "never set": ("0001-01-01T00:00:00", None),
    "before time": ("0001-01-01T00:00:00+14:00", None),
    "after time": ("9999-12-31T23:59:59-14:00", None),
    "no instant": ("i går", None),
    "a number": (1764000000, None),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("written", "at"), INSTANTS.values(), ids=list(INSTANTS))
def test_instants_are_read_as_they_come(written: object, at: datetime | None) -> None:
    said = from_overview({"status": "ReadyForPublish", "published": written})

    assert said == ChannelAnswer(at)


def history(*events: tuple[str, int], **more: Any) -> ChannelAnswer | Unknown:
    shown = [
        {"status": name, "statusChanged": f"2026-11-24T{hour:02}:00:00Z"} for name, hour in events
    ]
    return from_history({"statusHistory": shown, **more})


def at(hour: int) -> datetime:
    return datetime(2026, 11, 24, hour, tzinfo=UTC)


HISTORIES = {
    "read, then thrown away": (
        [("Published", 1), ("Read", 2), ("PurgedByRecipient", 3)],
        ChannelAnswer(at(1), at(2)),
    ),
    "thrown away unread": (
        [("Published", 1), ("PurgedByRecipient", 3)],
        ChannelAnswer(at(1), at(3)),
    ),
    "the first of several": (
        [("Published", 1), ("AttachmentsDownloaded", 5), ("Confirmed", 4)],
        ChannelAnswer(at(1), at(4)),
    ),
    "taken back in time": (
        [("Initialized", 1), ("PurgedByAltinn", 2)],
        ChannelAnswer(refusal=Refusal.WITHDRAWN),
    ),
    "published, then removed by Altinn": (
        [("Published", 1), ("PurgedByAltinn", 9)],
        ChannelAnswer(at(1)),
    ),
    "a failure published after all": (
        [("Failed", 1), ("Published", 2)],
        ChannelAnswer(at(2)),
    ),
    "only fetched": ([("Published", 1), ("Fetched", 2)], ChannelAnswer(at(1))),
    "a status of tomorrow": ([("Published", 1), ("Teleported", 2)], ChannelAnswer(at(1))),
    "waiting": ([("Initialized", 1)], ChannelAnswer()),
    "nothing": ([], Unknown("an empty history")),
}


@pytest.mark.parametrize(("events", "said"), HISTORIES.values(), ids=list(HISTORIES))
def test_a_history_says_what_the_single_status_hides(
    events: list[tuple[str, int]], said: ChannelAnswer | Unknown
) -> None:
    assert history(*events) == said


def test_a_failed_letter_that_was_published_stays_published() -> None:
    body = {"status": "Failed", "published": "2026-11-24T01:00:00Z"}

    assert from_overview(body) is None
    assert history(("Published", 1), ("Failed", 2)) == ChannelAnswer(at(1))
