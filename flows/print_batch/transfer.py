"""Bring a package to the vendor once, whatever happened before."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from flows.archive import sha256_of
from flows.bandwidth import Bandwidth
from flows.clock import oslo_date
from flows.database import batches
from flows.database.batches import Batch
from flows.database.open_items import OpenItem, raise_item, silence, sound
from flows.database.session import Database, Tx, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.batch import BatchId, BatchStatus
from flows.domain.vendor_profile import Transport, VendorProfile
from flows.errors import ImpossibleState, NeedsAPerson
from flows.object_archive import open_archive
from flows.print_batch.acknowledgement import Acknowledgement
from flows.print_batch.assembling import rebuild_package
from flows.print_batch.ok_file import OkFile
from flows.settings import Settings
from flows.sftp import Sftp, WriteRefused, connect

log = logging.getLogger(__name__)

REFUSED: Final = "VENDOR_TAKES_NOTHING"

MAY_LEAVE: Final = (BatchStatus.ASSEMBLED, BatchStatus.HANDING_OVER)


@dataclass(frozen=True)
class Parcel:
    """A package as the vendor is to find it."""

    way: Transport
    """The folders of the day the batch was made: a later version of the profile moves nothing."""
    batch_id: BatchId
    name: str
    sha256: str
    size_bytes: int
    letters: int

    @property
    def there(self) -> str:
        """Its path at the vendor."""
        return f"{self.way.upload_folder}/{self.name}"

    def ok(self) -> bytes:
        """Return what stands in the `.ok` beside it."""
        facts = {"sha256": self.sha256, "size_bytes": self.size_bytes, "letters": self.letters}
        return json.dumps(facts).encode()


def hand_over_batch(
    database: Database, settings: Settings, batch_id: BatchId, now: datetime
) -> bool:
    """Hand an assembled batch to the vendor; False when a letter left it: assemble it again.

    The vendor is called before the intent is written, so that letters can still leave a batch
    while nobody answers there. docs/decisions/0006-the-hand-over.md.
    Raises NeedsAPerson, with an open item, when other bytes lie there under our name, or the
    vendor takes nothing.
    """
    with reading(database) as tx:
        batch = batches.read_batch(tx, batch_id)
        way = profile_of(tx, settings, batch).transport
    if batch.status not in MAY_LEAVE:
        return False
    parcel = _parcel(batch, way)
    with connect(settings.vendor) as server:
        with transaction(database) as tx:
            if not batches.begin_hand_over(tx, batch_id, now):
                return False
        try:
            deliver(server, parcel, database, settings)
        except WriteRefused as fault:
            with transaction(database) as tx:
                sound(tx, [OpenItem(REFUSED, batch_id, fault.what, fault.do)], now)
            raise
        except NeedsAPerson as fault:
            _tell(database, parcel, fault, now)
            raise
    with transaction(database) as tx:
        batches.record_handed_over(tx, batch_id, now)
        silence(tx, REFUSED, [batch_id], now)
    log.info("handed over batch=%s letters=%d", batch_id, parcel.letters)
    return True


def profile_of(tx: Tx, settings: Settings, batch: Batch) -> VendorProfile:
    """Return the vendor's profile as it was the day a batch was made.

    Where a package was sent and where its answer is looked for must never part.
    """
    return profile_on(tx, settings.vendor.profile, oslo_date(batch.created_at))


def deliver(server: Sftp, parcel: Parcel, database: Database, settings: Settings) -> None:
    """Put the package and its `.ok` at the vendor, unless they are there already.

    Raises NeedsAPerson when what is there is not ours.
    """
    if _was_taken_in(server, parcel):
        return
    size_bytes = server.size_of(parcel.there)
    if size_bytes is None:
        server.put_whole(
            _local_file(parcel, database, settings),
            parcel.way.upload_folder,
            parcel.name,
            sha256=parcel.sha256 if parcel.way.read_back else "",
            bandwidth=Bandwidth(parcel.way.bytes_per_second),
        )
    elif size_bytes != parcel.size_bytes:
        raise _differs(parcel, f"{size_bytes} bytes instead of {parcel.size_bytes}")
    elif server.sha256_of(parcel.there) != parcel.sha256:
        raise _differs(parcel, "the same size and another SHA-256")
    if server.size_of(f"{parcel.there}.ok") is None:
        server.put_whole_bytes(parcel.ok(), parcel.way.upload_folder, f"{parcel.name}.ok")


def _was_taken_in(server: Sftp, parcel: Parcel) -> bool:
    """Say whether a `.ok` or an answer shows that the vendor has had this package.

    ASSUMPTION: a vendor who moves a package out of the upload folder leaves its `.ok`, or has
    written his answer; else a run killed right after the hand-over would send it again.
    """
    way, ok = parcel.way, f"{parcel.there}.ok"
    if server.size_of(ok) is not None:
        if _sha256_in_ok(server.read(ok)) != parcel.sha256:
            raise _differs(parcel, "an .ok with another SHA-256")
        # With the package gone from beside it, the vendor has taken it in.
        return server.size_of(parcel.there) is None
    name = way.acknowledgement_names.replace("*", parcel.name)
    for answer in (f"{way.acknowledgements_folder}/{name}", f"{way.archive_folder}/{name}"):
        if server.size_of(answer) is not None:
            if _sha256_in_answer(server.read(answer)) != parcel.sha256:
                raise _differs(parcel, "the vendor's answer has another SHA-256")
            return True
    return False


def _local_file(parcel: Parcel, database: Database, settings: Settings) -> Path:
    """Return our copy of the package, made again where it is lost or damaged."""
    file = settings.packages_folder / parcel.name
    if file.is_file() and sha256_of(file) == parcel.sha256:
        return file
    archive = open_archive(settings)
    again = rebuild_package(database, archive, settings, parcel.batch_id)
    if again.package_sha256 != parcel.sha256:
        raise NeedsAPerson(
            "our copy of the package is lost, and made again it has another SHA-256",
            where=f"{settings.packages_folder}, {parcel.name}",
            do="nothing was sent. Restore the file, or undo what changed (a sender's text, the "
            "version of svarut), then run: svarut run print",
        )
    return file


def _parcel(batch: Batch, way: Transport) -> Parcel:
    if not (batch.package and batch.package_sha256 and batch.package_size_bytes):
        raise ImpossibleState(
            "an assembled batch has no package", where=batch.id, do="keep the log and report it"
        )
    return Parcel(
        way,
        batch.id,
        batch.package,
        batch.package_sha256,
        batch.package_size_bytes,
        batch.letters,
    )


def _differs(parcel: Parcel, found: str) -> NeedsAPerson:
    return NeedsAPerson(
        f"{parcel.name} is there already, and it is not ours: {found}",
        where=f"sftp, folder {parcel.way.upload_folder}",
        do="find out who wrote it, together with the vendor; nothing was sent or overwritten",
    )


def _tell(database: Database, parcel: Parcel, fault: NeedsAPerson, now: datetime) -> None:
    with transaction(database) as tx:
        raise_item(tx, OpenItem("PACKAGE_DIFFERS", parcel.batch_id, fault.what, fault.do), now)


def _sha256_in_ok(content: bytes) -> str | None:
    try:
        return OkFile.model_validate_json(content).sha256
    except ValidationError:
        return None


def _sha256_in_answer(content: bytes) -> str | None:
    try:
        return Acknowledgement.model_validate_json(content).sha256
    except ValidationError:
        return None
