"""A local print vendor: a real SFTP server with a print shop behind it.

Runs as a process of its own (`svarut sandbox vendor`). Over HTTP on a second port it takes orders:
POST /sandbox/work {"now": ...} works, POST /sandbox/errors {"next": [...]} makes it err,
GET /sandbox/state says how many times each letter was printed.
"""

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flows.sandbox import locked_packages
from flows.sandbox.print_shop import ERRORS, PrintShop

USER = "svarut"


@dataclass(frozen=True)
class Login:
    """What a customer needs to log in; known_hosts names the server once it runs."""

    client_key: Path
    known_hosts: Path


def prepare_login(folder: Path) -> Login:
    """Make the server's and the customer's keys below a folder, if they are not there."""
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    for name in ("host_ed25519", "client_ed25519"):
        if not (keys / name).exists():
            key = asyncssh.generate_private_key("ssh-ed25519", comment=name)
            key.write_private_key(keys / name)
            (keys / name).chmod(0o600)
            key.write_public_key(keys / f"{name}.pub")
    return Login(keys / "client_ed25519", keys / "known_hosts")


def serve(
    folder: Path,
    *,
    sftp_port: int = 2222,
    control_port: int = 8081,
    customer: str = "SVAR",
    poll_seconds: float | None = 10,
) -> None:
    """Run until stopped; the first line printed says where, for whoever started it.

    The customer sees `<folder>/sftp`; keys are in `<folder>/keys`; the books in `<folder>/verksted`.
    poll_seconds: None works only when told.
    """
    shop = PrintShop(folder / "sftp", customer)
    login = prepare_login(folder)
    locked_packages.make_pair(folder / "keys")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(shop, login, sftp_port, control_port, poll_seconds))


async def _serve(
    shop: PrintShop,
    login: Login,
    sftp_port: int,
    control_port: int,
    poll_seconds: float | None,
) -> None:
    acceptor = await listen(shop.root, login, sftp_port)
    port = acceptor.get_port()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.bind(("127.0.0.1", control_port))
        control = line.getsockname()[1]
        print(  # noqa: T201
            f"print vendor listening on sftp://127.0.0.1:{port} control http://127.0.0.1:{control}",
            flush=True,
        )
        config = uvicorn.Config(control_app(shop), log_level="warning", access_log=False)
        polling = asyncio.create_task(_poll(shop, poll_seconds)) if poll_seconds else None
        await uvicorn.Server(config).serve(sockets=[line])
        if polling is not None:
            polling.cancel()


async def listen(root: Path, login: Login, port: int) -> asyncssh.SSHAcceptor:
    """Start the SFTP server on a folder, and write its host key to known_hosts."""

    class OurFolder(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(channel, chroot=str(root).encode())

    keys = login.client_key.parent
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[str(keys / "host_ed25519")],
        authorized_client_keys=str(keys / "client_ed25519.pub"),
        sftp_factory=OurFolder,
    )
    public = (keys / "host_ed25519.pub").read_text(encoding="utf-8")
    login.known_hosts.write_text(f"[127.0.0.1]:{acceptor.get_port()} {public}", encoding="utf-8")
    return acceptor


def control_app(shop: PrintShop) -> Starlette:
    """Return the control of a shop as an app."""

    async def work(request: Request) -> Response:
        order = await request.json()
        return JSONResponse(shop.work(datetime.fromisoformat(order["now"]).astimezone(UTC)))

    async def errors(request: Request) -> Response:
        wanted = set((await request.json())["next"])
        unknown = sorted(wanted - set(ERRORS))
        shop.errors |= wanted - set(unknown)
        return JSONResponse({"unknown": unknown}, 400 if unknown else 200)

    async def state(_: Request) -> Response:
        return JSONResponse({"printed": shop.printed()})

    return Starlette(
        routes=[
            Route("/sandbox/work", work, methods=["POST"]),
            Route("/sandbox/errors", errors, methods=["POST"]),
            Route("/sandbox/state", state, methods=["GET"]),
        ],
    )


async def _poll(shop: PrintShop, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        shop.work(datetime.now(UTC))
