"""Packages assembled by several processes, which die: each leaves once, with the same bytes."""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from builders import a_document, a_registration, on_paper, registered
from reportlab.pdfgen.canvas import Canvas
from servers import SftpServer, asyncssh_server

from flows.archive import Archive, sha256_of
from flows.database import batches, schema
from flows.database.batches import Batch
from flows.database.session import Database, open_database, reading, transaction
from flows.domain.batch import BatchStatus
from flows.print_batch.assembling import rebuild_package
from flows.settings import Settings

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
NIGHT = "2026-11-24T01:30:00+01:00"
BATCHES = 2


@dataclass
class Office:
    """One installation with three batches to print, and its vendor's server."""

    settings: Settings
    server: SftpServer
    environment: Mapping[str, str]
    ended: list[dict[str, object]] = field(default_factory=list)

    def deaths(self, *names: str) -> None:
        for name in names:
            (self.settings.home / "deaths" / name).touch()

    @property
    def died(self) -> int:
        return len(list((self.settings.home / "deaths").glob("died-*")))

    def batches(self) -> list[Batch]:
        with open_database(self.settings.database_url) as database, reading(database) as tx:
            return batches.with_status(tx, *BatchStatus)

    def at_the_vendor(self) -> dict[str, str]:
        packages = (self.server.root / "inn").glob("*.zip")
        return {file.name: sha256_of(file) for file in packages}

    def made_again(self) -> dict[str, str]:
        """Every package, assembled here and now by this process."""
        settings = self.settings.model_copy(
            update={"packages_folder": self.settings.home / "again"}
        )
        with open_database(settings.database_url) as database:
            archive = Archive(settings.archive_folder)
            made = [rebuild_package(database, archive, settings, one.id) for one in self.batches()]
        return {one.package: one.package_sha256 for one in made}


def an_office(folder: Path, stack: ExitStack, database_url: str = "", **more: str) -> Office:
    """Make one, with its letters; the environment leads there."""
    server = stack.enter_context(asyncssh_server(folder / "sftp"))
    for name in ("inn", "ut/mottak", "ut/kvittering", "arkiv"):
        (server.root / name).mkdir(parents=True)
    settings = Settings(
        home=folder, letters_per_batch=2, database_url=database_url or "sqlite:///svarut.db"
    )
    with open_database(settings.database_url) as database:
        schema.upgrade(database)
        letters_on_paper(database, settings, BATCHES * settings.letters_per_batch)
    (folder / "deaths").mkdir()
    environment = {
        "SVARUT_HOME": str(folder),
        "SVARUT_DATABASE_URL": settings.database_url,
        "SVARUT_LETTERS_PER_BATCH": "2",
        "SVARUT_TEST_DEATHS": str(folder / "deaths"),
        "SVARUT_VENDOR__PORT": str(server.port),
        "SVARUT_VENDOR__USER": server.user,
        "SVARUT_VENDOR__KEY_FILE": str(server.key_file),
        "SVARUT_VENDOR__KNOWN_HOSTS_FILE": str(server.known_hosts_file),
        "SVARUT_WORKERS__FROM_LETTERS": "1",
        "SVARUT_WORKERS__PROCESSES": "2",
        "SVARUT_WORKERS__TASK_RUNNER": "process_pool",
        **more,
    }
    return Office(settings, server, environment)


def letters_on_paper(database: Database, settings: Settings, count: int) -> None:
    letters = []
    for number in range(count):
        file = settings.home / f"letter-{number}.pdf"
        canvas = Canvas(str(file), invariant=1)
        canvas.drawString(100, 500, f"brev {number}")
        canvas.save()
        document = a_document(1, 1, sha256=Archive(settings.archive_folder).put(file))
        letters.append(a_registration(documents=(document,)))
    with transaction(database) as tx:
        on_paper(tx, *registered(tx, *letters))


def run_nights(home: Path, nights: Sequence[Office]) -> str:
    """Run each office's night, all in one process: Prefect is started once."""
    ended = subprocess.run(
        [sys.executable, str(ROOT / "tests/print_nights.py"), str(home), NIGHT],
        input=json.dumps([dict(one.environment) for one in nights]),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests/dying_workers")]),
            "SVARUT_TEST_DEATHS": str(home),
        },
    )
    for one, line in zip(nights, ended.stdout.splitlines(), strict=True):
        one.ended.append(json.loads(line))
    return ended.stderr


@pytest.fixture(scope="module")
def offices(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> Iterator[dict[str, Office]]:
    """Each has had its night; the one whose packages could not be made has had one more.

    A process that stands still is told of with where it stood, and the nights are made once more.
    """
    try:
        with offices_after_their_nights(tmp_path_factory, postgres_server) as found:
            yield found
            return
    except subprocess.CalledProcessError as stuck:
        warnings.warn(f"the nights stood still: {stuck.stderr[-4000:]}", stacklevel=1)
    with offices_after_their_nights(tmp_path_factory, postgres_server) as found:
        yield found


@contextmanager
def offices_after_their_nights(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> Iterator[dict[str, Office]]:
    with ExitStack() as stack:
        folders = tmp_path_factory.mktemp("offices")

        def made(name: str, **more: str) -> Office:
            (folders / name).mkdir()
            return an_office(folders / name, stack, **more)

        found = {
            "a death": made("death", database_url=fresh_database(postgres_server)),
            "deaths": made("deaths"),
            "dask": made("dask", SVARUT_WORKERS__TASK_RUNNER="dask"),
        }
        found["a death"].deaths("after-1")
        found["deaths"].deaths("before-1", "before-2", "before-3")
        found["dask"].deaths("before-1")
        (folders / "log").write_text(run_nights(folders, [*found.values(), found["deaths"]]))
        yield found


def fresh_database(server: str) -> str:
    with open_database(server) as database, database.begin() as tx:
        tx.exec_driver_sql("DROP SCHEMA public CASCADE")
        tx.exec_driver_sql("CREATE SCHEMA public")
    return server


@pytest.mark.parametrize("name", ["a death", "deaths", "dask"])
def test_every_package_is_at_the_vendor_once_with_the_bytes_of_one_process(
    offices: dict[str, Office], name: str
) -> None:
    office = offices[name]

    found = office.batches()

    assert [one.status for one in found] == [BatchStatus.HANDED_OVER] * BATCHES
    assert [one.attempt for one in found] == [1] * BATCHES
    assert office.at_the_vendor() == {one.package: one.package_sha256 for one in found}
    assert office.made_again() == office.at_the_vendor()


@pytest.mark.parametrize("name", ["a death", "dask"])
def test_a_night_goes_on_by_itself_when_a_worker_is_killed(
    offices: dict[str, Office], name: str
) -> None:
    office = offices[name]

    assert office.died == 1
    assert office.ended == [{"handed_over": BATCHES}]


def test_a_batch_that_kills_its_workers_is_named_and_waits_for_the_next_night(
    offices: dict[str, Office],
) -> None:
    office = offices["deaths"]

    first, second = office.ended

    assert first["fault"] == "NeedsAPerson"
    assert first["where"] in [one.id for one in office.batches()]
    assert "handed_over" in second
