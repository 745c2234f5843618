"""A local Altinn 3 Correspondence API, for its senders: faithful, and forgets nothing.

Runs as a process of its own (`svarut sandbox altinn`) and speaks the published interface under
/correspondence/api/v1. Under /sandbox it takes orders: `clock` moves time, `readers` sets habits,
`faults` spoils the next sender calls, `mail` shows what it has. Attachments are hashed and let go.
"""

import hashlib
import re
import socket
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.sandbox import altinn_tokens, maskinporten
from flows.sandbox.altinn_mail import Mail, MailRoom, new_id

BASE: Final = "/correspondence/api/v1/correspondence"
EXCHANGE: Final = "/authentication/api/v1/exchange/maskinporten"
MAX_FOUND: Final = 1000
_URN: Final = re.compile(r"^urn:altinn:(?:person|organization):identifier-no:(\d{11}|\d{9})$")
_MARKUP: Final = re.compile(r"[*_<>`#]|\[[^]]*\]\(")


class Problem(Exception):  # noqa: N818  -- the API's own word
    """An answer that is a problem."""

    def __init__(self, status: int, code: int | None, detail: str, **more: Any) -> None:
        """Keep what the problem body says."""
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more

    def response(self) -> Response:
        """Return it as problem details."""
        body: dict[str, Any] = {
            "type": f"https://tools.ietf.org/html/rfc9110#{self.status}",
            "title": "Problem",
            "status": self.status,
            "detail": self.detail,
            "traceId": "00-sandbox-00",
            **self.more,
        }
        if self.code is not None:
            body |= {"code": f"CORR-{self.code:05d}", "errorCode": self.code}
        return JSONResponse(body, self.status, media_type="application/problem+json")


_EXCHANGE_IT: Final = Problem(
    403, None, "Exchange the Maskinporten token for an Altinn token first"
)


class Gate:
    """Checks token and Accept, and spoils calls where told to."""

    def __init__(
        self, app: ASGIApp, *, tokens: altinn_tokens.Tokens, faults: list[dict[str, Any]]
    ) -> None:
        """Stand before an app."""
        self.app, self.tokens, self.faults = app, tokens, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call through, or not."""
        if scope["type"] != "http" or not scope["path"].startswith(BASE):
            await self.app(scope, receive, send)
            return
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        fault = self.faults.pop(0) if self.faults else {}
        caller = self.tokens.caller(headers.get("authorization", ""))
        if caller is None:
            await Response(status_code=401)(scope, receive, send)
        elif not caller.may(altinn_tokens.WRITE):
            await Response(status_code=403)(scope, receive, send)
        elif not caller.exchanged and not caller.may(altinn_tokens.SERVICE_OWNER):
            await _EXCHANGE_IT.response()(scope, receive, send)
        elif not {"*/*", "application/json"} & set(re.split(r"[,;]\s*", headers.get("accept", ""))):
            await Response(status_code=406)(scope, receive, send)
        elif fault.get("drop_answer"):
            await self.app(scope, receive, _swallow)
            await HTMLResponse("<html>Bad Gateway</html>", 502)(scope, receive, send)
        elif fault:
            wait = {"Retry-After": str(fault["retry_after"])} if "retry_after" in fault else None
            answer = Response(fault.get("body", ""), fault["status"], wait)
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)


async def _swallow(_: Any) -> None:
    """Lose an answer on the way."""


def create_app(
    *,
    token: str | None = "sandbox",  # noqa: S107  -- this machine's own
    clients: Sequence[dict[str, Any]] = (),
    wall_clock: Callable[[], float] = time.time,
    seed: int = 1,
    publish_delay: timedelta = timedelta(seconds=90),
) -> Starlette:
    """Return the stand-in as an app, with an empty mail room in `app.state.room`.

    token: taken beside the tokens of Maskinporten and the exchange; None: only those.
    clients: registered with Maskinporten from the start, as POST /sandbox/clients takes them.
    """
    faults: list[dict[str, Any]] = []
    issuer = maskinporten.Maskinporten(wall_clock)
    for client in clients:
        issuer.register(client)
    tokens = altinn_tokens.Tokens(issuer, token)
    app = Starlette(
        routes=[
            Route(f"{BASE}/upload", _upload, methods=["POST"]),
            Route(BASE, _search, methods=["GET"]),
            Route(f"{BASE}/{{id}}", _overview, methods=["GET"]),
            Route(f"{BASE}/{{id}}/details", _details, methods=["GET"]),
            Route(f"{BASE}/{{id}}/purge", _purge, methods=["DELETE"]),
            Route("/maskinporten/token", maskinporten.token, methods=["POST"]),
            Route("/maskinporten/jwks", maskinporten.jwks, methods=["GET"]),
            Route(EXCHANGE, altinn_tokens.exchange, methods=["GET"]),
            Route("/authentication/api/v1/openid/.well-known/jwks.json", altinn_tokens.jwks),
            Route("/sandbox/clients", altinn_tokens.clients, methods=["POST"]),
            Route("/sandbox/tokens", altinn_tokens.orders, methods=["GET", "POST"]),
            Route("/sandbox/clock", _clock, methods=["GET", "POST"]),
            Route("/sandbox/readers", _readers, methods=["POST"]),
            Route("/sandbox/faults", _faults, methods=["POST"]),
            Route("/sandbox/mail", _mail, methods=["GET"]),
        ],
        exception_handlers={Problem: _as_problem},
        middleware=[Middleware(Gate, tokens=tokens, faults=faults)],
    )
    app.state.maskinporten, app.state.tokens = issuer, tokens
    app.state.room, app.state.faults = MailRoom(seed, publish_delay), faults
    return app


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    token: str | None = "sandbox",  # noqa: S107
    clients: Sequence[dict[str, Any]] = (),
    seed: int = 1,
) -> None:
    """Run until stopped; the first line printed says where, for whoever started it."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.bind((host, port))
        print(  # noqa: T201
            f"altinn stand-in listening on http://{host}:{line.getsockname()[1]}", flush=True
        )
        app = create_app(token=token, clients=clients, seed=seed)
        # No access log: addresses of calls hold numbers of letters.
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[line])


async def _as_problem(_: Request, problem: Exception) -> Response:
    return problem.response() if isinstance(problem, Problem) else Response(status_code=500)


async def _upload(request: Request) -> Response:
    room: MailRoom = request.app.state.room
    async with request.form() as form:
        fields, files = _fields(form)
        _check_fields(fields)
        key = fields.get("idempotentkey")
        if key in room.by_key:
            raise Problem(409, 1034, "A correspondence with the same idempotent key already exists")
        attachments = [await _attachment(place, file, fields) for place, file in enumerate(files)]
    urn = fields["recipients[0]"]
    number = urn.rpartition(":")[2]
    reference = fields["correspondence.sendersreference"]
    habit = room.habit_of(number, reference)
    if habit == "unknown":
        raise Problem(404, 1029, "Could not find partyId for the following recipients")
    if habit == "reserved":
        raise Problem(422, 1030, "The recipient has reserved themselves")
    wanted = fields.get("correspondence.requestedpublishtime")
    mail = Mail(
        id=new_id(f"{room.seed}/{key or reference}/{len(room.mail)}"),
        key=key,
        recipient=urn,
        number=number,
        reference=reference,
        resource=fields["correspondence.resourceid"],
        created=room.now,
        requested_publish=datetime.fromisoformat(wanted) if wanted else room.now,
        attachments=attachments,
        habit=habit,
    )
    room.put(mail)
    answer = {"correspondenceId": mail.id, "status": mail.status, "recipient": urn}
    return JSONResponse({"correspondences": [answer], "attachmentIds": []})


def _fields(form: FormData) -> tuple[dict[str, str], list[UploadFile]]:
    """Return a form's fields by lower-case name, since the API does not mind case, and its files."""
    fields, files = {}, []
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields[name.lower()] = value
        else:
            files.append(value)
    return fields, files


def _check_fields(fields: dict[str, str]) -> None:
    limits = {
        "correspondence.resourceid": 255,
        "correspondence.sendersreference": 4096,
        "correspondence.content.messagetitle": 255,
        "correspondence.content.messagebody": 30_000,
        "recipients[0]": 100,
    }
    wrong = {
        name: [f"1 to {most} characters"]
        for name, most in limits.items()
        if not 1 <= len(fields.get(name, "")) <= most
    }
    if not _URN.match(fields.get("recipients[0]", "")):
        wrong["recipients[0]"] = ["not a recipient"]
    if wrong:
        raise Problem(400, None, "One or more validation errors occurred.", errors=wrong)
    if "recipients[1]" in fields and "idempotentkey" in fields:
        raise Problem(400, 1047, "An idempotent key can only be used with one recipient")
    if _MARKUP.search(fields["correspondence.content.messagetitle"]):
        raise Problem(400, 1020, "Message title must be plain text")
    if fields.get("correspondence.content.language", "nb") not in {"nb", "nn", "en"}:
        raise Problem(400, 1023, "Language must be nb, nn or en")


async def _attachment(place: int, file: UploadFile, fields: dict[str, str]) -> dict[str, object]:
    part = f"correspondence.content.attachments[{place}]"
    name = fields.get(f"{part}.filename")
    if name != file.filename or not fields.get(f"{part}.sendersreference"):
        raise Problem(400, 1005, "The files do not match the attachments described")
    content = await file.read()
    checksum = fields.get(f"{part}.checksum")
    if checksum and checksum != hashlib.md5(content, usedforsecurity=False).hexdigest():
        raise Problem(400, 2008, "Checksum mismatch")
    return {
        "fileName": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
    }


async def _search(request: Request) -> Response:
    room: MailRoom = request.app.state.room
    query = request.query_params
    if "resourceId" not in query or "role" not in query:
        raise Problem(400, None, "One or more validation errors occurred.", errors={"query": []})
    if "idempotentKey" in query:
        found = room.by_key.get(query["idempotentKey"])
        return JSONResponse({"ids": [found] if found else []})
    first, last = (
        datetime.fromisoformat(query[name]) if name in query else None for name in ("from", "to")
    )
    ids = [
        mail.id
        for mail in sorted(room.mail.values(), key=lambda one: one.requested_publish, reverse=True)
        if mail.resource == query["resourceId"]
        and (first is None or mail.requested_publish > first)
        and (last is None or mail.requested_publish < last)
        and ("status" not in query or mail.when(query["status"]) is not None)
        and query.get("sendersReference", mail.reference) == mail.reference
    ]
    return JSONResponse({"ids": ids[:MAX_FOUND]})


async def _overview(request: Request) -> Response:
    mail = _found(request)
    if mail.purged:
        raise Problem(404, 1001, "The requested correspondence was not found")
    return JSONResponse(_shown(mail))


async def _details(request: Request) -> Response:
    mail = _found(request)
    history = [
        {"status": name, "statusText": name, "statusChanged": _text(at)}
        for name, at in mail.history
    ]
    return JSONResponse({**_shown(mail), "statusHistory": history})


async def _purge(request: Request) -> Response:
    mail, room = _found(request), request.app.state.room
    if mail.purged:
        raise Problem(400, 1014, "Correspondence has already been purged")
    if mail.when("Published"):
        raise Problem(400, 1013, "Cannot purge correspondence that has been published")
    mail.history.append(("PurgedByAltinn", room.now))
    return JSONResponse(mail.id)


def _found(request: Request) -> Mail:
    room: MailRoom = request.app.state.room
    mail = room.mail.get(request.path_params["id"])
    if mail is None:
        raise Problem(404, 1001, "The requested correspondence was not found")
    room.catch_up(mail)
    return mail


def _shown(mail: Mail) -> dict[str, Any]:
    return {
        "correspondenceId": mail.id,
        "recipient": mail.recipient,
        "resourceId": mail.resource,
        "sendersReference": mail.reference,
        "created": _text(mail.created),
        "requestedPublishTime": _text(mail.requested_publish),
        "status": mail.status,
        "statusText": mail.status,
        "statusChanged": _text(mail.history[-1][1]),
        "published": _text(mail.when("Published")),
        "read": _text(mail.when("Read")),
        "content": {"language": "no", "messageTitle": "", "messageBody": "", "attachments": []},
        "notifications": [],
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


async def _clock(request: Request) -> Response:
    room: MailRoom = request.app.state.room
    if request.method == "POST":
        order = await request.json()
        to = room.now + timedelta(seconds=order.get("advance_seconds", 0))
        if "now" in order:
            to = datetime.fromisoformat(order["now"]).astimezone(UTC)
        room.move_clock(to)
    return JSONResponse({"now": _text(room.now)})


async def _readers(request: Request) -> Response:
    habits: dict[str, str] = await request.json()
    room: MailRoom = request.app.state.room
    room.habits |= habits
    for mail in room.mail.values():
        mail.habit = room.habit_of(mail.number, mail.reference)
    return JSONResponse({"set": len(habits)})


async def _faults(request: Request) -> Response:
    order = await request.json()
    request.app.state.faults.extend(order["next"])
    return JSONResponse({"waiting": len(request.app.state.faults)})


async def _mail(request: Request) -> Response:
    room: MailRoom = request.app.state.room
    shown = [
        {
            "id": mail.id,
            "sendersReference": mail.reference,
            "idempotentKey": mail.key,
            "status": mail.status,
            "published": _text(mail.when("Published")),
            "read": _text(mail.when("Read")),
            "attachments": mail.attachments,
        }
        for mail in room.mail.values()
    ]
    return JSONResponse({"count": len(shown), "mail": shown})
