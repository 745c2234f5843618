"""The zip that leaves: whole, provable, and the same every time."""

import subprocess
import time
import zipfile
from pathlib import Path

from flows.archive import sha256_of
from flows.print_batch.package import write_package


def test_the_same_contents_give_the_same_bytes_whenever_and_wherever(tmp_path: Path) -> None:
    file = tmp_path / "print.pdf"
    file.write_bytes(b"pdf" * 1000)
    contents: dict[str, bytes | Path] = {"manifest.xml": b"<m/>", "samle/x.pdf": file}

    first = write_package(contents, tmp_path / "a/p.zip")
    time.sleep(0.01)
    file.touch()
    again = write_package(contents, tmp_path / "b/p.zip")

    assert first.file.read_bytes() == again.file.read_bytes()
    assert (first.sha256, first.size_bytes) == (sha256_of(first.file), first.file.stat().st_size)


def test_a_package_is_stored_in_order_with_its_sums_last(tmp_path: Path) -> None:
    made = write_package({"b": b"1", "a": b"2"}, tmp_path / "p.zip")

    with zipfile.ZipFile(made.file) as package:
        entries = package.infolist()
        package.extractall(tmp_path / "out")
    assert [entry.filename for entry in entries] == ["b", "a", "sha256sum.txt"]
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    subprocess.run(
        ["sha256sum", "-c", "--strict", "sha256sum.txt"],
        cwd=tmp_path / "out",
        check=True,
        capture_output=True,
    )


def test_nothing_half_written_lies_beside_it(tmp_path: Path) -> None:
    write_package({"a": b"1"}, tmp_path / "p.zip")

    assert [file.name for file in tmp_path.iterdir()] == ["p.zip"]
