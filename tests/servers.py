"""Real SFTP servers of two makes, on this machine, each with a folder and a key of its own."""

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

BASH = "/bin/bash"
"""Its `ulimit -f` counts in KiB; other shells' in blocks of half that."""


@dataclass(frozen=True)
class SftpServer:
    """A running server, and how to log in; fits flows.sftp.Host."""

    host: str
    port: int
    user: str
    key_file: Path
    known_hosts_file: Path
    root: Path
    """What the login sees, on our disk."""
    timeout_seconds: float = 10


def make_keys(folder: Path) -> tuple[Path, Path]:
    """Make a host key and a client key; return their private files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name in ("host", "client"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / name)
        key.write_public_key(folder / f"{name}.pub")
        (folder / name).chmod(0o600)
        made.append(folder / name)
    return made[0], made[1]


def known_hosts(folder: Path, port: int) -> Path:
    public = (folder / "host.pub").read_text(encoding="utf-8").strip()
    file = folder / "known_hosts"
    file.write_text(f"[127.0.0.1]:{port} {public}\n", encoding="utf-8")
    return file


@contextmanager
def asyncssh_server(folder: Path) -> Iterator[SftpServer]:
    """Run asyncssh's server in a thread."""
    host_key, client_key = make_keys(folder / "keys")
    root = folder / "root"
    root.mkdir()
    loop = asyncio.new_event_loop()

    class Chrooted(asyncssh.SFTPServer):  # type: ignore[misc]
        def __init__(self, channel: object) -> None:
            super().__init__(channel, chroot=str(root).encode())

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[str(host_key)],
            authorized_client_keys=f"{client_key}.pub",
            sftp_factory=Chrooted,
        )

    acceptor = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        port = acceptor.get_port()
        yield SftpServer(
            "127.0.0.1", port, "svarut", client_key, known_hosts(folder / "keys", port), root
        )
    finally:
        asyncio.run_coroutine_threadsafe(_close(acceptor), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    await acceptor.wait_closed()
    # Connections end a little after their clients: wait, so that no socket is left behind.
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    if rest:
        await asyncio.wait(rest, timeout=2)
    await asyncio.sleep(0.05)


@contextmanager
def openssh_server(folder: Path, largest_file_kib: int = 0) -> Iterator[SftpServer]:
    """Run OpenSSH's own sshd, where there is one; CI must have it.

    largest_file_kib: the system refuses what is larger, as a full disk or a quota does.
    """
    sshd = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if sshd is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have OpenSSH's sshd; .ci/run installs it")
        pytest.skip("no sshd on this machine")
    host_key, client_key = make_keys(folder / "keys")
    root = folder / "root"
    root.mkdir()
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd goes to be nobody
    authorized = folder / "keys" / "authorized_keys"
    shutil.copy(f"{client_key}.pub", authorized)
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host_key}\n"
        f"AuthorizedKeysFile {authorized}\nPasswordAuthentication no\nStrictModes no\n"
        f"PidFile {folder}/sshd.pid\nSubsystem sftp internal-sftp -d {root}\nUsePAM no\n"
        "PermitRootLogin prohibit-password\n",
        encoding="utf-8",
    )
    log = folder / "sshd.log"
    with log.open("w", encoding="utf-8") as errors:
        # With XFSZ ignored, a limit on files looks like a full disk, now or when it is set later.
        limit = f"trap '' XFSZ; {f'ulimit -f {largest_file_kib}; ' if largest_file_kib else ''}"
        command = [BASH, "-c", f'{limit}exec "$@"', "sshd", sshd, "-D", "-e", "-f", str(config)]
        process = subprocess.Popen(command, stderr=errors)
    try:
        _wait_for(port, process, log)
        user = getpass.getuser()
        yield SftpServer(
            "127.0.0.1", port, user, client_key, known_hosts(folder / "keys", port), root
        )
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"sshd did not start: {log.read_text(encoding='utf-8')}")
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("sshd did not answer within ten seconds")


MAKES = {"asyncssh": asyncssh_server, "openssh": openssh_server}
