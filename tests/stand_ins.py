"""The stand-ins, running for a test: real HTTP and real SFTP on this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import uvicorn

from flows.sandbox.altinn import create_app


@dataclass(frozen=True)
class AltinnStandIn:
    """A running Altinn, and its orders."""

    url: str

    def set_clock(self, now: datetime) -> None:
        httpx.post(f"{self.url}/sandbox/clock", json={"now": now.isoformat()}).raise_for_status()

    def set_readers(self, **habits: str) -> None:
        httpx.post(f"{self.url}/sandbox/readers", json=habits).raise_for_status()

    def spoil_next(self, *faults: dict[str, Any]) -> None:
        httpx.post(f"{self.url}/sandbox/faults", json={"next": faults}).raise_for_status()

    def order(self, what: str, **order: Any) -> Any:
        """Give an order under /sandbox; see docs/sandbox.md."""
        answer = httpx.post(f"{self.url}/sandbox/{what}", json=order).raise_for_status()
        return answer.json()

    def mail(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/sandbox/mail").json()["mail"]
        return found


@contextmanager
def running_altinn(seed: int = 1, **options: Any) -> Iterator[AltinnStandIn]:
    """Run the Altinn stand-in on a free port; options as `create_app` takes them."""
    with served(create_app(seed=seed, **options)) as url:
        yield AltinnStandIn(url)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an ASGI app on a free port; give its address."""
    config = uvicorn.Config(app, port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
