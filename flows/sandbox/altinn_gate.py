"""The gate: which operation a call is, whether it may come in, and what spoils it."""

import re
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.sandbox.altinn_faults import Faults, spoil
from flows.sandbox.altinn_problem import Problem
from flows.sandbox.altinn_tokens import (
    CONTACT,
    EXCHANGE,
    READ,
    SERVICE_OWNER,
    WRITE,
    Caller,
    Tokens,
)
from flows.sandbox.contact_register import PATH
from flows.sandbox.rate_limits import Limits

API: Final = "/correspondence/api/v1"
_ONE: Final = r"/correspondence/[^/]+"
_OPERATIONS: Final = [
    (re.compile(f"^{method} {path}$"), operation)
    for method, path, operation in (
        ("POST", "/correspondence/upload", "upload"),
        ("POST", "/correspondence", "initialize"),
        ("GET", "/correspondence", "search"),
        ("GET", _ONE, "overview"),
        ("GET", f"{_ONE}/details", "details"),
        ("DELETE", f"{_ONE}/purge", "purge"),
        (
            "GET",
            f"{_ONE}/(?:content|attachment/[^/]+/download|attachments/downloadall)",
            "recipient",
        ),
        ("POST", f"{_ONE}/(?:markasread|confirm|forward)", "recipient"),
        (r"\w+", "/attachment.*", "attachment"),
    )
]
_ELSEWHERE: Final = {
    "/maskinporten/token": "grant",
    EXCHANGE: "exchange",
    PATH: "contacts",
}
_SENDERS_ONLY: Final = frozenset({"upload", "initialize", "search", "attachment"})
_TYPES: Final = frozenset({"*/*", "application/*", "application/json"})
_DOWNLOADS: Final = frozenset({"application/octet-stream", "application/zip", "text/markdown"})


class Gate:
    """Checks token and Accept, counts calls, and spoils calls where told to."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens, faults: Faults, limits: Limits) -> None:
        """Stand before an app."""
        self.app, self.tokens, self.faults, self.limits = app, tokens, faults, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call through, or not."""
        operation = operation_of(scope)
        if operation is None:
            await self.app(scope, receive, send)
            return
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        refusal = self._refusal(operation, headers, scope) or self.limits.refusal(operation)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        usual = operation not in _ELSEWHERE.values()
        fault = self.faults.take(operation, usual=usual)
        if fault is None:
            await self.app(scope, receive, send)
        else:
            await spoil(fault, self.app, scope, receive, send)

    def _refusal(self, operation: str, headers: dict[str, str], scope: Scope) -> Response | None:
        if operation in {"grant", "exchange"}:
            return None
        caller = self.tokens.caller(headers.get("authorization", ""))
        if caller is None:
            return Response(status_code=401)
        scope["caller"] = caller
        if operation == "contacts":
            return None if caller.may(CONTACT) else Response(status_code=403)
        if not _has_scope(caller, operation):
            return Response(status_code=403)
        if not caller.exchanged and not caller.may(SERVICE_OWNER):
            return Problem(
                403, None, "Exchange the Maskinporten token for an Altinn token"
            ).response()
        accepted = set(re.split(r"\s*[,;]\s*", headers.get("accept", "").strip()))
        fits = _TYPES | _DOWNLOADS if operation in {"recipient", "attachment"} else _TYPES
        return None if accepted & fits else Response(status_code=406)


def _has_scope(caller: Caller, operation: str) -> bool:
    if operation in _SENDERS_ONLY:
        return caller.may(WRITE)
    return caller.may(WRITE) or caller.may(READ)


def operation_of(scope: Scope) -> str | None:
    """Return the operation a call is for; None for the stand-in's own orders."""
    if scope["type"] != "http":
        return None
    path: str = scope["path"]
    if path in _ELSEWHERE:
        return _ELSEWHERE[path]
    if not path.startswith(API):
        return None
    called = f"{scope['method']} {path.removeprefix(API)}"
    return next((name for shape, name in _OPERATIONS if shape.match(called)), "other")
