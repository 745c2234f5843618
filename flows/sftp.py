"""Move whole files to and from hosts we know by their key."""

import errno
import hashlib
import logging
import re
import socket
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import paramiko

from flows.bandwidth import Bandwidth
from flows.errors import NeedsAPerson, TryAgainLater

log = logging.getLogger(__name__)

CIPHERS: Final = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
"""Our order. paramiko lists GCM last and never gets it; with it a transfer is 1.5 times as fast."""

ANSWER_BYTES: Final = 1024 * 1024
"""Of an `.ok` or an acknowledgement: a hundred times what one is."""

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What ends a line or moves a terminal's cursor."""

READ_BYTES: Final = 1024 * 1024
WRITE_BYTES: Final = 32 * 1024
"""What one request of SFTP carries."""

OUR_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Only our own disk says these: over SFTP a server has no number for them."""


class WriteRefused(NeedsAPerson):
    """The server answers, and does not let us write."""


class Host(Protocol):
    """What we must know of a server before we call it; the vendor's settings are one."""

    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def port(self) -> int: ...  # noqa: D102
    @property
    def user(self) -> str: ...  # noqa: D102
    @property
    def key_file(self) -> Path: ...  # noqa: D102
    @property
    def known_hosts_file(self) -> Path: ...  # noqa: D102
    @property
    def timeout_seconds(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class RemoteFile:
    """A file on the server."""

    name: str
    size_bytes: int


@dataclass(frozen=True)
class RemoteEntry:
    """A file or a folder on the server."""

    name: str
    is_folder: bool
    size_bytes: int
    written_at: float
    """Seconds since 1970, by the server's clock."""


class Sftp:
    """An open connection; made by `connect`. Folders are relative to where the login lands."""

    def __init__(self, client: paramiko.SFTPClient, host: str) -> None:
        """Keep the connection, and the host's name for messages."""
        self._client, self._host = client, host

    def files_in(self, folder: str) -> list[RemoteFile]:
        """Return the plain files of a folder by name; an absent folder is an empty one.

        A name with a control character in it, which could forge a log line, is left and counted.
        """
        return sorted(
            (
                RemoteFile(entry.filename, entry.st_size or 0)
                for entry in self._shown(folder)
                if entry.st_mode is None or stat.S_ISREG(entry.st_mode)
            ),
            key=lambda file: file.name,
        )

    def entries_in(self, folder: str) -> list[RemoteEntry]:
        """Return the plain files and the folders of a folder by name; links are left out."""
        return sorted(
            (
                RemoteEntry(
                    entry.filename,
                    stat.S_ISDIR(entry.st_mode or 0),
                    entry.st_size or 0,
                    float(entry.st_mtime or 0),
                )
                for entry in self._named(folder)
                if stat.S_ISREG(entry.st_mode or 0) or stat.S_ISDIR(entry.st_mode or 0)
            ),
            key=lambda entry: entry.name,
        )

    def _named(self, folder: str) -> list[paramiko.SFTPAttributes]:
        """Return what lies in a folder under a name of its own: none that leads elsewhere."""
        try:
            found = self._client.listdir_attr(folder)
        except FileNotFoundError:
            return []
        return [
            entry
            for entry in found
            if "/" not in entry.filename and entry.filename not in {"", ".", ".."}
        ]

    def _shown(self, folder: str) -> list[paramiko.SFTPAttributes]:
        found = self._named(folder)
        shown = [entry for entry in found if not CONTROL.search(entry.filename)]
        if len(shown) < len(found):
            log.warning("left alone names=%d folder=%s", len(found) - len(shown), folder)
        return shown

    def fetch(self, path: str, target: Path) -> None:
        """Bring a whole file here."""
        self._client.get(path, str(target))

    def make_folder(self, path: str) -> None:
        """Make a folder, unless it is there."""
        try:
            self._client.mkdir(path)
        except OSError:
            # Servers say no more than «failure» when it is there already.
            if not stat.S_ISDIR(self._client.stat(path).st_mode or 0):
                raise

    def size_of(self, path: str) -> int | None:
        """Return a file's size in bytes, or None when it is not there."""
        try:
            return self._client.stat(path).st_size
        except FileNotFoundError:
            return None

    def read(self, path: str, most: int = ANSWER_BYTES) -> bytes:
        """Return a file's bytes; for answers, not for packages.

        most: a larger file, or one that grows, comes cut off there, and reads as damaged.
        """
        with self._client.open(path, "rb") as reader:
            reader.prefetch(min(reader.stat().st_size or 0, most))
            return reader.read(most)

    def sha256_of(self, path: str) -> str:
        """Return the SHA-256 of a file there, by reading it back a block at a time."""
        digest = hashlib.sha256()
        with self._client.open(path, "rb") as reader:
            reader.prefetch()
            while block := reader.read(READ_BYTES):
                digest.update(block)
        return digest.hexdigest()

    def put_whole(
        self,
        source: Path,
        folder: str,
        name: str,
        *,
        sha256: str = "",
        bandwidth: Bandwidth | None = None,
    ) -> None:
        """Put a file in a folder so that it appears under its name whole, or not at all.

        Written as `.<name>.part` (anew, if a killed run left one), its size checked, renamed. With
        a SHA-256 it is read back first. An existing file of that name is never overwritten.
        Raises WriteRefused when the server does not let us, NeedsAPerson when what arrived or lies
        there is something else.
        """
        with source.open("rb") as reader:
            self._put_whole(
                folder,
                name,
                source.stat().st_size,
                iter(lambda: reader.read(WRITE_BYTES), b""),
                sha256=sha256,
                bandwidth=bandwidth or Bandwidth(),
            )

    def put_whole_bytes(self, content: bytes, folder: str, name: str) -> None:
        """Put a small file in a folder, as `put_whole` does."""
        self._put_whole(folder, name, len(content), [content], sha256="", bandwidth=Bandwidth())

    def free_bytes(self, folder: str) -> int | None:
        """Return how much room the server says it has for us; None when it does not say."""
        try:
            # OpenSSH's extension; paramiko has no name for it.
            _, answer = self._client._request(  # type: ignore[attr-defined]  # noqa: SLF001
                paramiko.sftp.CMD_EXTENDED, "statvfs@openssh.com", folder
            )
        except OSError:
            return None
        numbers = [answer.get_int64() for _ in range(5)]
        _, fragment_bytes, _, _, free_for_us = numbers
        return int(fragment_bytes * free_for_us)

    def replace_bytes(self, content: bytes, folder: str, name: str) -> None:
        """Put a small file in a folder, whole or not at all, in the place of an earlier one."""
        temporary = f"{folder}/.{name}.part"
        with self._client.open(temporary, "wb") as writer:
            writer.write(content)
        self._client.posix_rename(temporary, f"{folder}/{name}")

    def move(self, old: str, new: str) -> None:
        """Rename a file on the server; a file that is already at the new name is replaced."""
        self._client.posix_rename(old, new)

    def touch(self, path: str) -> None:
        """Say that something on the server was written now; left as it is where that is not ours.

        Its time tells afterwards how long it has been kept.
        """
        with suppress(PermissionError):
            self._client.utime(path, None)

    def remove(self, path: str) -> None:
        """Delete a file, a link, or a folder with all that is in it."""
        if stat.S_ISDIR(self._client.lstat(path).st_mode or 0):
            for name in self._client.listdir(path):
                self.remove(f"{path}/{name}")
            self._client.rmdir(path)
        else:
            self._client.remove(path)

    def _put_whole(
        self,
        folder: str,
        name: str,
        size_bytes: int,
        blocks: Iterable[bytes],
        *,
        sha256: str,
        bandwidth: Bandwidth,
    ) -> None:
        temporary, final = f"{folder}/.{name}.part", f"{folder}/{name}"
        with self._writing(folder, name, size_bytes):
            self._write(temporary, blocks, bandwidth)
        found = self._client.stat(temporary).st_size
        if found != size_bytes:
            raise NeedsAPerson(
                f"{name} arrived as {found} bytes, expected {size_bytes}",
                where=f"sftp {self._host}, folder {folder}",
                do="check free space at the vendor; the next run sends it again",
            )
        if sha256 and self.sha256_of(temporary) != sha256:
            raise NeedsAPerson(
                f"{name} read back from the server has another SHA-256 than what was sent",
                where=f"sftp {self._host}, folder {folder}",
                do="ask the vendor about the disk; nothing has its name yet, the next run sends it",
            )
        if self.size_of(final) is not None:
            raise NeedsAPerson(
                f"{name} is there already, and nothing is ever overwritten",
                where=f"sftp {self._host}, folder {folder}",
                do="find out who wrote it; compare its hash with the batch: svarut show",
            )
        with self._writing(folder, name, 0):
            self._client.rename(temporary, final)

    def _write(self, path: str, blocks: Iterable[bytes], bandwidth: Bandwidth) -> None:
        """Write a file without waiting for each block's answer, and look at every answer.

        paramiko reads none of what is outstanding when a file is closed: a block that a full disk
        refused would be a hole. So the last one is waited for, and all before it.
        """
        with self._client.open(path, "wb") as writer:
            writer.set_pipelined(True)
            last = b""
            for block in blocks:
                if last:
                    bandwidth.take(len(last))
                    writer.write(last)
                last = block
            writer.set_pipelined(False)
            bandwidth.take(len(last))
            writer.write(last)

    @contextmanager
    def _writing(self, folder: str, name: str, size_bytes: int) -> Iterator[None]:
        """Tell a server that refuses from one that is gone."""
        try:
            yield
        except OSError as fault:
            if not _is_answer(fault):
                raise
            what, do = why_refused(fault, self.free_bytes(folder), size_bytes)
            raise WriteRefused(
                f"{name} was not taken: {what}", where=f"sftp {self._host}, folder {folder}", do=do
            ) from fault


def why_refused(fault: OSError, free_bytes: int | None, size_bytes: int) -> tuple[str, str]:
    """Return what a server's refusal means, and what to do about it."""
    again = "the next run sends it again"
    if fault.errno == errno.ENOENT:
        return "the folder is not there", f"ask the vendor for the folder; {again}"
    if fault.errno == errno.EACCES:
        return "we may not write there", f"ask the vendor for the right to write; {again}"
    if free_bytes is not None and free_bytes < size_bytes:
        return (
            f"the vendor's disk is full: {free_bytes} bytes free, {size_bytes} needed",
            f"ask the vendor to make room; {again}",
        )
    room = "" if free_bytes is None else f", with {free_bytes} bytes free"
    return (
        f"the server says no more than failure{room}",
        f"ask the vendor about a full disk, a quota or a limit on files; {again}",
    )


def _is_answer(fault: OSError) -> bool:
    """Say whether an error is a server's answer: paramiko gives those a text and few numbers."""
    return fault.errno in {errno.ENOENT, errno.EACCES} or (
        fault.errno is None and type(fault) is OSError and str(fault) != "Socket is closed"
    )


@contextmanager
def connect(server: Host) -> Iterator[Sftp]:
    """Log in with our key to a host whose key we know.

    Raises NeedsAPerson when the host or we are not who the other expects, or a key file is
    missing; TryAgainLater when the network or the server is.
    """
    where = f"sftp {server.host}:{server.port}"
    try:
        with socket.create_connection(
            (server.host, server.port), timeout=server.timeout_seconds
        ) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = paramiko.Transport(line)
            try:
                client = _log_in(transport, server, where)
                channel = client.get_channel()
                if channel is not None:
                    channel.settimeout(server.timeout_seconds)
                yield Sftp(client, server.host)
            finally:
                transport.close()
    except paramiko.AuthenticationException as fault:
        if _was_cut_off(fault):
            raise TryAgainLater(
                "the line was cut while we logged in",
                where=where,
                do="nothing is lost; the next run calls again",
            ) from fault
        raise NeedsAPerson(
            "the server does not accept our key",
            where=where,
            do=f"give the vendor the public half of {server.key_file.name}",
        ) from fault
    except (paramiko.SSHException, OSError, EOFError) as fault:
        if isinstance(fault, OSError) and fault.errno in OUR_DISK:
            raise our_disk_is_full("while the server was called") from fault
        raise TryAgainLater(
            f"the server did not answer as it should ({type(fault).__name__})",
            where=where,
            do="nothing is lost; the next run asks the server what it has and goes on",
        ) from fault


def _was_cut_off(fault: paramiko.AuthenticationException) -> bool:
    """Tell a line that broke from a key that is refused: paramiko has one error for both."""
    return any(word in str(fault) for word in ("EOF", "timeout"))


def our_disk_is_full(where: str) -> NeedsAPerson:
    """Return what to say when a file cannot be written here."""
    return NeedsAPerson(
        "our own disk is full, or a quota on it",
        where=where,
        do="make room, then run the flow again: it goes on where it stopped",
    )


def _log_in(
    transport: paramiko.Transport,
    server: Host,
    where: str,
) -> paramiko.SFTPClient:
    wanted = _known_key(server, where)
    options = transport.get_security_options()
    options.ciphers = [name for name in CIPHERS if name in options.ciphers]
    options.key_types = _key_types(wanted, list(options.key_types))
    transport.start_client(timeout=server.timeout_seconds)
    if transport.get_remote_server_key() != wanted:
        raise NeedsAPerson(
            "the server shows another host key than the one we know",
            where=where,
            do="send nothing; ask the vendor, by phone, for the fingerprint of the new key",
        )
    transport.auth_publickey(server.user, _our_key(server))
    client = paramiko.SFTPClient.from_transport(transport)
    if client is None:
        raise TryAgainLater("the server opened no SFTP session", where=where)
    return client


def _known_key(server: Host, where: str) -> paramiko.PKey:
    names = (f"[{server.host}]:{server.port}", server.host)
    try:
        known = paramiko.HostKeys(str(server.known_hosts_file))
    except OSError as fault:
        raise NeedsAPerson(
            "the file of known host keys cannot be read",
            where=str(server.known_hosts_file),
            do="put the vendor's host key there (ssh-keyscan), and compare it by phone",
        ) from fault
    for name in names:
        keys = known.lookup(name)
        if keys:
            return next(iter(keys.values()))
    raise NeedsAPerson(
        "the server's host key is not known",
        where=f"{where}, {server.known_hosts_file}",
        do="put the vendor's host key there, as OpenSSH writes it, and compare it by phone",
    )


def _key_types(wanted: paramiko.PKey, offered: list[str]) -> list[str]:
    """Ask for the kind of key we know, or the server may show another kind."""
    kind = wanted.get_name()
    alike = {kind} if kind != "ssh-rsa" else {"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"}
    return [name for name in offered if name in alike] or offered


def _our_key(server: Host) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(server.key_file)
    except FileNotFoundError as fault:
        raise NeedsAPerson(
            "our key file is not there",
            where=str(server.key_file),
            do="make one (ssh-keygen -t ed25519) and give the vendor the public half",
        ) from fault
