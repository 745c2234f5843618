"""Whole files over SFTP, to real servers of two makes."""

import errno
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from servers import SftpServer, asyncssh_server, make_keys, openssh_server

from flows import sftp
from flows.bandwidth import Bandwidth
from flows.errors import NeedsAPerson, TryAgainLater

pytestmark = pytest.mark.integration


@pytest.fixture
def package(tmp_path: Path) -> Path:
    file = tmp_path / "package.zip"
    file.write_bytes(bytes(range(256)) * 9000)
    return file


def test_a_file_appears_whole_under_its_name(sftp_server: SftpServer, package: Path) -> None:
    (sftp_server.root / "inn").mkdir()

    with sftp.connect(sftp_server) as server:
        server.put_whole(package, "inn", "a.zip")
        found = server.files_in("inn")

    assert found == [sftp.RemoteFile("a.zip", package.stat().st_size)]
    assert (sftp_server.root / "inn/a.zip").read_bytes() == package.read_bytes()


def test_nothing_is_ever_overwritten(sftp_server: SftpServer, package: Path) -> None:
    (sftp_server.root / "inn").mkdir()
    (sftp_server.root / "inn/a.zip").write_bytes(b"somebody else's")

    with sftp.connect(sftp_server) as server, pytest.raises(NeedsAPerson, match="overwritten"):
        server.put_whole(package, "inn", "a.zip")

    assert (sftp_server.root / "inn/a.zip").read_bytes() == b"somebody else's"


def test_what_an_earlier_run_left_half_written_is_written_anew(
    sftp_server: SftpServer, package: Path
) -> None:
    (sftp_server.root / "inn").mkdir()
    (sftp_server.root / "inn/.a.zip.part").write_bytes(b"x" * 5_000_000)

    with sftp.connect(sftp_server) as server:
        server.put_whole(package, "inn", "a.zip")

    assert (sftp_server.root / "inn/a.zip").read_bytes() == package.read_bytes()


def test_small_files_and_moves(sftp_server: SftpServer) -> None:
    (sftp_server.root / "ut").mkdir()
    (sftp_server.root / "arkiv").mkdir()
    (sftp_server.root / "arkiv/b.json").write_bytes(b"older")

    with sftp.connect(sftp_server) as server:
        server.put_whole_bytes(b"{}", "ut", "b.json")
        read = server.read("ut/b.json")
        server.move("ut/b.json", "arkiv/b.json")
        sizes = server.size_of("ut/b.json"), server.size_of("arkiv/b.json")

    assert read == b"{}"
    assert sizes == (None, 2)


def test_a_folder_that_is_not_there_is_empty(sftp_server: SftpServer) -> None:
    with sftp.connect(sftp_server) as server:
        assert server.files_in("ut/kvittering") == []


def test_a_host_with_another_key_than_the_one_we_know_is_refused(
    sftp_server: SftpServer, tmp_path: Path
) -> None:
    make_keys(tmp_path / "other")
    public = (tmp_path / "other/host.pub").read_text(encoding="utf-8")
    wrong = tmp_path / "known_hosts"
    wrong.write_text(f"[127.0.0.1]:{sftp_server.port} {public}", encoding="utf-8")

    with (
        pytest.raises(NeedsAPerson, match="another host key") as caught,
        sftp.connect(replace(sftp_server, known_hosts_file=wrong)),
    ):
        pass

    assert "fingerprint" in caught.value.do


def test_a_host_we_do_not_know_is_refused(sftp_server: SftpServer, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    empty.touch()

    with (
        pytest.raises(NeedsAPerson, match="host key is not known"),
        sftp.connect(replace(sftp_server, known_hosts_file=empty)),
    ):
        pass


def test_a_key_the_server_does_not_know_is_said(sftp_server: SftpServer, tmp_path: Path) -> None:
    _, stranger = make_keys(tmp_path / "other")

    with (
        pytest.raises(NeedsAPerson, match="does not accept our key"),
        sftp.connect(replace(sftp_server, key_file=stranger)),
    ):
        pass


def test_a_missing_key_file_is_said(sftp_server: SftpServer, tmp_path: Path) -> None:
    with (
        pytest.raises(NeedsAPerson, match="key file is not there"),
        sftp.connect(replace(sftp_server, key_file=tmp_path / "none")),
    ):
        pass


def test_a_server_that_is_down_is_tried_again_later(tmp_path: Path) -> None:
    with asyncssh_server(tmp_path / "sftp") as server:
        gone = server

    with pytest.raises(TryAgainLater, match="did not answer"), sftp.connect(gone):
        pass


def test_a_full_disk_at_the_vendor_is_said(sftp_server: SftpServer, package: Path) -> None:
    (sftp_server.root / "inn").mkdir()
    (sftp_server.root / "inn/.a.zip.part").symlink_to("/dev/full")  # every write: no space left

    with (
        pytest.raises(sftp.WriteRefused, match=r"a\.zip was not taken") as caught,
        sftp.connect(sftp_server) as server,
    ):
        server.put_whole(package, "inn", "a.zip")

    assert "full disk, a quota" in caught.value.do
    assert not (sftp_server.root / "inn/a.zip").exists()


def test_a_limit_on_files_at_the_vendor_is_said_and_nothing_half_is_left(
    tmp_path: Path, package: Path
) -> None:
    with openssh_server(tmp_path / "sftp", largest_file_kib=1024) as small:
        (small.root / "inn").mkdir()

        with pytest.raises(sftp.WriteRefused, match="not taken"), sftp.connect(small) as server:
            server.put_whole(package, "inn", "a.zip")

        assert [file.name for file in (small.root / "inn").iterdir()] == [".a.zip.part"]


def test_a_folder_that_is_not_there_is_said(sftp_server: SftpServer, package: Path) -> None:
    with (
        pytest.raises(sftp.WriteRefused, match="the folder is not there"),
        sftp.connect(sftp_server) as server,
    ):
        server.put_whole(package, "inn", "a.zip")


def test_the_room_at_the_vendor_is_known(sftp_server: SftpServer) -> None:
    with sftp.connect(sftp_server) as server:
        free = server.free_bytes(".")

    usage = os.statvfs(sftp_server.root)
    assert free is not None
    assert 0 < free <= usage.f_blocks * usage.f_frsize


@pytest.mark.parametrize(
    ("fault", "free", "says"),
    [
        (OSError("Failure"), 10, "disk is full: 10 bytes free, 2000 needed"),
        (OSError("Failure"), 9000, "no more than failure, with 9000 bytes free"),
        (OSError("Failure"), None, "no more than failure"),
        (PermissionError(errno.EACCES, "Permission denied"), 10, "we may not write there"),
    ],
)
def test_refusals_are_told_apart(fault: OSError, free: int | None, says: str) -> None:
    what, do = sftp.why_refused(fault, free, 2000)

    assert says in what
    assert "the next run sends it again" in do


def test_a_file_that_is_not_read_back_as_it_was_sent_never_gets_its_name(
    sftp_server: SftpServer, package: Path
) -> None:
    (sftp_server.root / "inn").mkdir()
    right = hashlib.sha256(package.read_bytes()).hexdigest()

    with sftp.connect(sftp_server) as server:
        with pytest.raises(NeedsAPerson, match="read back"):
            server.put_whole(package, "inn", "a.zip", sha256="ab" * 32)
        names = [file.name for file in server.files_in("inn")]
        server.put_whole(package, "inn", "a.zip", sha256=right)

    assert names == [".a.zip.part"]
    assert (sftp_server.root / "inn/a.zip").read_bytes() == package.read_bytes()


def test_an_upload_waits_as_often_as_its_bandwidth_asks(
    sftp_server: SftpServer, package: Path
) -> None:
    (sftp_server.root / "inn").mkdir()
    size = package.stat().st_size
    pauses: list[float] = []
    slow = Bandwidth(size // 4, now=lambda: sum(pauses), sleep=pauses.append)

    with sftp.connect(sftp_server) as server:
        server.put_whole(package, "inn", "a.zip", bandwidth=slow)

    assert round(sum(pauses), 3) == 3.0  # four seconds' worth, the first at once
    assert (sftp_server.root / "inn/a.zip").read_bytes() == package.read_bytes()


def test_a_name_that_would_forge_a_log_line_is_left_alone_and_counted(
    sftp_server: SftpServer, caplog: pytest.LogCaptureFixture
) -> None:
    (sftp_server.root / "ut").mkdir(exist_ok=True)
    for name in ("kvittering.csv", "x\nERROR nothing is well.csv", "\x1b[2Jx.csv"):
        (sftp_server.root / "ut" / name).write_bytes(b"")

    with sftp.connect(sftp_server) as server:
        found = server.files_in("ut")

    assert [file.name for file in found] == ["kvittering.csv"]
    assert "left alone names=2" in caplog.text
    assert "nothing is well" not in caplog.text


def test_a_file_that_grows_beyond_what_an_answer_is_comes_cut_off(sftp_server: SftpServer) -> None:
    (sftp_server.root / "ut").mkdir(exist_ok=True)
    (sftp_server.root / "ut" / "x.ok").write_bytes(b"x" * 5000)

    with sftp.connect(sftp_server) as server:
        assert len(server.read("ut/x.ok", 4096)) == 4096
        assert len(server.read("ut/x.ok")) == 5000
