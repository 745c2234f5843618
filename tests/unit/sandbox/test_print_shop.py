"""The print shop does what a vendor does, and errs when told to: once each."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from flows.sandbox.print_shop import PrintShop

NIGHT = datetime(2026, 11, 24, 0, 40, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
NAME = "SVAR-20261124-01-C5SHS-f1.zip"
MANIFEST = """<manifest xmlns="urn:svarut:manifest:2" version="2" customer="SVAR"
 batch="SVAR-20261124-01-C5SHS" attempt="1" created="2026-11-24T00:30:00Z" test="true" letters="2"
 pages="5" pages_black_white="4" pages_colour="1" sheets="5" giro_sheets="1" weight_mg="39000"
 print_file="samle/C5SHS.pdf">
 <piece number="1" shipment="en" sender="x" account_code="01" first_page="1" pages="2"
  pages_black_white="2" pages_colour="0" sheets="2" giro="2"
  duplex="false" colour="false" envelope="C5" handling="machine" weight_mg="17000"
  postage_product="BREV" country="NO" postcode="0001" sha256="0"/>
 <piece number="3" shipment="to" sender="x" account_code="" first_page="3" pages="3"
  pages_black_white="2" pages_colour="1" sheets="3" giro=""
  duplex="false" colour="true" envelope="C5" handling="hand" weight_mg="22000"
  postage_product="BREV" country="NO" postcode="0001" sha256="0"/>
</manifest>"""


def a_package(manifest: str = MANIFEST, pages: int = 5, *, damage: bool = False) -> bytes:
    """A package written by hand, as docs/formats/package.md says."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for number in range(pages):
        canvas.drawString(100, 100, f"side {number}")
        canvas.showPage()
    canvas.save()
    files = {"manifest.xml": manifest.encode(), "samle/C5SHS.pdf": buffer.getvalue()}
    sums = "".join(f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in files.items())
    if damage:
        files["manifest.xml"] += b" "
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in {**files, "sha256sum.txt": sums.encode()}.items():
            archive.writestr(name, content)
    return package.getvalue()


def lay(shop: PrintShop, content: bytes, *, ok: bool = True, promised: bytes | None = None) -> None:
    (shop.root / "inn" / NAME).write_bytes(content)
    said = promised if promised is not None else content
    facts = {"sha256": hashlib.sha256(said).hexdigest(), "size_bytes": len(said), "letters": 2}
    if ok:
        (shop.root / "inn" / f"{NAME}.ok").write_text(json.dumps(facts))


@pytest.fixture
def shop(tmp_path: Path) -> PrintShop:
    return PrintShop(tmp_path / "vendor" / "sftp", "SVAR")


def answer(shop: PrintShop) -> dict[str, object]:
    file = shop.root / "ut/mottak" / f"{NAME}.mottak.json"
    ok = json.loads((file.parent / f"{file.name}.ok").read_text())
    assert ok["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    found: dict[str, object] = json.loads(file.read_text())
    return found


def receipt_lines(shop: PrintShop) -> list[str]:
    (file,) = (shop.root / "ut/kvittering").glob("*.csv")
    return file.read_text(encoding="utf-8").splitlines()


def test_a_package_is_counted_acknowledged_printed_and_receipted(shop: PrintShop) -> None:
    lay(shop, a_package())

    taken = shop.work(NIGHT)
    posted = shop.work(MORNING)

    assert taken == {"packages taken": 1, "letters posted": 0}
    assert posted == {"packages taken": 0, "letters posted": 2}
    said = answer(shop)
    assert (said["accepted"], said["letters"], said["pages"], said["sheets"]) == (True, 2, 5, 5)
    header, _, first, second = receipt_lines(shop)
    assert header == "#svarut-kvittering;1;SVAR;2;10,13;34,40"
    assert first.split(";")[:9] == [
        "SVAR-20261124-01-C5SHS",
        "1",
        "en",
        "2",
        "0",
        "2",
        "1",
        "0",
        "0",
    ]
    assert second.split(";")[:9] == [
        "SVAR-20261124-01-C5SHS",
        "3",
        "to",
        "2",
        "1",
        "0",
        "0",
        "3",
        "2",
    ]


def test_working_again_prints_nothing_again_even_after_a_restart(shop: PrintShop) -> None:
    lay(shop, a_package())
    shop.work(NIGHT)
    shop.work(MORNING)

    again = PrintShop(shop.root, "SVAR").work(MORNING)

    assert again == {"packages taken": 0, "letters posted": 0}
    assert shop.printed() == {"en": 1, "to": 1}


def test_what_has_no_ok_is_not_there(shop: PrintShop) -> None:
    lay(shop, a_package(), ok=False)

    assert shop.take_in(NIGHT) == 0
    assert list((shop.root / "ut/mottak").iterdir()) == []


REFUSED = {
    "another file than promised": (a_package(), b"other", "not the one"),
    "a damaged part": (a_package(damage=True), None, "manifest.xml is damaged"),
    "a page too many": (a_package(pages=6), None, "6 pages"),
    "pieces that overlap": (
        a_package(MANIFEST.replace('first_page="3"', 'first_page="2"')),
        None,
        "piece 3",
    ),
    "sides not counted": (
        a_package(MANIFEST.replace('white="2" pages_colour="0"', 'white="1" pages_colour="0"')),
        None,
        "piece 1 has 2 printed sides, its manifest 1",
    ),
    "colour in black and white": (
        a_package(MANIFEST.replace('white="2" pages_colour="0"', 'white="1" pages_colour="1"')),
        None,
        "is black and white",
    ),
    "a giro sheet too far": (a_package(MANIFEST.replace('giro="2"', 'giro="3"')), None, "giro"),
    "a total that is no sum": (
        a_package(MANIFEST.replace('pages_colour="1" sheets="5"', 'pages_colour="2" sheets="5"')),
        None,
        "pages_colour is not the sum",
    ),
}


@pytest.mark.parametrize(("content", "promised", "why"), REFUSED.values(), ids=list(REFUSED))
def test_a_package_that_does_not_hold_together_is_refused(
    shop: PrintShop, content: bytes, promised: bytes | None, why: str
) -> None:
    lay(shop, content, promised=promised)

    shop.work(NIGHT)
    shop.work(MORNING)

    assert answer(shop)["accepted"] is False
    assert why in str(answer(shop)["reason"])
    assert shop.printed() == {}


ERRS = {
    "missing_line": lambda lines: len(lines) == 3,
    "duplicate_line": lambda lines: lines[2] == lines[4],
    "changed_line": lambda lines: lines[2] != lines[4] and lines[4].startswith(lines[2][:30]),
    "unknown_piece": lambda lines: "00000000-0000" in lines[4],
    "broken_line": lambda lines: "tolv" in lines[4],
    "wrong_totals": lambda lines: lines[0].endswith("34,41"),
    "wrong_customer": lambda lines: ";FEIL;" in lines[0],
}


@pytest.mark.parametrize("error", ERRS)
def test_it_errs_when_told_to(shop: PrintShop, error: str) -> None:
    lay(shop, a_package())
    shop.errors = {error}

    shop.work(NIGHT)
    shop.work(MORNING)

    assert ERRS[error](receipt_lines(shop))
    assert shop.errors == set()


def test_a_silent_vendor_answers_the_next_time(shop: PrintShop) -> None:
    lay(shop, a_package())
    shop.errors = {"silent"}

    silent = shop.take_in(NIGHT)
    then = shop.take_in(NIGHT)

    assert (silent, then) == (0, 1)


def test_the_same_receipts_twice_under_two_names(shop: PrintShop) -> None:
    lay(shop, a_package())
    shop.errors = {"duplicate_file"}

    shop.work(NIGHT)
    shop.work(MORNING)

    one, other = (shop.root / "ut/kvittering").glob("*.csv")
    assert one.read_bytes() == other.read_bytes()
