"""Who we are to Maskinporten: signed grants become tokens, Altinn's own where it wants them.

    tokens = tokens_of(settings)                        # one for the process, kept between calls
    httpx.post(..., auth=tokens.auth("krr:global/kontaktinformasjon.read"))
    httpx.get(..., auth=tokens.altinn_auth(consumer="987654321"))

The contact register takes Maskinporten's token as it is (`auth`, `bearer`); Altinn's API takes one
it has exchanged (`altinn_auth`). Nothing here is ever logged or part of a message.
"""

import base64
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from flows.bounded_http import PLAIN, bounded
from flows.dispatch.token_cache import Token, TokenCache
from flows.errors import NeedsAPerson, TryAgainLater
from flows.settings import AltinnSettings, MaskinportenSettings, Settings

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANT_SECONDS: Final = 100
"""A grant lives at most 120 seconds."""

EXCHANGE: Final = "/authentication/api/v1/exchange/maskinporten"
TIMEOUT: Final = httpx.Timeout(20, connect=5)
_ONE_AT_A_TIME: Final = threading.Lock()
SUBSCRIPTION: Final = "Ocp-Apim-Subscription-Key"


@dataclass(frozen=True)
class Wanted:
    """What a token is for."""

    scopes: str
    consumer: str
    exchanged: bool


class Tokens:
    """Tokens of one client at Maskinporten; threads may share it."""

    def __init__(
        self,
        settings: MaskinportenSettings,
        altinn: AltinnSettings,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Fetch nothing yet."""
        self._settings, self._altinn, self._now = settings, altinn, now
        self._cache: TokenCache[Wanted] = TokenCache(self._fetch, now)

    def bearer(self, scopes: str, consumer: str = "") -> str:
        """Return Maskinporten's own token.

        scopes: separated by spaces.  consumer: whom we act for; empty: ourselves.
        Raises TryAgainLater, or NeedsAPerson when Maskinporten says no.
        """
        return self._cache.get(Wanted(scopes, consumer, exchanged=False))

    def auth(self, scopes: str, consumer: str = "") -> httpx.Auth:
        """Return an auth for httpx that carries Maskinporten's own token; raises as `bearer`."""
        return TokenAuth(self._cache, Wanted(scopes, consumer, exchanged=False))

    def altinn_auth(self, consumer: str = "") -> httpx.Auth:
        """Return an auth for httpx that carries Altinn's token; raises as `bearer`."""
        return TokenAuth(self._cache, Wanted(self._settings.scopes, consumer, exchanged=True))

    def _fetch(self, wanted: Wanted) -> Token:
        return self._exchange(wanted) if wanted.exchanged else self._grant(wanted)

    def _grant(self, wanted: Wanted) -> Token:
        """Ask Maskinporten; every grant is used once."""
        form = {
            "grant_type": GRANT_TYPE,
            "assertion": grant(self._settings, wanted, int(self._now())),
        }
        answer = _asked(httpx.Request("POST", self._settings.token_address, data=form))
        body = _json(answer)
        if answer.is_client_error:
            error = re.fullmatch(r"[a-z_]{1,40}", str(body.get("error")))
            raise NeedsAPerson(
                f"Maskinporten refuses us: http {answer.status_code}, {error[0] if error else '-'}",
                where=self._settings.token_address,
                do="check client, key id, key file, scopes and this machine's clock: svarut doctor",
            )
        text, lives = body.get("access_token"), body.get("expires_in")
        if not _is_text(text) or not isinstance(lives, int | float) or lives <= 0:
            raise TryAgainLater(
                "Maskinporten answers without a token", where=self._settings.token_address
            )
        return Token(str(text), float(lives))

    def _exchange(self, wanted: Wanted) -> Token:
        """Have Maskinporten's token exchanged; Altinn's lives longer."""
        plain = Wanted(wanted.scopes, wanted.consumer, exchanged=False)
        key = self._altinn.subscription_key.get_secret_value()
        answer = _asked(
            httpx.Request(
                "GET",
                self._altinn.url.rstrip("/") + EXCHANGE,
                headers={SUBSCRIPTION: key} if key else None,
            ),
            TokenAuth(self._cache, plain),
        )
        if answer.is_client_error:
            raise NeedsAPerson(
                f"Altinn does not exchange our token: http {answer.status_code}",
                where=self._altinn.url,
                do="check that the client may use Altinn's scopes: svarut doctor",
            )
        # The body is the token, at times in quotes.
        text = answer.text.strip().strip('"')
        expires = _claims(text).get("exp")
        if not isinstance(expires, int | float) or isinstance(expires, bool):
            raise TryAgainLater("Altinn answers without a token", where=self._altinn.url)
        return Token(text, float(expires) - self._now())


class TokenAuth(httpx.Auth):
    """Carries a cached token, and fetches another once when it is not accepted."""

    requires_response_body = True

    def __init__(self, cache: TokenCache[Wanted], wanted: Wanted) -> None:
        """Take tokens from a cache."""
        self._cache, self._wanted = cache, wanted

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with a token; a 401 with a body is about access, and another token is no help."""
        token = self._cache.get(self._wanted)
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED and not answer.content.strip():
            self._cache.drop(self._wanted, token)
            request.headers["Authorization"] = f"Bearer {self._cache.get(self._wanted)}"
            yield request


@lru_cache(maxsize=8)
def _kept(maskinporten: MaskinportenSettings, altinn: AltinnSettings) -> Tokens:
    return Tokens(maskinporten, altinn)


def tokens_of(settings: Settings) -> Tokens | None:
    """Return the process's tokens for these settings; None: we are no client of Maskinporten."""
    if not settings.maskinporten.client_id:
        return None
    with _ONE_AT_A_TIME:  # two who come first must not each make their own
        return _kept(settings.maskinporten, settings.altinn)


def grant(settings: MaskinportenSettings, wanted: Wanted, now: int) -> str:
    """Return a signed grant that says what is asked for, and nothing that is not documented.

    Raises NeedsAPerson when there is no key to sign with.
    """
    claims: dict[str, Any] = {
        "aud": settings.issuer,
        "iss": settings.client_id,
        "scope": wanted.scopes,
        "iat": now,
        "exp": now + GRANT_SECONDS,
        "jti": str(uuid.uuid4()),
    }
    if wanted.consumer:
        claims["consumer_org"] = wanted.consumer
    try:
        key = RSAKey.import_key(settings.key_file.read_bytes())
        header = {"alg": "RS256", "kid": settings.key_id}
        return jwt.encode(header, claims, key, algorithms=["RS256"])
    except OSError:
        raise NeedsAPerson(
            "the key file for Maskinporten cannot be read",
            where=str(settings.key_file),
            do="put the private key there, mode 0600",
        ) from None
    except (JoseError, ValueError, TypeError):
        raise NeedsAPerson(
            "the key file for Maskinporten holds no private RSA key",
            where=str(settings.key_file),
            do="put there the private key, as PEM, whose public half is registered",
        ) from None


def _asked(request: httpx.Request, auth: httpx.Auth | None = None) -> httpx.Response:
    """Return a token service's answer, whatever it is but a bad moment."""
    where = f"{request.url.scheme}://{request.url.netloc.decode()}{request.url.path}"
    try:
        with httpx.Client(timeout=TIMEOUT, headers=PLAIN, **bounded()) as client:
            answer = client.send(request, auth=auth)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise TryAgainLater(f"no token: {type(fault).__name__}", where=where) from None
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise TryAgainLater(f"no token: http {answer.status_code}", where=where)
    return answer


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _claims(token: str) -> dict[str, Any]:
    """Return what a token says about itself; it is Altinn's to verify, not ours."""
    middle = token.partition(".")[2].partition(".")[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
