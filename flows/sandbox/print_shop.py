"""A print shop: takes packages in, acknowledges them, prints, posts, and writes receipts.

It knows docs/formats/, and reads and writes them with its own few lines. What it has taken and printed lies in `verksted/`, so that a restarted shop goes on.
It errs on request: see ERRORS.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from pypdf import PdfReader

from flows.sandbox import locked_packages, piece_answers, vendor_files

OSLO: Final = ZoneInfo("Europe/Oslo")
NAMESPACE: Final = "{urn:svarut:manifest:2}"

ERRORS: Final = (
    "silent",
    "refuse_package",
    "approve_pieces",
    "refuse_piece",
    "silent_about_stops",
    "stop_too_late",
    "print_stopped",
    "wrong_totals",
    "wrong_customer",
    "duplicate_file",
    "duplicate_line",
    "changed_line",
    "unknown_piece",
    "broken_line",
    "missing_line",
    "correction",
    "reversal",
    "twelve_hours",
    "empty_column",
    "wrong_invoice",
)
"""What it can be told to do wrong, each for the next package or receipt file.

It says nothing of single pieces unless it is told to: approve_pieces, refuse_piece (the first).
"""

FOLDERS: Final = (
    "inn",
    "stopp",
    "ut/mottak",
    "ut/godkjenning",
    "ut/kvittering",
    "ut/retur",
    "ut/faktura",
    "ut/stopp",
    "arkiv",
)
"""What a customer sees."""

# A made-up tariff in øre: a side in black and white or colour, a sheet by machine or by hand.
SIDE_BLACK_WHITE, SIDE_COLOUR, BY_MACHINE, BY_HAND = 42, 110, 45, 215
POSTAGE: Final = ((20, 1450), (50, 1990), (100, 2350), (350, 3900), (1000, 7200), (2000, 10400))
"""Made-up postage in øre by weight band in grams."""


@dataclass(frozen=True)
class Taken:
    """One letter the shop has agreed to print."""

    batch: str
    number: str
    shipment: str
    account_code: str
    black_white: int
    in_colour: int
    sheets: int
    machine: bool
    weight_mg: int


class PrintShop:
    """A shop in a folder; the folder is also what its customers see over SFTP, but for `verksted`."""

    def __init__(self, root: Path, customer: str, dialect: str = "neutral") -> None:
        """Work in `root`, for one customer, and write as one of vendor_files.DIALECTS."""
        self.root, self.customer, self.dialect = root, customer, dialect
        self.errors: set[str] = set()
        self.books, self.keys = root.parent / "verksted", root.parent / "keys"
        for name in FOLDERS:
            (root / name).mkdir(parents=True, exist_ok=True)
        self.books.mkdir(exist_ok=True)

    def work(self, now: datetime) -> dict[str, int]:
        """Take in what has come and post what is due at this time; return what was done."""
        taken = self.take_in(now)
        return {"packages taken": taken, "letters posted": self.print_and_post(now)}

    def take_in(self, now: datetime) -> int:
        """Take in every complete package that is new; return how many were accepted."""
        accepted = 0
        for ok in sorted((self.root / "inn").glob("*.zip*.ok")):
            name = ok.name.removesuffix(".ok").removesuffix(locked_packages.ENDING)
            if not (self.books / f"{name}.json").exists() and not self._told("silent"):
                accepted += self._take(name, json.loads(ok.read_text(encoding="utf-8")), now)
        self._answer_stop_lists(now)
        return accepted

    def _answer_stop_lists(self, now: datetime) -> None:
        """Stop what is not printed yet, of every list that is new, and say what became of each."""
        for ok in sorted((self.root / "stopp").glob("*.ok")):
            name = ok.name.removesuffix(".ok")
            answered = self.books / f"stopped-{name}"
            if answered.exists() or self._told("silent_about_stops"):
                continue
            content = (ok.parent / name).read_bytes()
            late = self._told("stop_too_late")
            taken_in = {} if late else piece_answers.not_printed(self.books)
            stopped, answer = piece_answers.stops(name, content, taken_in, now)
            if not self._told("print_stopped"):
                piece_answers.take_out(self.books, stopped)
            _write(answered, answer)
            self._publish("ut/stopp", f"{name}.svar.json", json.dumps(answer).encode())

    def print_and_post(self, now: datetime) -> int:
        """Print what was taken in before today and post it at ten; write one receipt file."""
        due = [
            book
            for book in sorted(self.books.glob("*.zip.json"))
            if self._may_be_posted(json.loads(book.read_text(encoding="utf-8")), now)
        ]
        letters = [
            Taken(**row)
            for book in due
            for row in json.loads(book.read_text(encoding="utf-8"))["letters"]
        ]
        if letters:
            for letter in letters:
                self._note_printed(letter.shipment)
            self._write_receipts(letters, _ten_o_clock(now))
        for book in due:
            _write(book, {**json.loads(book.read_text(encoding="utf-8")), "posted": True})
        return len(letters)

    def printed(self) -> dict[str, int]:
        """Return how many times each letter was printed."""
        file = self.books / "printed.txt"
        lines = file.read_text(encoding="utf-8").split() if file.exists() else []
        return {shipment: lines.count(shipment) for shipment in lines}

    def _may_be_posted(self, book: dict[str, Any], now: datetime) -> bool:
        taken_on = datetime.fromisoformat(book["received"]).astimezone(OSLO).date()
        return (
            book["accepted"]
            and not book.get("posted")
            and now >= _ten_o_clock(now)
            and now.astimezone(OSLO).date() >= taken_on
        )

    def _take(self, name: str, ok: dict[str, Any], now: datetime) -> bool:
        content, reason = locked_packages.received(self.root / "inn" / name, ok, self.keys)
        digest = hashlib.sha256(content).hexdigest()
        letters: list[Taken] = []
        pages = 0
        if not reason and self._told("refuse_package"):
            reason = "paper jam of the sandbox"
        elif not reason:
            letters, pages, reason = _open_package(content)
        answer = {
            "schema": "svarut/mottak/1",
            "package": name,
            "batch": name.rpartition("-f")[0],
            "attempt": int(name.rpartition("-f")[2].removesuffix(".zip")),
            "received": now.isoformat(),
            "sha256": digest,
            "accepted": not reason,
            "letters": len(letters),
            "pages": pages,
            "sheets": sum(letter.sheets for letter in letters),
            "reason": reason,
        }
        _write(
            self.books / f"{name}.json",
            {**answer, "letters": [vars(letter) for letter in letters]},
        )
        self._publish("ut/mottak", f"{name}.mottak.json", json.dumps(answer).encode())
        if not reason:
            self._decide_about_pieces(self.books / f"{name}.json", now)
        return not reason

    def _decide_about_pieces(self, book: Path, now: datetime) -> None:
        """Say which pieces are printed and which not, where the shop is told to say so."""
        taken_in = json.loads(book.read_text(encoding="utf-8"))
        letters = taken_in["letters"]
        refused = {letters[0]["number"]} if self._told("refuse_piece") else set()
        if not (self._told("approve_pieces") or refused):
            return
        rest = [one for one in letters if one["number"] not in refused]
        _write(book, {**taken_in, "letters": rest})
        word = piece_answers.approval(taken_in, letters, refused, now)
        name = f"{taken_in['package']}.godkjenning.json"
        self._publish("ut/godkjenning", name, json.dumps(word).encode())

    def send_back(self, shipments: dict[str, str], now: datetime) -> None:
        """Say that printed letters have come back: the reason (R01 to R10) by shipment."""
        rows = [
            {
                "parti": row["parti"],
                "stykke": row["stykke"],
                "forsendelse": row["forsendelse"],
                "årsak": shipments[row["forsendelse"]],
                "tiltak": "makulert",
                "dato": f"{now.astimezone(OSLO):%Y-%m-%d}",
            }
            for row in self._posted()
            if row["forsendelse"] in shipments
        ]
        name, content = vendor_files.returns(self.dialect, self.customer, rows)
        self._publish("ut/retur", f"{self.customer}-{now:%Y%m%d}-retur{name}", content)

    def invoice(self, number: str, first: date, last: date) -> None:
        """Invoice what was posted from the first day to the last."""
        rows = [
            row
            for row in self._posted()
            if first.isoformat() <= row["postlagt"][:10] <= last.isoformat()
        ]
        if self._told("wrong_invoice"):
            rows = [{**rows[0], "porto": "99,00"}, *rows[1:-1]]
        name, content = vendor_files.invoice(
            self.dialect, self.customer, number, (first.isoformat(), last.isoformat()), rows
        )
        self._publish("ut/faktura", f"{self.customer}-{number}{name}", content)

    def _posted(self) -> list[dict[str, str]]:
        """Return what the shop's own books say was posted, a row a letter."""
        files = sorted(self.books.glob("posted-*.json"))
        return [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))]

    def _write_receipts(self, letters: list[Taken], posted: datetime) -> None:
        rows = [_receipt(letter, posted) for letter in letters]
        number = len(list(self.books.glob("posted-*"))) + 1
        _write(self.books / f"posted-{number:03d}.json", rows)
        if self._told("missing_line"):
            rows.pop()
        rows += self._wrong_lines(rows[0])
        if self._told("empty_column"):
            rows = [{**row, "produksjonskostnad": "0,00"} for row in rows]
        if self._told("twelve_hours"):
            rows = [{**row, "postlagt": _half_a_day_early(row["postlagt"])} for row in rows]
        customer = "FEIL" if self._told("wrong_customer") else self.customer
        extra = 1 if self._told("wrong_totals") else 0
        ending, content = vendor_files.receipts(self.dialect, customer, rows, extra)
        name = f"{self.customer}-{posted.astimezone(OSLO):%Y%m%d}-{number:03d}"
        self._publish("ut/kvittering", f"{name}{ending}", content)
        if self._told("duplicate_file"):
            self._publish("ut/kvittering", f"{name}b{ending}", content)

    def _wrong_lines(self, row: dict[str, str]) -> list[dict[str, str]]:
        """Return what an order to err adds to a file."""
        wrong = {
            "duplicate_line": {},
            "changed_line": {"vekt_gram": str(int(row["vekt_gram"]) + 1)},
            "correction": {"porto": "99,00", "linjetype": "korreksjon"},
            "reversal": {"linjetype": "tilbakeføring"},
            "unknown_piece": {"forsendelse": "00000000-0000-4000-8000-000000000000"},
            "broken_line": {"vekt_gram": "tolv"},
        }
        return [{**row, **changes} for error, changes in wrong.items() if self._told(error)]

    def _publish(self, folder: str, name: str, content: bytes) -> None:
        """Put a file where the customer fetches, and its `.ok` last."""
        target = self.root / folder / name
        temporary = target.with_name(f".{name}.part")
        temporary.write_bytes(content)
        temporary.rename(target)
        ok = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
        _write(target.with_name(f"{name}.ok"), ok)

    def _note_printed(self, shipment: str) -> None:
        with (self.books / "printed.txt").open("a", encoding="utf-8") as book:
            book.write(f"{shipment}\n")

    def _told(self, error: str) -> bool:
        """Say whether to err like this now; each order is for once."""
        if error in self.errors:
            self.errors.discard(error)
            return True
        return False


def _open_package(content: bytes) -> tuple[list[Taken], int, str]:
    """Check a package as a vendor would; return its letters, its pages, and why it is refused."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for line in package.read("sha256sum.txt").decode().splitlines():
            digest, name = line.split("  ")
            if hashlib.sha256(package.read(name)).hexdigest() != digest:
                return [], 0, f"{name} is damaged"
        manifest = ET.fromstring(package.read("manifest.xml"))  # noqa: S314  -- our own test data
        pieces = manifest.findall(f"{NAMESPACE}piece")
        for piece in pieces:
            piece.attrib.setdefault("file", manifest.attrib["print_file"])
        names = {_file_of(piece) for piece in pieces}
        files = {name: _printed_sides(package.read(name)) for name in sorted(names)}
        unknown = {one for one in package.namelist() if one.endswith(".pdf")} - files.keys()
    pages = sum(map(len, files.values()))
    if unknown:
        return [], pages, f"{min(unknown)} is of no piece"
    expected = dict.fromkeys(files, 1)
    for piece in pieces:
        if int(piece.attrib["first_page"]) != expected[_file_of(piece)]:
            return [], pages, f"piece {piece.attrib['number']} does not begin where it should"
        expected[_file_of(piece)] += int(piece.attrib["pages"])
    for name, sides in files.items():
        if expected[name] != len(sides) + 1:
            told = expected[name] - 1
            return [], pages, f"the print file {name} has {len(sides)} pages, the pieces {told}"
    wrong = (_miscounted(piece.attrib, files[_file_of(piece)]) for piece in pieces)
    fault = next(filter(None, wrong), "")
    fault = fault or _wrong_total(manifest.attrib, [piece.attrib for piece in pieces])
    if fault:
        return [], pages, fault
    batch = manifest.attrib["batch"]
    return [_letter(batch, piece.attrib) for piece in pieces], pages, ""


def _file_of(piece: ET.Element) -> str:
    return piece.attrib["file"]


def _miscounted(piece: dict[str, str], printed: list[bool]) -> str:
    """Say what is wrong with a piece's counts and giro sheets, held against the print file."""
    first, count = int(piece["first_page"]) - 1, int(piece["pages"])
    sides, in_colour = printed[first : first + count], int(piece["pages_colour"])
    number, duplex = piece["number"], piece["duplex"] == "true"
    said = int(piece["pages_black_white"]) + in_colour
    if said != sum(sides):
        return f"piece {number} has {sum(sides)} printed sides, its manifest {said}"
    if in_colour and piece["colour"] != "true":
        return f"piece {number} has pages in colour, and is black and white"
    for sheet in map(int, piece["giro"].split()):
        front = (sheet - 1) * (2 if duplex else 1)
        if sheet > int(piece["sheets"]) or not sides[front] or (duplex and sides[front + 1]):
            return f"piece {number}: giro sheet {sheet} is no front with an empty back"
    return ""


def _wrong_total(head: dict[str, str], pieces: list[dict[str, str]]) -> str:
    """Say which total of the manifest is not the sum of its pieces."""
    sums = {
        name: sum(int(piece[name]) for piece in pieces)
        for name in ("pages", "pages_black_white", "pages_colour", "sheets", "weight_mg")
    }
    sums |= {"letters": len(pieces), "giro_sheets": sum(len(p["giro"].split()) for p in pieces)}
    wrong = [name for name, total in sums.items() if int(head[name]) != total]
    return f"the manifest's {wrong[0]} is not the sum of its pieces" if wrong else ""


def _printed_sides(print_file: bytes) -> list[bool]:
    """Say for each page whether there is anything on it: a blank back costs no click."""
    return [
        (contents := page.get_contents()) is not None and bool(contents.get_data().strip())
        for page in PdfReader(io.BytesIO(print_file)).pages
    ]


def _letter(batch: str, piece: dict[str, str]) -> Taken:
    return Taken(
        batch=batch,
        number=piece["number"],
        shipment=piece["shipment"],
        account_code=piece["account_code"],
        black_white=int(piece["pages_black_white"]),
        in_colour=int(piece["pages_colour"]),
        sheets=int(piece["sheets"]),
        machine=piece["handling"] == "machine",
        weight_mg=int(piece["weight_mg"]),
    )


def _receipt(letter: Taken, posted: datetime) -> dict[str, str]:
    black_white, colour = letter.black_white, letter.in_colour
    grams = -(-letter.weight_mg // 1000)
    machine = letter.sheets if letter.machine else 0
    hand = letter.sheets - machine
    cost = black_white * SIDE_BLACK_WHITE + colour * SIDE_COLOUR
    cost += machine * BY_MACHINE + hand * BY_HAND
    postage = next((ore for band, ore in POSTAGE if grams <= band), POSTAGE[-1][1])
    values = (
        letter.batch, letter.number, letter.shipment, black_white, colour, machine,
        max(machine - 1, 0), hand, max(hand - 1, 0), grams, _kroner(cost), _kroner(postage),
        letter.account_code, posted.astimezone(OSLO).isoformat(), 0, "BREV", "",
    )  # fmt: skip
    return dict(zip(vendor_files.COLUMNS, map(str, values), strict=True))


def _half_a_day_early(posted: str) -> str:
    return (datetime.fromisoformat(posted) - timedelta(hours=12)).isoformat()


def _kroner(ore: int) -> str:
    return f"{ore // 100},{ore % 100:02d}"


def _ten_o_clock(now: datetime) -> datetime:
    """Return ten in the morning, Oslo, of a day."""
    day: date = now.astimezone(OSLO).date()
    return datetime.combine(day, time(10), OSLO)


def _write(path: Path, content: object) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(content), encoding="utf-8")
    temporary.rename(path)
