"""Tokens from a Maskinporten that is as strict as the real one, over real HTTP."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from builders import a_sender
from digital_letters import a_digital_letter
from joserfc.jwk import RSAKey
from stand_ins import AltinnStandIn, running_altinn

from flows.database import schema
from flows.database.senders import keep_senders
from flows.database.session import open_database, transaction
from flows.dispatch.altinn import open_altinn
from flows.dispatch.channel import Offered, Stopped, Tenant, Unknown
from flows.dispatch.maskinporten import Tokens
from flows.doctor.examination import examine
from flows.errors import NeedsAPerson, TryAgainLater
from flows.settings import AltinnSettings, MaskinportenSettings, Settings

pytestmark = pytest.mark.integration

CONTACT = "krr:global/kontaktinformasjon.read"
WRITE = "altinn:correspondence.write altinn:serviceowner"
MUNICIPALITY = "310000116"


class Clock:
    """The time here and at Maskinporten, which the test moves."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def altinn(key: RSAKey, clock: Clock) -> Iterator[AltinnStandIn]:
    client = {
        "client_id": "client-1",
        "kid": "key-1",
        "public_key_pem": key.as_pem(private=False).decode(),
        "scopes": [*WRITE.split(), CONTACT],
        "consumers": [MUNICIPALITY],
    }
    with running_altinn(token=None, clients=[client], wall_clock=clock) as stand_in:
        yield stand_in


@pytest.fixture
def settings(tmp_path: Path, altinn: AltinnStandIn, key: RSAKey) -> Settings:
    file = tmp_path / "keys/maskinporten.pem"
    file.parent.mkdir()
    file.write_bytes(key.as_pem(private=True))
    file.chmod(0o600)
    return Settings(
        home=tmp_path,
        altinn=AltinnSettings(url=altinn.url, timeout_seconds=5),
        maskinporten=MaskinportenSettings(
            client_id="client-1", issuer=f"{altinn.url}/maskinporten/", key_id="key-1"
        ),
    )


@pytest.fixture
def tokens(settings: Settings, clock: Clock) -> Tokens:
    return Tokens(settings.maskinporten, settings.altinn, clock)


def search(altinn: AltinnStandIn, auth: httpx.Auth) -> httpx.Response:
    query = {"resourceId": "svarut-post", "role": "Sender"}
    address = f"{altinn.url}/correspondence/api/v1/correspondence"
    return httpx.get(address, params=query, headers={"Accept": "*/*"}, auth=auth)


def given_out(altinn: AltinnStandIn) -> dict[str, int]:
    answer: dict[str, int] = httpx.get(f"{altinn.url}/sandbox/tokens").json()
    return answer


def with_port(settings: Settings, **changes: object) -> Settings:
    port = settings.maskinporten.model_copy(update=changes)
    return settings.model_copy(update={"maskinporten": port})


@pytest.mark.parametrize("quotes", ["never", "always"])
def test_altinn_accepts_the_token_it_exchanged(
    altinn: AltinnStandIn, tokens: Tokens, quotes: str
) -> None:
    altinn.order("tokens", quotes=quotes)

    answer = search(altinn, tokens.altinn_auth())

    assert answer.status_code == 200


def test_a_token_is_for_its_scopes_and_for_whom_we_act(tokens: Tokens) -> None:
    for_us = tokens.bearer(CONTACT)
    for_the_municipality = tokens.bearer(CONTACT, consumer=MUNICIPALITY)
    for_altinn = tokens.bearer(WRITE)

    assert len({for_us, for_the_municipality, for_altinn}) == 3
    assert tokens.bearer(CONTACT) == for_us


REFUSALS = {
    "a scope we do not have": ("altinn:everything", "", "invalid_scope"),
    "a municipality that has not delegated": (WRITE, "310000108999", "invalid_grant"),
}


@pytest.mark.parametrize(("scopes", "consumer", "said"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_refused_grant_needs_a_person(
    tokens: Tokens, scopes: str, consumer: str, said: str
) -> None:
    with pytest.raises(NeedsAPerson, match=said):
        tokens.bearer(scopes, consumer)


def test_a_wrong_key_id_needs_a_person(settings: Settings) -> None:
    other = with_port(settings, key_id="key-2")

    with pytest.raises(NeedsAPerson, match="Maskinporten refuses us"):
        Tokens(other.maskinporten, other.altinn).bearer(WRITE)


def test_a_clock_that_is_wrong_needs_a_person(settings: Settings) -> None:
    late = Tokens(settings.maskinporten, settings.altinn, lambda: time.time() - 30)

    with pytest.raises(NeedsAPerson, match="invalid_grant"):
        late.bearer(WRITE)


@pytest.mark.parametrize("content", [None, b"", b"not a key", b"public"])
def test_a_key_file_without_a_private_key_needs_a_person(
    settings: Settings, tokens: Tokens, key: RSAKey, content: bytes | None
) -> None:
    file = settings.maskinporten.key_file
    file.unlink()
    if content is not None:
        file.write_bytes(key.as_pem(private=False) if content == b"public" else content)

    with pytest.raises(NeedsAPerson, match="key file"):
        tokens.bearer(WRITE)


def test_a_maskinporten_that_is_down_is_a_matter_of_time(settings: Settings) -> None:
    nowhere = with_port(settings, token_url="http://127.0.0.1:9/token")

    with pytest.raises(TryAgainLater, match="ConnectError"):
        Tokens(nowhere.maskinporten, nowhere.altinn).bearer(WRITE)


def test_sixteen_threads_at_renewal_make_one_grant(
    altinn: AltinnStandIn, tokens: Tokens, clock: Clock
) -> None:
    first = tokens.bearer(WRITE)
    clock.ahead = 599 * 0.81
    start = Barrier(16)

    def call(_: int) -> str:
        start.wait()
        return tokens.bearer(WRITE)

    with ThreadPoolExecutor(16) as pool:
        got = set(pool.map(call, range(16)))

    assert given_out(altinn)["granted"] == 2
    assert len(got - {first}) <= 1
    assert tokens.bearer(WRITE) != first


def test_altinns_token_outlives_maskinportens(
    altinn: AltinnStandIn, tokens: Tokens, clock: Clock
) -> None:
    search(altinn, tokens.altinn_auth())
    clock.ahead = 1000

    search(altinn, tokens.altinn_auth())

    assert given_out(altinn) == {"granted": 1, "exchanged": 1}


@pytest.mark.parametrize("trouble", ["expire_all", "rotate_key"])
def test_a_token_called_back_in_the_middle_of_a_run_is_fetched_again(
    altinn: AltinnStandIn, tokens: Tokens, trouble: str
) -> None:
    before = search(altinn, tokens.altinn_auth())
    altinn.order("tokens", **{trouble: True})

    after = search(altinn, tokens.altinn_auth())

    assert (before.status_code, after.status_code) == (200, 200)
    assert given_out(altinn)["exchanged"] == 2


def test_a_new_key_of_ours_is_taken_up(
    altinn: AltinnStandIn, settings: Settings, tokens: Tokens
) -> None:
    tokens.bearer(WRITE)
    fresh = RSAKey.generate_key(2048)
    pem = fresh.as_pem(private=False).decode()
    altinn.order("clients", client_id="client-1", kid="key-2", public_key_pem=pem)
    settings.maskinporten.key_file.write_bytes(fresh.as_pem(private=True))
    renewed = with_port(settings, key_id="key-2")

    token = Tokens(renewed.maskinporten, renewed.altinn).bearer(WRITE)

    assert token


def test_letters_are_offered_in_a_municipalitys_name(
    settings: Settings, altinn: AltinnStandIn, tmp_path: Path
) -> None:
    tenant = Tenant("svarut-post", MUNICIPALITY)
    letters = [a_digital_letter(tmp_path, tenant=tenant) for _ in range(6)]

    with (
        open_altinn(settings) as one,
        open_altinn(settings) as other,
        ThreadPoolExecutor(6) as pool,
    ):
        said = [*pool.map(one.offer, letters[:3]), *pool.map(other.offer, letters[3:])]

    assert all(isinstance(each, Offered) for each in said)
    assert given_out(altinn) == {"granted": 1, "exchanged": 1}


def test_no_letter_is_blamed_for_a_token_that_is_not_to_be_had(
    settings: Settings, altinn: AltinnStandIn, tmp_path: Path
) -> None:
    letter = a_digital_letter(tmp_path)
    refused = with_port(settings, scopes="altinn:everything")
    down = with_port(settings, token_url="http://127.0.0.1:9/token")

    with open_altinn(refused) as first, open_altinn(down) as second:
        said = first.offer(letter), second.offer(letter)

    assert isinstance(said[0], Stopped)
    assert said[1] == Unknown("TryAgainLater")


def test_nothing_secret_is_logged_or_shown(
    settings: Settings, altinn: AltinnStandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    letter = a_digital_letter(tmp_path)

    with open_altinn(settings) as channel:
        channel.offer(letter)

    shown = f"{caplog.text} {settings!r}"
    assert "eyJ" not in shown
    assert letter.recipient_id not in shown
    assert letter.title not in shown


def test_the_doctor_says_whether_maskinporten_knows_us(settings: Settings) -> None:
    well = {each.what: each for each in examine(settings)}
    settings.maskinporten.key_file.chmod(0o644)
    open_to_all = {each.what: each for each in examine(settings)}

    assert well["maskinporten"].well
    assert well["altinn"].well
    assert not open_to_all["maskinporten"].well
    assert "chmod 600" in open_to_all["maskinporten"].do


def test_the_doctor_asks_in_the_name_of_every_municipality(settings: Settings) -> None:
    with open_database(settings.database_url) as database:
        schema.upgrade(database)
        with transaction(database) as tx:
            keep_senders(tx, [a_sender(consumer_organisation=MUNICIPALITY)])
        good = {each.what: each for each in examine(settings)}
        with transaction(database) as tx:
            keep_senders(tx, [a_sender(consumer_organisation="310000124")])
    bad = {each.what: each for each in examine(settings)}

    assert good["maskinporten"].says == "gives us tokens: our own, and for 1 we act for"
    assert not bad["maskinporten"].well


def test_a_doctor_without_maskinporten_says_so(tmp_path: Path) -> None:
    found = {each.what: each for each in examine(Settings(home=tmp_path))}

    assert found["maskinporten"].says == "not used: altinn.token is"
