"""Bring a batch from reserved to assembled: its package lies on our disk."""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from flows import clock
from flows.archive import Archive
from flows.database import batches
from flows.database.batches import Batch
from flows.database.senders import all_senders
from flows.database.session import Database, reading, transaction
from flows.database.vendors import profile_on
from flows.domain.batch import Assembled, BatchId, BatchStatus, JobClass, Letter
from flows.domain.sender import Sender
from flows.domain.sheets import TYPICAL, PaperWeights, weights_of
from flows.domain.shipment import Document, SenderId, ShipmentId
from flows.domain.vendor_profile import NEUTRAL, Paper
from flows.errors import NeedsAPerson, TryAgainLater
from flows.print_batch.assembly import PrintFile, join_letters, place_letters
from flows.print_batch.contents import contents_of
from flows.print_batch.cover_check import check_covers
from flows.print_batch.cover_drawing import draw_covers
from flows.print_batch.cover_page import CoverFault, CoverPage, lay_out
from flows.print_batch.covers import cover_of
from flows.print_batch.logo import Logo, logos_of
from flows.print_batch.package import write_package
from flows.print_batch.print_ready import Ready, make_ready
from flows.print_batch.singles import cut_in_letters
from flows.print_batch.streaming import Streamed, join_streamed, stream_documents
from flows.settings import Settings
from flows.workspace import held

log = logging.getLogger(__name__)

ATTEMPTS: Final = 5
"""A letter may be read while its batch is assembled; then it is assembled once more."""


@dataclass(frozen=True)
class Desk:
    """What lies ready to be joined, and the letters that cannot be."""

    letters: tuple[Letter, ...]
    covers: tuple[CoverPage, ...]
    """One for each of `letters` that has a cover page."""
    ready: Ready | Streamed
    unprintable: Mapping[ShipmentId, str]
    """Why, in a sentence without anything personal."""


def assemble_batch(
    database: Database,
    archive: Archive,
    settings: Settings,
    batch_id: BatchId,
    now: datetime,
) -> BatchStatus:
    """Make a reserved batch's package; return the status the batch has then.

    ASSEMBLED, or ANNULLED when every letter has left it. A batch that is not RESERVED is left as
    it is. A letter that cannot be printed is left out and becomes an open item.
    Raises TryAgainLater when letters keep leaving it.
    """
    for _ in range(ATTEMPTS):
        batch, letters, senders, paper = _read(database, settings, batch_id)
        if batch.status is not BatchStatus.RESERVED:
            return batch.status
        with _work_folder(settings, batch_id) as folder:
            desk = lay_ready(batch, letters, senders, archive, folder, paper)
            if desk.unprintable:
                with transaction(database) as tx:
                    batches.leave_out(tx, batch_id, desk.unprintable, now)
            if not desk.letters:
                with transaction(database) as tx:
                    batches.annul_empty(tx, batch_id, now)
                log.info("annulled batch=%s, no letter is left in it", batch_id)
                return BatchStatus.ANNULLED
            made = write_batch(batch, desk, settings, folder, paper)
        with transaction(database) as tx:
            if batches.record_assembled(tx, batch_id, made, now):
                log.info("assembled batch=%s letters=%d", batch_id, len(made.pieces))
                return BatchStatus.ASSEMBLED
    raise TryAgainLater("letters keep leaving the batch", where=batch_id)


def rebuild_package(
    database: Database,
    archive: Archive,
    settings: Settings,
    batch_id: BatchId,
) -> Assembled:
    """Make the package of an assembled batch once more, where its file has been lost.

    The same letters give the same bytes; the caller compares them with what was recorded.
    Raises NeedsAPerson when a letter cannot be printed any more: it may not leave the batch now.
    """
    batch, letters, senders, paper = _read(database, settings, batch_id)
    with _work_folder(settings, batch_id) as folder:
        desk = lay_ready(batch, letters, senders, archive, folder, paper)
        if desk.unprintable:
            raise NeedsAPerson(
                f"the package is lost, and {len(desk.unprintable)} letters cannot be made again",
                where=batch_id,
                do="restore the archive from its copy, then run: svarut run print",
            )
        return write_batch(batch, desk, settings, folder, paper)


def lay_ready(
    batch: Batch,
    letters: Sequence[Letter],
    senders: Mapping[SenderId, Sender],
    archive: Archive,
    folder: Path,
    paper: Paper = NEUTRAL.paper,
) -> Desk:
    """Lay out the cover pages and make the documents ready; set aside what cannot be printed."""
    printed_on = clock.oslo_date(batch.created_at)
    job_class = JobClass.of_code(batch.job_class)
    unprintable: dict[ShipmentId, str] = {}
    covers: dict[ShipmentId, CoverPage] = {}
    for letter, placed in zip(letters, place_letters(letters, job_class), strict=True):
        if letter.own_address_page:
            continue
        sender = senders[letter.sender_id]
        page = lay_out(cover_of(letter, sender, sheets=placed.sheets, printed_on=printed_on))
        if isinstance(page, CoverFault):
            unprintable[letter.piece.shipment_id] = str(page)
        else:
            covers[letter.piece.shipment_id] = page
    fitting = [
        letter
        for letter in letters
        if letter.own_address_page or letter.piece.shipment_id in covers
    ]
    make = make_ready if paper.assembly == "reference" else stream_documents
    ready = make(_documents_of(fitting), archive, folder)
    for letter in fitting:
        for document in letter.documents:
            if document.sha256 in ready.faults:
                reason = f"document {document.position} {ready.faults[document.sha256]}"
                unprintable[letter.piece.shipment_id] = reason
    kept = tuple(one for one in fitting if one.piece.shipment_id not in unprintable)
    if ready.faults:  # or what is written would show that others were tried
        ready = make(_documents_of(kept), archive, folder)
    drawn = tuple(covers[one.piece.shipment_id] for one in kept if not one.own_address_page)
    return Desk(kept, drawn, ready, unprintable)


def _documents_of(letters: Sequence[Letter]) -> Iterator[Document]:
    return (document for letter in letters for document in letter.documents)


def join(
    desk: Desk,
    job_class: JobClass,
    logos: Mapping[str, Logo],
    folder: Path,
    weights: PaperWeights = TYPICAL,
) -> PrintFile:
    """Join what lies ready, in the way it was made ready for, to a print file in `folder`."""
    target = folder / "print.pdf"
    if isinstance(desk.ready, Streamed):
        return join_streamed(
            desk.letters,
            job_class,
            covers=desk.covers,
            logos=logos,
            ready=desk.ready,
            target=target,
            weights=weights,
        )
    covers = folder / "covers.pdf"
    draw_covers(desk.covers, covers, logos)
    return join_letters(
        desk.letters,
        job_class,
        covers=covers,
        ready=desk.ready,
        target=target,
        weights=weights,
    )


def write_batch(
    batch: Batch, desk: Desk, settings: Settings, folder: Path, paper: Paper = NEUTRAL.paper
) -> Assembled:
    """Join what lies ready to a print file, or to a PDF a letter, and pack it."""
    job_class = JobClass.of_code(batch.job_class)
    logos = logos_of(settings.logos_folder, sorted({one.sender_id for one in desk.letters}))
    printed = join(desk, job_class, logos, folder, weights_of(paper))
    look_at_covers(desk, printed)
    if paper.mode == "single":
        printed = cut_in_letters(printed, folder)
    contents = contents_of(batch, desk.letters, printed, settings, paper)
    name = f"{batch.id}-f{batch.attempt}.zip"
    hashed = {printed.file: printed.sha256} if printed.sha256 else {}
    package = write_package(contents, settings.packages_folder / name, hashed)
    return Assembled(name, package.sha256, package.size_bytes, printed.pieces)


def look_at_covers(desk: Desk, printed: PrintFile) -> None:
    """Look at every cover page of a print file; raises ImpossibleState when one is wrong."""
    covered = [
        (letter, piece)
        for letter, piece in zip(desk.letters, printed.pieces, strict=True)
        if not letter.own_address_page
    ]
    check_covers(
        printed.file,
        [letter for letter, _ in covered],
        [piece for _, piece in covered],
        [cover.return_line.text for cover in desk.covers],
    )


def _read(
    database: Database, settings: Settings, batch_id: BatchId
) -> tuple[Batch, list[Letter], dict[SenderId, Sender], Paper]:
    with reading(database) as tx:
        batch = batches.read_batch(tx, batch_id)
        profile = profile_on(tx, settings.vendor.profile, clock.oslo_date(batch.created_at))
        return batch, batches.letters_of(tx, batch_id), all_senders(tx), profile.paper


@contextmanager
def _work_folder(settings: Settings, batch_id: BatchId) -> Iterator[Path]:
    """Give a batch an empty folder, and remove it: also what a killed run left there.

    Raises TryAgainLater when another process is at this batch.
    """
    folder = settings.packages_folder / f".{batch_id}.work"
    with held(settings.packages_folder / f".{batch_id}.lock", batch_id):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
