"""Print files of many letters beside copying the same bytes, and beside qpdf and pypdf.

`make bench`, or `python benchmarks/assembly.py LETTERS...`. The letters lie in an archive as intake
leaves them; making them is not measured. Every measure is a process of its own, so that its peak
memory is its own. `joined`: the letters' pages and blank backs, in a package. `whole`: covers laid
out, drawn and looked at too. Every file is checked with `qpdf --check`, where there is a qpdf.
"""

import functools
import io
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pikepdf
import pypdf
from PIL import Image

from flows.archive import Archive
from flows.database.batches import Batch
from flows.domain.batch import BatchId, BatchStatus, JobClass, Letter, Piece
from flows.domain.postal_address import PostalAddress
from flows.domain.sender import Sender
from flows.domain.shipment import Document, Recipient, SenderId, ShipmentId
from flows.domain.vendor_profile import Paper
from flows.intake.examining.print_copy import make_copy
from flows.print_batch.assembling import join, lay_ready, write_batch
from flows.print_batch.package import write_package
from flows.sandbox.letter_pages import KINDS, letter_pdf
from flows.sandbox.people import somebody
from flows.settings import Settings

NIGHT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
SENDER = Sender(SenderId("bench"), "Bench kommune", "310000108", ("Gata 1", "0001 Oslo"))
CODE = "C5SHD"
SENDERS = {SENDER.id: SENDER}
PACKAGE = 500
"""Letters in a package, as `letters_per_batch` has it; everything in one is measured beside it."""

BATCH = BatchId(f"SVAR-20261124-01-{CODE}")
PAGES = (1, 1, 1, 2, 2, 2, 2, 3, 3, 4)
COUNTS = (500, 2000, 10_000, 20_000)
QPDF_LETTERS = 2000
"""qpdf holds all files' objects: 1 GiB for 2,000 letters."""
PYPDF_LETTERS = 500
"""pypdf takes 60 times as long as copying, and the objects of all letters in memory."""

Written = list[tuple[int, str]]
"""Files: their pages, and where they are."""

Made = tuple[str, int, int]
"""A letter's document: the SHA-256 of its print copy, its pages, its bytes."""


@dataclass(frozen=True)
class Seen:
    """What one measure cost."""

    wall: float
    processor: float
    peak_mib: int
    pages: int
    size: int
    files: tuple[str, ...]


def main() -> None:
    """Measure all, and print each beside copying the same letters."""
    counts = [int(each) for each in sys.argv[1:]] or list(COUNTS)
    with tempfile.TemporaryDirectory() as name:
        home = Path(os.environ.get("SVARUT_BENCH_LETTERS", name))
        letters = make_letters(home, max(counts))
        print(
            f"{len(letters)} letters, {sum(one[2] for one in letters) / 1e6:.0f} MB of print copies"
        )
        for count in counts:
            some = letters[:count]
            seen(
                cat, home, some
            )  # from here on the letters are in memory, which is the harder limit
            limit = seen(cat, home, some)
            print(f"\n{count} letters, {sum(one[2] for one in some) / 1e6:.0f} MB")
            tell("cat and fsync", limit, limit, count)
            tell("joined", seen(joined, home, some, "fast", PACKAGE), limit, count)
            tell("whole", seen(whole, home, some, "fast", PACKAGE), limit, count)
            if count > PACKAGE:
                tell("joined, one package", seen(joined, home, some, "fast", count), limit, count)
                tell("whole, one package", seen(whole, home, some, "fast", count), limit, count)
            if count <= QPDF_LETTERS:
                tell(
                    "joined, reference",
                    seen(joined, home, some, "reference", PACKAGE),
                    limit,
                    count,
                )
                tell("qpdf, fast options", seen(by_qpdf, home, some), limit, count)
            if count <= PYPDF_LETTERS:
                tell("pypdf, append", seen(by_pypdf, home, some), limit, count)


def tell(name: str, cost: Seen, limit: Seen, count: int) -> None:
    """Print a row."""
    print(
        f"{name:21} wall {cost.wall:7.2f} s ({cost.wall / limit.wall:6.1f} x)  processor "
        f"{cost.processor:7.2f} s ({cost.processor / limit.processor:6.1f} x) "
        f"{cost.processor / count * 1e6:6.0f} us a letter  peak {cost.peak_mib:4} MiB  "
        f"{cost.pages:6} pages  {cost.size / limit.size:5.2f} x bytes  {checked(cost.files)}  "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def seen(what: Callable[..., Written], home: Path, *arguments: object) -> Seen:
    """Do something in a process of its own, and say what it cost."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(_measured, (what, home, *arguments))


def _measured(what: Callable[..., Written], home: Path, *arguments: Any) -> Seen:
    folder = home / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    letters, *rest = arguments
    if what in {joined, whole}:  # the letters come from the database
        letters = as_letters(letters, own_address_page=what is joined)
    before, began = _processor(), time.perf_counter()
    written = what(Archive(home / "archive"), folder, letters, *rest)
    wall, processor = time.perf_counter() - began, _processor() - before
    peaks = [resource.getrusage(who).ru_maxrss for who in _WHO]
    files = tuple(file for _, file in written)
    pages, size = sum(each for each, _ in written), sum(Path(file).stat().st_size for file in files)
    return Seen(wall, processor, max(peaks) // 1024, pages, size, files)


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _processor() -> float:
    return sum(used.ru_utime + used.ru_stime for used in (resource.getrusage(who) for who in _WHO))


def cat(archive: Archive, folder: Path, letters: list[Made]) -> Written:
    """Copy the letters' bytes to one file, synced: what cannot be avoided."""
    with (folder / "cat").open("wb") as target:
        for sha256, _, _ in letters:
            with archive.path_of(sha256).open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)
        target.flush()
        os.fsync(target.fileno())
    return [(sum(pages for _, pages, _ in letters), str(folder / "cat"))]


def joined(archive: Archive, folder: Path, made: list[Letter], way: str, size: int) -> Written:
    """Join the letters without covers, in packages of a size."""
    written: Written = []
    for number, letters in enumerate(packages(made, size)):
        desk = lay_ready(
            a_batch(len(letters)), letters, SENDERS, archive, folder, Paper(assembly=way)
        )
        printed = join(desk, JobClass.of_code(CODE), {}, folder)
        known = {printed.file: printed.sha256} if printed.sha256 else {}
        content = {f"samle/{CODE}.pdf": printed.file}
        package = write_package(content, folder / f"{number}.zip", known)
        written.append((printed.pages, str(package.file)))
    return written


def whole(archive: Archive, folder: Path, made: list[Letter], way: str, size: int) -> Written:
    """Make the letters' packages, covers and manifests and all."""
    settings = Settings(home=folder, test_population=True)
    written: Written = []
    for number, letters in enumerate(packages(made, size)):
        batch = a_batch(len(letters))
        desk = lay_ready(batch, letters, SENDERS, archive, folder, Paper(assembly=way))
        assembled = write_batch(batch, desk, settings, folder)
        file = settings.packages_folder / assembled.package
        pages = sum(piece.pages for piece in assembled.pieces)
        written.append((pages, str(file.rename(folder / f"{number}.zip"))))
    return written


def packages(made: list[Letter], size: int) -> Iterator[list[Letter]]:
    """Return the letters of each package."""
    return (made[start : start + size] for start in range(0, len(made), size))


def by_qpdf(archive: Archive, folder: Path, made: list[Made]) -> Written:
    """Join the letters with qpdf, told to leave streams as they are; no blank backs, no package."""
    files = [str(archive.path_of(sha256)) for sha256, _, _ in made]
    options = ("--compress-streams=n", "--decode-level=none", "--keep-files-open=y")
    (folder / "arguments").write_text(
        "\n".join(["--empty", *options, "--pages", *files, "--", str(folder / "qpdf.pdf")])
    )
    subprocess.run(["qpdf", f"@{folder / 'arguments'}"], check=True)
    return [(sum(pages for _, pages, _ in made), str(folder / "qpdf.pdf"))]


def by_pypdf(archive: Archive, folder: Path, made: list[Made]) -> Written:
    """Join the letters with pypdf; no blank backs, no package."""
    with pypdf.PdfWriter() as writer:
        for sha256, _, _ in made:
            writer.append(archive.path_of(sha256))
        writer.write(folder / "pypdf.pdf")
    return [(sum(pages for _, pages, _ in made), str(folder / "pypdf.pdf"))]


def checked(files: tuple[str, ...]) -> str:
    """Say what `qpdf --check` says of the print files."""
    if files[0].endswith("cat") or not shutil.which("qpdf"):
        return ""
    for file in map(Path, files):
        pdf = file
        if file.suffix == ".zip":
            shutil.unpack_archive(file, file.parent / "unpacked")
            pdf = file.parent / "unpacked" / "samle" / f"{CODE}.pdf"
        done = subprocess.run(["qpdf", "--check", pdf], check=False, capture_output=True)
        if done.returncode:
            return f"qpdf: {done.stdout + done.stderr!r}"
    return f"qpdf: {len(files)} clean"


def make_letters(home: Path, count: int) -> list[Made]:
    """Put print copies of made-up letters in an archive; those that are there are kept."""
    index = home / "letters.json"
    made: list[Made] = (
        [tuple(one) for one in json.loads(index.read_text())] if index.exists() else []
    )
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        make = functools.partial(make_one, home)
        made += processes.map(make, range(len(made), count), chunksize=100)
    home.mkdir(exist_ok=True, parents=True)
    index.write_text(json.dumps(made))
    return made[:count]


def make_one(home: Path, number: int) -> Made:
    """Make a letter's print copy; one letter in seven has a photo."""
    random = Random(number)
    pages, copy = random.choice(PAGES), home / f"{number}.pdf"
    content = letter_pdf(random.choice(KINDS), somebody(random), f"SAK/{number}", pages, random)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if number % 7 == 0:
            _add_photo(pdf, random)
        home.mkdir(exist_ok=True, parents=True)
        make_copy(pdf, copy, 1.0)
    sha256, size = Archive(home / "archive").put(copy), copy.stat().st_size
    copy.unlink()
    return sha256, pages, size


def _add_photo(pdf: pikepdf.Pdf, random: Random) -> None:
    jpeg = io.BytesIO()
    Image.frombytes("RGB", (300, 200), random.randbytes(300 * 200 * 3)).save(jpeg, "JPEG")
    image = pdf.make_stream(
        jpeg.getvalue(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=300,
        Height=200, BitsPerComponent=8, ColorSpace=pikepdf.Name.DeviceRGB,
        Filter=pikepdf.Name.DCTDecode,
    )  # fmt: skip
    page = pdf.pages[0]
    page.contents_add(
        f"q 170 0 0 113 70 90 cm {page.add_resource(image, pikepdf.Name.XObject)} Do Q".encode()
    )


def as_letters(made: list[Made], *, own_address_page: bool) -> list[Letter]:
    """Return the letters as the database tells of them."""
    return [
        a_letter(number, one, own_address_page=own_address_page)
        for number, one in enumerate(made, 1)
    ]


def a_batch(count: int) -> Batch:
    """Return the one batch they are in."""
    nothing = (None, None, None, None, None, None)
    return Batch(BATCH, CODE, BatchStatus.RESERVED, 1, NIGHT, count, *nothing)


def a_letter(number: int, made: Made, *, own_address_page: bool = False) -> Letter:
    """Return a letter with one document, to somebody."""
    sha256, pages, size = made
    person = somebody(Random(number))
    address = PostalAddress(person.name, tuple(person.lines), person.postcode, person.place)
    return Letter(
        piece=Piece(BATCH, number, ShipmentId(f"00000000-0000-4000-8000-{number:012d}")),
        sender_id=SENDER.id,
        account_code="4410",
        duplex=True,
        colour=False,
        due_at=NIGHT,
        route_reason="DIGITAL_ID",
        recipient=Recipient(address, None, "Vedtak"),
        documents=(Document(1, "brev.pdf", sha256, size, pages, print_sha256=sha256),),
        own_address_page=own_address_page,
    )


if __name__ == "__main__":
    main()
