"""Runs abandoned at a call or a commit, in this process; and the stand-in they meet, by HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx


class Killed(BaseException):
    """The run is over, wherever it was."""


class Served:
    """The stand-in of the example under way, behind one server for all of them."""

    url: str
    app: Any

    @staticmethod
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await Served.app(scope, receive, send)


class Fuse:
    """Kills a run at its n-th point: before or after a call, or before a commit."""

    def __init__(self) -> None:
        self.left: int | None = None

    def pass_a_point(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                raise Killed

    @contextmanager
    def lit(self, points: int | None) -> Iterator[None]:
        self.left = points
        try:
            with suppress(Killed):
                yield
        finally:
            self.left = None


class WatchedClient(httpx.Client):
    """A client of the stand-in whose every call is two points."""

    def __init__(self, fuse: Fuse) -> None:
        headers = {"Authorization": "Bearer sandbox", "Accept": "application/json"}
        super().__init__(base_url=Served.url, headers=headers)
        self.fuse = fuse

    def send(self, *arguments: Any, **options: Any) -> Any:
        self.fuse.pass_a_point()
        answer = super().send(*arguments, **options)
        self.fuse.pass_a_point()
        return answer
