"""A set of test packages for a vendor, answered by one who does well and by others."""

import csv
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pysequoia import Cert

from flows.certification.checking import check_answers
from flows.certification.letters import TRIALS
from flows.certification.making import make_set
from flows.domain.vendor_profile import NEUTRAL
from flows.errors import NeedsAPerson
from flows.sandbox.locked_packages import PUBLIC, make_pair
from flows.sandbox.print_shop import PrintShop
from flows.settings import OpenPgpSettings

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that the stand-in vendor has printed, acknowledged and receipted."""
    folder = tmp_path_factory.mktemp("set") / "set"
    make_set(folder, NEUTRAL, NOW)
    shop = PrintShop(folder, "TEST")
    shop.take_in(NOW)
    shop.print_and_post(NOW)
    return folder


def wrong_in(folder: Path) -> list[str]:
    return [one.says for one in check_answers(folder, LATER) if one.wrong]


def test_a_set_has_every_kind_of_letter(answered: Path) -> None:
    packages = sorted((answered / "inn").glob("*.zip"))
    pieces = [piece.attrib for package in packages for piece in pieces_of(package)]

    assert len(pieces) == len(TRIALS)
    assert all(package.name.startswith("TEST-") for package in packages)
    assert {piece["envelope"] for piece in pieces} == {"C5", "C4"}
    assert {piece["handling"] for piece in pieces} == {"machine", "manual"}
    assert {piece["duplex"] for piece in pieces} == {"true", "false"}
    assert {piece["colour"] for piece in pieces} == {"true", "false"}
    assert any(piece["giro"] for piece in pieces)
    assert {piece["country"] for piece in pieces} > {"NO"}


def pieces_of(package: Path) -> list[ET.Element]:
    with zipfile.ZipFile(package) as content:
        return list(ET.fromstring(content.read("manifest.xml")))


def test_a_vendor_who_does_well_is_told_so(answered: Path) -> None:
    assert wrong_in(answered) == []


def test_a_vendor_who_wants_packages_encrypted_gets_the_set_so(tmp_path: Path) -> None:
    make_pair(tmp_path / "keys")
    public = tmp_path / "keys" / PUBLIC
    way = replace(
        NEUTRAL.transport,
        encryption="pgp",
        recipient_key=PUBLIC,
        recipient_fingerprint=Cert.from_file(str(public)).fingerprint,
    )
    keys = OpenPgpSettings(keys_folder=public.parent)

    make_set(tmp_path / "set", replace(NEUTRAL, transport=way), NOW, keys)
    shop = PrintShop(tmp_path / "set", "TEST")
    shop.take_in(NOW)
    shop.print_and_post(NOW)

    names = [file.suffix for file in (tmp_path / "set" / "inn").iterdir()]
    assert set(names) == {".pgp", ".ok"}
    assert wrong_in(tmp_path / "set") == []


def receipts_of(folder: Path) -> Path:
    (file,) = (folder / "ut/kvittering").glob("*.csv")
    return file


def a_line_is_missing(folder: Path) -> None:
    rewrite(folder, lambda rows: rows[:-1])


def weights_are_in_milligrams(folder: Path) -> None:
    rewrite(folder, lambda rows: [{**row, "vekt_gram": row["vekt_gram"] + "000"} for row in rows])


def account_codes_lose_their_zero(folder: Path) -> None:
    rewrite(folder, lambda rows: [{**row, "konteringskode": "150"} for row in rows])


def an_acknowledgement_counts_otherwise(folder: Path) -> None:
    file = min((folder / "ut/mottak").glob("*.mottak.json"))
    answer = json.loads(file.read_bytes())
    write(file, json.dumps({**answer, "sheets": answer["sheets"] + 1}).encode())


def an_ok_is_missing(folder: Path) -> None:
    receipts_of(folder).with_suffix(".csv.ok").unlink()


FAULTS: dict[Callable[[Path], None], str] = {
    a_line_is_missing: "no receipt line names it",
    weights_are_in_milligrams: "weight:",
    account_codes_lose_their_zero: "account code: 150, not 0150",
    an_acknowledgement_counts_otherwise: "sheets: the vendor has",
    an_ok_is_missing: "it has no .ok beside it",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_what_a_vendor_does_wrong_is_told(
    answered: Path, tmp_path: Path, fault: Callable[[Path], None]
) -> None:

    folder = tmp_path / "set"
    shutil.copytree(answered, folder)
    fault(folder)

    told = wrong_in(folder)

    assert any(FAULTS[fault] in one for one in told), told


def rewrite(folder: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    """Write the receipt file anew, with totals that are right again."""
    file = receipts_of(folder)
    head, columns, *lines = file.read_text(encoding="utf-8-sig").splitlines()
    rows = change(list(csv.DictReader([columns, *lines], delimiter=";")))
    cents = [
        sum(int(row[name].replace(",", "")) for row in rows)
        for name in ("produksjonskostnad", "porto")
    ]
    said = [*head.split(";")[:3], str(len(rows)), *(f"{n // 100},{n % 100:02d}" for n in cents)]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns.split(";"), delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write(file, f"{';'.join(said)}\n{out.getvalue()}".encode())


def write(file: Path, content: bytes) -> None:

    file.write_bytes(content)
    ok = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    file.with_name(f"{file.name}.ok").write_text(json.dumps(ok), encoding="utf-8")


def test_a_folder_with_something_in_it_is_left_alone(answered: Path, tmp_path: Path) -> None:
    with pytest.raises(NeedsAPerson, match="not empty"):
        make_set(answered, NEUTRAL, NOW)
    with pytest.raises(NeedsAPerson, match="no set"):
        check_answers(tmp_path, NOW)
