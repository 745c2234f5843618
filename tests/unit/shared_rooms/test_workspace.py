"""Letters do not lie about after a killed run."""

import multiprocessing
import os
from pathlib import Path

from flows.workspace import work_folder


def test_a_work_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with work_folder(tmp_path / "work", "intake") as folder:
        (folder / "letter.pdf").write_bytes(b"x")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "work").iterdir()) == []


def _die_at_work(parent: Path) -> None:
    with work_folder(parent, "intake") as folder:
        (folder / "letter.pdf").write_bytes(b"x")
        os._exit(1)


def test_what_a_killed_process_left_is_swept_and_what_others_do_is_not(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_at_work, args=(tmp_path,))
    process.start()
    process.join()
    (left,) = tmp_path.iterdir()
    with work_folder(tmp_path, "receipts"), work_folder(tmp_path, "intake") as ours:
        with work_folder(tmp_path, "intake"):
            assert ours.exists()
        assert not left.exists()
