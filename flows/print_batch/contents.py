"""The files of a package, made from a batch and its print file, and read back."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from flows.database.batches import Batch
from flows.domain.batch import JobClass, Letter, PlacedPiece
from flows.domain.country import find_country
from flows.domain.sheets import giro_sheets
from flows.domain.vendor_profile import Paper
from flows.errors import ImpossibleState
from flows.print_batch import job_ticket, manifest
from flows.print_batch.assembly import PrintFile
from flows.print_batch.job_ticket import A4_SQUARE_METRES, JobTicket
from flows.print_batch.manifest import Manifest, ManifestPiece
from flows.settings import Settings


def contents_of(
    batch: Batch,
    letters: Sequence[Letter],
    printed: PrintFile,
    settings: Settings,
    paper: Paper,
) -> dict[str, bytes | Path]:
    """Return a package's files by name, in order: docs/formats/package.md section 4.

    Raises ImpossibleState when a manifest, read back, is not what was written.
    """
    job_class = JobClass.of_code(batch.job_class)
    name = "" if printed.singles else f"samle/{batch.job_class}.pdf"
    singles = {f"brev/{number:06d}.pdf": file for number, file in printed.singles.items()}
    table = Manifest(
        customer=settings.vendor.customer,
        batch=batch.id,
        attempt=batch.attempt,
        created=batch.created_at.replace(microsecond=0),
        test=settings.test_population,
        print_file=name,
        pieces=tuple(
            _piece(letter, placed, job_class, paper, name or f"brev/{placed.number:06d}.pdf")
            for letter, placed in zip(letters, printed.pieces, strict=True)
        ),
    )
    ticket = JobTicket(
        customer=table.customer,
        batch=batch.id,
        attempt=batch.attempt,
        job_class=job_class,
        letters=len(letters),
        sheets=sum(placed.sheets for placed in printed.pieces),
        giro_sheets=table.total("giro"),
        print_file=name,
        sheet_gsm=round(paper.sheet_grams / A4_SQUARE_METRES),
    )
    as_xml, as_csv = manifest.to_xml(table), manifest.to_csv(table.pieces)
    if manifest.from_xml(as_xml) != table or manifest.from_csv(as_csv) != table.pieces:
        raise ImpossibleState(
            "a manifest is not what was written when it is read back",
            where=batch.id,
            do="keep the log and report it; nothing has left",
        )
    return {
        "manifest.xml": as_xml,
        "manifest.csv": as_csv,
        "jobb.xml": job_ticket.to_xml(ticket),
        **(singles or {name: printed.file}),
    }


def _piece(
    letter: Letter, placed: PlacedPiece, job_class: JobClass, paper: Paper, file: str
) -> ManifestPiece:
    address = letter.recipient.address
    country = find_country(address.country)
    documents = [document.printed for document in letter.documents]
    cover = not letter.own_address_page
    sides = cover + sum(document.pages for document in documents)
    colour = sum(one.pages_in_colour for one in letter.documents) if job_class.colour else 0
    hashes = "".join(f"{document.sha256}\n" for document in letter.documents)
    return ManifestPiece(
        number=placed.number,
        shipment=letter.piece.shipment_id,
        sender=letter.sender_id,
        account_code=letter.account_code,
        first_page=placed.first_page,
        pages=placed.pages,
        pages_black_white=sides - colour,
        pages_colour=colour,
        sheets=placed.sheets,
        giro=giro_sheets(documents, cover=cover, duplex=job_class.duplex),
        duplex=job_class.duplex,
        colour=job_class.colour,
        envelope=job_class.envelope,
        handling="machine" if placed.sheets <= paper.machine_sheets else "manual",
        weight_mg=placed.weight_mg,
        postage_product=job_class.postage_product,
        country=country.code if country else "",
        postcode=address.postcode,
        sha256=hashlib.sha256(hashes.encode()).hexdigest(),
        file=file,
    )
