"""Documents by the SHA-256 of their bytes."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from flows.archive import Archive, sha256_of
from flows.errors import ImpossibleState


def test_what_is_put_in_comes_out_by_its_hash(tmp_path: Path) -> None:
    source = tmp_path / "brev.pdf"
    source.write_bytes(b"et brev" * 400_000)
    archive = Archive(tmp_path / "archive")

    sha256 = archive.put(source)

    assert sha256 == hashlib.sha256(b"et brev" * 400_000).hexdigest() == sha256_of(source)
    with archive.open(sha256) as kept:
        assert kept.read() == source.read_bytes()


def test_the_same_document_is_kept_once_and_never_changed(tmp_path: Path) -> None:
    source = tmp_path / "brev.pdf"
    source.write_bytes(b"et brev")
    archive = Archive(tmp_path / "archive")
    first = archive.path_of(archive.put(source))
    before = first.stat().st_ino

    second = archive.path_of(archive.put(source))

    assert second == first
    assert first.stat().st_ino == before
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == [first]


def test_a_document_that_is_lost_says_what_to_do(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")

    with (
        pytest.raises(ImpossibleState, match="not in the archive") as caught,
        archive.open("ab" * 32),
    ):
        pass

    assert "restore" in caught.value.do


def test_a_write_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "brev.pdf"
    source.write_bytes(b"et brev")
    archive = Archive(tmp_path / "archive")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        archive.put(source)

    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


def test_a_document_is_deleted_when_it_is_old_and_once_is_enough(tmp_path: Path) -> None:
    source = tmp_path / "brev.pdf"
    source.write_bytes(b"et brev")
    archive = Archive(tmp_path / "archive")
    sha256 = archive.put(source)
    put_at = archive.path_of(sha256).stat().st_mtime

    assert not archive.discard(sha256, older_than=put_at)
    assert archive.discard(sha256, older_than=put_at + 1)
    assert not archive.discard(sha256, older_than=put_at + 1)
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


def test_a_deletion_that_was_killed_half_way_is_ended(tmp_path: Path) -> None:
    source = tmp_path / "brev.pdf"
    source.write_bytes(b"et brev")
    archive = Archive(tmp_path / "archive")
    sha256 = archive.put(source)
    kept = archive.path_of(sha256)
    kept.rename(kept.with_name(f".deleting-{sha256}"))

    assert archive.discard(sha256, older_than=time.time() + 1)
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


def test_a_document_put_while_it_is_being_deleted_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "brev.pdf"
    source.write_bytes(b"et brev")
    archive = Archive(tmp_path / "archive")
    sha256 = archive.put(source)
    kept = archive.path_of(sha256)
    os.utime(kept, (1, 1))
    rename = Path.rename

    def put_first(path: Path, target: Path) -> Path:
        if path == kept:
            archive.put(source)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", put_first)

    assert not archive.discard(sha256, older_than=time.time() - 60)
    assert kept.read_bytes() == b"et brev"


def test_what_a_killed_run_was_putting_in_is_swept_and_what_is_under_way_stays(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path / "archive")
    archive.folder.mkdir()
    killed, under_way = (archive.folder / f".incoming-{name}" for name in ("killed", "now"))
    for one, written_at in ((killed, 1000), (under_way, 3000)):
        one.write_bytes(b"half a letter")
        os.utime(one, (written_at, written_at))

    swept = archive.sweep(older_than=2000)

    assert (swept, killed.exists(), under_way.exists()) == (1, False, True)
