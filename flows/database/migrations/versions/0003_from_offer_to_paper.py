"""Print-ready copies made at intake; what the contact register said; offers followed in slices."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IN_A_FEED = sa.text("feed_number IS NOT NULL")

NEW_COLUMNS = {
    "senders": (
        sa.Column(
            "own_address_page", sa.Boolean(), nullable=False, server_default=sa.text("false")
        ),
    ),
    "shipments": (
        sa.Column("contact", sa.String(20)),
        sa.Column("contact_at", sa.DateTime(timezone=True)),
        sa.Column("contact_language", sa.String(2), nullable=False, server_default=""),
        sa.Column(
            "own_address_page", sa.Boolean(), nullable=False, server_default=sa.text("false")
        ),
    ),
    "documents": (
        sa.Column("print_sha256", sa.String(64)),
        sa.Column("print_size_bytes", sa.Integer()),
        sa.Column("colour_pages", sa.Integer()),
    ),
    "offers": (
        sa.Column("resource", sa.Text(), nullable=False, server_default=""),
        sa.Column("publish_at", sa.DateTime(timezone=True)),
        sa.Column("ask_after", sa.DateTime(timezone=True)),
        sa.Column("asks", sa.Integer(), nullable=False, server_default="0"),
    ),
}


def upgrade() -> None:
    """Go to this shape."""
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_offers_publish_at_resource", "offers", ["publish_at", "resource"])
    op.create_index(
        "ix_events_in_a_feed",
        "events",
        ["feed_number"],
        sqlite_where=IN_A_FEED,
        postgresql_where=IN_A_FEED,
    )


def downgrade() -> None:
    """Go back to the shape before."""
    op.drop_index("ix_events_in_a_feed", "events")
    op.drop_index("ix_offers_publish_at_resource", "offers")
    for table, columns in NEW_COLUMNS.items():
        with op.batch_alter_table(table) as changes:
            for column in columns:
                changes.drop_column(column.name)
