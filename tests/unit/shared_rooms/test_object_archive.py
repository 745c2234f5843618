"""Documents in an object store: a real one in memory, and one that can do no more than S3 can."""

import io
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fsspec import AbstractFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from flows.archive import Archive, sha256_of
from flows.doctor import at_home, examination
from flows.errors import ImpossibleState, NeedsAPerson, TryAgainLater
from flows.object_archive import NEWEST, Cache, ObjectArchive, open_archive
from flows.settings import Settings

LATER = 3600.0


class Bucket(AbstractFileSystem):  # type: ignore[misc]
    """Objects that appear whole; nothing can be renamed, touched, appended to, linked or locked."""

    protocol = "bucket"
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, tuple[bytes, float]] = {}
        self.before: dict[str, Callable[[str], None]] = {}
        """What happens right before an operation."""

    def _happens(self, operation: str, path: str) -> None:
        if operation in self.before:
            self.before[operation](path)

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        self._happens("put", rpath)
        self.objects[rpath] = (Path(lpath).read_bytes(), time.time())

    def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
        self.objects[path] = (value, time.time())

    def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        self._happens("get", rpath)
        Path(lpath).write_bytes(self._object(rpath)[0])

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "size": len(self._object(path)[0]), "type": "file"}

    def modified(self, path: str) -> datetime:
        return datetime.fromtimestamp(self._object(path)[1], UTC)

    def rm_file(self, path: str) -> None:
        self._happens("rm", path)
        self._object(path)
        del self.objects[path]

    def _object(self, path: str) -> tuple[bytes, float]:
        if path not in self.objects:
            raise FileNotFoundError(path)
        return self.objects[path]

    def _open(self, *_: Any, **__: Any) -> io.BytesIO:
        raise NotImplementedError

    mv = cp_file = touch = ls = find = _open


@pytest.fixture(params=["memory", "bucket"])
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    found = MemoryFileSystem() if request.param == "memory" else Bucket()
    yield found
    MemoryFileSystem.store.clear()


@pytest.fixture
def archive(store: Any, tmp_path: Path) -> ObjectArchive:
    return ObjectArchive(store, "/documents", Cache(tmp_path / "work", 10 * 1024 * 1024))


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "brev.pdf"
    file.write_bytes(b"et brev")
    return file


def test_what_is_put_is_read_back_and_lies_under_its_hash(
    archive: ObjectArchive, letter: Path
) -> None:
    sha256 = archive.put(letter)

    with archive.open(sha256) as kept:
        assert kept.read() == b"et brev"
    assert archive.has(sha256)
    assert sha256 == sha256_of(letter)
    assert archive.path_of(sha256).read_bytes() == b"et brev"
    assert archive.store.info(f"/documents/{sha256[:2]}/{sha256[2:4]}/{sha256}")["size"] == 7


def test_what_is_not_there_is_told_as_in_a_folder(archive: ObjectArchive) -> None:
    assert not archive.path_of("ab" * 32).exists()
    assert not archive.has("ab" * 32)
    with pytest.raises(ImpossibleState), archive.open("ab" * 32):
        pass


def test_a_document_is_deleted_when_it_is_old_and_once_is_enough(
    archive: ObjectArchive, letter: Path
) -> None:
    sha256 = archive.put(letter)
    copy = archive.path_of(sha256)

    young = archive.discard(sha256, older_than=time.time() - LATER)
    old = archive.discard(sha256, older_than=time.time() + LATER)
    again = archive.discard(sha256, older_than=time.time() + LATER)

    assert (young, old, again) == (False, True, False)
    assert not copy.exists()
    assert not archive.has(sha256)


def test_a_document_put_again_counts_as_new(archive: ObjectArchive, letter: Path) -> None:
    sha256 = archive.put(letter)
    time.sleep(0.02)
    between = time.time()

    archive.put(letter)

    assert not archive.discard(sha256, older_than=between)


def a_bucket(folder: Path) -> tuple[Bucket, ObjectArchive]:
    bucket = Bucket()
    return bucket, ObjectArchive(bucket, "/documents", Cache(folder / "work", 1024))


def test_a_document_put_while_it_is_being_deleted_stays(tmp_path: Path, letter: Path) -> None:
    bucket, archive = a_bucket(tmp_path)
    sha256 = archive.put(letter)
    other = ObjectArchive(bucket, "/documents", Cache(tmp_path / "other", 1024))
    moments: list[str] = []

    def deleted_now(path: str) -> None:
        """Between the put and its last look: the deletion had looked before the put."""
        if "deleting" not in path and not moments:
            moments.append("looked")
            bucket.before.pop("put")
            bucket.objects[f"/documents/deleting/{sha256}"] = (b"", time.time())

    def ended(pause: float) -> None:
        """Meanwhile the other deletes what it had found old, and takes its mark away."""
        moments.append("deleted")
        bucket.objects.pop(f"/documents/{sha256[:2]}/{sha256[2:4]}/{sha256}", None)
        bucket.objects.pop(f"/documents/deleting/{sha256}", None)

    bucket.before["put"] = deleted_now
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.object_archive.time.sleep", ended)
        archive.put(letter)

    assert moments == ["looked", "deleted"]
    assert other.has(sha256)


def test_the_mark_of_a_killed_deletion_is_in_nobodys_way(tmp_path: Path, letter: Path) -> None:
    bucket, archive = a_bucket(tmp_path)
    bucket.objects[f"/documents/deleting/{sha256_of(letter)}"] = (b"", time.time() - LATER)

    sha256 = archive.put(letter)

    assert archive.discard(sha256, older_than=time.time() + LATER)
    assert bucket.objects == {}


def test_what_was_fetched_with_other_bytes_is_asked_for_again(tmp_path: Path, letter: Path) -> None:
    bucket, archive = a_bucket(tmp_path)
    sha256 = archive.put(letter)
    key = f"/documents/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    right, bucket.objects[key] = bucket.objects[key], (b"et brov", time.time())

    wrong = archive.path_of(sha256).read_bytes()
    bucket.objects[key] = right

    assert wrong == b"et brov"
    assert archive.path_of(sha256).read_bytes() == b"et brev"


def test_a_store_that_is_away_is_not_a_document_that_is_missing(
    tmp_path: Path, letter: Path
) -> None:
    bucket, archive = a_bucket(tmp_path)
    sha256 = archive.put(letter)

    def away(_: str) -> None:
        raise RuntimeError("EndpointConnectionError")

    bucket.before["get"] = away
    with pytest.raises(TryAgainLater, match="did not answer"):
        archive.path_of(sha256)


def test_the_cache_keeps_to_its_bound_and_what_is_gone_is_fetched_again(tmp_path: Path) -> None:
    bucket, _ = a_bucket(tmp_path)
    archive = ObjectArchive(bucket, "/documents", Cache(tmp_path / "small", 100 * 1000))
    hashes = []
    for number in range(NEWEST + 60):
        file = tmp_path / "one.pdf"
        file.write_bytes(f"{number}".encode().ljust(1000))
        hashes.append(archive.put(file))
        archive.path_of(hashes[-1])

    held = sum(file.stat().st_size for file in archive.cache.folder.iterdir())
    first = archive.path_of(hashes[0]).read_bytes()

    assert held == 100 * 1000
    assert first.strip() == b"0"


def test_the_setting_chooses_the_archive(tmp_path: Path, letter: Path) -> None:
    folder = open_archive(Settings(home=tmp_path))
    there = open_archive(Settings(home=tmp_path, archive_url=f"file://{tmp_path}/other%20place"))
    memory = open_archive(Settings(home=tmp_path, archive_url="memory://bucket/documents"))

    sha256 = memory.put(letter)

    assert (type(folder), folder.folder) == (Archive, tmp_path / "archive")
    assert there.folder == tmp_path / "other place"
    assert memory.path_of(sha256).read_bytes() == b"et brev"
    MemoryFileSystem.store.clear()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sftp://host/folder", "do not appear whole"),
        ("http://host/folder", "do not appear whole"),
        ("bucket/folder", "do not appear whole"),
        ("s3://bucket/folder", "s3:// is not installed"),
    ],
)
def test_an_archive_that_cannot_be_one_is_refused(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(NeedsAPerson, match=says):
        open_archive(Settings(home=tmp_path, archive_url=url))


def test_a_copy_left_by_a_killed_process_has_a_name_that_is_swept(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1024)

    assert cache.folder.name.startswith(f"archive-{os.getpid()}-")
    assert cache.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "a folder"),
        ("memory://documents", "documents would be gone with the process"),
        ("s3://documents", "no documents can be kept: the library for s3:// is not installed"),
    ],
)
def test_the_doctor_looks_at_the_archive(tmp_path: Path, url: str, says: str) -> None:
    settings = Settings(home=tmp_path, archive_url=url)

    found = examination.look("archive", at_home.archive, settings)

    assert found.says.startswith(says)
    assert found.well == (url == "")
