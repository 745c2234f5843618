"""A local Maskinporten: grants signed by known clients become tokens, by the published rules.

Tokens live in real time, not by the mail room's movable clock: a client signs its grant with its
own clock, and moving the mail room by two days must not spoil every token. Tests give another
`wall_clock`.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import extract_compact
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ALGORITHMS: Final = ["RS256", "RS384", "RS512"]
CLAIMS: Final = {"aud", "iss", "scope", "iat", "exp", "jti", "resource", "consumer_org", "pid"}
"""All a grant may say: since 2025 anything else is refused."""

CLOCK_SKEW_SECONDS: Final = 10
LONGEST_GRANT_SECONDS: Final = 120


class Refused(Exception):  # noqa: N818  -- what the service does
    """A grant that gives no token."""

    def __init__(self, description: str, error: str = "invalid_grant") -> None:
        """Keep what the answer says."""
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(frozen=True)
class Client:
    """A registered client: its public keys by kid, what it may ask for, whom it may act for."""

    client_id: str
    keys: dict[str, RSAKey]
    scopes: frozenset[str] | None = None
    """None: every scope."""
    organisation: str = "310000108"
    consumers: frozenset[str] | None = None
    """Organisations that have delegated to it; None: every one."""


@dataclass
class Maskinporten:
    """Clients, the signing key, and what has been given out."""

    wall_clock: Callable[[], float] = time.time
    lifetime_seconds: int = 599
    clients: dict[str, Client] = field(default_factory=dict)
    refused_scopes: set[str] = field(default_factory=set)
    given: int = 0
    """How many tokens: a thundering herd shows here."""
    alive: set[str] = field(default_factory=set)
    """The jti of every token not called back."""
    _used: set[str] = field(default_factory=set)
    _key: RSAKey | None = None

    @property
    def key(self) -> RSAKey:
        """The signing key, made when first needed."""
        if self._key is None:
            self._key = new_key("maskinporten")
        return self._key

    def register(self, order: dict[str, Any]) -> Client:
        """Remember a client, or another key of one; see docs/sandbox.md for the fields."""
        material = order.get("jwk") or order["public_key_pem"]
        kid = str(order.get("kid") or (material.get("kid") if isinstance(material, dict) else ""))
        known = self.clients.get(order["client_id"])
        client = Client(
            client_id=order["client_id"],
            keys={**(known.keys if known else {}), kid: RSAKey.import_key(material)},
            scopes=_several(order.get("scopes")),
            organisation=str(order.get("organisation", "310000108")),
            consumers=_several(order.get("consumers")),
        )
        self.clients[client.client_id] = client
        return client

    def grant(self, form: dict[str, str], issuer: str) -> dict[str, Any]:
        """Return the token answer for a grant.

        Raises Refused.
        """
        if form.get("grant_type") != GRANT_TYPE:
            raise Refused("Unsupported grant type", "unsupported_grant_type")
        client, claims = self._read(form.get("assertion", ""))
        self._check(claims, issuer)
        wanted = str(claims["scope"]).split()
        self._check_scopes(client, wanted)
        consumer = str(claims.get("consumer_org") or client.organisation)
        if client.consumers is not None and consumer not in {
            *client.consumers,
            client.organisation,
        }:
            raise Refused("Invalid assertion. Consumer has not delegated the scope to the client")
        self._used.add(str(claims["jti"]))
        now = int(self.wall_clock())
        token = {
            "iss": issuer,
            "client_amr": "private_key_jwt",
            "token_type": "Bearer",
            "scope": " ".join(wanted),
            "client_id": client.client_id,
            "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{consumer}"},
            "iat": now,
            "exp": now + self.lifetime_seconds,
            "jti": uuid.uuid4().hex,
            **({"aud": claims["resource"]} if "resource" in claims else {}),
        }
        self.given += 1
        self.alive.add(str(token["jti"]))
        return {
            "access_token": signed(token, self.key),
            "token_type": "Bearer",
            "expires_in": self.lifetime_seconds,
            "scope": token["scope"],
        }

    def _read(self, assertion: str) -> tuple[Client, dict[str, Any]]:
        try:
            header = extract_compact(assertion.encode()).headers()
            kid, algorithm = header.get("kid"), header.get("alg")
            client = next((one for one in self.clients.values() if kid in one.keys), None)
            if client is None or algorithm not in ALGORITHMS:
                raise Refused("Invalid assertion. Client authentication failed: unknown kid or alg")
            decoded = jwt.decode(assertion, client.keys[str(kid)], algorithms=ALGORITHMS)
        except (JoseError, ValueError) as fault:
            raise Refused("Invalid assertion. Client authentication failed: signature") from fault
        if decoded.claims.get("iss") != client.client_id:
            raise Refused("Invalid assertion. iss is not the client of the key")
        return client, decoded.claims

    def _check(self, claims: dict[str, Any], issuer: str) -> None:
        if claims.get("aud") != issuer:
            raise Refused(f"Invalid assertion. aud must be exactly {issuer}")
        if set(claims) - CLAIMS:
            raise Refused("Invalid assertion. Undocumented claims")
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise Refused("Invalid assertion. iat and exp must be numbers")
        now = self.wall_clock()
        if abs(now - issued) > CLOCK_SKEW_SECONDS:
            raise Refused("Invalid assertion. iat is more than 10 seconds from our clock")
        if expires - issued > LONGEST_GRANT_SECONDS:
            raise Refused("Invalid assertion. exp is more than 120 seconds after iat")
        if expires <= now:
            raise Refused("Invalid assertion. Expired")
        if not claims.get("jti") or claims["jti"] in self._used:
            raise Refused("Invalid assertion. jti missing or already used")
        if not claims.get("scope"):
            raise Refused("Invalid assertion. scope missing")

    def _check_scopes(self, client: Client, wanted: list[str]) -> None:
        for scope in wanted:
            allowed = client.scopes is None or scope in client.scopes
            if not allowed or scope in self.refused_scopes:
                raise Refused(f"The client has no access to the scope {scope}", "invalid_scope")


def new_key(name: str) -> RSAKey:
    """Return a new signing key with a kid of its own."""
    return RSAKey.generate_key(2048, {"kid": f"{name}-{uuid.uuid4().hex[:8]}", "use": "sig"})


def signed(claims: dict[str, Any], key: RSAKey) -> str:
    """Return claims as a signed token."""
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


async def token(request: Request) -> Response:
    """POST /maskinporten/token."""
    maskinporten: Maskinporten = request.app.state.maskinporten
    async with request.form() as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        return JSONResponse(maskinporten.grant(fields, f"{request.base_url}maskinporten/"))
    except Refused as refused:
        body = {"error": refused.error, "error_description": refused.description}
        return JSONResponse(body, 400)


async def jwks(request: Request) -> Response:
    """GET /maskinporten/jwks."""
    maskinporten: Maskinporten = request.app.state.maskinporten
    return JSONResponse({"keys": [maskinporten.key.as_dict(private=False)]})


def _several(names: Any) -> frozenset[str] | None:
    return None if names is None else frozenset(str(name) for name in names)
