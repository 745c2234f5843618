"""Readers do what their number, their letter or an order says, and time brings it about."""

from random import Random

import pytest
from altinn_letters import BASE, Sender

from flows.sandbox.altinn_readers import read_habit
from flows.sandbox.people import national_number, organisation_number
from flows.sandbox.scenarios import SCENARIOS, number_for, organisation_for, scenario_of

SENT = ["Initialized", "ReadyForPublish"]
AFTER_TWO_DAYS = {
    "never_reads": ("Published", None, [*SENT, "Published"]),
    "reads_at_once": ("Read", 0.1, [*SENT, "Published", "Fetched", "Read"]),
    "reads_next_day": ("Read", 20, [*SENT, "Published", "Fetched", "Read"]),
    "only_fetches": ("Published", None, [*SENT, "Published", "Fetched"]),
    "confirms_unread": ("Confirmed", None, [*SENT, "Published", "Confirmed"]),
    "downloads_unread": (
        "AttachmentsDownloaded",
        None,
        [*SENT, "Published", "AttachmentsDownloaded"],
    ),
    "reads_then_downloads": (
        "AttachmentsDownloaded",
        2,
        [*SENT, "Published", "Fetched", "Read", "AttachmentsDownloaded"],
    ),
    "forwards": ("Forwarded", 4, [*SENT, "Published", "Fetched", "Read", "Forwarded"]),
    "reads_too_late": ("Published", None, [*SENT, "Published"]),
    "stuck": ("ReadyForPublish", None, SENT),
    "fails": ("Failed", None, [*SENT, "Failed"]),
    "reserved_later": ("Failed", None, [*SENT, "Failed"]),
    "gone_from_register": ("Failed", None, [*SENT, "Failed"]),
    "malware": ("Failed", None, ["Initialized", "Failed"]),
    "six_hours_late": ("Published", None, [*SENT, "Published"]),
}


def test_a_number_chooses_what_its_reader_does(one_sender: Sender) -> None:
    letters = {scenario: one_sender.sent(scenario) for scenario in AFTER_TWO_DAYS}
    one_sender.later(hours=48)

    found = {}
    for scenario, letter in letters.items():
        shown = one_sender.overview(letter)
        found[scenario] = (shown["status"], shown["read"] is None, one_sender.history(letter))

    assert found == {
        scenario: (status, read is None, history)
        for scenario, (status, read, history) in AFTER_TWO_DAYS.items()
    }


@pytest.mark.parametrize("scenario", ["reads_then_purges", "purges_unread"])
def test_what_a_recipient_threw_away_is_gone_but_for_its_history(
    sender: Sender, scenario: str
) -> None:
    letter = sender.sent(scenario)
    sender.later(hours=48)

    overview = sender.overview(letter)

    assert overview["errorCode"] == 1001
    assert sender.history(letter)[-1] == "PurgedByRecipient"
    assert ("Read" in sender.history(letter)) == (scenario == "reads_then_purges")


def test_late_means_six_hours_later(sender: Sender) -> None:
    letter = sender.sent("six_hours_late")
    sender.later(hours=5)
    before = sender.overview(letter)["status"]
    sender.later(hours=7)

    assert before == "ReadyForPublish"
    assert sender.overview(letter)["published"] == "2026-11-23T14:01:30Z"


def test_a_letter_names_a_scenario_or_a_habit_itself(sender: Sender) -> None:
    named = "correspondence.propertyList.scenario"
    scenario = sender.sent(**{named: "confirms_unread"})
    habit = sender.sent(**{named: "fetched:1h+after:2h"})
    neither = sender.sent(**{named: "something of the sender's own"})
    sender.later(hours=4)

    statuses = [sender.overview(letter)["status"] for letter in (scenario, habit, neither)]

    assert statuses == ["Confirmed", "Read", "Published"]


def test_a_reader_can_read_at_an_instant(sender: Sender) -> None:
    reference = "between sealing and upload"
    sender.altinn.set_readers(**{reference: "after:@2026-11-24T01:30:00+01:00"})
    letter = sender.sent(**{"correspondence.sendersReference": reference})
    sender.later(days=2)

    assert sender.overview(letter)["read"] == "2026-11-24T00:30:00Z"


def test_why_a_letter_failed_is_said(sender: Sender) -> None:
    later, missing, malware = (
        sender.sent(one) for one in ("reserved_later", "gone_from_register", "malware")
    )
    sender.later(hours=1)

    texts = [sender.overview(letter)["statusText"] for letter in (later, missing, malware)]

    assert texts == [
        f"Recipient of {later} has been set to reserved",
        f"Recipient of {missing} was not found in Altinn Register",
        "Failed",
    ]


def test_malware_is_told_of_the_attachment(sender: Sender) -> None:
    answer = sender.send(**{"recipients[0]": sender.someone("malware")}).json()

    (attachment,) = answer["attachmentIds"]
    told = sender.client.get(f"/correspondence/api/v1/attachment/{attachment}").json()

    assert (told["status"], told["statusText"]) == (
        "Failed",
        "Malware scan found malicious content",
    )


def test_what_has_happened_stays_when_habits_change(sender: Sender) -> None:
    person = sender.someone("reads_at_once")
    letter = sender.sent(**{"recipients[0]": person})
    sender.later(hours=5)
    sender.altinn.set_readers(**{person: "never"})

    assert sender.overview(letter)["status"] == "Read"


def test_a_stuck_letter_let_loose_is_published_then_and_not_before(sender: Sender) -> None:
    person = sender.someone("stuck")
    letter = sender.sent(**{"recipients[0]": person})
    sender.later(hours=5)
    sender.altinn.set_readers(**{person: "never"})

    assert sender.overview(letter)["published"] == "2026-11-23T13:00:00Z"


def test_publication_can_win_the_race_with_a_purge(sender: Sender) -> None:
    letter = sender.sent("publication_wins")
    sender.later(hours=1)

    purge = sender.client.delete(f"{BASE}/{letter}/purge")
    sender.later(hours=8)

    assert purge.json()["errorCode"] == 1013
    assert sender.overview(letter)["status"] == "Read"


def test_a_recipient_acts_on_order(sender: Sender) -> None:
    letter = sender.sent()
    sender.later(hours=1)
    sender.altinn.order("acts", id=letter, act="confirm")

    assert sender.overview(letter)["status"] == "Confirmed"


def test_the_content_is_shown_before_publication_and_a_shell_after(sender: Sender) -> None:
    letter = sender.sent()
    before = sender.overview(letter)["content"]
    sender.later(hours=1)
    after = sender.overview(letter)["content"]

    assert (before["language"], before["messageTitle"]) == ("nb", "Vedtak")
    assert (after["language"], after["messageTitle"]) == ("no", "")


def test_every_scenario_has_a_number_and_ordinary_numbers_play_none() -> None:
    made = Random(1)

    for name, scenario in SCENARIOS.items():
        read_habit(scenario.habit)
        assert scenario_of(number_for(name, made)) == scenario
        assert scenario_of(organisation_for(name, made)) == scenario
    assert len({one.digits for one in SCENARIOS.values()}) == len(SCENARIOS)
    assert not any(scenario_of(national_number(made)) for _ in range(1000))
    assert sum(bool(scenario_of(organisation_number(made))) for _ in range(1000)) < 3


@pytest.mark.parametrize("habit", ["sleeps", "after", "after:soon", "stuck:3h", "late"])
def test_a_word_that_says_nothing_is_refused(one_sender: Sender, habit: str) -> None:
    answer = one_sender.client.post("/sandbox/readers", json={"shipment-1": habit})

    assert answer.status_code == 400
