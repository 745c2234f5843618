"""Letters followed through the stand-in: swept in slices, taken back when stuck."""

from datetime import timedelta

import pytest
from builders import MONDAY, a_sender
from dispatching import (
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
from stand_ins import AltinnStandIn

from flows.database import asking, holds
from flows.database.due import due_for_print
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.dispatch import alarms, following, withdrawing
from flows.dispatch.altinn import Altinn
from flows.dispatch.channel import (
    KEY_NOT_FOUND,
    Channel,
    DigitalLetter,
    Outcome,
    Quarantined,
    Tenant,
    Unknown,
    Watch,
)
from flows.dispatch.following import FollowCounts
from flows.dispatch.offering import MOST_LOSSES, OfferCounts
from flows.dispatch.slices import SMALLEST
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.settings import Settings

pytestmark = pytest.mark.integration

ORGANISATION = "310000108"
A_LETTER_HAS_BEEN_STUCK = MONDAY + timedelta(days=3)


class Counted:
    """A channel that counts what it is asked, and may refuse to sweep."""

    name = "altinn"

    def __init__(self, channel: Altinn, *, sweeps: bool = True) -> None:
        self.channel, self.sweeps = channel, sweeps
        self.asked: list[str] = []
        self.swept = 0
        self.offer, self.withdraw = channel.offer, channel.withdraw

    def answer(self, reference: str, tenant: Tenant) -> object:
        self.asked.append(reference)
        return self.channel.answer(reference, tenant)

    def moved(self, *window: object) -> object:
        self.swept += 1
        return self.channel.moved(*window) if self.sweeps else Unknown("not today")  # type: ignore[arg-type]


class Saying:
    """A channel that answers every offer alike."""

    name = "altinn"

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.keys: list[str] = []

    def offer(self, letter: DigitalLetter) -> Outcome:
        self.keys.append(letter.key)
        return self.outcome


def due(database: Database, now: object) -> list[ShipmentId]:
    with reading(database) as tx:
        found = due_for_print(tx, now=now, asked_since=now)  # type: ignore[arg-type]
    return [each.id for each in found]


def many_letters(database: Database, altinn: AltinnStandIn) -> list[ShipmentId]:
    letters = put_in(database, *(a_letter() for _ in range(2 * SMALLEST)))
    altinn.set_readers(**dict.fromkeys(letters, "never"))
    return letters


@pytest.mark.parametrize("sweeps", [True, False], ids=["swept", "no sweep, one by one"])
def test_a_sweep_finds_who_read_and_asks_about_nobody_else(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn, sweeps: bool
) -> None:
    letters = many_letters(sqlite, altinn)
    habits = ("after:1h", "confirm:1h", "download:1h", "purge:1h")
    altinn.set_readers(**dict(zip(letters, habits, strict=False)))
    publish(sqlite, channel, settings, altinn)
    later = MONDAY + timedelta(hours=6)
    altinn.set_clock(later)
    counted = Counted(channel, sweeps=sweeps)

    counts = ask_all(sqlite, counted, later)  # type: ignore[arg-type]

    assert counts.read == len(habits)
    assert counted.swept == 1
    assert len(counted.asked) == (len(habits) if sweeps else len(letters))
    assert {status(sqlite, one) for one in letters[: len(habits)]} == {Status.READ}
    assert ask_all(sqlite, channel, later) == FollowCounts()


def test_publication_is_swept_too_and_each_instant_is_the_letters_own(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    letters = many_letters(sqlite, altinn)
    altinn.set_readers(**{letters[0]: "stuck", letters[1]: "fails"})
    offer_all(sqlite, channel, settings)
    altinn.set_clock(MONDAY + SOON)
    counted = Counted(channel)

    counts = ask_all(sqlite, counted, MONDAY + SOON)  # type: ignore[arg-type]

    assert (counts.published, counts.refused) == (len(letters) - 2, 1)
    assert len(counted.asked) == len(letters) - 1
    published = {mail["sendersReference"]: mail["published"] for mail in altinn.mail()}
    assert published[letters[0]] is None
    assert walk(sqlite, letters[1]).route_reason == "PUBLICATION_FAILED"


def test_nothing_is_printed_on_a_sweeps_word(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    letters = many_letters(sqlite, altinn)
    publish(sqlite, channel, settings, altinn)
    night = MONDAY + timedelta(days=3)
    altinn.set_clock(night)
    ask_all(sqlite, channel, night)
    before = due(sqlite, night)

    tonight = following.before_sealing(sqlite, night, night)
    following.follow(sqlite, channel, tonight, Watch.READING, night, 2)

    assert before == []
    assert sorted(due(sqlite, night)) == sorted(letters)


def test_letters_of_two_runs_never_share_a_publish_instant(
    sqlite: Database, channel: Altinn, settings: Settings
) -> None:
    for _ in range(3):
        put_in(sqlite, a_letter(), a_letter())
        offer_all(sqlite, channel, settings)

    with reading(sqlite) as tx:
        instants = [offer.publish_at for offer in asking.offered_before(tx, MONDAY)]
    assert sorted(instants.count(one) for one in set(instants)) == [2, 2, 2]


def test_an_unpublished_letter_is_left_alone_between_the_askings(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: "stuck"})
    offer_all(sqlite, channel, settings)
    counted = Counted(channel)

    asked_at = []
    for minute in range(125):
        before = len(counted.asked)
        ask_all(sqlite, counted, MONDAY + timedelta(minutes=minute))  # type: ignore[arg-type]
        if len(counted.asked) > before:
            asked_at.append(minute)

    assert asked_at == [1, 3, 8, 18, 48, 108]


def test_letters_unpublished_for_hours_raise_one_alarm_that_ends_by_itself(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    letters = put_in(sqlite, a_letter(), a_letter())
    altinn.set_readers(**dict.fromkeys(letters, "stuck"))
    offer_all(sqlite, channel, settings)
    late = MONDAY + timedelta(hours=4)

    early = alarms.about_unpublished(sqlite, late - timedelta(minutes=1))
    found = alarms.about_unpublished(sqlite, late)
    during = open_codes(sqlite)
    altinn.set_readers(**dict.fromkeys(letters, "never"))
    altinn.set_clock(late)
    ask_all(sqlite, channel, late)
    after = alarms.about_unpublished(sqlite, late)

    assert (early, found, after) == (0, 2, 0)
    assert during == {"UNPUBLISHED_TOO_LONG"}
    assert open_codes(sqlite) == set()


def test_a_stuck_letter_is_taken_back_and_only_then_printed(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    stuck, never_printed, on_its_way = put_in(
        sqlite, a_letter(), a_letter(digital_only=True), a_letter()
    )
    altinn.set_readers(**dict.fromkeys((stuck, never_printed), "stuck"))
    publish(sqlite, channel, settings, altinn)
    now = A_LETTER_HAS_BEEN_STUCK
    early = withdrawing.stuck(sqlite, now - timedelta(days=1))

    counts = withdrawing.withdraw(sqlite, channel, withdrawing.stuck(sqlite, now), now, 2)

    assert early == []
    assert counts.refused == 2
    assert (walk(sqlite, stuck).route, walk(sqlite, stuck).route_reason) == ("PAPER", "WITHDRAWN")
    assert status(sqlite, never_printed) is Status.NOT_DELIVERED
    assert stuck in due(sqlite, now)
    purged = [one for one in altinn.mail() if one["status"] == "PurgedByAltinn"]
    assert {one["sendersReference"] for one in purged} == {stuck, never_printed}
    assert status(sqlite, on_its_way) is Status.NOTIFIED


def test_a_letter_published_while_it_was_to_be_taken_back_is_followed(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: "stuck"})
    offer_all(sqlite, channel, settings)
    now = A_LETTER_HAS_BEEN_STUCK
    late = withdrawing.stuck(sqlite, now)
    altinn.set_readers(**{letter: "never"})
    altinn.set_clock(now)

    counts = withdrawing.withdraw(sqlite, channel, late, now, 2)

    assert (counts.published, counts.refused) == (1, 0)
    assert status(sqlite, letter) is Status.NOTIFIED


def test_taking_back_twice_is_taking_back_once(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.set_readers(**{letter: "stuck"})
    offer_all(sqlite, channel, settings)
    now = A_LETTER_HAS_BEEN_STUCK
    (late,) = withdrawing.stuck(sqlite, now)
    # A run that was killed right after the call: Altinn has done it, we have not written it down.
    assert channel.withdraw(late.channel_reference or "", Tenant(late.resource)) is True

    counts = withdrawing.withdraw(sqlite, channel, [late], now, 2)

    assert counts.refused == 1
    assert walk(sqlite, letter).route_reason == "WITHDRAWN"


def test_what_an_organisation_does_not_read_is_not_printed_where_its_sender_says_so(
    database: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    organisation, person = put_in(database, a_letter(digital_id=ORGANISATION), a_letter())
    with transaction(database) as tx:
        keep_senders(tx, [a_sender(resend_to_organisations=False)])
    altinn.set_readers(**dict.fromkeys((organisation, person), "never"))
    publish(database, channel, settings, altinn)
    night = MONDAY + timedelta(days=3)
    altinn.set_clock(night)

    tonight = following.before_sealing(database, night, night)
    following.follow(database, channel, tonight, Watch.READING, night, 2)
    printed = due(database, night)
    closed = following.close_unread(database, night)

    assert printed == [person]
    assert closed == 1
    assert status(database, organisation) is Status.SENT_DIGITALLY


@pytest.mark.parametrize("digital_only", [False, True], ids=["paper follows", "digital only"])
def test_a_letter_that_is_never_accepted_waits_for_a_person(
    database: Database, settings: Settings, digital_only: bool
) -> None:
    (letter,) = put_in(database, a_letter(digital_only=digital_only))
    refusing = Saying(Quarantined("http 400, code 1020"))

    first = offer_all(database, refusing, settings)  # type: ignore[arg-type]
    again = offer_all(database, refusing, settings)  # type: ignore[arg-type]
    held, during = due(database, MONDAY), open_codes(database)
    with transaction(database) as tx:
        holds.release(tx, [letter], by="kari", why="sett på", at=MONDAY)
    released = open_codes(database)
    last = offer_all(database, refusing, settings)  # type: ignore[arg-type]

    assert (first, again) == (OfferCounts(quarantined=1), OfferCounts())
    assert (held, during, released) == ([], {"OFFER_QUARANTINED"}, set())
    if digital_only:
        assert last == OfferCounts(quarantined=1)
        assert len(set(refusing.keys)) == 2
        assert open_codes(database) == {"OFFER_QUARANTINED"}
    else:
        assert last == OfferCounts()
        assert due(database, MONDAY) == [letter]


def test_a_key_that_is_used_and_never_found_ends_with_a_person(
    sqlite: Database, settings: Settings
) -> None:
    put_in(sqlite, a_letter())
    lost = Saying(Unknown(KEY_NOT_FOUND))

    counts = [offer_all(sqlite, lost, settings) for _ in range(MOST_LOSSES)]  # type: ignore[arg-type]

    assert counts[-2:] == [OfferCounts(unknown=1), OfferCounts(quarantined=1)]
    assert open_codes(sqlite) == {"OFFER_QUARANTINED"}


def test_a_long_outage_sends_no_letter_to_a_person(sqlite: Database, settings: Settings) -> None:
    put_in(sqlite, a_letter())
    down: Channel = Saying(Unknown("http 503"))  # type: ignore[assignment]

    counts = [offer_all(sqlite, down, settings) for _ in range(3 * MOST_LOSSES)]

    assert set(counts) == {OfferCounts(unknown=1)}


def test_a_held_letter_is_not_offered_though_its_offer_is_written_down(
    sqlite: Database, channel: Altinn, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())
    altinn.spoil_next({"status": 503})
    offer_all(sqlite, channel, settings)
    with transaction(sqlite) as tx:
        holds.hold(tx, [letter], by="kari", why="vent", at=MONDAY)

    held = offer_all(sqlite, channel, settings)
    with transaction(sqlite) as tx:
        holds.release(tx, [letter], by="kari", why="klart", at=MONDAY)
    released = offer_all(sqlite, channel, settings)

    assert (held, released) == (OfferCounts(), OfferCounts(offered=1))
