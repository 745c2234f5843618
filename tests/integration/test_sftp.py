"""Whole files over SFTP, to real servers of two makes."""

from dataclasses import replace
from pathlib import Path

import pytest
from servers import SftpServer, asyncssh_server, make_keys

from flows import sftp
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
