"""Put many rows in a table as fast as each database can."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Table

from flows.database.session import Tx


def insert_rows(
    tx: Tx, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of plain values, in the order of the columns.

    Instants and dates are as `stored_instant` and `stored_date` give them. PostgreSQL copies;
    SQLite runs one prepared statement over all rows.
    """
    names = ", ".join(columns)
    if tx.dialect.name == "postgresql":
        statement = f"COPY {table.name} ({names}) FROM STDIN"
        cursor: Any = tx.connection.cursor()
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    values = [tuple(row) for row in rows]
    if values:
        tx.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", values)  # noqa: S608


def stored_instant(tx: Tx, at: datetime) -> Any:
    """Return an instant as the database's driver takes it: what `tables.Instant` stores."""
    if tx.dialect.name == "postgresql":
        return at
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def stored_date(tx: Tx, day: date) -> Any:
    """Return a date as the database's driver takes it."""
    return day if tx.dialect.name == "postgresql" else day.isoformat()
