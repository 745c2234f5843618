"""Bring a database to the newest shape, and say which shape it has."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from flows.database import (
    attempt_tables,
    hand_print_tables,
    ledger_tables,
    operator_tables,
    watching_tables,
)
from flows.database.session import Database, reading

MIGRATIONS = Path(__file__).parent / "migrations"

METADATA = {
    table.metadata
    for table in (
        attempt_tables.batch_events,
        hand_print_tables.hand_print_jobs,
        ledger_tables.ledger,
        operator_tables.operator_acts,
        watching_tables.flow_runs,
    )
}.pop()
"""Every table of ours, in whichever file it is described."""


def upgrade(database: Database) -> str:
    """Run the migrations that are missing; return the revision the database now has."""
    config = _config()
    with database.begin() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
    return newest()


def revision_of(database: Database) -> str | None:
    """Return the revision a database has, None when it has no tables of ours.

    Raises TryAgainLater when the database is out of reach.
    """
    with reading(database) as tx:
        return MigrationContext.configure(tx).get_current_revision()


def newest() -> str:
    """Return the revision this code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return head or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
