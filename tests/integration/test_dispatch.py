"""Letters through the Altinn stand-in over real HTTP: offered once, followed until read."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from builders import MONDAY, a_sender
from dispatching import (
    CONTENT,
    SOON,
    a_letter,
    ask_all,
    offer_all,
    open_codes,
    publish,
    put_in,
    status,
    walk,
)
from pydantic import SecretStr
from stand_ins import AltinnStandIn

from flows.clock import OSLO
from flows.database import asking, batches
from flows.database.due import due_for_print
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.dispatch import alarms, choosing, following
from flows.dispatch.altinn import Altinn, open_altinn
from flows.dispatch.channel import (
    Offered,
    Outcome,
    Quarantined,
    Refusal,
    Refused,
    Unknown,
    Watch,
)
from flows.dispatch.digital_letters import digital_letters
from flows.dispatch.offering import OfferCounts
from flows.domain.batch import BatchId, Envelope, JobClass, PlannedBatch
from flows.domain.status import Status
from flows.errors import NeedsAPerson
from flows.settings import Settings

pytestmark = pytest.mark.integration


def test_a_letter_is_offered_with_its_documents(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())

    counts = offer_all(sqlite, channel, settings)

    assert counts == OfferCounts(offered=1)
    (mail,) = altinn.mail()
    assert mail["sendersReference"] == letter
    assert mail["attachments"] == [
        {
            "fileName": "brev.pdf",
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "size": len(CONTENT),
        }
    ]


def test_a_letter_is_read(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: "after:3h"})
    publish(sqlite, channel, settings, altinn)
    altinn.set_clock(MONDAY + timedelta(hours=6))

    counts = ask_all(sqlite, channel, MONDAY + timedelta(hours=6))

    assert counts.read == 1
    assert status(sqlite, letter) is Status.READ


@pytest.mark.parametrize("habit", ["confirm:2h", "download:2h", "purge:2h"])
def test_having_had_the_letter_in_hand_is_reading_it(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn, habit: str
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: habit})
    publish(sqlite, channel, settings, altinn)
    altinn.set_clock(MONDAY + timedelta(hours=6))

    ask_all(sqlite, channel, MONDAY + timedelta(hours=6))

    assert status(sqlite, letter) is Status.READ


def test_an_unread_letter_is_due_after_two_working_days_in_oslo(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: "never"})

    publish(sqlite, channel, settings, altinn)

    due = walk(sqlite, letter).letter.due_at
    assert due == datetime(2026, 11, 26, tzinfo=OSLO).astimezone(UTC)
    assert status(sqlite, letter) is Status.NOTIFIED


@pytest.mark.parametrize("habit", ["reserved", "unknown", "fails"])
def test_a_letter_that_cannot_go_digitally_goes_on_paper(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn, habit: str
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: habit})

    publish(sqlite, channel, settings, altinn)

    with reading(sqlite) as tx:
        due = due_for_print(tx, now=MONDAY + SOON, asked_since=MONDAY)
    assert [each.id for each in due] == [letter]


def test_a_digital_only_letter_to_a_reserved_person_is_not_delivered(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter(digital_only=True))
    altinn.set_readers(**{letter: "reserved"})

    publish(sqlite, channel, settings, altinn)

    assert status(sqlite, letter) is Status.NOT_DELIVERED


def test_an_unread_digital_only_letter_is_closed_at_its_deadline_and_may_still_be_read(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter(digital_only=True))
    altinn.set_readers(**{letter: "after:100h"})
    publish(sqlite, channel, settings, altinn)
    late, later = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)

    closed = following.close_unread(sqlite, late)
    after_deadline = status(sqlite, letter)
    altinn.set_clock(later)
    ask_all(sqlite, channel, later)

    assert closed == 1
    assert after_deadline is Status.SENT_DIGITALLY
    assert status(sqlite, letter) is Status.READ


def test_a_run_killed_after_the_call_adopts_what_it_made(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    put_in(sqlite, a_letter())
    altinn.spoil_next({"drop_answer": True})

    lost = offer_all(sqlite, channel, settings)
    again = offer_all(sqlite, channel, settings)

    assert (lost, again) == (OfferCounts(unknown=1), OfferCounts(offered=1))
    assert len(altinn.mail()) == 1
    with reading(sqlite) as tx:
        (offer,) = asking.offered_before(tx, MONDAY)
    assert offer.channel_reference == altinn.mail()[0]["id"]


def test_one_letter_without_an_answer_never_stops_the_others(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    put_in(sqlite, *(a_letter() for _ in range(5)))
    altinn.spoil_next({"status": 503}, {"status": 504})

    first = offer_all(sqlite, channel, settings)
    second = offer_all(sqlite, channel, settings)

    assert (first, second) == (OfferCounts(offered=3, unknown=2), OfferCounts(offered=2))
    assert len({mail["idempotentKey"] for mail in altinn.mail()}) == len(altinn.mail()) == 5


def test_offering_twice_changes_nothing(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    put_in(sqlite, a_letter(), a_letter(digital_id=None))
    offer_all(sqlite, channel, settings)

    again = offer_all(sqlite, channel, settings)

    assert again == OfferCounts()
    assert len(altinn.mail()) == 1


def test_a_wrong_token_stops_the_run_and_says_what_to_do(
    sqlite: Database, settings: Settings
) -> None:
    put_in(sqlite, a_letter())
    altinn = settings.altinn.model_copy(update={"token": SecretStr("gal")})
    wrong = settings.model_copy(update={"altinn": altinn})

    with open_altinn(wrong) as channel:
        counts = offer_all(sqlite, channel, settings)
    alarms.about_stopped(sqlite, dict(counts.stopped), counts.answered, MONDAY)

    assert counts.offered == counts.unknown == 0
    assert open_codes(sqlite) == {"CHANNEL_STOPPED"}
    with pytest.raises(NeedsAPerson, match="http 401") as caught:
        alarms.stop_for(dict(counts.stopped))
    assert "svarut doctor" in caught.value.do


def test_the_last_look_finds_who_read_after_the_deadline_and_before_the_night(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    early, late = put_in(sqlite, a_letter(), a_letter())
    altinn.set_readers(**{early: "after:63.5h", late: "never"})
    publish(sqlite, channel, settings, altinn)
    night = datetime(2026, 11, 26, 1, 10, tzinfo=OSLO).astimezone(UTC)
    altinn.set_clock(night)

    tonight = following.before_sealing(sqlite, night, night - timedelta(hours=1))
    counts = following.follow(sqlite, channel, tonight, Watch.READING, night, 2)

    with reading(sqlite) as tx:
        due = due_for_print(tx, now=night, asked_since=night - timedelta(hours=1))
    assert counts.read == 1
    assert [each.id for each in due] == [late]


def test_a_letter_read_while_reserved_leaves_its_batch(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: "after:2h"})
    publish(sqlite, channel, settings, altinn)
    later = MONDAY + timedelta(hours=5)
    batch = BatchId("SVAR-20261124-01-C5SHS")
    job_class = JobClass(Envelope.C5, colour=False, duplex=False)
    with transaction(sqlite) as tx:
        batches.reserve(tx, [PlannedBatch(batch, job_class, (letter,))], later)
    altinn.set_clock(later)

    counts = ask_all(sqlite, channel, later)

    assert counts.left_batch == 1
    with reading(sqlite) as tx:
        assert batches.letters_of(tx, batch) == []


ANSWERS = {
    "reserved": (
        422,
        {"code": "CORR-01030", "errorCode": 1030},
        Refused(Refusal.RESERVED),
    ),
    "unknown recipient": (404, {"errorCode": 1029}, Refused(Refusal.UNKNOWN_RECIPIENT)),
    "lacks roles, code in text only": (
        400,
        {"code": "CORR-01044"},
        Refused(Refusal.LACKS_ROLES),
    ),
    "invalid title": (400, {"errorCode": 1020}, Quarantined("http 400, code 1020")),
    "validation without a code": (
        400,
        {"errors": {"recipients": ["x"]}},
        Quarantined("http 400, no code, recipients"),
    ),
    "a bare string": (400, "Something is wrong", Quarantined("http 400, no code")),
    "register down": (500, {"errorCode": 1032}, Unknown("http 500, code 1032")),
    "gateway in html": (502, None, Unknown("http 502, no code")),
    "attachment not scanned": (400, {"errorCode": 1018}, Unknown("http 400, code 1018")),
}


@pytest.mark.parametrize(("http_status", "body", "expected"), ANSWERS.values(), ids=list(ANSWERS))
def test_every_refusal_means_one_thing(
    sqlite: Database,
    channel: Altinn,
    settings: Settings,
    altinn: AltinnStandIn,
    http_status: int,
    body: object,
    expected: Outcome,
) -> None:
    put_in(sqlite, a_letter())
    text = "<html>nei</html>" if body is None else json_text(body)
    altinn.spoil_next({"status": http_status, "body": text})

    said = []
    original = channel.offer
    channel.offer = lambda letter: said.append(original(letter)) or said[-1]  # type: ignore[method-assign, func-returns-value]
    offer_all(sqlite, channel, settings)

    assert said == [expected]


@pytest.mark.parametrize("code", [1036, 4001, 1060])
def test_a_fault_in_one_set_up_stops_its_letters_and_no_others(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn, code: int
) -> None:
    broken, sound = a_sender("broken", altinn_resource="a-broken"), a_sender("sound")
    put_in(sqlite, *(a_letter(sender_id=one.id) for one in (broken, broken, sound)))
    with transaction(sqlite) as tx:
        keep_senders(tx, [broken, sound])
    one_call = settings.altinn.model_copy(update={"parallel_calls": 1})
    one_at_a_time = settings.model_copy(update={"altinn": one_call})
    altinn.spoil_next({"status": 400, "body": json_text({"errorCode": code})})

    stopped = offer_all(sqlite, channel, one_at_a_time)
    alarms.about_stopped(sqlite, dict(stopped.stopped), stopped.answered, MONDAY)
    during = open_codes(sqlite)
    again = offer_all(sqlite, channel, one_at_a_time)
    alarms.about_stopped(sqlite, dict(again.stopped), again.answered, MONDAY)

    assert (stopped.offered, again.offered) == (1, 2)
    assert [tenant.resource for tenant, _ in stopped.stopped] == ["a-broken"]
    assert during == {"CHANNEL_STOPPED"}
    assert open_codes(sqlite) == set()


def test_an_adopted_offer_is_the_one_the_key_made(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    put_in(sqlite, a_letter())
    offer_all(sqlite, channel, settings)
    (mail,) = altinn.mail()
    with reading(sqlite) as tx:
        letters = digital_letters(tx, asking.offered_before(tx, MONDAY), settings)

    again = channel.offer(letters[0])

    assert again == Offered(mail["id"])


def test_a_sender_that_wants_paper_gets_paper(sqlite: Database) -> None:
    letter = a_letter()
    put_in(sqlite, letter)
    with transaction(sqlite) as tx:
        keep_senders(tx, [a_sender(digital=False)])

    reasons = choosing.route_letters(sqlite, MONDAY)

    assert reasons == {"SENDER_NOT_DIGITAL": 1}


def json_text(body: object) -> str:
    return json.dumps(body)
