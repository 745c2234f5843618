"""Receipt lines that say which attempt of a batch a letter was printed in."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this shape."""
    op.add_column("receipt_lines", sa.Column("attempt", sa.Integer()))


def downgrade() -> None:
    """Go back to the shape before."""
    # Not as a batch: SQLite would copy the table, and lose the condition of its index.
    op.drop_column("receipt_lines", "attempt")
