"""Maskinporten and the exchange give tokens by the published rules, and only by them."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from stand_ins import running_altinn

KEY = RSAKey.generate_key(2048, {"kid": "key-1"})
WRITE, OWNER = "altinn:correspondence.write", "altinn:serviceowner"
BASE = "/correspondence/api/v1/correspondence"
EXCHANGE = "/authentication/api/v1/exchange/maskinporten"
KRR = "/rest/v2/personer"
CLIENT = {
    "client_id": "client-1",
    "kid": "key-1",
    "public_key_pem": KEY.as_pem(private=False).decode(),
    "scopes": [WRITE, OWNER, "altinn:correspondence.read"],
    "consumers": ["310000116"],
}
SEARCH = f"{BASE}?resourceId=svarut-post&role=Sender"


@pytest.fixture
def altinn() -> Iterator[httpx.Client]:
    with (
        running_altinn(token=None, clients=[CLIENT]) as stand_in,
        httpx.Client(base_url=stand_in.url, headers={"Accept": "*/*"}) as opened,
    ):
        yield opened


def issuer(altinn: httpx.Client) -> str:
    return str(altinn.base_url.join("/maskinporten/"))


def grant(altinn: httpx.Client, key: RSAKey = KEY, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "aud": issuer(altinn),
        "iss": "client-1",
        "scope": f"{WRITE} {OWNER}",
        "iat": now,
        "exp": now + 100,
        "jti": uuid.uuid4().hex,
        **changes,
    }
    header = {"alg": "RS256", "kid": "key-1"}
    return jwt.encode(header, {k: v for k, v in claims.items() if v is not None}, key)


def ask(altinn: httpx.Client, assertion: str) -> Any:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": assertion,
    }
    return altinn.post("/maskinporten/token", data=form)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def granted(altinn: httpx.Client, **changes: Any) -> dict[str, str]:
    return bearer(ask(altinn, grant(altinn, **changes)).json()["access_token"])


def exchanged(altinn: httpx.Client, **changes: Any) -> dict[str, str]:
    answer = altinn.get(EXCHANGE, headers=granted(altinn, **changes))
    return bearer(answer.text.strip('"'))


def test_a_grant_becomes_a_token_and_the_token_altinns_own(altinn: httpx.Client) -> None:
    answer = ask(altinn, grant(altinn))

    token = altinn.get(EXCHANGE, headers=bearer(answer.json()["access_token"]))

    assert answer.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 599,
        "scope": f"{WRITE} {OWNER}",
    }
    assert altinn.get(SEARCH, headers=bearer(token.text)).json() == {"ids": []}


TIMES = ("exp", "iat", "nbf")
"""Claims that are instants; said below in seconds from when the test asks."""
WRONG: dict[str, dict[str, Any]] = {
    "aud is another": {"aud": "https://maskinporten.example/"},
    "somebody else's client id": {"iss": "client-2"},
    "lives too long": {"exp": 300},
    "a claim nobody documents": {"sub": "client-1"},
    "not before": {"nbf": 0},
    "no jti": {"jti": None},
    "no scope": {"scope": None},
    "no iat": {"iat": None},
    "from a clock that is slow": {"iat": -60, "exp": 50},
    "signed with another key": {"key": RSAKey.generate_key(2048, {"kid": "key-1"})},
    "for somebody who has not delegated": {"consumer_org": "310000124"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=list(WRONG))
def test_a_wrong_grant_gives_no_token(altinn: httpx.Client, changes: dict[str, Any]) -> None:
    now = int(time.time())
    times = {name: now + changes[name] for name in TIMES if changes.get(name) is not None}

    answer = ask(altinn, grant(altinn, **{**changes, **times}))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.json()["error_description"].startswith("Invalid assertion. ")


@pytest.mark.parametrize(
    "make", [lambda issuer: issuer + "token", lambda issuer: [issuer]], ids=["address", "list"]
)
def test_the_audience_is_the_issuer_and_a_single_string(
    altinn: httpx.Client, make: Callable[[str], Any]
) -> None:
    answer = ask(altinn, grant(altinn, aud=make(issuer(altinn))))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_grant_is_used_once(altinn: httpx.Client) -> None:
    assertion = grant(altinn)

    assert [ask(altinn, assertion).status_code for _ in range(2)] == [200, 400]


def test_a_scope_the_client_lacks_or_that_is_refused_on_order_is_refused(
    altinn: httpx.Client,
) -> None:
    lacking = ask(altinn, grant(altinn, scope="krr:global/digitalpost.read"))
    altinn.post("/sandbox/tokens", json={"refuse_scopes": [WRITE]})
    refused = ask(altinn, grant(altinn))

    assert [one.json()["error"] for one in (lacking, refused)] == ["invalid_scope"] * 2


def test_every_second_exchanged_token_stands_in_quotes(altinn: httpx.Client) -> None:
    answers = [altinn.get(EXCHANGE, headers=granted(altinn)).text for _ in range(4)]
    altinn.post("/sandbox/tokens", json={"quotes": "always"})
    always = altinn.get(EXCHANGE, headers=granted(altinn)).text

    assert [text.startswith('"') for text in answers] == [False, True, False, True]
    assert json.loads(always)


def test_tokens_expire_when_told_and_when_their_time_is_up(altinn: httpx.Client) -> None:
    headers = exchanged(altinn)
    before = altinn.get(SEARCH, headers=headers)
    altinn.post("/sandbox/tokens", json={"expire_all": True, "altinn_seconds": 0})
    told = altinn.get(SEARCH, headers=headers)
    short = altinn.get(SEARCH, headers=exchanged(altinn))

    assert [before.status_code, told.status_code, short.status_code] == [200, 401, 401]
    assert told.content == short.content == b""


def test_a_new_key_makes_old_tokens_worthless_and_is_published(altinn: httpx.Client) -> None:
    headers = exchanged(altinn)
    jwks = "/authentication/api/v1/openid/.well-known/jwks.json"
    first = altinn.get(jwks).json()
    altinn.post("/sandbox/tokens", json={"rotate_key": True})

    assert altinn.get(SEARCH, headers=headers).status_code == 401
    assert altinn.get(SEARCH, headers=exchanged(altinn)).status_code == 200
    assert altinn.get(jwks).json() != first
    assert "d" not in altinn.get("/maskinporten/jwks").json()["keys"][0]


def test_an_unexchanged_token_needs_both_scopes(altinn: httpx.Client) -> None:
    both = altinn.get(SEARCH, headers=granted(altinn))
    one = altinn.get(SEARCH, headers=granted(altinn, scope=WRITE))
    exchanged_one = altinn.get(SEARCH, headers=exchanged(altinn, scope=WRITE))

    assert (both.status_code, exchanged_one.status_code) == (200, 200)
    assert one.status_code == 403
    assert "Exchange" in one.json()["detail"]


def test_a_token_without_the_scope_is_forbidden(altinn: httpx.Client) -> None:
    headers = exchanged(altinn, scope=OWNER)

    assert altinn.get(SEARCH, headers=headers).status_code == 403


def test_without_an_exchange_there_is_nothing_to_exchange(altinn: httpx.Client) -> None:
    answers = [altinn.get(EXCHANGE, headers=given) for given in ({}, bearer("gal"))]

    assert [answer.status_code for answer in answers] == [401, 401]


def test_a_tenants_resource_is_for_the_tenant_alone(altinn: httpx.Client) -> None:
    owned = {"svarut-post": {"owner": "310000116"}, "*": {}}
    altinn.post("/sandbox/resources", json=owned)
    letter = {
        "correspondence": {
            "resourceId": "svarut-post",
            "sendersReference": "shipment-1",
            "content": {"messageTitle": "Vedtak", "messageBody": "Se vedlegg."},
            "propertyList": {"scenario": "never_reads"},
        },
        "recipients": ["01818550029"],
    }
    owner, other = exchanged(altinn, consumer_org="310000116"), exchanged(altinn)

    refused = altinn.post(BASE, json=letter, headers=other)
    made = altinn.post(BASE, json=letter, headers=owner).json()["correspondences"][0]
    overview = f"{BASE}/{made['correspondenceId']}"

    assert (refused.status_code, refused.json()["errorCode"]) == (401, 4001)
    assert altinn.get(overview, headers=owner).status_code == 200
    assert altinn.get(overview, headers=other).status_code == 401
    assert altinn.get(SEARCH, headers=other).json() == {"ids": []}


def test_the_contact_register_takes_maskinportens_own_token(altinn: httpx.Client) -> None:
    scope = "krr:global/kontaktinformasjon.read"
    altinn.post("/sandbox/clients", json={**CLIENT, "scopes": [scope]})
    body = {"personidentifikatorer": ["01818550029"]}

    with_scope = altinn.post(KRR, json=body, headers=granted(altinn, scope=scope))
    altinn.post("/sandbox/clients", json=CLIENT)
    without = altinn.post(KRR, json=body, headers=granted(altinn))

    assert (with_scope.status_code, without.status_code) == (200, 403)


def test_a_recipients_look_leaves_a_trace_and_a_service_owners_none(altinn: httpx.Client) -> None:
    letter = {
        "correspondence": {
            "resourceId": "svarut-post",
            "sendersReference": "shipment-1",
            "content": {"messageTitle": "Vedtak", "messageBody": "Se vedlegg."},
            "propertyList": {"scenario": "never_reads"},
        },
        "recipients": ["01818550029"],
    }
    owner = exchanged(altinn)
    made = altinn.post(BASE, json=letter, headers=owner).json()["correspondences"][0]
    url = f"{BASE}/{made['correspondenceId']}"

    def fetched() -> bool:
        history = altinn.get(f"{url}/details", headers=owner).json()["statusHistory"]
        return "Fetched" in [one["status"] for one in history]

    altinn.get(url, headers=owner)
    before = fetched()
    altinn.get(url, headers=exchanged(altinn, scope="altinn:correspondence.read"))

    assert (before, fetched()) == (False, True)
