"""Make believable letters about people who do not exist, some of them faulty on purpose.

They are laid in inboxes as docs/formats/submission.md says, written with this file's own lines.
"""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import pikepdf

from flows.sandbox.letter_pages import KINDS, Kind, giro_page, letter_pdf
from flows.sandbox.people import Person, somebody

UNKNOWN_SENDER: Final = "ukjent-avsender"

PAGES: Final = (1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 10, 12)
"""How long letters are: half of them one or two pages, a few very long."""


@dataclass(frozen=True)
class MadeLetter:
    """One package laid in an inbox, and what a test may want to look for."""

    sender: str
    name: str
    reference: str
    kind: str
    pages: int
    fault: str | None
    person: Person


@dataclass
class Package:
    """A package about to be written: the faults change it."""

    description: dict[str, Any]
    files: dict[str, bytes]
    as_zip: bool
    raw: bytes | None = None
    """Written as it is, instead of a real zip."""


def make_letters(
    inbox: Path,
    *,
    senders: Sequence[str],
    count: int,
    seed: int,
    faulty: bool = True,
) -> list[MadeLetter]:
    """Lay letters in the senders' inboxes; the same arguments give the same packages.

    faulty: about one letter in twelve has a fault of FAULTS, each kind in turn.
    """
    random = Random(seed)
    faults = list(FAULTS) * (count // (12 * len(FAULTS)) + 1)
    made = []
    for number in range(1, count + 1):
        fault = faults.pop(0) if faulty and number % 12 == 0 and faults else None
        sender = UNKNOWN_SENDER if fault == "unknown_sender" else random.choice(senders)
        made.append(_make_letter(inbox, sender, number, fault, random))
    return made


def letters_from_folder(inbox: Path, sender: str, folder: Path, seed: int) -> list[MadeLetter]:
    """Wrap every PDF below a folder as a letter of its own, to somebody without a digital id."""
    random, made = Random(seed), []
    for number, path in enumerate(sorted(folder.rglob("*.pdf")), start=1):
        person, reference = somebody(random), f"EGEN-{number:04d}"
        description = _description(person, reference, KINDS[0], "dokument.pdf")
        del description["mottaker"]["digitalId"]
        package = Package(description, {"dokument.pdf": path.read_bytes()}, as_zip=True)
        _write(inbox / sender, f"egen-{number:04d}", package)
        made.append(MadeLetter(sender, f"egen-{number:04d}", reference, path.name, 0, None, person))
    return made


def _make_letter(
    inbox: Path,
    sender: str,
    number: int,
    fault: str | None,
    random: Random,
) -> MadeLetter:
    person, kind = somebody(random), random.choice(KINDS)
    pages, reference = random.choice(PAGES), f"SAK-2026/{number:05d}"
    duplex = random.random() < 0.6
    if kind.code == "faktura" and duplex and pages % 2 == 0:
        pages += 1  # the giro, last, is to be a front
    description = _description(person, reference, kind, "brev.pdf")
    description["dokumenter"][0]["giroarkSider"] = giro_page(kind, pages)
    description["utskriftskonfigurasjon"] = {"tosidig": duplex, "utskriftMedFarger": kind.colour}
    files = {"brev.pdf": letter_pdf(kind, person, reference, pages, random)}
    if random.random() < 0.2:
        extra = random.randint(1, 3)
        description["dokumenter"].append(
            {"filnavn": "vedlegg.pdf", "mimeType": "application/pdf"},
        )
        files["vedlegg.pdf"] = letter_pdf(KINDS[0], person, reference, extra, random)
        pages += extra
    if random.random() < 0.1:
        del description["mottaker"]["digitalId"]
    elif random.random() < 0.04:
        description["kunDigitalLevering"] = True
    package = Package(description, files, as_zip=random.random() < 0.5)
    if fault is not None:
        FAULTS[fault](package)
    name = f"{kind.code}-{number:05d}"
    _write(inbox / sender, name, package)
    if fault == "reference_reused":
        package.description["tittel"] += " (endret)"
        _write(inbox / sender, f"{name}-igjen", package)
    return MadeLetter(sender, name, reference, kind.code, pages, fault, person)


def _description(person: Person, reference: str, kind: Kind, file_name: str) -> dict[str, Any]:
    address = {f"adresselinje{place}": line for place, line in enumerate(person.lines, start=1)}
    return {
        "tittel": kind.title,
        "avgivendeSystem": "Tenkt sak og arkiv",
        "eksternReferanse": reference,
        "forsendelsestype": kind.code,
        "konteringskode": f"44{len(reference) % 7}0.{kind.code[:3]}",
        "kunDigitalLevering": False,
        "mottaker": {
            "navn": person.name,
            **address,
            "postnummer": person.postcode,
            "poststed": person.place,
            "land": person.country,
            "digitalId": person.digital_id,
        },
        "dokumenter": [{"filnavn": file_name, "mimeType": "application/pdf"}],
    }


def _write(inbox: Path, name: str, package: Package) -> None:
    """Write under a temporary name, then rename: a package appears whole."""
    inbox.mkdir(parents=True, exist_ok=True)
    files = dict(package.files)
    if package.description:
        text = json.dumps(package.description, ensure_ascii=False, indent=1)
        files = {"forsendelse.json": text.encode(), **files}
    if package.raw is not None or package.as_zip:
        temporary = inbox / f".{name}.zip.part"
        temporary.write_bytes(_zip(files) if package.raw is None else package.raw)
        temporary.rename(inbox / f"{name}.zip")
        return
    folder = inbox / f".{name}.part"
    folder.mkdir()
    for file_name, content in files.items():
        (folder / file_name).write_bytes(content)
    folder.rename(inbox / name)


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _truncated_zip(package: Package) -> None:
    whole = _zip({"forsendelse.json": b"{}", **package.files})
    package.raw = whole[: len(whole) // 2]


def _missing_pdf(package: Package) -> None:
    del package.files["brev.pdf"]


def _wrong_types(package: Package) -> None:
    package.description["tittel"] = 42
    package.description["utskriftskonfigurasjon"] = "tosidig"
    package.description["mottaker"]["postnummer"] = 8900


def _no_description(package: Package) -> None:
    package.description = {}


def _password(package: Package) -> None:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(package.files["brev.pdf"])) as pdf:
        pdf.save(buffer, encryption=pikepdf.Encryption(owner="eier", user="hemmelig"))
    package.files["brev.pdf"] = buffer.getvalue()


def _garbage(package: Package) -> None:
    package.files["brev.pdf"] = b"Dette er ikke en PDF. " * 40


def _path_outside(package: Package) -> None:
    package.raw = _zip({"forsendelse.json": b"{}", "../../x.pdf": b"%PDF-1.7"})


def _bomb(package: Package) -> None:
    """Make a zip whose central directory claims that its one file is 10 GB."""
    content = bytearray(_zip({"forsendelse.json": b"{}"}))
    directory = content.rindex(b"PK\x01\x02")
    # Four bytes hold at most 4 GiB; the rest of the claim is in an extra field (zip64).
    name_length = struct.unpack_from("<H", content, directory + 28)[0]
    extra = struct.pack("<HHQ", 1, 8, 10 * 1024**3)
    struct.pack_into("<I", content, directory + 24, 0xFFFFFFFF)
    struct.pack_into("<H", content, directory + 30, len(extra))
    place = directory + 46 + name_length
    content[place:place] = extra
    end = content.rindex(b"PK\x05\x06")
    size = struct.unpack_from("<I", content, end + 12)[0]
    struct.pack_into("<I", content, end + 12, size + len(extra))
    package.raw = bytes(content)


def _wrong_check_digit(package: Package) -> None:
    number = package.description["mottaker"].get("digitalId") or "01818550029"
    package.description["mottaker"]["digitalId"] = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def _no_postcode(package: Package) -> None:
    package.description["mottaker"] |= {"postnummer": "", "land": ""}
    package.description["kunDigitalLevering"] = False


def _account_code(package: Package) -> None:
    package.description["konteringskode"] = "44/10 skyss"


def _same_name_twice(package: Package) -> None:
    package.description["dokumenter"].append(
        {"filnavn": "BREV.pdf", "mimeType": "application/pdf"},
    )
    package.files["BREV.pdf"] = package.files["brev.pdf"]


def _nothing(_: Package) -> None:
    """Change nothing: the fault is in the inbox, or in sending it twice."""


FAULTS: Final[dict[str, Callable[[Package], None]]] = {
    "truncated_zip": _truncated_zip,
    "missing_pdf": _missing_pdf,
    "wrong_types": _wrong_types,
    "no_description": _no_description,
    "password": _password,
    "garbage": _garbage,
    "path_outside": _path_outside,
    "bomb": _bomb,
    "wrong_check_digit": _wrong_check_digit,
    "no_postcode": _no_postcode,
    "account_code": _account_code,
    "same_name_twice": _same_name_twice,
    "reference_reused": _nothing,
    "unknown_sender": _nothing,
}
"""What can be wrong with a letter, by name."""


def packages_in(inbox: Path) -> Iterator[Path]:
    """Return what lies in the inboxes, for those who want to look."""
    yield from sorted(path for path in inbox.glob("*/*") if not path.name.startswith("."))
