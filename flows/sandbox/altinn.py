"""A local Altinn 3 for senders, with Maskinporten and the contact register: faithful, and seeded.

Runs as a process of its own (`svarut sandbox altinn`) and speaks the published interface under
/correspondence/api/v1. Under /sandbox it takes orders. All it can do: docs/sandbox.md.
"""

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from flows.sandbox import (
    altinn_answers,
    altinn_attachments,
    altinn_orders,
    altinn_recipient,
    altinn_search,
    altinn_sending,
    altinn_tokens,
    contact_register,
    maskinporten,
)
from flows.sandbox.altinn_faults import RAW_SEND, Faults
from flows.sandbox.altinn_gate import API, Gate
from flows.sandbox.altinn_mail import MailRoom
from flows.sandbox.altinn_problem import Problem, as_problem
from flows.sandbox.rate_limits import Limits

BASE: Final = f"{API}/correspondence"


class StandIn(Starlette):
    """An app that keeps hold of the server's own `send`, to be able to tear connections."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a call."""
        scope[RAW_SEND] = send
        await super().__call__(scope, receive, send)


def create_app(
    *,
    token: str | None = "sandbox",  # noqa: S107  -- this machine's own
    clients: Sequence[dict[str, Any]] = (),
    wall_clock: Callable[[], float] = time.time,
    seed: int = 1,
    publish_delay: timedelta = timedelta(seconds=90),
    scan_delay: timedelta = timedelta(seconds=60),
    limits: Mapping[str, Any] | None = None,
) -> Starlette:
    """Return the stand-in as an app, with an empty mail room in `app.state.room`.

    token: taken beside the tokens of Maskinporten and the exchange; None: only those.
    clients: registered with Maskinporten from the start, as POST /sandbox/clients takes them.
    limits: calls a minute by operation, as POST /sandbox/limits takes them.
    """
    issuer = maskinporten.Maskinporten(wall_clock)
    for client in clients:
        issuer.register(client)
    tokens, faults = altinn_tokens.Tokens(issuer, token), Faults()
    limited = Limits(dict(limits or {}))
    app = StandIn(
        routes=[*_api(), *_tokens(), *_orders()],
        exception_handlers={Problem: as_problem},
        middleware=[Middleware(Gate, tokens=tokens, faults=faults, limits=limited)],
    )
    app.state.maskinporten, app.state.tokens = issuer, tokens
    app.state.room = MailRoom(seed, publish_delay, scan_delay)
    app.state.faults, app.state.limits = faults, limited
    return app


def _api() -> list[Route]:
    one, attachment = f"{BASE}/{{id}}", f"{API}/attachment"
    return [
        Route(attachment, altinn_attachments.announce, methods=["POST"]),
        Route(f"{attachment}/{{id}}", altinn_attachments.overview, methods=["GET"]),
        Route(f"{attachment}/{{id}}", altinn_attachments.purge, methods=["DELETE"]),
        Route(f"{attachment}/{{id}}/upload", altinn_attachments.upload, methods=["POST"]),
        Route(f"{attachment}/{{id}}/details", altinn_attachments.details, methods=["GET"]),
        Route(f"{attachment}/{{id}}/download", altinn_attachments.download, methods=["GET"]),
        Route(BASE, altinn_sending.initialize, methods=["POST"]),
        Route(BASE, altinn_search.search, methods=["GET"]),
        Route(f"{BASE}/upload", altinn_sending.upload, methods=["POST"]),
        Route(one, altinn_answers.overview, methods=["GET"]),
        Route(f"{one}/details", altinn_answers.details, methods=["GET"]),
        Route(f"{one}/purge", altinn_answers.purge, methods=["DELETE"]),
        Route(f"{one}/content", altinn_recipient.content, methods=["GET"]),
        Route(f"{one}/markasread", altinn_recipient.mark_as_read, methods=["POST"]),
        Route(f"{one}/confirm", altinn_recipient.confirm, methods=["POST"]),
        Route(f"{one}/forward", altinn_recipient.forward, methods=["POST"]),
        Route(
            f"{one}/attachment/{{attachment}}/download",
            altinn_recipient.download,
            methods=["GET"],
        ),
        Route(f"{one}/attachments/downloadall", altinn_recipient.download_all, methods=["GET"]),
        Route(contact_register.PATH, contact_register.persons, methods=["POST"]),
    ]


def _tokens() -> list[Route]:
    keys = "/authentication/api/v1/openid/.well-known/jwks.json"
    return [
        Route("/maskinporten/token", maskinporten.token, methods=["POST"]),
        Route("/maskinporten/jwks", maskinporten.jwks, methods=["GET"]),
        Route(altinn_tokens.EXCHANGE, altinn_tokens.exchange, methods=["GET"]),
        Route(keys, altinn_tokens.jwks, methods=["GET"]),
    ]


def _orders() -> list[Route]:
    return [
        Route("/sandbox/clients", altinn_tokens.clients, methods=["POST"]),
        Route("/sandbox/tokens", altinn_tokens.orders, methods=["GET", "POST"]),
        Route("/sandbox/clock", altinn_orders.clock, methods=["GET", "POST"]),
        Route("/sandbox/readers", altinn_orders.readers, methods=["POST"]),
        Route("/sandbox/contacts", altinn_orders.contacts, methods=["POST"]),
        Route("/sandbox/resources", altinn_orders.resources, methods=["POST"]),
        Route("/sandbox/faults", altinn_orders.faults, methods=["POST"]),
        Route("/sandbox/limits", altinn_orders.limits, methods=["GET", "POST"]),
        Route("/sandbox/acts", altinn_orders.acts, methods=["POST"]),
        Route("/sandbox/mail", altinn_orders.mail, methods=["GET"]),
    ]


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
