"""Open a transaction that commits whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from flows.errors import TryAgainLater

Database = Engine
"""An open database; made by `open_database`, passed as an argument."""

Tx = Connection
"""A transaction under way; what every function of this room takes first."""

BUSY_TIMEOUT_SECONDS = 30
"""How long a writer waits for another before it gives up (SQLite has one writer at a time)."""

CACHE_KIB = 64 * 1024
"""How much of the database SQLite may keep in memory, if it needs it."""

CHUNK = 900
"""Ids per `IN (...)`; SQLite of 2020 and older allow 999 values a statement."""

_READ_ONLY = "svarut_reading"

T = TypeVar("T")


@contextmanager
def open_database(url: str) -> Iterator[Database]:
    """Open the database at a SQLAlchemy URL and close it afterwards.

    SQLite runs with write-ahead log and foreign keys on. `postgresql://` means psycopg 3.
    """
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if url.startswith("sqlite"):
        engine = create_engine(url, poolclass=NullPool)
        _teach_sqlite(engine)
    else:
        engine = create_engine(url, pool_pre_ping=True)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def transaction(database: Database) -> Iterator[Tx]:
    """Do all of it or nothing.

    Raises TryAgainLater when another writer holds the database, or it is out of reach.
    """
    with _answering(database), database.begin() as tx:
        yield tx


@contextmanager
def reading(database: Database) -> Iterator[Tx]:
    """Look without keeping writers out.

    Raises TryAgainLater when the database is out of reach, or has no room on its disk to be read.
    """
    with (
        _answering(database),
        database.connect().execution_options(**{_READ_ONLY: True}) as tx,
    ):
        yield tx


@contextmanager
def snapshot(database: Database) -> Iterator[Tx]:
    """Look at everything as it was at one moment, however many statements it takes.

    SQLite's readers do that anyhow; PostgreSQL is asked to. Raises TryAgainLater as `reading` does.
    """
    with reading(database) as tx:
        if tx.dialect.name == "postgresql":
            tx.execution_options(isolation_level="REPEATABLE READ")
        yield tx


@contextmanager
def _answering(database: Database) -> Iterator[None]:
    try:
        yield
    except OperationalError as fault:
        raise TryAgainLater(
            "the database did not answer, or another run holds it",
            where=str(database.url.set(password=None, username=None)),
            do="nothing is lost; the next run goes on. If it repeats: svarut doctor",
        ) from fault


def in_chunks(things: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut a long list so that each part fits one statement."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _teach_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # A night is one transaction: with the usual 2 MiB its pages are written out and read again.
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        cursor.execute("PRAGMA synchronous = FULL")  # a recorded hand-over must survive a power cut
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A writer takes its turn at once: a read turned into a write half-way can only fail.
        deferred = connection.get_execution_options().get(_READ_ONLY)
        connection.exec_driver_sql("BEGIN DEFERRED" if deferred else "BEGIN IMMEDIATE")
