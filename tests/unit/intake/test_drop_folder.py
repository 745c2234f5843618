"""Packages come from outside: nothing in one reaches beyond the limits, and none raises."""

import bz2
import os
import random
import zipfile
from pathlib import Path

import pytest

from flows.intake.drop_folder import MAX_FILES, open_package, put_away, waiting_packages
from flows.intake.submission import Submission

LIMIT = 32 * 1024 * 1024
GOOD = {"forsendelse.json": b"{}", "vedtak.pdf": b"%PDF-1.7"}


def a_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def a_folder(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


def opened(package: Path, max_bytes: int = LIMIT) -> Submission:
    work = package.parent / ".work"
    work.mkdir(exist_ok=True)
    return open_package(package, work, max_bytes=max_bytes)


def codes(package: Path, max_bytes: int = LIMIT) -> list[str]:
    return [each.code for each in opened(package, max_bytes).faults]


def test_a_folder_and_a_zip_of_the_same_files_are_the_same_letter(tmp_path: Path) -> None:
    stored = opened(a_zip(tmp_path / "a.zip", GOOD, zipfile.ZIP_STORED))
    folder = opened(a_folder(tmp_path / "b", GOOD))

    assert stored.faults == folder.faults == ()
    assert stored.contents_sha256 == folder.contents_sha256


def test_other_contents_are_another_letter(tmp_path: Path) -> None:
    one = opened(a_folder(tmp_path / "a", GOOD))
    other = opened(a_folder(tmp_path / "b", {**GOOD, "vedtak.pdf": b"%PDF-1.4"}))

    assert one.contents_sha256 != other.contents_sha256


def test_half_written_names_and_answers_are_left_alone(tmp_path: Path) -> None:
    for name in (".a.zip", "b.zip.part", "c.tmp", "d.kvittering.json", "e.zip"):
        (tmp_path / name).touch()
    (tmp_path / ".ferdig").mkdir()

    assert [package.name for package in waiting_packages(tmp_path)] == ["e.zip"]


@pytest.mark.parametrize(
    "name",
    ["../../x", "/etc/x", "mappe/x.pdf", "mappe/", "..", "a\\b.pdf", "C:\\x"],
)
def test_a_name_that_points_elsewhere_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    package = a_zip(tmp_path / "a.zip", {**GOOD, name: b"x"})

    assert codes(package) == ["PAKKE_STI"]
    assert [path.name for path in tmp_path.rglob("*")] == [".work", "a.zip"]


def test_a_folder_with_a_folder_or_a_link_in_it_is_refused(tmp_path: Path) -> None:
    (a_folder(tmp_path / "a", GOOD) / "mappe").mkdir()
    (a_folder(tmp_path / "b", GOOD) / "lenke.pdf").symlink_to("/etc/hostname")

    assert codes(tmp_path / "a") == codes(tmp_path / "b") == ["PAKKE_STI"]


def test_a_package_that_is_a_link_is_refused(tmp_path: Path) -> None:
    a_zip(tmp_path / "a.zip", GOOD)
    (tmp_path / "b.zip").symlink_to("a.zip")

    assert codes(tmp_path / "b.zip") == ["PAKKE_UKJENT_TYPE"]


def test_a_zip_that_declares_gigabytes_is_refused_unopened(tmp_path: Path) -> None:
    package = a_zip(tmp_path / "a.zip", {"forsendelse.json": b"x" * 100}, zipfile.ZIP_STORED)
    declares(package, 4 * 10**9)

    assert codes(package) == ["PAKKE_FOR_STOR", "PAKKE_KOMPRIMERT_FOR_MYE"]
    assert list((tmp_path / ".work").iterdir()) == []


def test_a_zip_that_declares_less_than_it_holds_is_damaged(tmp_path: Path) -> None:
    package = a_zip(tmp_path / "a.zip", {"forsendelse.json": bytes(1024 * 1024)})
    declares(package, 5)

    assert codes(package) == ["PAKKE_ODELAGT"]
    assert sum(path.stat().st_size for path in (tmp_path / ".work").iterdir()) <= 5


def test_a_file_squeezed_beyond_reason_is_refused_unopened(tmp_path: Path) -> None:
    package = a_zip(tmp_path / "a.zip", {**GOOD, "x.pdf": bytes(12 * 1024 * 1024)})

    assert codes(package) == ["PAKKE_KOMPRIMERT_FOR_MYE"]
    assert list((tmp_path / ".work").iterdir()) == []


def test_a_packing_without_a_memory_limit_is_refused_unopened(tmp_path: Path) -> None:
    # zipfile hands a whole block of bzip2 to its unpacker, whatever the entry declares.
    package = a_zip(tmp_path / "a.zip", {"x": bz2.compress(bytes(1024))}, zipfile.ZIP_BZIP2)

    assert codes(package) == ["PAKKE_PAKKEMETODE"]


def test_corrupt_lzma_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    package = a_zip(tmp_path / "a.zip", {"x": os.urandom(3000)}, zipfile.ZIP_LZMA)
    content = bytearray(package.read_bytes())
    content[60:400] = bytes(340)
    package.write_bytes(content)

    assert codes(package) == ["PAKKE_PAKKEMETODE"]


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    package = a_zip(tmp_path / "a.zip", {f"{n}.pdf": b"" for n in range(MAX_FILES + 1)})

    assert codes(package) == ["PAKKE_FOR_MANGE_FILER"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("vedtak.pdf", b"1")
        archive.writestr("vedtak.pdf", b"2")

    assert codes(tmp_path / "a.zip") == ["PAKKE_FILNAVN_TO_GANGER"]


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    package = a_zip(tmp_path / "a.zip", GOOD)
    content = bytearray(package.read_bytes())
    content[content.find(b"PK\1\2") + 8] |= 1
    package.write_bytes(content)

    assert codes(package) == ["PAKKE_KRYPTERT"]


def test_a_zip_cut_off_anywhere_is_a_problem(tmp_path: Path) -> None:
    whole = a_zip(tmp_path / "a.zip", GOOD).read_bytes()

    for length in range(len(whole)):
        (tmp_path / "a.zip").write_bytes(whole[:length])
        assert codes(tmp_path / "a.zip") == ["PAKKE_ODELAGT"], length


def test_a_zip_altered_anywhere_never_raises(tmp_path: Path) -> None:
    whole, chance = a_zip(tmp_path / "a.zip", GOOD).read_bytes(), random.Random(3)
    seen = set()

    for _ in range(3000):
        altered = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            altered[chance.randrange(whole.find(b"PK\1\2"), len(altered))] = chance.randrange(256)
        (tmp_path / "a.zip").write_bytes(altered)
        seen.update(codes(tmp_path / "a.zip"))

    assert "PAKKE_ODELAGT" in seen


def test_a_file_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    package = a_folder(tmp_path / "a", GOOD)
    (package / os.fsdecode(b"\xff.pdf")).touch()

    assert codes(package) == ["PAKKE_FILNAVN"]


def test_a_package_whose_own_name_is_not_utf8_can_be_named_in_an_answer(tmp_path: Path) -> None:
    package = a_zip(tmp_path / os.fsdecode(b"brev\xff.zip"), GOOD)

    assert opened(package).name == "brev\ufffd"


def test_a_faulty_folder_that_was_mended_is_another_letter(tmp_path: Path) -> None:
    package = a_folder(tmp_path / "a", GOOD)
    (package / "mappe").mkdir()
    before = opened(package)
    (package / "mappe").rmdir()
    (package / "lenke").symlink_to("/etc/hostname")

    after = opened(package)

    assert before.faults == after.faults
    assert before.contents_sha256 != after.contents_sha256


def test_putting_away_twice_keeps_both(tmp_path: Path) -> None:
    for content in (b"1", b"2"):
        (tmp_path / "a.zip").write_bytes(content)
        put_away(tmp_path / "a.zip", ".ferdig", "0f4b2f0e")

    kept = sorted((tmp_path / ".ferdig").iterdir())

    assert [path.name for path in kept] == ["a-0f4b2f0e.zip", "a.zip"]
    assert [path.read_bytes() for path in kept] == [b"2", b"1"]


def declares(package: Path, size_bytes: int) -> None:
    """Let the first entry of a zip claim to be of another size, unpacked."""
    content = bytearray(package.read_bytes())
    place = content.find(b"PK\1\2") + 24
    content[place : place + 4] = size_bytes.to_bytes(4, "little")
    package.write_bytes(content)
