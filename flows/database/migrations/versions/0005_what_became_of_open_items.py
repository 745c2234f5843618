"""Open items with an amount, an owner and a history."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW_COLUMNS = (
    sa.Column("counts", sa.JSON(), nullable=False, server_default="{}"),
    sa.Column("amount_ore", sa.Integer()),
    sa.Column("owner", sa.String(20), nullable=False, server_default=""),
    sa.Column("taken_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("closed_as", sa.String(20), nullable=False, server_default=""),
    sa.Column("gone_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Go to this shape."""
    for column in NEW_COLUMNS:
        op.add_column("open_items", column)
    op.create_table(
        "open_item_acts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["code", "subject"],
            ["open_items.code", "open_items.subject"],
            name="fk_open_item_acts_open_item",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_open_item_acts"),
        comment="Everything that was done with an open item, by whom and why; never changed.",
    )
    op.create_index("ix_open_item_acts_code_subject", "open_item_acts", ["code", "subject"])


def downgrade() -> None:
    """Go back to the shape before."""
    op.drop_table("open_item_acts")
    with op.batch_alter_table("open_items") as changes:
        for column in NEW_COLUMNS:
            changes.drop_column(column.name)
