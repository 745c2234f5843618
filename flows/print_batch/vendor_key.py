"""The OpenPGP key a vendor's packages are encrypted to: the one that was pinned, and still good.

pysequoia encrypts without a word to keys that have expired or were revoked, so that is looked at
here, and not left to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pysequoia import Cert, PySigner, Tsk, encrypt
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from flows.domain.vendor_profile import Transport
from flows.errors import NeedsAPerson
from flows.settings import OpenPgpSettings

_ASK: Final = "ask the vendor for a key that holds, compare its fingerprint by phone, and put both "
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WHERE: Final = "in place: docs/operations.md, section Encrypted packages"


class KeyUnusable(NeedsAPerson):
    """Nothing may be encrypted with this key, and so nothing is sent."""


@dataclass(frozen=True)
class VendorKey:
    """A key that may be used."""

    cert: Cert
    good_until: datetime | None
    """When it can no longer be encrypted to; None: it does not expire."""

    @property
    def fingerprint(self) -> str:
        """Lower-case hex."""
        return self.cert.fingerprint


def vendor_key(keys: OpenPgpSettings, way: Transport, now: datetime) -> VendorKey:
    """Return the key of a profile, read from its file and held against what is pinned.

    Raises KeyUnusable when it is another key, revoked, expired, or cannot be encrypted to.
    """
    file = keys.keys_folder / way.recipient_key
    cert = _read(file)
    pinned = "".join(way.recipient_fingerprint.split()).lower()
    if cert.fingerprint != pinned:
        raise KeyUnusable(
            f"the vendor's key is {cert.fingerprint}, and the profile pins {pinned}",
            where=str(file),
            do="encrypt nothing; ask the vendor, by phone, which fingerprint is right",
        )
    return VendorKey(cert, _still_good(cert, file, now))


def our_signer(keys: OpenPgpSettings, now: datetime) -> PySigner:
    """Return what signs with our own key; raises KeyUnusable when it cannot."""
    file = keys.signing_key_file
    try:
        ours = Tsk.from_file(str(file))
        password = keys.signing_password_file
        secret = password.read_text(encoding="utf-8").rstrip("\r\n") if password else None
        signer = ours.signer(secret)
    except (RuntimeError, OSError):
        # Without its cause: nothing a library says of a secret key or a password is shown.
        raise KeyUnusable(
            "our signing key cannot be used",
            where=str(file),
            do="check openpgp.signing_key_file and openpgp.signing_password_file: a secret key "
            "that signs, and its password where it has one",
        ) from None
    if _over(ours.extract_certificate(), now):
        raise KeyUnusable(
            "our signing key is revoked or has expired",
            where=str(file),
            do="make a new one, give the vendor its public half, and set openpgp.signing_key_file",
        )
    return signer


def _read(file: Path) -> Cert:
    try:
        cert = Cert.from_file(str(file))
    except (RuntimeError, OSError):
        raise KeyUnusable(
            "the vendor's key cannot be read"
            if file.is_file()
            else "there is no key of the vendor",
            where=str(file),
            do="put the vendor's public key there: the file that the profile's recipient_key names",
        ) from None
    if _is_secret(file):
        raise KeyUnusable(
            "the vendor's key file holds a secret key",
            where=str(file),
            do="delete it and tell the vendor, who needs a new key; only public halves belong here",
        )
    return cert


def _is_secret(file: Path) -> bool:
    secret = (Tag.SecretKey, Tag.SecretSubkey)
    return any(packet.tag in secret for packet in PacketPile.from_file(str(file)))


def _still_good(cert: Cert, file: Path, now: datetime) -> datetime | None:
    """Return when a key ends; raises KeyUnusable when it has."""
    if cert.is_revoked:
        raise KeyUnusable("the vendor's key is revoked", where=str(file), do=_ASK + _WHERE)
    until = _good_until(cert)
    if until is not None and until <= now:
        raise KeyUnusable(
            f"the vendor's key expired {until:%Y-%m-%d}", where=str(file), do=_ASK + _WHERE
        )
    try:
        encrypt(b"", recipients=[cert])
    except RuntimeError as fault:
        raise KeyUnusable(
            "the vendor's key cannot be encrypted to", where=str(file), do=_ASK + _WHERE
        ) from fault
    return until


def _over(cert: Cert, now: datetime) -> bool:
    return cert.is_revoked or (cert.expiration is not None and cert.expiration <= now)


def _good_until(cert: Cert) -> datetime | None:
    """Return when the key ends: itself, or the last of the subkeys that take letters."""
    ends = [_end(key, said) for key, said in _subkeys(cert) if _takes_letters(said)]
    last = None if None in ends else max((end for end in ends if end), default=None)
    return min((end for end in (cert.expiration, last) if end), default=None)


def _subkeys(cert: Cert) -> Iterator[tuple[Packet, Packet]]:
    """Return each subkey that is not revoked, with the newest that is said of it."""
    key: Packet | None = None
    said: dict[str, tuple[Packet, Packet]] = {}
    revoked = set()
    for packet in PacketPile.from_bytes(bytes(cert)):
        if packet.tag == Tag.PublicSubkey:
            key = packet
        elif key is None or packet.tag != Tag.Signature:
            continue
        elif packet.signature_type == SignatureType.SubkeyRevocation:
            revoked.add(key.fingerprint)
        elif packet.signature_type == SignatureType.SubkeyBinding:
            name = str(key.fingerprint)
            if name not in said or _said_before(said[name][1], packet):
                said[name] = (key, packet)
    return (pair for name, pair in said.items() if name not in revoked)


def _said_before(one: Packet, other: Packet) -> bool:
    return (one.signature_created or _EVER) < (other.signature_created or _EVER)


def _takes_letters(binding: Packet) -> bool:
    flags = binding.key_flags
    return flags is not None and (flags.transport_encryption or flags.storage_encryption)


def _end(key: Packet, binding: Packet) -> datetime | None:
    if binding.key_validity_period is None or key.key_created is None:
        return None
    return key.key_created + binding.key_validity_period
