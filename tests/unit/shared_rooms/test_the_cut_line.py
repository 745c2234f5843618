"""The tests' own line: what is cut arrives up to the byte, and no further."""

import socket
import threading
from collections.abc import Iterator

import pytest
from cut_line import Line, Towards, cut_line


@pytest.fixture
def echo() -> Iterator[Line]:
    """A line to a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_send_back, args=(caller,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with cut_line(server.getsockname()[1]) as line:
            yield line
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def _send_back(caller: socket.socket) -> None:
    with caller:
        try:
            while block := caller.recv(4096):
                caller.sendall(block)
        except OSError:
            return


def _said(line: Line, content: bytes) -> bytes:
    """Send, and return what comes back before the line ends or is silent."""
    got = b""
    with socket.create_connection(("127.0.0.1", line.port), timeout=0.5) as call:
        try:
            call.sendall(content)
            while len(got) < len(content) and (block := call.recv(4096)):
                got += block
        except (ConnectionError, TimeoutError) as fault:
            return got + f" {type(fault).__name__}".encode()
    return got


def test_a_whole_line_passes_everything_and_counts_it(echo: Line) -> None:
    content = b"abc" * 30_000

    got = _said(echo, content)

    assert got == content
    assert echo.moved == {Towards.SERVER: 90_000, Towards.CLIENT: 90_000}


@pytest.mark.parametrize("towards", list(Towards))
def test_a_cut_happens_once_at_its_byte(echo: Line, towards: Towards) -> None:
    echo.cut(4, towards)

    first, second = _said(echo, b"0123456789"), _said(echo, b"0123456789")

    assert b"4" not in first  # and of what was on the way, anything may be lost
    assert (second, echo.faults, echo.connections) == (b"0123456789", 1, 2)


def test_a_line_that_falls_silent_tells_nobody(echo: Line) -> None:
    echo.stall(4)

    got = _said(echo, b"0123456789")

    assert got == b" TimeoutError"
    assert _said(echo, b"again") == b"again"
