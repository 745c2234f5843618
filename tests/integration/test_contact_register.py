"""Letters routed by the contact register's word, over real HTTP to the stand-in."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import pytest
from builders import MONDAY, a_sender
from dispatching import a_letter, offer_all, open_codes, put_in, status, walk
from pydantic import SecretStr
from stand_ins import AltinnStandIn

from flows.database import holds
from flows.database.senders import keep_senders
from flows.database.session import Database, transaction
from flows.dispatch import alarms, choosing, offering
from flows.dispatch.altinn import Altinn
from flows.dispatch.contact_register import ContactRegister, Silence, open_contact_register
from flows.doctor.examination import examine
from flows.domain.shipment import ShipmentId
from flows.domain.status import Status
from flows.sandbox.scenarios import number_for
from flows.settings import ContactRegisterSettings, Settings

pytestmark = pytest.mark.integration

PATIENCE = timedelta(hours=1)


@pytest.fixture
def register(settings: Settings, altinn: AltinnStandIn) -> Iterator[ContactRegister]:
    with asking(settings, altinn.url) as opened:
        yield opened


@contextmanager
def asking(settings: Settings, url: str, token: str = "sandbox") -> Iterator[ContactRegister]:
    where = ContactRegisterSettings(url=url, token=SecretStr(token), timeout_seconds=5)
    with open_contact_register(settings.model_copy(update={"contact_register": where})) as opened:
        opened._pause = lambda _: None
        yield opened


def people(verdict: str, count: int = 1) -> list[str]:
    random = Random(verdict)
    return [number_for(verdict, random) for _ in range(count)]


def route(database: Database, register: ContactRegister, minutes: float = 0) -> choosing.LookedUp:
    now = MONDAY + timedelta(minutes=minutes)
    looked_up = choosing.look_up_recipients(database, register, now)
    choosing.route_letters(database, now, register_is_asked=True)
    alarms.about_the_register(database, looked_up, PATIENCE, now)
    return looked_up


def way(database: Database, letter: ShipmentId) -> tuple[str | None, str | None]:
    found = walk(database, letter)
    return found.route, found.route_reason


def test_each_letter_goes_the_way_the_register_says(
    database: Database, register: ContactRegister
) -> None:
    kinds = ("reads_at_once", "reserved", "not_notifiable", "not_registered", "deleted")
    decisions = put_in(database, *(a_letter(digital_id=people(kind)[0]) for kind in kinds))
    (information,) = put_in(
        database, a_letter(digital_id=people("not_notifiable")[0], shipment_type="info")
    )
    with transaction(database) as tx:
        keep_senders(tx, [a_sender(information_types=("info",))])

    looked_up = route(database, register)

    assert looked_up == choosing.LookedUp(people=5, answered=5)
    assert [way(database, one) for one in decisions] == [
        ("DIGITAL", "NOTIFIABLE"),
        ("PAPER", "RESERVED"),
        ("PAPER", "NOT_NOTIFIABLE"),
        ("PAPER", "NOT_REGISTERED"),
        ("PAPER", "DELETED"),
    ]
    assert way(database, information) == ("DIGITAL", "INFORMATION_WITHOUT_NOTICE")


def test_a_digital_only_letter_to_a_reserved_person_ends_undelivered_with_its_reason(
    sqlite: Database, register: ContactRegister
) -> None:
    (letter,) = put_in(sqlite, a_letter(digital_id=people("reserved")[0], digital_only=True))

    route(sqlite, register)

    assert status(sqlite, letter) is Status.NOT_DELIVERED
    assert way(sqlite, letter) == (None, "RESERVED")


def test_nobody_is_asked_about_whose_letter_goes_the_same_way_anyhow(
    sqlite: Database, register: ContactRegister
) -> None:
    put_in(
        sqlite,
        a_letter(digital_id=None),
        a_letter(digital_id="310000108"),
        a_letter(confidential=True),
        a_letter(held_for="ADDRESS_MAY_BE_HIDDEN"),
    )

    assert route(sqlite, register) == choosing.LookedUp()


def test_a_person_with_many_letters_is_asked_about_once_and_a_thousand_people_at_a_time(
    sqlite: Database, register: ContactRegister
) -> None:
    sizes: list[int] = []
    look_up = register.look_up
    register.look_up = lambda numbers: sizes.append(len(numbers)) or look_up(numbers)  # type: ignore[method-assign, func-returns-value]
    everybody = people("reads_at_once", 1200)
    put_in(sqlite, *(a_letter(digital_id=number) for number in [*everybody, *everybody[:50]]))

    looked_up = route(sqlite, register)

    distinct = len(set(everybody))
    assert sizes == [1000, distinct - 1000]
    assert looked_up.answered == distinct


def test_while_the_register_is_silent_letters_to_people_wait_and_others_go(
    sqlite: Database, register: ContactRegister, altinn: AltinnStandIn
) -> None:
    person, organisation = put_in(sqlite, a_letter(), a_letter(digital_id="310000108"))
    altinn.order("faults", standing=[{"kind": "unavailable", "only": ["contacts"]}])

    early = route(sqlite, register, minutes=10)
    before = open_codes(sqlite)
    route(sqlite, register, minutes=70)
    during, waiting = open_codes(sqlite), way(sqlite, person)
    altinn.order("faults", standing=[])
    route(sqlite, register, minutes=80)

    assert isinstance(early.silence, Silence)
    assert (before, during) == (set(), {"CONTACT_REGISTER_SILENT"})
    assert waiting == (None, None)
    assert way(sqlite, organisation)[0] == "DIGITAL"
    assert way(sqlite, person)[0] is not None
    assert open_codes(sqlite) == set()


def test_a_token_the_register_refuses_is_said_at_once(
    sqlite: Database, settings: Settings, altinn: AltinnStandIn
) -> None:
    (letter,) = put_in(sqlite, a_letter())

    with asking(settings, altinn.url, token="gal") as refused:
        looked_up = route(sqlite, refused)

    assert looked_up.silence == Silence("http 401", for_a_person=True)
    assert open_codes(sqlite) == {"CONTACT_REGISTER_SILENT"}
    assert way(sqlite, letter) == (None, None)


def test_an_old_verdict_is_not_relied_upon(
    sqlite: Database, register: ContactRegister, altinn: AltinnStandIn
) -> None:
    number = people("reads_at_once")[0]
    (letter,) = put_in(sqlite, a_letter(digital_id=number))
    choosing.look_up_recipients(sqlite, register, MONDAY)
    with transaction(sqlite) as tx:
        holds.hold(tx, [letter], by="kari", why="vent", at=MONDAY)
        holds.release(tx, [letter], by="kari", why="klart", at=MONDAY)
    altinn.order("contacts", **{number: "reserved"})

    route(sqlite, register, minutes=60 * 25)

    assert way(sqlite, letter) == ("PAPER", "RESERVED")


def test_the_letter_is_written_in_the_recipients_language_and_nobody_is_notified_who_cannot_be(
    sqlite: Database, register: ContactRegister, settings: Settings
) -> None:
    number = people("not_notifiable")[0]
    answer = httpx.post(
        f"{settings.altinn.url}/rest/v2/personer",
        json={"personidentifikatorer": [number]},
        headers={"Authorization": "Bearer sandbox"},
    )
    language = answer.json()["personer"][0]["spraak"]
    texts = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English", "se": "Sámegillii"}
    put_in(sqlite, a_letter(digital_id=number, digital_only=True))
    with transaction(sqlite) as tx:
        keep_senders(tx, [a_sender(notification_texts=texts, message_sender="Skolen")])
    route(sqlite, register)
    seen = []

    class Recording:
        name = "altinn"

        def offer(self, letter: object) -> offering.Unknown:
            seen.append(letter)
            return offering.Unknown("only looking")

    offering.write_down_intents(sqlite, "altinn", settings, MONDAY)
    offering.offer_everything(sqlite, Recording(), settings, MONDAY)  # type: ignore[arg-type]

    (letter,) = seen
    assert (letter.language, letter.text) == (language, texts[language])
    assert (letter.notify, letter.sender_name) == (False, "Skolen")


def test_confidential_letters_go_through_the_resource_made_for_them(
    sqlite: Database, register: ContactRegister, channel: Altinn, settings: Settings
) -> None:
    number = people("reads_at_once")[0]
    ours, theirs = put_in(
        sqlite,
        a_letter(digital_id=number, confidential=True),
        a_letter(digital_id=number, confidential=True, sender_id="without"),
    )
    with transaction(sqlite) as tx:
        keep_senders(tx, [a_sender(confidential_resource="svarut-fortrolig"), a_sender("without")])

    route(sqlite, register)
    offer_all(sqlite, channel, settings)

    assert way(sqlite, ours) == ("DIGITAL", "NOTIFIABLE")
    assert [offer["resource"] for offer in walk(sqlite, ours).offers] == ["svarut-fortrolig"]
    assert way(sqlite, theirs) == ("PAPER", "CONFIDENTIAL")


def test_numbers_stand_in_no_log(
    sqlite: Database,
    register: ContactRegister,
    altinn: AltinnStandIn,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    number = people("reads_at_once")[0]
    put_in(sqlite, a_letter(digital_id=number))
    altinn.spoil_next({"kind": "unknown_status", "only": ["contacts"], "times": 3})

    with caplog.at_level(logging.DEBUG):
        route(sqlite, register)
        route(sqlite, register)

    assert number not in caplog.text


@pytest.mark.parametrize(("token", "well"), [("sandbox", True), ("gal", False)])
def test_the_doctor_asks_the_register_about_nobody(
    settings: Settings, altinn: AltinnStandIn, token: str, well: bool
) -> None:
    where = ContactRegisterSettings(url=altinn.url, token=SecretStr(token))

    findings = examine(settings.model_copy(update={"contact_register": where}))

    (found,) = [one for one in findings if one.what == "contact register"]
    assert found.well is well
