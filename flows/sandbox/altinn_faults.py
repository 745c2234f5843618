"""What can go wrong on the way, on order: before the work, after it, or with the answer."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.sandbox.altinn_problem import Problem

RAW_SEND: Final = "svarut.sandbox.send"
"""Where the server's own `send` lies in a scope: through it a connection can be torn."""

AFTER: Final = frozenset(
    {"lost", "reset", "truncated", "empty", "slow", "unknown_field", "unknown_status", "nulls"}
)
"""The work is done; what is spoiled is the answer."""

HTML: Final = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def _soon() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


_PRESETS: Final[dict[str, Callable[[], Response]]] = {
    "gateway": lambda: HTMLResponse(HTML, 502),
    "unavailable": lambda: Response(status_code=503),
    "krr_down": lambda: Problem(500, 1032).response(),
    "registry_down": lambda: Problem(500, 2000, "Resource registry failed").response(),
    "upload_fault": lambda: Problem(502, 2002).response(),
    "upload_slow": lambda: Problem(408, 2022).response("application/problem+json"),
    "busy": lambda: Response(status_code=429, headers={"Retry-After": "1"}),
    "busy_date": lambda: Response(status_code=429, headers={"Retry-After": _soon()}),
    "busy_bare": lambda: Response(status_code=429),
    "expired": lambda: Response(status_code=401),
    "bare_string": lambda: PlainTextResponse("Something is not right", 400),
}
_KINDS: Final = {*_PRESETS, *AFTER, "reset_upload", "answer"}


@dataclass
class Fault:
    """One order: what, at which operations, how many times."""

    kind: str
    only: frozenset[str] = frozenset()
    """Operation names of the gate; empty: every call of a sender."""
    times: int = 1
    seconds: float = 5.0
    """How long a slow answer takes."""
    status: int = 200
    body: str = ""
    retry_after: str | None = None

    def response(self) -> Response:
        """Return the answer that takes the place of the right one."""
        if self.kind != "answer":
            return _PRESETS[self.kind]()
        wait = {"Retry-After": self.retry_after} if self.retry_after is not None else None
        return Response(self.body, self.status, wait)


def preset(kind: str) -> Fault:
    """Return a fault by its name."""
    return Fault(kind)


def read_fault(order: dict[str, Any]) -> Fault:
    """Return an order as a fault; `drop_answer`, or `status` with `body`, need no kind.

    Raises ValueError for a kind there is not.
    """
    usual = "lost" if order.get("drop_answer") else "answer"
    kind = str(order.get("kind", usual))
    if kind not in _KINDS:
        raise ValueError(f"no such fault: {kind}")
    only = order.get("only", [])
    return Fault(
        kind,
        frozenset([only] if isinstance(only, str) else only),
        int(order.get("times", 1)),
        float(order.get("seconds", 5)),
        int(order.get("status", 200)),
        str(order.get("body", "")),
        str(order["retry_after"]) if "retry_after" in order else None,
    )


class Faults:
    """The orders that wait, and those that stand until they are taken back."""

    def __init__(self) -> None:
        """Start with none."""
        self.next: list[Fault] = []
        self.standing: list[Fault] = []

    def take(self, operation: str, *, usual: bool) -> Fault | None:
        """Return the fault for a call, if there is one.

        usual: the call is one that faults without `only` are for.
        """
        for fault in (*self.next, *self.standing):
            if operation in fault.only or (usual and not fault.only):
                if fault in self.next:
                    fault.times -= 1
                    self.next = [one for one in self.next if one.times > 0]
                return fault
        return None


class SpoiledAnswer(Response):
    """An answer to work that is done, which comes spoiled."""

    def __init__(self, fault: Fault, answer: Response) -> None:
        """Spoil an answer."""
        super().__init__()
        self.fault, self.answer = fault, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await spoil(self.fault, self.answer, scope, receive, send)


async def spoil(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let a fault have its way with a call."""
    if fault.kind == "reset_upload":
        await receive()  # the first piece of the body, and no more
        await _tear(scope, receive)
    elif fault.kind not in AFTER:
        await fault.response()(scope, receive, send)
    else:
        start, body = await _answered(app, scope, receive)
        await _send_spoiled(fault, start, body, scope, receive, send)


async def _send_spoiled(
    fault: Fault, start: Message, body: bytes, scope: Scope, receive: Receive, send: Send
) -> None:
    if fault.kind == "lost":
        await HTMLResponse(HTML, 502)(scope, receive, send)
        return
    if fault.kind == "reset":
        await _tear(scope, receive)
        return
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    elif fault.kind == "empty":
        body = b""
    elif fault.kind == "truncated":
        body = body[: len(body) // 2]
    else:
        body = _changed(fault.kind, body)
    headers = [one for one in start["headers"] if one[0] != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answered(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Do the work and keep the answer."""
    said: list[Message] = []

    async def keep(message: Message) -> None:
        said.append(message)

    await app(scope, receive, keep)
    pieces = [one.get("body", b"") for one in said if one["type"] == "http.response.body"]
    return said[0], b"".join(pieces)


def _changed(kind: str, body: bytes) -> bytes:
    """Change a JSON answer as the live API has done without notice; leave what is no object."""
    try:
        said = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_with(kind, said)).encode()


def _with(kind: str, said: Any) -> Any:
    if isinstance(said, list):
        return [_with(kind, one) for one in said]
    if not isinstance(said, dict):
        return said
    changed = {name: _with(kind, value) for name, value in said.items()}
    if kind == "unknown_field":
        changed["newSinceYesterday"] = {"some": ["thing"]}
    if kind == "unknown_status" and "status" in changed:
        changed["status"] = "TeleportedToRecipient"
    if kind == "nulls":
        changed = {
            name: value
            if name.endswith(("Id", "ids", "status")) or isinstance(value, list)
            else None
            for name, value in changed.items()
        }
    return changed


async def _tear(scope: Scope, receive: Receive) -> None:
    """Reset the connection; in-process callers, who have none, get the error itself."""
    server = getattr(scope.get(RAW_SEND), "__self__", None)
    transport = getattr(server, "transport", None)
    if transport is None:
        raise ConnectionResetError("the stand-in was told to reset the connection")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
