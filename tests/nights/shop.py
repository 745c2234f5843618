"""The stand-in vendor, answering oddly about one package, and what it has printed."""

import functools
import hashlib
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pypdfium2
import zxingcpp
from nights.plan import Conduct

from flows.sandbox import print_shop

ANSWERS = "ut/mottak"
MARK_DPI = 200
PAGE = 595.3, 841.9
CORNER = 110, 75
"""The lower left of a cover page, in points: docs/formats/cover_page.md."""

# The same package comes night after night: what a vendor finds in its bytes is found once.
_open_package = functools.lru_cache(maxsize=64)(print_shop._open_package)


class OddShop(print_shop.PrintShop):
    """A print shop that is odd about one package; `settle` makes it as it should be."""

    def __init__(self, root: Path, conduct: Conduct, victim: str, *, moves: bool = False) -> None:
        super().__init__(root, "SVAR")
        print_shop._open_package = _open_package
        self.conduct, self.victim, self.moves = conduct, victim, moves
        self._right = b""
        self._receipts: tuple[list[print_shop.Taken], datetime]
        self.errors |= {
            Conduct.FILE_TWICE: {"duplicate_file"},
            Conduct.FILE_WRONG: {"wrong_totals"},
            Conduct.LINE_TWICE: {"duplicate_line"},
        }.get(conduct, set())

    def settle(self, now: datetime) -> None:
        """Do late what a vendor does late; what it never does stays undone."""
        name = f"{self.victim}.mottak.json"
        if self.conduct is Conduct.LATE:
            self.conduct = Conduct.PROMPT
            self.take_in(now)
        elif self.conduct in {Conduct.MENDED, Conduct.TWICE}:
            super()._publish(ANSWERS, name, self._right)

    def write_receipts_anew(self) -> None:
        """Write the receipts once more, in a file of their own."""
        super()._write_receipts(*self._receipts)

    @contextmanager
    def watching(self, now: datetime) -> Iterator[None]:
        """Look for packages all the while."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.1):
                self.take_in(now)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _take(self, name: str, ok: dict[str, object], now: datetime) -> bool:
        if name == self.victim:
            if self.conduct in {Conduct.LATE, Conduct.NEVER_TAKEN}:
                return False
            if self.conduct is Conduct.REFUSED:
                self.errors.add("refuse_package")
        accepted = super()._take(name, ok, now)
        if self.moves:
            (self.root / "inn" / name).rename(self.books / name)
        return accepted

    def _write_receipts(self, letters: list[print_shop.Taken], posted: datetime) -> None:
        self._receipts = letters, posted
        super()._write_receipts(letters, posted)

    def _publish(self, folder: str, name: str, content: bytes) -> None:
        if name != f"{self.victim}.mottak.json":
            super()._publish(folder, name, content)
            return
        self._right = content
        answer = json.loads(content)
        if self.conduct is Conduct.NEVER_ANSWERED:
            return
        if self.conduct is Conduct.OTHER_HASH:
            answer["sha256"] = hashlib.sha256(content).hexdigest()
        elif self.conduct in {Conduct.OTHER_COUNTS, Conduct.MENDED}:
            answer["letters"] += 1
        elif self.conduct is Conduct.STRANGER:
            stranger = name.replace("-f1.", "-f7.")
            super()._publish(folder, stranger, content)
        odd = b"\0paper jam" if self.conduct is Conduct.GARBAGE else json.dumps(answer).encode()
        super()._publish(folder, name, odd)


@dataclass(frozen=True)
class Printed:
    """What the vendor's own shelves and books say."""

    letters: Counter[str]
    """How many times each shipment went through the press."""
    packages: dict[str, str]
    """The SHA-256 of every package that lies there, by its name."""
    handed_over: Counter[str]
    """In how many handed-over packages each shipment is."""
    rubbish: list[str]
    """Files that are half there."""


def printed(shop: OddShop) -> Printed:
    """Read what the vendor has, without asking anything of ours."""
    inbox = shop.root / "inn"
    book = shop.books / "printed.txt"
    letters = Counter(book.read_text().split() if book.exists() else [])
    packages, handed_over = {}, Counter[str]()
    for package in sorted([*inbox.glob("*.zip"), *shop.books.glob("*.zip")]):
        packages[package.name] = hashlib.sha256(package.read_bytes()).hexdigest()
        if (inbox / f"{package.name}.ok").exists():
            handed_over.update(_shipments(package))
    known = {*packages, *(f"{name}.ok" for name in packages)}
    return Printed(
        letters,
        packages,
        handed_over,
        sorted(path.name for path in inbox.iterdir() if path.name not in known),
    )


def marks(package: Path) -> tuple[list[str], list[str]]:
    """Return the marks a package's manifest promises, and those a camera reads from its pages."""
    with zipfile.ZipFile(package) as content:
        manifest = ET.fromstring(content.read("manifest.xml"))
        file = content.read(manifest.attrib["print_file"])
    promised, read = [], []
    with pypdfium2.PdfDocument(file) as document:
        for piece in manifest:
            number, sheets = int(piece.attrib["number"]), piece.attrib["sheets"]
            promised.append(f"{manifest.attrib['batch']};{number:06d};1/{sheets}")
            page = document[int(piece.attrib["first_page"]) - 1]
            around = (0, 0, PAGE[0] - CORNER[0], PAGE[1] - CORNER[1])
            picture = page.render(scale=MARK_DPI / 72, grayscale=True, crop=around).to_numpy()
            read += [each.text for each in zxingcpp.read_barcodes(picture)]
    return promised, read


def _shipments(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as content:
        manifest = ET.fromstring(content.read("manifest.xml"))
    return [piece.attrib["shipment"] for piece in manifest]
