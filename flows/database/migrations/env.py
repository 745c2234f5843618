"""Alembic's way in: it is given a connection by flows/database/schema.py, never a URL."""

from alembic import context

from flows.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a constraint in place
)
with context.begin_transaction():
    context.run_migrations()
