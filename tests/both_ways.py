"""A batch joined both ways, by copying bytes and by a PDF library, and compared as pictures.

`python tests/both_ways.py COUNT SEED` does it with so many odd PDFs, and says what differed.
"""

import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pypdfium2 as pdfium
from builders import MONDAY, a_document, a_recipient, a_sender
from odd_pdfs import an_odd_pdf

from flows.archive import Archive
from flows.database.batches import Batch
from flows.domain.batch import BatchId, BatchStatus, JobClass, Letter, Piece
from flows.domain.shipment import Document, SenderId, ShipmentId
from flows.domain.vendor_profile import Paper
from flows.intake.examining.examination import examine
from flows.intake.examining.finding import Asked
from flows.print_batch.assembling import join, lay_ready
from flows.print_batch.assembly import PrintFile

log = logging.getLogger(__name__)

DPI = 30
LETTERS_IN_A_BATCH = 20


@dataclass(frozen=True)
class Laid:
    """Documents in an archive, as intake leaves them, and a folder to work in."""

    folder: Path

    @property
    def archive(self) -> Archive:
        return Archive(self.folder / "archive")

    def examined(self, content: bytes, position: int = 1) -> Document | None:
        """A document with its print copy; None when intake would reject it."""
        original, copy = self.folder / "original.pdf", self.folder / "copy.pdf"
        original.write_bytes(content)
        found = examine(original, Asked(), copy)
        if found.copied is None:
            return None
        return a_document(
            position, found.pages, sha256=self.archive.put(original),
            print_sha256=self.archive.put(copy),
        )  # fmt: skip

    def kept(self, content: bytes, position: int = 1) -> Document:
        """A document of the time before print copies: it is flattened at night."""
        original = self.folder / "original.pdf"
        original.write_bytes(content)
        with pdfium.PdfDocument(original) as pdf:
            pages = len(pdf)
        return a_document(position, pages, sha256=self.archive.put(original))

    def joined(self, letters: Sequence[Letter], code: str, assembly: str) -> PrintFile:
        """The print file of a batch, made one of the two ways."""
        batch = Batch(
            BatchId(f"SVAR-20261126-01-{code}"), code, BatchStatus.RESERVED, 1, MONDAY,
            len(letters), None, None, None, None, None, None,
        )  # fmt: skip
        work = self.folder / assembly
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        senders = {SenderId("nordvik"): a_sender()}
        desk = lay_ready(batch, letters, senders, self.archive, work, Paper(assembly=assembly))
        assert desk.unprintable == {}
        return join(desk, JobClass.of_code(code), {}, work)


def a_letter(number: int, *documents: Document, duplex: bool, **changes: bool) -> Letter:
    letter = Letter(
        piece=Piece(BatchId("B"), number, ShipmentId(f"00000000-0000-4000-8000-{number:012d}")),
        sender_id=SenderId("nordvik"), account_code="", duplex=duplex, colour=False, due_at=None,
        route_reason="DIGITAL_ID", recipient=a_recipient(), documents=documents,
    )  # fmt: skip
    return replace(letter, **changes)  # type: ignore[arg-type]


def pages_that_differ(first: Path, second: Path, dpi: int = DPI) -> tuple[list[int], int]:
    """The numbers of the pages that do not look the same, to the pixel; and of how many."""
    with pdfium.PdfDocument(first) as one, pdfium.PdfDocument(second) as other:
        assert len(one) == len(other)
        differ = [
            number
            for number in range(len(one))
            if one[number].get_size() != other[number].get_size()
            or bytes(one[number].render(scale=dpi / 72).to_numpy())
            != bytes(other[number].render(scale=dpi / 72).to_numpy())
        ]
        return differ, len(one)


def complaints_of_qpdf(file: Path) -> str:
    """What `qpdf --check` says is wrong; nothing, where there is no qpdf."""
    if not shutil.which("qpdf"):
        return ""
    done = subprocess.run(
        ["qpdf", "--check", file],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main(count: int, seed: int) -> int:
    """Join odd PDFs both ways, some in a batch; return how many things differ."""
    random, wrong, pages, documents = Random(seed), 0, 0, 0
    while documents < count:
        with tempfile.TemporaryDirectory() as name:
            table, letters, made = Laid(Path(name)), [], []
            for number in range(1, LETTERS_IN_A_BATCH + 1):
                content = an_odd_pdf(random)
                found = table.examined(content) if random.random() < 0.6 else table.kept(content)
                if found is not None:
                    made.append(replace(found, position=1))
                    more = [replace(random.choice(made), position=2)] * (random.random() < 0.2)
                    letters.append(a_letter(number, found, *more, duplex=number % 2 == 0))
            code = random.choice(("C5SHS", "C5FAD"))
            fast, reference = (
                table.joined(letters, code, way).file for way in ("fast", "reference")
            )
            differ, of = pages_that_differ(fast, reference)
            complaints = complaints_of_qpdf(fast)
            if differ or complaints:
                kept = Path(tempfile.mkdtemp())
                shutil.copy(fast, kept / "fast.pdf")
                shutil.copy(reference, kept / "reference.pdf")
                log.error("seed %d: pages %s %s %s", seed, differ, complaints, kept)
                wrong += bool(complaints)
            wrong, pages, documents = wrong + len(differ), pages + of, documents + len(letters)
    log.info("%d odd documents, %d pages, %d differ", documents, pages, wrong)
    return wrong


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    raise SystemExit(main(*map(int, sys.argv[1:3])) > 0)
