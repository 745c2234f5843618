"""Altinn's own tokens: Maskinporten's exchanged for them, and who may come in with what."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from flows.sandbox.maskinporten import Maskinporten, new_key, signed

WRITE: Final = "altinn:correspondence.write"
READ: Final = "altinn:correspondence.read"
EXCHANGE: Final = "/authentication/api/v1/exchange/maskinporten"
SERVICE_OWNER: Final = "altinn:serviceowner"
CONTACT: Final = "krr:global/kontaktinformasjon.read"


@dataclass(frozen=True)
class Caller:
    """Who calls."""

    scopes: frozenset[str]
    consumer: str | None = None
    """The organisation it acts for; None with the static token, which may do everything."""
    exchanged: bool = True

    @property
    def anyone(self) -> bool:
        """Whether this is the static token's holder."""
        return self.consumer is None

    def may(self, scope: str) -> bool:
        """Return whether a scope is held."""
        return self.anyone or scope in self.scopes


@dataclass
class Tokens:
    """The exchange: its key, how it answers, and what it has let through before."""

    maskinporten: Maskinporten
    static: str | None
    """A token that needs no exchange and never expires; None: there is none."""
    lifetime_seconds: int = 1800
    quotes: str = "alternate"
    """Whether the exchanged token stands in JSON quotes: never, always, alternate."""
    exchanged: int = 0
    _key: RSAKey | None = None
    _known: dict[str, tuple[dict[str, Any], bool]] = field(default_factory=dict)

    @property
    def key(self) -> RSAKey:
        """The exchange's signing key, made when first needed."""
        if self._key is None:
            self._key = new_key("altinn")
        return self._key

    def rotate_key(self) -> None:
        """Sign with a new key from now on; tokens signed with the old one are dead."""
        self._key = None
        self._known.clear()

    def expire_all(self) -> None:
        """Call back every token given out, Maskinporten's too."""
        self.maskinporten.alive.clear()
        self._known.clear()

    def caller(self, authorization: str) -> Caller | None:
        """Return who shows a bearer token; None when it is expired or bad."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            return None
        if self.static is not None and token == self.static:
            return Caller(frozenset())
        read = self._read(token)
        if read is None:
            return None
        claims, ours = read
        if claims["exp"] <= self.maskinporten.wall_clock():
            return None  # no clock skew is allowed
        consumer = str(claims["consumer"]["ID"]).partition(":")[2]
        return Caller(frozenset(str(claims["scope"]).split()), consumer, ours)

    def exchange(self, authorization: str, issuer: str) -> str | None:
        """Return the answer for a Maskinporten token; None when it is no such thing."""
        caller = self.caller(authorization)
        if caller is None or caller.anyone or caller.exchanged:
            return None
        now = int(self.maskinporten.wall_clock())
        claims = {
            "iss": issuer,
            "scope": " ".join(sorted(caller.scopes)),
            "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{caller.consumer}"},
            "urn:altinn:orgNumber": caller.consumer,
            "iat": now,
            "exp": now + self.lifetime_seconds,
            "jti": uuid4().hex,
        }
        self.exchanged += 1
        self.maskinporten.alive.add(str(claims["jti"]))
        quoted = self.quotes == "always" or (self.quotes == "alternate" and not self.exchanged % 2)
        return f'"{signed(claims, self.key)}"' if quoted else signed(claims, self.key)

    def _read(self, token: str) -> tuple[dict[str, Any], bool] | None:
        """Return a token's claims, and whether it is the exchange's own."""
        if token not in self._known:
            for key, ours in ((self.key, True), (self.maskinporten.key, False)):
                try:
                    claims = jwt.decode(token, key, algorithms=["RS256"]).claims
                except (JoseError, ValueError):
                    continue
                if claims.get("jti") in self.maskinporten.alive:
                    self._known[token] = claims, ours
        return self._known.get(token)


async def exchange(request: Request) -> Response:
    """GET /authentication/api/v1/exchange/maskinporten."""
    tokens: Tokens = request.app.state.tokens
    issuer = f"{request.base_url}authentication/api/v1/openid/"
    given = tokens.exchange(request.headers.get("authorization", ""), issuer)
    return Response(status_code=401) if given is None else PlainTextResponse(given)


async def jwks(request: Request) -> Response:
    """GET /authentication/api/v1/openid/.well-known/jwks.json."""
    tokens: Tokens = request.app.state.tokens
    return JSONResponse({"keys": [tokens.key.as_dict(private=False)]})


async def clients(request: Request) -> Response:
    """POST /sandbox/clients: register a client with its public key."""
    maskinporten: Maskinporten = request.app.state.maskinporten
    client = maskinporten.register(await request.json())
    return JSONResponse({"client_id": client.client_id, "kids": sorted(client.keys)})


async def orders(request: Request) -> Response:
    """POST /sandbox/tokens: lifetimes, refused scopes, quotes, expiry now, another key."""
    tokens: Tokens = request.app.state.tokens
    order = await request.json() if request.method == "POST" else {}
    tokens.lifetime_seconds = order.get("altinn_seconds", tokens.lifetime_seconds)
    tokens.quotes = order.get("quotes", tokens.quotes)
    port = tokens.maskinporten
    port.lifetime_seconds = order.get("maskinporten_seconds", port.lifetime_seconds)
    if "refuse_scopes" in order:
        port.refused_scopes = set(order["refuse_scopes"])
    if "static" in order:
        tokens.static = order["static"]
    if order.get("expire_all"):
        tokens.expire_all()
    if order.get("rotate_key"):
        tokens.rotate_key()
    return JSONResponse({"granted": port.given, "exchanged": tokens.exchanged})
