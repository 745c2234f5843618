"""How the print shop opens a package that was encrypted to its key.

With the gpg program where there is one, as a vendor would; else with the same library we encrypt
with. The shop's pair of keys lies beside its SFTP keys.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pysequoia import Tsk, decrypt

BOTH_HALVES: Final = "print-shop.secret.asc"
PUBLIC: Final = "print-shop.asc"
ENDING: Final = ".pgp"
OWNER: Final = "Sandbox print shop <print.shop@example.com>"


def make_pair(folder: Path) -> None:
    """Make the shop's pair of keys in a folder, unless it is there; the public half is a file."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / PUBLIC).exists():
        return
    secret, public = _pair_by_gpg() if shutil.which("gpg") else _pair_by_library()
    (folder / BOTH_HALVES).touch(mode=0o600)
    (folder / BOTH_HALVES).write_bytes(secret)
    (folder / PUBLIC).write_bytes(public)


def received(package: Path, ok: dict[str, Any], keys: Path) -> tuple[bytes, str]:
    """Return a package as it was before it was encrypted, and why it cannot be taken in.

    package: its name without the ending; it lies there in the clear, or encrypted.
    """
    locked = package.with_name(package.name + ENDING)
    file = locked if locked.exists() else package
    content = file.read_bytes() if file.exists() else b""
    if (_sha256(content), len(content)) != (ok["sha256"], ok["size_bytes"]):
        return content, "the package is not the one its .ok describes"
    if file is package:
        return content, ""
    content = what_lies_in(locked, keys)
    if not content:
        return content, "the package cannot be decrypted"
    wrong = _sha256(content) != ok["package_sha256"]
    return content, "what was encrypted is not the package of the .ok" if wrong else ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def what_lies_in(package: Path, keys: Path) -> bytes:
    """Return the bytes of the package in an encrypted file; empty when it cannot be opened."""
    secret = keys / BOTH_HALVES
    if not secret.exists():
        return b""
    if shutil.which("gpg"):
        with _a_gpg() as gpg:
            gpg("--import", str(secret))
            return gpg("--decrypt", str(package))
    try:
        opened = decrypt(package.read_bytes(), Tsk.from_file(str(secret)).decryptor())
    except RuntimeError:
        return b""
    return opened.bytes or b""


def _pair_by_library() -> tuple[bytes, bytes]:
    pair = Tsk.generate(OWNER)
    return str(pair).encode(), str(pair.extract_certificate()).encode()


def _pair_by_gpg() -> tuple[bytes, bytes]:
    with _a_gpg() as gpg:
        gpg("--quick-generate-key", OWNER, "future-default", "default", "never")
        return gpg("--armor", "--export-secret-keys"), gpg("--armor", "--export")


class _Gpg:
    """The gpg program with a home of its own."""

    def __init__(self, home: str) -> None:
        self.home = home

    def __call__(self, *arguments: str) -> bytes:
        """Run it; what it writes, and nothing when it fails."""
        how = ["--homedir", self.home, "--batch", "--quiet", "--pinentry-mode", "loopback"]
        command = ["gpg", *how, "--passphrase", "", *arguments]
        done = subprocess.run(command, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else b""


@contextmanager
def _a_gpg() -> Iterator[_Gpg]:
    # A short path: the agent's socket lies there, and its name may not be long.
    with tempfile.TemporaryDirectory(prefix="g", ignore_cleanup_errors=True) as home:
        try:
            yield _Gpg(home)
        finally:
            agent = ["gpgconf", "--homedir", home, "--kill", "all"]
            subprocess.run(agent, capture_output=True, check=False)
