"""A TCP line to a server that can be cut, or go silent, after a given number of bytes."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

BLOCK: Final = 32 * 1024
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing throws away what is on the way, and the other end is told at once."""


class Towards(StrEnum):
    """Which way the bytes go that are counted."""

    SERVER = "server"
    CLIENT = "client"


@dataclass
class Line:
    """A line that passes bytes until it is told to fail; made by `cut_line`.

    A fault is armed with `cut` or `stall`, happens once, and the line is whole again for those
    who call afterwards. Bytes are counted over all connections since the fault was armed.
    """

    port: int
    target: tuple[str, int]
    moved: dict[Towards, int] = field(default_factory=lambda: dict.fromkeys(Towards, 0))
    """Bytes passed since the line was made or last armed, by direction."""
    faults: int = 0
    """How many have happened."""
    connections: int = 0
    """How many calls there were."""
    _after: tuple[Towards, int, bool] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: list[socket.socket] = field(default_factory=list)

    def cut(self, after_bytes: int, towards: Towards = Towards.SERVER) -> None:
        """Break the connection once this many more bytes have passed that way."""
        self._arm(towards, after_bytes, stall=False)

    def stall(self, after_bytes: int, towards: Towards = Towards.SERVER) -> None:
        """Fall silent once this many more bytes have passed that way; nobody is told."""
        self._arm(towards, after_bytes, stall=True)

    def mend(self) -> None:
        """Take away a fault that has not happened, and count from nothing."""
        with self._lock:
            self._after = None
            self.moved = dict.fromkeys(Towards, 0)

    def hang_up(self) -> None:
        """Break every connection there is, now."""
        with self._lock:
            ours, self._open = self._open, []
        for each in ours:
            _reset(each)

    def _arm(self, towards: Towards, after_bytes: int, *, stall: bool) -> None:
        with self._lock:
            self._after = (towards, after_bytes, stall)
            self.moved = dict.fromkeys(Towards, 0)

    def _may_pass(self, towards: Towards, size: int) -> tuple[int, str]:
        """Return how many of these bytes pass, and what happens then: nothing, cut or stall."""
        with self._lock:
            room = size
            happens = ""
            if self._after is not None and self._after[0] is towards:
                room = min(size, self._after[1] - self.moved[towards])
                if room < size:
                    happens = "stall" if self._after[2] else "cut"
                    self._after = None
                    self.faults += 1
            self.moved[towards] += room
            return room, happens

    def _answer(self, caller: socket.socket) -> None:
        self.connections += 1
        try:
            server = socket.create_connection(self.target)
        except OSError:
            _reset(caller)
            return
        for each in (caller, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open += [caller, server]
        silent = threading.Event()
        ways = ((caller, server, Towards.SERVER), (server, caller, Towards.CLIENT))
        for source, sink, towards in ways:
            threading.Thread(
                target=self._pass_on, args=(source, sink, towards, silent), daemon=True
            ).start()

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, towards: Towards, silent: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                if silent.is_set():
                    continue
                room, happens = self._may_pass(towards, len(block))
                if happens == "stall":
                    silent.set()  # before the last bytes go: the answer to them is not heard
                if room:
                    sink.sendall(block[:room])
                if happens == "cut":
                    break
            else:
                if not silent.is_set():
                    sink.shutdown(socket.SHUT_WR)
                    return
        if not silent.is_set():
            _reset(source)
            _reset(sink)


@contextmanager
def cut_line(port: int, host: str = "127.0.0.1") -> Iterator[Line]:
    """Lay a line on this machine to a server; it answers on `Line.port`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(listener.getsockname()[1], (host, port))

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    line._answer(caller)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield line
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)
            line.hang_up()


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.shutdown(socket.SHUT_RDWR)
    end.close()
