"""Read no more of an HTTP answer than it can sensibly be, whoever sends it."""

from collections.abc import Iterator
from typing import Any, Final

import httpx

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of one answer: the largest we ask for, a thousand letters' moves, are under one."""


def bounded() -> dict[str, Any]:
    """Return what a client is made with so that its answers are plain, and no larger than MOST.

    An answer that is larger, or packed though we asked for plain bytes, ends in an
    httpx.TransportError like any broken one. Redirects are not followed: that is httpx's way, and
    an address in an answer is nowhere we send a token.
    """
    return {"event_hooks": {"response": [_bound]}, "follow_redirects": False}


PLAIN: Final = {"Accept-Encoding": "identity"}
"""Asks for answers as they are: one that is packed may be a thousand times what was sent."""


def _bound(answer: httpx.Response) -> None:
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        answer.close()
        raise httpx.RemoteProtocolError("the answer is packed", request=answer.request)
    answer.stream = _Bounded(answer)


class _Bounded(httpx.SyncByteStream):
    """An answer's bytes, until there are too many."""

    def __init__(self, answer: httpx.Response) -> None:
        self._stream, self._request = answer.stream, answer.request

    def __iter__(self) -> Iterator[bytes]:
        came = 0
        for part in self._stream:  # type: ignore[union-attr]
            came += len(part)
            if came > MOST_BYTES:
                raise httpx.ReadError(f"more than {MOST_BYTES} bytes", request=self._request)
            yield part

    def close(self) -> None:
        self._stream.close()  # type: ignore[union-attr]
