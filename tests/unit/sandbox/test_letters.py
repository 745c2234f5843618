"""Believable letters, the same for the same seed, and faults as described."""

import io
import json
import zipfile
from pathlib import Path
from random import Random

import pytest
from pypdf import PdfReader

from flows.sandbox.letter_pages import KINDS, letter_pdf
from flows.sandbox.letters import FAULTS, make_letters, packages_in
from flows.sandbox.people import kid, somebody


def made_in(folder: Path, seed: int = 1, count: int = 60) -> dict[str, bytes]:
    make_letters(folder, senders=["a", "b"], count=count, seed=seed)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        # A locked PDF is salted anew each time, as it should be.
        if path.is_file() and b"/Encrypt" not in path.read_bytes()
    }


def test_the_same_seed_makes_the_same_letters(tmp_path: Path) -> None:
    first = made_in(tmp_path / "first")

    assert made_in(tmp_path / "second") == first
    assert made_in(tmp_path / "other", seed=2) != first


def test_every_fault_is_there_in_a_large_enough_heap(tmp_path: Path) -> None:
    made = make_letters(tmp_path, senders=["a"], count=12 * len(FAULTS), seed=1)

    assert {letter.fault for letter in made} - {None} == set(FAULTS)
    assert len(list(packages_in(tmp_path))) == len(made) + 1  # one reference is used twice


def test_a_package_is_complete_when_its_name_appears(tmp_path: Path) -> None:
    made_in(tmp_path)

    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] == []


def test_packages_hold_what_they_describe(tmp_path: Path) -> None:
    make_letters(tmp_path, senders=["a"], count=40, seed=5, faulty=False)

    for package in packages_in(tmp_path):
        if package.is_dir():
            files = {file.name: file.read_bytes() for file in package.iterdir()}
        else:
            with zipfile.ZipFile(package) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
        described = json.loads(files["forsendelse.json"])
        named = {document["filnavn"] for document in described["dokumenter"]}
        assert named == files.keys() - {"forsendelse.json"}
        for document in described["dokumenter"]:
            pages = len(PdfReader(io.BytesIO(files[document["filnavn"]])).pages)
            assert 1 <= pages <= 13
            assert all(page <= pages for page in document.get("giroarkSider", []))


def test_every_font_is_embedded() -> None:
    pdf = letter_pdf(KINDS[3], somebody(Random(1)), "SAK-1", 3, Random(1))

    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()
    }

    assert fonts
    assert all("Liberation" in font for font in fonts)


@pytest.mark.parametrize("seed", range(20))
def test_a_kid_has_its_check_digit(seed: int) -> None:
    number = kid(Random(seed))

    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    assert total % 10 == 0
