"""Every document of an archive is read and hashed again, in a folder and in an object store."""

import hashlib
import time
from pathlib import Path

import fsspec
import pytest

from flows.archive import Archive
from flows.archive_check import unknown_in, verify
from flows.object_archive import Cache, ObjectArchive

TOMORROW = 24 * 3600


@pytest.fixture(params=["folder", "store"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    if request.param == "folder":
        return Archive(tmp_path / "archive")
    store = fsspec.filesystem("memory", skip_instance_cache=True)
    store.store = {}
    return ObjectArchive(store, "/archive", Cache(tmp_path / "work", 1024))


def put(archive: Archive, tmp_path: Path, *contents: str) -> list[str]:
    hashes = []
    for number, content in enumerate(contents):
        file = tmp_path / f"{number}.pdf"
        file.write_text(content)
        hashes.append(archive.put(file))
    return hashes


def overwrite(archive: Archive, sha256: str, content: bytes) -> None:
    if isinstance(archive, ObjectArchive):
        archive.store.pipe_file(archive._key(sha256), content)
    else:
        archive.path_of(sha256).write_bytes(content)


def test_a_whole_archive_is_well(archive: Archive, tmp_path: Path) -> None:
    hashes = put(archive, tmp_path, "en", "to", "tre")
    counts: list[int] = []

    found = verify(archive, hashes, readers=2, done=counts.append)

    assert found.well
    assert (found.read, found.missing, found.changed) == (3, (), ())
    assert counts == [3]


def test_what_is_missing_changed_and_unknown_is_named(archive: Archive, tmp_path: Path) -> None:
    whole, changed, unknown = put(archive, tmp_path, "en", "to", "tre")
    missing = hashlib.sha256(b"aldri").hexdigest()
    overwrite(archive, changed, b"noe annet")

    found = verify(archive, [whole, changed, missing], readers=2)
    known = frozenset({whole, changed, missing})
    later = unknown_in(archive, known, put_before=time.time() + TOMORROW)
    now = unknown_in(archive, known, put_before=time.time() - TOMORROW)

    assert not found.well
    assert (found.missing, found.changed) == ((missing,), (changed,))
    assert (later, now) == ((unknown,), ())
