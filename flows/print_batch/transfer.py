"""Bring a package to the vendor once, whatever happened before."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from flows.bandwidth import Bandwidth
from flows.clock import oslo_date
from flows.database import batches
from flows.database.batches import Batch
from flows.database.open_items import OpenItem, raise_item, silence, sound
from flows.database.session import Database, Tx, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.batch import BatchId, BatchStatus
from flows.domain.vendor_profile import VendorProfile
from flows.errors import NeedsAPerson
from flows.print_batch.acknowledgement import Acknowledgement
from flows.print_batch.loading import load, loaded_before
from flows.print_batch.parcel import Cargo, Parcel, parcel_of
from flows.print_batch.vendor_key import KeyUnusable
from flows.settings import Settings
from flows.sftp import OUR_DISK, Sftp, WriteRefused, connect, our_disk_is_full

log = logging.getLogger(__name__)

REFUSED: Final = "VENDOR_TAKES_NOTHING"

KEY_UNUSABLE: Final = "VENDOR_KEY_UNUSABLE"
"""The open item of a vendor whose packages cannot be encrypted; its subject is the profile's id."""

MAY_LEAVE: Final = (BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER)


def hand_over_batch(
    database: Database, settings: Settings, batch_id: BatchId, now: datetime
) -> bool:
    """Hand an assembled batch to the vendor; False when a letter left it: assemble it again.

    The vendor is called before the intent is written, so that letters can still leave a batch
    while nobody answers there. docs/decisions/0006-the-hand-over.md.
    Raises NeedsAPerson, with an open item, when other bytes lie there under our name, the vendor
    takes nothing, or its key is no good; TryAgainLater when it does not answer.
    """
    with reading(database) as tx:
        batch = batches.read_batch(tx, batch_id)
        profile = profile_of(tx, settings, batch)
    if batch.status not in MAY_LEAVE:
        return False
    parcel = parcel_of(batch, profile.transport)
    if parcel.is_encrypted and batch.status is BatchStatus.ASSEMBLED:
        with _telling(database, parcel, profile.id, now):
            _load_early(parcel, database, settings, now)
    with connect(settings.vendor) as server:
        with transaction(database) as tx:
            if not batches.begin_hand_over(tx, batch_id, now):
                return False
        with _telling(database, parcel, profile.id, now):
            deliver(server, parcel, database, settings, now)
    with transaction(database) as tx:
        batches.record_handed_over(tx, batch_id, now)
        silence(tx, REFUSED, [batch_id], now)
        silence(tx, KEY_UNUSABLE, [profile.id] if parcel.is_encrypted else [], now)
    log.info("handed over batch=%s letters=%d", batch_id, parcel.letters)
    return True


def _load_early(parcel: Parcel, database: Database, settings: Settings, now: datetime) -> None:
    """Encrypt before anything is begun: without a good key letters can still leave the batch."""
    try:
        load(parcel, database, settings, now)
    except OSError as fault:
        if fault.errno not in OUR_DISK:
            raise
        raise our_disk_is_full(f"{settings.packages_folder}, {parcel.name}") from fault


@contextmanager
def _telling(database: Database, parcel: Parcel, vendor: str, now: datetime) -> Iterator[None]:
    """Make an open item of what only a person can mend."""
    try:
        yield
    except KeyUnusable as fault:
        _sound(database, OpenItem(KEY_UNUSABLE, vendor, fault.what, fault.do), now)
        raise
    except WriteRefused as fault:
        _sound(database, OpenItem(REFUSED, parcel.batch_id, fault.what, fault.do), now)
        raise
    except NeedsAPerson as fault:
        with transaction(database) as tx:
            raise_item(tx, OpenItem("PACKAGE_DIFFERS", parcel.batch_id, fault.what, fault.do), now)
        raise


def _sound(database: Database, item: OpenItem, now: datetime) -> None:
    with transaction(database) as tx:
        sound(tx, [item], now)


def profile_of(tx: Tx, settings: Settings, batch: Batch) -> VendorProfile:
    """Return the vendor's profile as it was the day a batch was made.

    Where a package was sent and where its answer is looked for must never part.
    """
    return profile_on(tx, settings.vendor.profile, oslo_date(batch.created_at))


def deliver(
    server: Sftp, parcel: Parcel, database: Database, settings: Settings, now: datetime
) -> None:
    """Put the package and its `.ok` at the vendor, unless they are there already.

    Raises NeedsAPerson when what is there is not ours.
    """
    if _was_taken_in(server, parcel):
        return
    size_bytes = server.size_of(parcel.there)
    if size_bytes is None:
        cargo = load(parcel, database, settings, now)
        server.put_whole(
            cargo.file,
            parcel.way.upload_folder,
            parcel.name,
            sha256=cargo.sha256 if parcel.way.read_back else "",
            bandwidth=Bandwidth(parcel.way.bytes_per_second),
        )
    else:
        cargo = _the_same(server, parcel, settings, size_bytes)
    if server.size_of(f"{parcel.there}.ok") is None:
        server.put_whole_bytes(parcel.ok(cargo), parcel.way.upload_folder, f"{parcel.name}.ok")


def _the_same(server: Sftp, parcel: Parcel, settings: Settings, size_bytes: int) -> Cargo:
    """Return what we have sent, when what lies at the vendor is that; raises NeedsAPerson."""
    cargo = loaded_before(parcel, settings)
    if cargo is None:
        raise _differs(parcel, "our own encrypted file is lost, and nothing can be compared")
    if size_bytes != cargo.size_bytes:
        raise _differs(parcel, f"{size_bytes} bytes instead of {cargo.size_bytes}")
    if server.sha256_of(parcel.there) != cargo.sha256:
        raise _differs(parcel, "the same size and another SHA-256")
    return cargo


def _was_taken_in(server: Sftp, parcel: Parcel) -> bool:
    """Say whether a `.ok` or an answer shows that the vendor has had this package.

    ASSUMPTION: a vendor who moves a package out of the upload folder leaves its `.ok`, or has
    written his answer; else a run killed right after the hand-over would send it again.
    """
    way, ok = parcel.way, f"{parcel.there}.ok"
    if server.size_of(ok) is not None:
        if parcel.package_in_ok(server.read(ok)) != parcel.package_sha256:
            raise _differs(parcel, "an .ok with another SHA-256")
        # With the package gone from beside it, the vendor has taken it in.
        return server.size_of(parcel.there) is None
    name = way.acknowledgement_names.replace("*", parcel.package)
    for answer in (f"{way.acknowledgements_folder}/{name}", f"{way.archive_folder}/{name}"):
        if server.size_of(answer) is not None:
            if _sha256_in_answer(server.read(answer)) != parcel.package_sha256:
                raise _differs(parcel, "the vendor's answer has another SHA-256")
            return True
    return False


def _differs(parcel: Parcel, found: str) -> NeedsAPerson:
    return NeedsAPerson(
        f"{parcel.name} is there already, and it is not ours: {found}",
        where=f"sftp, folder {parcel.way.upload_folder}",
        do="find out who wrote it, together with the vendor; nothing was sent or overwritten",
    )


def _sha256_in_answer(content: bytes) -> str | None:
    try:
        return Acknowledgement.model_validate_json(content).sha256
    except ValidationError:
        return None
