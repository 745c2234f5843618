"""The file that leaves for a package, on our disk: made again where it is lost, encrypted once."""

from datetime import datetime
from pathlib import Path

from flows.archive import sha256_of
from flows.database.session import Database
from flows.errors import NeedsAPerson
from flows.object_archive import open_archive
from flows.print_batch.assembling import rebuild_package
from flows.print_batch.parcel import Cargo, Parcel
from flows.print_batch.sealing import Sealed, kept, seal
from flows.print_batch.vendor_key import our_signer, vendor_key
from flows.settings import Settings
from flows.workspace import held


def load(parcel: Parcel, database: Database, settings: Settings, now: datetime) -> Cargo:
    """Return what is to leave; nothing of the kind has left yet.

    Raises NeedsAPerson when the package is lost and made again differs, KeyUnusable when it may not
    be encrypted, TryAgainLater when another process is at it.
    """
    if parcel.is_encrypted:
        return _encrypted(parcel, database, settings, now)
    file = _package(parcel, database, settings)
    return Cargo(file, parcel.package_sha256, parcel.package_size_bytes)


def loaded_before(parcel: Parcel, settings: Settings) -> Cargo | None:
    """Return what an earlier run has sent, or was sending; None: nobody here knows any more."""
    file = settings.packages_folder / parcel.package
    if not parcel.is_encrypted:
        return Cargo(file, parcel.package_sha256, parcel.package_size_bytes)
    sealed = kept(file, parcel.package_sha256)
    return _cargo(sealed) if sealed else None


def _encrypted(parcel: Parcel, database: Database, settings: Settings, now: datetime) -> Cargo:
    """Return the kept encrypted file, or make it; the key is looked at each time."""
    key = vendor_key(settings.openpgp, parcel.way, now)
    signer = our_signer(settings.openpgp, now) if parcel.way.signed else None
    file = _package(parcel, database, settings)
    with held(settings.packages_folder / f".{parcel.batch_id}.lock", parcel.batch_id):
        sealed = kept(file, parcel.package_sha256)
        if sealed is None or sealed.recipient != key.fingerprint:
            sealed = seal(file, parcel.package_sha256, key, signer)
    return _cargo(sealed)


def _package(parcel: Parcel, database: Database, settings: Settings) -> Path:
    """Return our copy of the package, made again where it is lost or damaged."""
    file = settings.packages_folder / parcel.package
    if file.is_file() and sha256_of(file) == parcel.package_sha256:
        return file
    archive = open_archive(settings)
    again = rebuild_package(database, archive, settings, parcel.batch_id)
    if again.package_sha256 != parcel.package_sha256:
        raise NeedsAPerson(
            "our copy of the package is lost, and made again it has another SHA-256",
            where=f"{settings.packages_folder}, {parcel.package}",
            do="nothing was sent. Restore the file, or undo what changed (a sender's text, the "
            "version of svarut), then run: svarut run print",
        )
    return file


def _cargo(sealed: Sealed) -> Cargo:
    return Cargo(sealed.file, sealed.sha256, sealed.size_bytes)
