"""Real servers on this machine that hear what svarut tells: a mail server and a web server."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


@dataclass
class MailServer:
    """What it does, and what it has taken."""

    port: int = 0
    refuses: str = ""
    """A command it says 550 to: `RCPT`, `DATA`."""
    hangs_up: bool = False
    """Once it has a whole message, before it says so."""
    letters: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


@contextmanager
def mail_server(certificate: tuple[Path, Path] | None = None) -> Iterator[MailServer]:
    """An SMTP server; with a certificate, one that does STARTTLS and takes any login."""
    server, ready = MailServer(), threading.Event()
    loop = asyncio.new_event_loop()
    sockets: list[asyncio.Server] = []

    async def listen() -> None:
        listening = await asyncio.start_server(
            lambda reader, writer: _converse(server, certificate, reader, writer), "127.0.0.1", 0
        )
        sockets.append(listening)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(listen(), loop)
    assert ready.wait(10)
    yield server
    loop.call_soon_threadsafe(sockets[0].close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


async def _converse(
    server: MailServer,
    certificate: tuple[Path, Path] | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    encrypted = False

    async def say(line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()

    await say("220 here")
    while line := (await reader.readline()).decode().strip():
        word, _, rest = line.partition(" ")
        word = word.upper()
        if word == server.refuses:
            await say("550 no")
        elif word == "EHLO":
            offers = ["250-STARTTLS"] * bool(certificate and not encrypted) + ["250 AUTH PLAIN"]
            await say("\r\n".join(["250-here", *offers]))
        elif word == "STARTTLS" and certificate:
            await say("220 go on")
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*certificate)
            await writer.start_tls(context)
            encrypted = True
        elif word == "AUTH":
            server.logins.append(rest)
            await say("235 known")
        elif word == "DATA":
            await say("354 go on")
            content = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
            letter = message_from_bytes(content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            server.letters.append(letter)
            server.encrypted.append(encrypted)
            if server.hangs_up:
                break
            await say("250 taken")
        elif word == "QUIT":
            await say("221 bye")
            break
        else:
            await say("250 well")
    writer.close()


@dataclass
class WebServer:
    """What it answers, and what it has heard."""

    url: str = ""
    answers: int = 200
    hangs_up: bool = False
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Method and path, headers, body."""
    then: Callable[[], None] = lambda: None
    """Called when something is heard, before it is answered."""


@contextmanager
def web_server() -> Iterator[WebServer]:
    """An HTTP server that remembers."""
    server = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def _hear(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.heard.append((f"{self.command} {self.path}", headers, body))
            server.then()
            if server.hangs_up:
                return
            self.send_response(server.answers)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = _hear  # noqa: N815

        def log_message(self, *_: object) -> None:  # type: ignore[override]
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        listening.shutdown()
        thread.join(10)
