"""Senders lay packages on an SFTP server: fetched, answered and put away there."""

import io
import json
import os
import time
import zipfile
from pathlib import Path

import pikepdf
import pytest
from builders import MONDAY, a_sender
from servers import SftpServer
from sqlalchemy import func, select

from flows.database import tables
from flows.database.senders import keep_senders
from flows.database.session import Database, reading, transaction
from flows.intake import sftp_inbox
from flows.intake.inbox import SourceSummary
from flows.intake.sftp_inbox import sender_folders, take_in_remote
from flows.settings import InboxServerSettings, Settings

pytestmark = pytest.mark.integration

LETTER = {
    "tittel": "Vedtak",
    "mottaker": {"navn": "Oline Prøve", "postnummer": "8900", "poststed": "Brønnøysund"},
    "dokumenter": [{"filnavn": "vedtak.pdf", "mimeType": "application/pdf"}],
}


def a_pdf(width: float = 595.28) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(width, 841.89))
        pdf.save(out, static_id=True)
    return out.getvalue()


def a_zip(width: float = 595.28, **fields: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(zipfile.ZipInfo("forsendelse.json"), json.dumps({**LETTER, **fields}))
        package.writestr(zipfile.ZipInfo("vedtak.pdf"), a_pdf(width))
    return out.getvalue()


class Remote:
    def __init__(self, server: SftpServer, home: Path, database: Database) -> None:
        self.database = database
        self.folder = server.root / "inbox" / "nordvik"
        self.folder.mkdir(parents=True)
        self.settings = Settings(
            home=home,
            test_population=True,
            inbox_settle_seconds=60,
            inbox_server=InboxServerSettings(
                host=server.host,
                port=server.port,
                user=server.user,
                key_file=server.key_file,
                known_hosts_file=server.known_hosts_file,
                folder="inbox",
            ),
        )
        with transaction(database) as tx:
            keep_senders(tx, [a_sender()])

    def lay(self, name: str, content: bytes, age_seconds: float = 3600) -> None:
        path = self.folder / name
        path.write_bytes(content)
        written = time.time() - age_seconds
        os.utime(path, (written, written))

    def run(self, *, dry_run: bool = False, known: bool = True) -> SourceSummary:
        return take_in_remote(
            "nordvik",
            a_sender() if known else None,
            settings=self.settings,
            database=self.database,
            now=MONDAY,
            dry_run=dry_run,
        )

    def files(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        )

    def letters(self) -> int:
        with reading(self.database) as tx:
            return tx.scalar(select(func.count()).select_from(tables.shipments)) or 0


@pytest.fixture
def remote(sftp_server: SftpServer, tmp_path: Path, sqlite: Database) -> Remote:
    return Remote(sftp_server, tmp_path / "home", sqlite)


def test_a_picture_of_a_rejected_page_lies_beside_the_answer_on_the_server(remote: Remote) -> None:
    remote.lay("a.zip", a_zip(width=700))
    remote.lay("a.b.zip", a_zip())

    remote.run()
    again = remote.run()

    pictures = [name for name in remote.files() if name.endswith(".png")]
    assert pictures == [".avvist/a.side-1.png", "a.side-1.png"]
    assert again == SourceSummary("nordvik")


def test_packages_are_taken_in_answered_and_put_away_on_the_server(remote: Remote) -> None:
    remote.lay("a.zip", a_zip())
    remote.lay("b.zip", a_zip(tittel=""))
    (remote.folder / "c").mkdir()
    (remote.folder / "c" / "forsendelse.json").write_text(json.dumps(LETTER))
    (remote.folder / "c" / "vedtak.pdf").write_bytes(a_pdf())
    remote.lay("d.zip.part", b"half")

    assert sender_folders(remote.settings) == ["nordvik"]
    summary = remote.run()

    assert (summary.accepted, summary.rejected, summary.left) == (2, 1, 0)
    assert remote.files() == [
        ".avvist/b.kvittering.json",
        ".avvist/b.zip",
        ".ferdig/a.zip",
        ".ferdig/c/forsendelse.json",
        ".ferdig/c/vedtak.pdf",
        "a.kvittering.json",
        "b.kvittering.json",
        "c.kvittering.json",
        "d.zip.part",
    ]
    assert list((remote.settings.work_folder).iterdir()) == []


def test_a_package_still_being_written_is_left_alone_until_it_is_whole(remote: Remote) -> None:
    whole = a_zip()
    remote.lay("a.zip", whole[: len(whole) // 2], age_seconds=1)
    assert remote.run().left == 1
    assert remote.files() == ["a.zip"]

    remote.lay("a.zip", whole, age_seconds=1)
    assert remote.run().accepted == 1


def test_half_a_package_nobody_writes_any_more_is_rejected(remote: Remote) -> None:
    remote.lay("a.zip", a_zip()[:-100], age_seconds=120)

    assert remote.run().rejected == 1
    answer = json.loads((remote.folder / "a.kvittering.json").read_text())
    assert [each["kode"] for each in answer["problemer"]] == ["PAKKE_ODELAGT"]


def test_the_same_package_twice_gives_the_first_answer_again(remote: Remote) -> None:
    remote.lay("a.zip", a_zip())
    remote.run()
    first = (remote.folder / "a.kvittering.json").read_bytes()
    remote.lay("a.zip", a_zip())

    assert remote.run().answered_again == 1
    assert (remote.folder / "a.kvittering.json").read_bytes() == first
    assert remote.letters() == 1
    assert len(list((remote.folder / ".ferdig").iterdir())) == 2


@pytest.mark.parametrize("effect", ["replace_bytes", "move"])
def test_a_run_killed_while_it_answers_is_finished_by_the_next(
    remote: Remote, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    remote.lay("a.zip", a_zip())

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sftp_inbox.Sftp, effect, stop)
        with pytest.raises(KeyboardInterrupt):
            remote.run()
    assert remote.run().answered_again == 1
    assert remote.files() == [".ferdig/a.zip", "a.kvittering.json"]
    assert remote.letters() == 1


def test_a_run_is_answered_there_when_nothing_more_comes_to_its_folder(remote: Remote) -> None:
    folder = remote.folder / "foreldremote"
    folder.mkdir()
    headings = "referanse;tittel;navn;postnummer;poststed;dokumenter"
    row = "F-1;Foreldremøte;Oline Prøve;8900;Brønnøysund;innkalling.pdf"
    (folder / "utsending.csv").write_text(f"{headings}\n{row}\n", encoding="utf-8")
    assert remote.run().left == 1

    (folder / "innkalling.pdf").write_bytes(a_pdf())
    for path in (*folder.iterdir(), folder):
        os.utime(path, (1, 1))
    assert remote.run().accepted == 1
    answer = json.loads((remote.folder / "foreldremote.kvittering.json").read_text())
    assert (answer["akseptert"], answer["avvist"]) == (1, 0)
    assert ".ferdig/foreldremote/utsending.csv" in remote.files()


def test_what_is_put_away_is_as_old_as_its_answer(remote: Remote) -> None:
    remote.lay("a.zip", a_zip(), age_seconds=400 * 24 * 3600)

    remote.run()

    # Retention counts from here, and not from when the sender wrote it.
    assert time.time() - (remote.folder / ".ferdig" / "a.zip").stat().st_mtime < 3600


def test_a_package_too_large_is_refused_without_being_fetched(remote: Remote) -> None:
    remote.settings = remote.settings.model_copy(update={"max_package_bytes": 100})
    remote.lay("a.zip", a_zip())

    assert remote.run().rejected == 1
    answer = json.loads((remote.folder / "a.kvittering.json").read_text())
    assert [each["kode"] for each in answer["problemer"]] == ["PAKKE_FOR_STOR"]


def test_a_folder_of_nobody_is_turned_away_and_kept(remote: Remote) -> None:
    remote.lay("a.zip", a_zip())

    assert remote.run(known=False).turned_away == 1
    assert remote.files() == [".avvist/a.kvittering.json", ".avvist/a.zip", "a.kvittering.json"]
    assert remote.letters() == 0


def test_a_dry_run_changes_nothing_there(remote: Remote) -> None:
    remote.lay("a.zip", a_zip())

    assert remote.run(dry_run=True).accepted == 1
    assert remote.files() == ["a.zip"]
    assert remote.letters() == 0
