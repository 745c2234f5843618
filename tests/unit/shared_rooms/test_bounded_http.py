"""What a real HTTP server may answer, and how much of it is read."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from flows import bounded_http
from flows.bounded_http import MOST_BYTES, PLAIN, bounded

BLOCK = bytes(1024 * 1024)


class Hostile(BaseHTTPRequestHandler):
    """Answers as its path says; keeps what it was asked with."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        if self.path == "/elsewhere":
            self.send_response(307)
            self.send_header("Location", "/other-host")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        packed = gzip.compress(BLOCK) if self.path == "/packed" else b'{"ok": true}'
        self.send_response(200)
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        if self.path != "/endless":
            self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        if self.path != "/endless":
            self.wfile.write(packed)
            return
        try:
            for _ in range(100 * MOST_BYTES // len(BLOCK)):
                self.wfile.write(BLOCK)
        except OSError:
            return  # the client has had enough

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    Hostile.asked = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    headers = {**PLAIN, "Authorization": "Bearer t"}
    with httpx.Client(base_url=server, headers=headers, timeout=30, **bounded()) as client:
        yield client


def test_an_ordinary_answer_is_read(client: httpx.Client) -> None:
    assert client.get("/ordinary").json() == {"ok": True}


def test_an_answer_without_end_is_left_when_it_is_too_large(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "MOST_BYTES", 3 * len(BLOCK))

    with pytest.raises(httpx.TransportError, match="more than"):
        client.get("/endless")


def test_an_answer_that_is_packed_is_not_unpacked(client: httpx.Client) -> None:
    with pytest.raises(httpx.TransportError, match="packed"):
        client.get("/packed")


def test_an_answer_cannot_send_us_and_our_token_elsewhere(client: httpx.Client) -> None:
    answer = client.get("/elsewhere")

    assert answer.status_code == 307
    assert ("/other-host", "Bearer t") not in Hostile.asked
    assert [path for path, _ in Hostile.asked if path == "/other-host"] == []
