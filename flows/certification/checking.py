"""Hold a vendor's answers to the set against what was sent: everything that is wrong, at once."""

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from flows.certification.making import CUSTOMER, OURS, home_of
from flows.database import batches, receipts
from flows.database.batches import Batch
from flows.database.session import open_database, reading
from flows.database.vendors import all_profiles
from flows.domain.batch import BatchStatus
from flows.domain.receipt import PrintReceipt
from flows.domain.vendor_profile import DEFAULT, VendorProfile
from flows.errors import NeedsAPerson
from flows.print_batch.acknowledgement import OkFile, Verdict, judge, read_acknowledgement
from flows.print_batch.manifest import ManifestPiece, from_xml
from flows.receipts.matching import Terms, match_lines
from flows.receipts.raw_rows import RefusedFile
from flows.receipts.receipt_file import ReceiptFile, read_receipt_file
from flows.settings import Settings

WEIGHT_OFF_PERCENT = 25
"""Of our own reckoning; paper and envelopes differ, a unit that is wrong differs by thousands."""


@dataclass(frozen=True)
class Judged:
    """What was looked at, and what is wrong with it; nothing when it is as it should be."""

    what: str
    about: str
    wrong: str = ""
    do: str = ""

    @property
    def well(self) -> bool:
        """Whether it is as it must be."""
        return not self.wrong

    @property
    def says(self) -> str:
        """What a person reads of it."""
        return f"{self.about}: {self.wrong}" if self.wrong else self.about


def check_answers(folder: Path, now: datetime) -> list[Judged]:
    """Look at every answer in a set's folder; raises NeedsAPerson when no set is there."""
    if not (folder / OURS).is_dir():
        raise NeedsAPerson(
            "no set of test packages is here",
            where=str(folder),
            do="make one: svarut vendors certify FOLDER",
        )
    settings = home_of(folder, DEFAULT)
    with open_database(settings.database_url) as database:
        with reading(database) as tx:
            (profile,) = all_profiles(tx)
            sent = batches.with_status(tx, BatchStatus.HANDED_OVER)
        answered = list(_acknowledgements(folder, profile, sent))
        with reading(database) as tx:
            said, found = _receipts(folder, profile)
            lines = [line for file in found for line in file.lines]
            named = [line.receipt.shipment_id for line in lines if line.receipt]
            matching = match_lines(lines, receipts.sent_pieces(tx, named), Terms(now))
    unbooked = [
        Judged("receipt line", f"line {one.line}", one.reason or str(one.state))
        for one in matching.set_aside
    ]
    by_letter = {line.receipt.shipment_id: line.receipt for line in lines if line.receipt}
    pieces = list(_pieces(settings, sent))
    return [
        *answered,
        *said,
        *unbooked,
        *(_about(batch, piece, by_letter.get(piece.shipment)) for batch, piece in pieces),
    ]


def _acknowledgements(
    folder: Path, profile: VendorProfile, sent: Sequence[Batch]
) -> Iterator[Judged]:
    way = profile.transport
    for batch in sent:
        package = batch.package or ""
        name = way.acknowledgement_names.replace("*", package)
        file = folder / way.acknowledgements_folder / name
        wrong = ""
        if not file.is_file():
            wrong = f"there is no {way.acknowledgements_folder}/{name}"
        elif not file.with_name(f"{name}.ok").is_file():
            wrong = f"{name} has no .ok beside it: it is not looked at"
        else:
            answer = read_acknowledgement(
                file.read_bytes(), file.with_name(f"{name}.ok").read_bytes()
            )
            if answer is None:
                wrong = "the answer, or its .ok, is not what docs/formats/package.md says"
            else:
                verdict, says = judge(answer, batch)
                wrong = "" if verdict is Verdict.ACCEPTED else says
        yield Judged("acknowledgement", package, wrong)


def _receipts(folder: Path, profile: VendorProfile) -> tuple[list[Judged], list[ReceiptFile]]:
    """Return what is said of each receipt file, and those that can be read."""
    way = profile.transport
    judged: list[Judged] = []
    read: list[ReceiptFile] = []
    names = sorted(
        file.name
        for file in (folder / way.receipts_folder).iterdir()
        if fnmatchcase(file.name, way.receipt_names) and not file.name.endswith(".ok")
    )
    if not names:
        where = f"{way.receipts_folder}/{way.receipt_names}"
        judged.append(Judged("receipt file", where, "there is none"))
    for name in names:
        file = folder / way.receipts_folder / name
        wrong = _wrong_ok(file)
        if not wrong:
            found = read_receipt_file(file.read_bytes(), customer=CUSTOMER, profile=profile)
            if isinstance(found, RefusedFile):
                wrong = f"refused whole: {found.reason}"
            else:
                read.append(found)
        judged.append(Judged("receipt file", name, wrong))
    return judged, read


def _wrong_ok(file: Path) -> str:
    ok = file.with_name(f"{file.name}.ok")
    if not ok.is_file():
        return "it has no .ok beside it: it is not looked at"
    try:
        promised = OkFile.model_validate_json(ok.read_bytes())
    except ValueError:
        return "its .ok is not what docs/formats/package.md says"
    content = file.read_bytes()
    found = (hashlib.sha256(content).hexdigest(), len(content))
    if (promised.sha256, promised.size_bytes) != found:
        return "its .ok describes another file"
    return ""


def _pieces(settings: Settings, sent: Sequence[Batch]) -> Iterator[tuple[Batch, ManifestPiece]]:
    """Give every letter as its package's manifest has it; from our own copy, not the vendor's."""
    for batch in sent:
        with zipfile.ZipFile(settings.packages_folder / (batch.package or "")) as package:
            manifest = from_xml(package.read("manifest.xml"))
        yield from ((batch, piece) for piece in manifest.pieces)


def _about(batch: Batch, piece: ManifestPiece, receipt: PrintReceipt | None) -> Judged:
    """Say what a letter's receipt counts otherwise than its manifest."""
    about = f"{batch.id}, piece {piece.number}"
    if receipt is None:
        return Judged("letter", about, "no receipt line names it")
    sheets = receipt.sheets_by_machine + receipt.sheets_by_hand
    pairs = {
        "black and white pages": (receipt.pages_black_white, piece.pages_black_white),
        "colour pages": (receipt.pages_colour, piece.pages_colour),
        "sheets": (sheets, piece.sheets),
        "account code": (receipt.account_code, piece.account_code),
    }
    wrong = [
        f"{name}: {theirs}, not {ours}" for name, (theirs, ours) in pairs.items() if theirs != ours
    ]
    grams = piece.weight_mg / 1000
    if abs(receipt.weight_grams - grams) > max(1, grams * WEIGHT_OFF_PERCENT / 100):
        wrong.append(f"weight: {receipt.weight_grams} g, we reckon {grams:.0f}")
    return Judged("letter", about, "; ".join(wrong))
