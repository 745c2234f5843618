"""When keys and certificates end: what their files say, and what the settings add."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

import pysequoia
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    SSHCertificate,
    load_ssh_public_identity,
)

from flows.clock import OSLO
from flows.domain.standing import Expiry
from flows.settings import Settings

NEVER: Final = 2**64 - 1
"""How OpenSSH writes that a certificate does not end."""

LARGEST_BYTES: Final = 1024 * 1024
"""A key is a few thousand; something else lies there under its name."""

CERTIFICATES_BESIDE: Final = ("-cert.pub", ".crt", ".cer", ".asc")
"""How the certificate of a key file is named: of `key`, `key-cert.pub`."""


def expiries(settings: Settings) -> list[Expiry]:
    """Return every key we use, and every certificate we are told of, with its end.

    A private key has no end of its own: its certificate has, in the same file or beside it; or the
    settings say, under its name.
    """
    said = settings.watch.expires_on
    keys = {name: _ends_of_a_key(name, file, said) for name, file in _keys(settings)}
    more = {file.name: _ends_of(file) for file in settings.watch.certificate_files}
    only_said = {
        name: Expiry(name, _end_of(day)) for name, day in said.items() if name not in keys | more
    }
    return [_named(name, one) for name, one in {**keys, **more, **only_said}.items()]


def _keys(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "vendor key", settings.vendor.key_file
    if settings.maskinporten.client_id:
        yield "maskinporten key", settings.maskinporten.key_file
    if settings.inbox_server.host:
        yield "inbox server key", settings.inbox_server.key_file


def _ends_of_a_key(name: str, file: Path, said: Mapping[str, date]) -> Expiry:
    beside = [Path(f"{file}{suffix}") for suffix in CERTIFICATES_BESIDE]
    found = [end for each in (file, *beside) if (end := _ends_of(each).ends_at) is not None]
    if name in said:
        found.append(_end_of(said[name]))
    return Expiry(name, min(found, default=None))


def _ends_of(file: Path) -> Expiry:
    """Return when what is in a file ends; of several, the first."""
    try:
        if file.stat().st_size > LARGEST_BYTES:
            return Expiry(file.name, None, "the file is too large for a certificate")
        content = file.read_bytes()
    except OSError:
        return Expiry(file.name, None, "the file cannot be read")
    for read in (_x509, _openssh, _openpgp):
        found = read(content)
        if found is not None:
            return Expiry(file.name, None if found == _FOREVER else found)
    return Expiry(file.name, None, "no X.509, OpenSSH or OpenPGP certificate is in the file")


_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


def _x509(content: bytes) -> datetime | None:
    try:
        if b"-----BEGIN CERTIFICATE-----" in content:
            found = x509.load_pem_x509_certificates(content)
        else:
            found = [x509.load_der_x509_certificate(content)]
    except ValueError:
        return None
    return min(one.not_valid_after_utc for one in found)


def _openssh(content: bytes) -> datetime | None:
    try:
        found = load_ssh_public_identity(content)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(found, SSHCertificate) or found.valid_before == NEVER:
        return _FOREVER
    return datetime.fromtimestamp(found.valid_before, UTC)


def _openpgp(content: bytes) -> datetime | None:
    try:
        found = pysequoia.Cert.from_bytes(content)
    except Exception:  # noqa: BLE001  -- the library raises nothing more precise
        return None
    return found.expiration or _FOREVER


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(), OSLO).astimezone(UTC)


def _named(name: str, one: Expiry) -> Expiry:
    return Expiry(name, one.ends_at, one.fault)
